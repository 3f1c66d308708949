/* shard_writer.c, shard_merge.c, timeline.c, session_index.c, result_json.c, run_write.c: what
 * shards leave is added up exactly. */
#include "engine/result/json_member.h"
#include "engine/result/result_json.h"
#include "engine/result/run_result.h"
#include "engine/result/shard_result.h"
#include "sample_run.h"
#include "temporary_folder.h"

static const struct sample_settings settings = {
    .kind = SAMPLE_FAILED, .shards = 3, .seconds = 12, .sessions = 9, .seed = 5};

struct comparison {
    const struct metrics *other;
    unsigned seen;
};

static void compare_metric(void *arg, const struct metric_info *info, const char *tag,
                           const struct histogram *histogram, int64_t sum)
{
    struct comparison *comparison = arg;
    struct metric_value value;
    ck_assert_msg(metrics_find(comparison->other, info->name, tag, &value), "%s{%s}", info->name,
                  tag);
    comparison->seen++;
    if (histogram == NULL) {
        ck_assert_int_eq(value.sum, sum);
        return;
    }
    ck_assert_uint_eq(value.histogram->count, histogram->count);
    ck_assert_uint_eq(value.histogram->overflow, histogram->overflow);
    ck_assert_uint_eq(value.histogram->negative, histogram->negative);
    ck_assert_int_eq(value.histogram->min, histogram->min);
    ck_assert_int_eq(value.histogram->max, histogram->max);
    ck_assert_double_eq(value.histogram->sum, histogram->sum);
    if (histogram->buckets != NULL) {
        ck_assert(memcmp(value.histogram->buckets, histogram->buckets,
                         HISTOGRAM_BUCKETS * sizeof *histogram->buckets) == 0);
    }
}

static void add_sample_shards(struct run_result *result, struct metrics *expected)
{
    struct failure failure = {0};
    for (unsigned i = 0; i < settings.shards; i++) {
        char folder[512];
        ck_assert_int_eq(run_folder_add_shard(temporary_folder, i, folder, sizeof folder, &failure),
                         STATUS_OK);
        sample_shard_write(&settings, folder, i, expected);
        enum status status = run_result_add_shard(result, folder, &failure);
        ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    }
}

START_TEST(sums_are_exactly_those_of_the_shards)
{
    struct run_result *result = run_result_create();
    struct metrics *expected = metrics_create();
    add_sample_shards(result, expected);
    ck_assert_uint_eq(result->shards_merged, 3);
    struct comparison forward = {result->metrics, 0}, backward = {expected, 0};
    metrics_visit(expected, compare_metric, &forward);
    metrics_visit(result->metrics, compare_metric, &backward);
    ck_assert_uint_eq(forward.seen, backward.seen);
    ck_assert_uint_gt(forward.seen, 60);
    ck_assert_uint_eq(result->counts.planned, 36);
    ck_assert_uint_eq(result->counts.completed + result->counts.failed, 36);
    ck_assert_uint_eq(result->health.windows, 36);
    ck_assert_uint_eq(check_log_total(result->checks, CHECK_FAIL), 9);
    ck_assert_uint_eq(ledger_find(&result->ledger, "joins")->missing, 9);
    metrics_destroy(expected);
    run_result_destroy(result);
}
END_TEST

START_TEST(sessions_come_out_in_order_and_shards_are_removed)
{
    struct run_result *result = run_result_create();
    struct failure failure = {0};
    mkdir(temporary_path("histograms"), 0777);
    add_sample_shards(result, NULL);
    run_result_judge(result, settings.seconds);
    enum status status = run_result_write(result, temporary_folder, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    char *text = read_text(temporary_path("sessions.jsonl")), *rest = text, *line;
    uint64_t next = 0, index = 0;
    while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
        json_t *json = json_loads(line, 0, NULL);
        ck_assert(member_read_count(json, "index", &index));
        ck_assert_uint_eq(index, next++);
        json_decref(json);
    }
    ck_assert_uint_eq(next, 36);
    free(text);
    ck_assert(!exists(temporary_path("shard-0")));
    ck_assert(exists(temporary_path("histograms/frame.latency.hgrm")));
    ck_assert(exists(temporary_path("summary.json")));
    run_result_destroy(result);
}
END_TEST

START_TEST(shards_of_somebody_else_are_left_alone)
{
    struct run_result *result = run_result_create();
    struct failure failure = {0};
    add_sample_shards(result, NULL);
    mkdir(temporary_path("run"), 0777);
    mkdir(temporary_path("run/histograms"), 0777);
    ck_assert_int_eq(run_result_write(result, temporary_path("run"), &failure), STATUS_OK);
    ck_assert(exists(temporary_path("shard-0/state.json")));
    run_result_destroy(result);
}
END_TEST

START_TEST(a_lost_shard_is_told_and_the_rest_stays)
{
    struct run_result *result = run_result_create();
    struct failure failure = {0};
    add_sample_shards(result, NULL);
    result->shards_expected = 4;
    mkdir(temporary_path("shard-9"), 0777);
    ck_assert_int_eq(run_result_add_shard(result, temporary_path("shard-9"), &failure),
                     STATUS_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(failure.message, "shard-9/state.json"));
    ck_assert_uint_eq(result->shards_merged, 3);
    run_result_destroy(result);
}
END_TEST

static const struct {
    const char *file, *from, *to;
} damages[] = {
    {"state.json", "caseload/shard/1", "caseload/shard/2"},
    {"state.json", "\"planned\": 12", "\"planned\": -12"},
    {"state.json", "\"session_lines\": 12", "\"session_lines\": 13"},
    {"state.json", "\"second_lines\": 12", "\"second_lines\": 11"},
    {"state.json", "\"kind\": \"latency\"", "\"kind\": \"loudness\""},
    {"state.json", "\"unit\": \"us\"", "\"unit\": \"ms\""},
    {"state.json", "\"FAIL\": ", "\"FAILED\": "},
    {"state.json", "\"cpu_max\"", "\"cpu_mux\""},
    {"state.json", "\"verdict\": \"FAIL\"", "\"verdict\": \"FOIL\""},
    {"state.json", "\"explanation\": \"\"", "\"explanation\": 7"},
    {"state.json", "{", "["},
    {"sessions.jsonl", "\"index\"", "\"inbox\""},
    {"sessions.jsonl", "}\n", "}"},
    {"seconds.jsonl", "\"second\":3", "\"second\":1"},
    {"seconds.jsonl", "\"second\":3", "\"second\":999999999"},
    {"seconds.jsonl", "\"cpu\"", "\"gpu\""},
    {"seconds.jsonl", "\"loop_cpu\"", "\"loop_gpu\""},
    {"seconds.jsonl", "\"buckets\":[", "\"buckets\":[[1],"},
};

START_TEST(a_damaged_shard_adds_nothing)
{
    struct run_result *result = run_result_create();
    struct failure failure = {0};
    char folder[512], path[600];
    ck_assert_int_eq(run_folder_add_shard(temporary_folder, 0, folder, sizeof folder, &failure),
                     STATUS_OK);
    sample_shard_write(&settings, folder, 0, NULL);
    snprintf(path, sizeof path, "%s/%s", folder, damages[_i].file);
    char *text = read_text(path), *at = strstr(text, damages[_i].from);
    ck_assert_msg(at != NULL, "%s", damages[_i].from);
    FILE *stream = fopen(path, "wb");
    fprintf(stream, "%.*s%s%s", (int)(at - text), text, damages[_i].to,
            at + strlen(damages[_i].from));
    fclose(stream);
    free(text);
    ck_assert_int_eq(run_result_add_shard(result, folder, &failure), STATUS_MALFORMED);
    bool named =
        strstr(failure.message, damages[_i].file) != NULL ||
        strstr(failure.message, "its shard wrote") != NULL; /* the file that is too short */
    ck_assert_msg(named, "%s", failure.message);
    ck_assert_uint_eq(result->shards_merged, 0);
    ck_assert_uint_eq(result->counts.planned, 0);
    ck_assert_uint_eq(result->timeline_count, 0);
    ck_assert_uint_eq(check_log_count(result->checks), 0);
    run_result_destroy(result);
}
END_TEST

/* A shard whose seconds end at the given times with the given numbers running. */
static void write_seconds(const char *name, const int64_t *ends_us, const uint64_t *running,
                          size_t count)
{
    struct shard_writer *writer = NULL;
    struct failure failure = {0};
    struct metrics *metrics = metrics_create();
    struct run_counts counts = {0};
    mkdir(temporary_path(name), 0777);
    ck_assert_int_eq(shard_writer_open(temporary_path(name), &writer, &failure), STATUS_OK);
    metric_record(metrics, METRIC_SEND_SLIP, 400000, 0, 0); /* before the run began */
    metric_record(metrics, METRIC_SEND_SLIP, 400000, 0, 0);
    shard_writer_begin(writer, metrics);
    for (size_t i = 0; i < count; i++) {
        metric_record(metrics, METRIC_RTP_SENT, 10, 0, 0);
        metric_record(metrics, METRIC_FRAME_LATENCY, 1000 * (int64_t)(i + 1), 0, 0);
        struct shard_second second = {.at_us = ends_us[i],
                                      .running = running[i],
                                      .completed = i + 1,
                                      .cpu = 0.5,
                                      .loop_cpu = 0.25,
                                      .loop_lag_us = (int64_t)i};
        shard_writer_second(writer, metrics, &second);
    }
    struct shard_totals totals = {.shard_count = 2, .metrics = metrics, .counts = &counts};
    ck_assert_int_eq(shard_writer_close(writer, &totals, &failure), STATUS_OK);
    shard_writer_destroy(writer);
    metrics_destroy(metrics);
}

START_TEST(seconds_of_shards_are_laid_side_by_side)
{
    /* The first drifts (2.4 s and 2.6 s round to other seconds, one is skipped), the second ends
     * early: what it completed stays, what it ran does not. */
    const int64_t drifting_us[] = {1001000, 2400000, 2499000, 4600000};
    const uint64_t drifting[] = {5, 6, 7, 8};
    const int64_t short_us[] = {1000000, 2000000};
    const uint64_t ended[] = {100, 200};
    struct run_result *result = run_result_create();
    struct failure failure = {0};
    write_seconds("b", short_us, ended, 2);
    write_seconds("a", drifting_us, drifting, 4);
    ck_assert_int_eq(run_result_add_shard(result, temporary_path("b"), &failure), STATUS_OK);
    ck_assert_int_eq(run_result_add_shard(result, temporary_path("a"), &failure), STATUS_OK);
    ck_assert_uint_eq(result->timeline_count, 5);
    static const uint64_t running[] = {105, 207, 8, 8, 8}, completed[] = {2, 5, 6, 6, 6};
    static const int64_t packets[] = {20, 30, 0, 0, 10};
    for (size_t i = 0; i < 5; i++) {
        ck_assert_msg(result->timeline[i].running == running[i], "second %zu: %llu running", i,
                      (unsigned long long)result->timeline[i].running);
        ck_assert_msg(result->timeline[i].completed == completed[i], "second %zu: %llu completed",
                      i, (unsigned long long)result->timeline[i].completed);
        ck_assert_int_eq(result->timeline[i].packets_sent, packets[i]);
        ck_assert_int_eq(result->timeline[i].send_slip_p99_us, 0);
    }
    ck_assert_uint_eq(result->health.by_reason[HEALTH_SLIP], 0);
    struct histogram latency = {0};
    ck_assert(sparse_histogram_expand(&result->timeline[1].frame_latency, &latency));
    ck_assert_uint_eq(latency.count, 3);
    histogram_finish(&latency);
    struct target_second second = target_second_unknown(1000000);
    second.cpu = 0.5;
    run_result_add_target_second(result, &second);
    second.at_us = 400000; /* before the first second: ignored */
    second.cpu = 9;
    run_result_add_target_second(result, &second);
    ck_assert_double_eq(result->timeline[0].target.cpu, 0.5);
    ck_assert_double_lt(result->timeline[1].target.cpu, 0);
    run_result_destroy(result);
}
END_TEST

START_TEST(the_order_of_shards_does_not_matter)
{
    const int64_t ends_us[] = {1000000, 2000000, 3000000};
    const uint64_t running[] = {1, 2, 3};
    struct failure failure = {0};
    write_seconds("a", ends_us, running, 3);
    write_seconds("b", ends_us, running, 1);
    struct run_result *ab = run_result_create(), *ba = run_result_create();
    ck_assert_int_eq(run_result_add_shard(ab, temporary_path("a"), &failure), STATUS_OK);
    ck_assert_int_eq(run_result_add_shard(ab, temporary_path("b"), &failure), STATUS_OK);
    ck_assert_int_eq(run_result_add_shard(ba, temporary_path("b"), &failure), STATUS_OK);
    ck_assert_int_eq(run_result_add_shard(ba, temporary_path("a"), &failure), STATUS_OK);
    ck_assert_uint_eq(ab->timeline_count, ba->timeline_count);
    for (size_t i = 0; i < ab->timeline_count; i++) {
        ck_assert_uint_eq(ab->timeline[i].completed, ba->timeline[i].completed);
        ck_assert_uint_eq(ab->timeline[i].running, ba->timeline[i].running);
    }
    run_result_destroy(ab);
    run_result_destroy(ba);
}
END_TEST

START_TEST(an_overlong_plan_is_left_out_and_said)
{
    struct shard_writer *writer = NULL;
    struct failure failure = {0};
    struct metrics *metrics = metrics_create();
    struct run_counts counts = {0};
    char *plan = calloc(1, 40000);
    strcpy(plan, "{\"x\":\"");
    memset(plan + 6, 'y', 30000);
    strcat(plan, "\"}");
    ck_assert_int_eq(shard_writer_open(temporary_folder, &writer, &failure), STATUS_OK);
    struct session_record record = {.index = 3, .outcome = "cut", .plan = plan, .ended_us = -1};
    shard_writer_session(writer, &record);
    struct shard_totals totals = {.shard_count = 1, .metrics = metrics, .counts = &counts};
    ck_assert_int_eq(shard_writer_close(writer, &totals, &failure), STATUS_OK);
    char *text = read_text(temporary_path("sessions.jsonl"));
    ck_assert_ptr_nonnull(strstr(text, "\"shortened\":true"));
    ck_assert_uint_lt(strlen(text), 1000);
    struct run_result *result = run_result_create();
    ck_assert_int_eq(run_result_add_shard(result, temporary_folder, &failure), STATUS_OK);
    run_result_destroy(result);
    free(text);
    free(plan);
    shard_writer_destroy(writer);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(a_shard_folder_is_written_once)
{
    struct shard_writer *writer = NULL, *second = NULL;
    struct failure failure = {0};
    ck_assert_int_eq(shard_writer_open(temporary_folder, &writer, &failure), STATUS_OK);
    ck_assert_int_ne(shard_writer_open(temporary_folder, &second, &failure), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(failure.message, "sessions.jsonl"));
    shard_writer_destroy(writer);
    ck_assert_int_eq(shard_writer_open(temporary_path("absent"), &second, &failure),
                     STATUS_NOT_FOUND);
}
END_TEST

static const char *const bad_histograms[] = {
    "{\"count\":1,\"overflow\":0,\"negative\":0,\"min\":5,\"max\":5,\"sum\":5}",
    "{\"count\":2,\"overflow\":0,\"negative\":0,\"min\":5,\"max\":5,\"sum\":5,\"buckets\":[[5,1]]}",
    "{\"count\":1,\"overflow\":0,\"negative\":0,\"min\":9,\"max\":5,\"sum\":5,\"buckets\":[[5,1]]}",
    "{\"count\":1,\"overflow\":0,\"negative\":0,\"min\":5,\"max\":5,\"sum\":5,\"buckets\":[[-5,1]]"
    "}",
    "{\"count\":2,\"overflow\":0,\"negative\":0,\"min\":5,\"max\":6,\"sum\":5,\"buckets\":[[6,1],["
    "5,1]]}",
    "{\"count\":1,\"overflow\":0,\"negative\":0,\"min\":5,\"max\":5,\"sum\":5,"
    "\"buckets\":[[99999999999999,1]]}",
    "{\"count\":1,\"overflow\":0,\"negative\":0,\"min\":1001,\"max\":1001,\"sum\":5,"
    "\"buckets\":[[1001,1]]}", /* no bucket begins there */
    "{\"count\":5000000000,\"overflow\":0,\"negative\":0,\"min\":5,\"max\":5,\"sum\":5,"
    "\"buckets\":[[5,5000000000]]}",
    "{\"count\":1,\"overflow\":0,\"negative\":0,\"min\":5,\"max\":99999999999999,\"sum\":5,"
    "\"buckets\":[[5,1]]}",
    "[]",
};

START_TEST(refuses_histograms_that_cannot_be)
{
    struct histogram histogram = {0};
    json_t *json = json_loads(bad_histograms[_i], 0, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_int_eq(histogram_from_json(json, &histogram), STATUS_MALFORMED);
    histogram_finish(&histogram);
    json_decref(json);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("merge");
    TCase *cases = tcase_create("merge");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, make_temporary_folder, remove_temporary_folder);
    tcase_add_test(cases, sums_are_exactly_those_of_the_shards);
    tcase_add_test(cases, sessions_come_out_in_order_and_shards_are_removed);
    tcase_add_test(cases, shards_of_somebody_else_are_left_alone);
    tcase_add_test(cases, a_lost_shard_is_told_and_the_rest_stays);
    tcase_add_loop_test(cases, a_damaged_shard_adds_nothing, 0,
                        (int)(sizeof damages / sizeof damages[0]));
    tcase_add_test(cases, seconds_of_shards_are_laid_side_by_side);
    tcase_add_test(cases, the_order_of_shards_does_not_matter);
    tcase_add_test(cases, an_overlong_plan_is_left_out_and_said);
    tcase_add_test(cases, a_shard_folder_is_written_once);
    tcase_add_loop_test(cases, refuses_histograms_that_cannot_be, 0,
                        (int)(sizeof bad_histograms / sizeof bad_histograms[0]));
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
