/* shard_set.c, shard_set_merge.c, shard_card.c, shard_difference.c: shards of one plan are one run,
 * and what is missing, late, broken or of another plan is named. */
#include "engine/result/shard_set.h"

#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "sample_run.h"
#include "temporary_folder.h"

#define SHARDS 3

static const struct sample_settings settings = {
    .kind = SAMPLE_PASSED, .shards = SHARDS, .seconds = 12, .sessions = 9, .seed = 5};

static char paths[SHARDS][512];
static const char *const folders[SHARDS] = {paths[0], paths[1], paths[2]};
static struct metrics *expected; /* the sum of what the shards measured */

static void write_shares(void)
{
    make_temporary_folder();
    expected = metrics_create();
    for (unsigned i = 0; i < SHARDS; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/s%u", temporary_folder, i);
        sample_share_write(&settings, paths[i], i, expected);
    }
}

static void remove_shares(void)
{
    metrics_destroy(expected);
    remove_temporary_folder();
}

/* `from` becomes `to`, once, in a file of shard 1. */
static void change(const char *name, const char *from, const char *to)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", paths[1], name);
    char *text = read_text(path), *at = strstr(text, from);
    ck_assert_msg(at != NULL, "%s has no %s", name, from);
    FILE *stream = fopen(path, "wb");
    fprintf(stream, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    ck_assert_int_eq(fclose(stream), 0);
    free(text);
}

/* Of the folders, judged. Owned by the caller. */
static struct run_result *merge(const char *const *given, size_t count)
{
    struct shard_set *set = NULL;
    struct run_result *result = NULL;
    struct failure failure = {0};
    enum status status = shard_set_read(given, count, &set, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    status = shard_set_merge(set, NULL, 0, "caseload merge", &result, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    ck_assert_str_eq(shard_set_story(set), "teletriage");
    run_result_judge(result, shard_set_duration_s(set));
    shard_set_destroy(set);
    return result;
}

static bool has_reason(const struct run_result *result, enum exit_code code, const char *words)
{
    for (size_t i = 0; i < result->verdict.count; i++) {
        if (result->verdict.reasons[i].code == code &&
            strstr(result->verdict.reasons[i].text, words) != NULL) {
            return true;
        }
    }
    return false;
}

static void refuses(enum status status, const char *const *given, size_t count, const char *words)
{
    struct shard_set *set = NULL;
    struct failure failure = {0};
    ck_assert_int_eq(shard_set_read(given, count, &set, &failure), status);
    ck_assert_ptr_null(set);
    ck_assert_msg(strstr(failure.message, words) != NULL, "'%s' says nothing of '%s'",
                  failure.message, words);
}

static void compare_metric(void *arg, const struct metric_info *info, const char *tag,
                           const struct histogram *histogram, int64_t sum)
{
    const struct run_result *result = arg;
    struct metric_value value;
    ck_assert_msg(metrics_find(result->metrics, info->name, tag, &value), "%s{%s}", info->name,
                  tag);
    ck_assert_int_eq(value.sum, sum);
    if (histogram != NULL) {
        ck_assert_uint_eq(value.histogram->count, histogram->count);
        ck_assert_int_eq(value.histogram->max, histogram->max);
        ck_assert(memcmp(value.histogram->buckets, histogram->buckets,
                         HISTOGRAM_BUCKETS * sizeof *histogram->buckets) == 0);
    }
}

START_TEST(all_shards_are_one_run_of_exact_sums)
{
    const char *const shuffled[] = {paths[2], paths[0], paths[1]};
    struct run_result *result = merge(shuffled, SHARDS);
    struct failure failure = {0};
    metrics_visit(expected, compare_metric, result);
    ck_assert_int_eq(result->verdict.code, EXIT_CODE_PASSED);
    ck_assert_uint_eq(result->counts.planned, 36);
    ck_assert_uint_eq(result->shards_merged, SHARDS);
    ck_assert_uint_eq(result->timeline_count, settings.seconds);
    ck_assert_int_eq(result->info.start.skew_us, 122);
    mkdir(temporary_path("whole"), 0777);
    mkdir(temporary_path("whole/histograms"), 0777);
    enum status status = run_result_write(result, temporary_path("whole"), &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    json_t *run = NULL;
    ck_assert_int_eq(result_file_read_json(temporary_path("whole"), "run.json", &run, &failure),
                     STATUS_OK);
    ck_assert_uint_eq(json_array_size(json_object_get(run, "shards")), SHARDS);
    ck_assert_str_eq(member_read_text(run, "seed"), "5");
    ck_assert_str_eq(member_read_text(run, "command"), "caseload merge");
    json_decref(run);
    ck_assert(exists(temporary_path("s0/shard-0/state.json"))); /* it stays its owner's */
    ck_assert(!exists(temporary_path("whole/shard.json")));
    run_result_destroy(result);
}
END_TEST

START_TEST(a_missing_shard_is_named)
{
    const char *const two[] = {paths[0], paths[2]};
    struct run_result *result = merge(two, 2);
    ck_assert_int_eq(result->verdict.code, EXIT_CODE_INCONCLUSIVE);
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "shard 1 of 3 is missing"));
    ck_assert_uint_eq(result->counts.planned, 24);
    run_result_destroy(result);
}
END_TEST

START_TEST(an_unfinished_shard_is_lost)
{
    unlink(temporary_path("s1/shard.json"));
    unlink(temporary_path("s1/summary.json"));
    struct run_result *result = merge(folders, SHARDS);
    ck_assert_int_eq(result->verdict.code, EXIT_CODE_INCONCLUSIVE);
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "s1 is lost: did not finish"));
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "shard 1 of 3 is missing"));
    run_result_destroy(result);
}
END_TEST

START_TEST(a_shard_that_lost_a_worker_is_lost)
{
    unlink(temporary_path("s1/shard-0/state.json"));
    struct run_result *result = merge(folders, SHARDS);
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "shard 1 of 3 is lost: worker 0 of 1"));
    ck_assert_uint_eq(result->counts.planned, 24);
    run_result_destroy(result);
}
END_TEST

START_TEST(exchanged_workers_are_seen)
{
    ck_assert_int_eq(rename(temporary_path("s1/shard-0"), temporary_path("aside")), 0);
    ck_assert_int_eq(rename(temporary_path("s2/shard-0"), temporary_path("s1/shard-0")), 0);
    struct run_result *result = merge(folders, 2);
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "shard 1 of 3 is lost"));
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "process 2 of 3"));
    run_result_destroy(result);
}
END_TEST

/* ---- the begin ---- */

START_TEST(a_late_shard_is_named_and_its_seconds_stand_where_they_belong)
{
    change("shard.json", "\"start_skew_us\": 121", "\"start_skew_us\": 5200000");
    change("shard.json", "\"start_late\": false", "\"start_late\": true");
    struct run_result *result = merge(folders, SHARDS);
    ck_assert_int_eq(result->verdict.code, EXIT_CODE_INCONCLUSIVE);
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "shard 1 of 3 began 5.200 s after"));
    ck_assert_uint_eq(result->timeline_count, settings.seconds + 5);
    ck_assert_int_eq(result->info.start.skew_us, 5200000);
    uint64_t planned = 0;
    metrics_visit(expected, compare_metric, result); /* nothing of it is left out */
    planned = result->timeline[settings.seconds + 4].completed;
    ck_assert_uint_eq(planned, result->counts.completed);
    run_result_destroy(result);
}
END_TEST

START_TEST(a_begin_is_judged_by_its_distance)
{
    static const struct {
        const char *skew;
        bool fit;
    } begins[] = {{"100000", true}, {"100001", false}, {"-100000", true}, {"-100001", false}};
    char text[64];
    snprintf(text, sizeof text, "\"start_skew_us\": %s", begins[_i].skew);
    change("shard.json", "\"start_skew_us\": 121", text);
    struct run_result *result = merge(folders, SHARDS);
    ck_assert_int_eq(result->verdict.code,
                     begins[_i].fit ? EXIT_CODE_PASSED : EXIT_CODE_INCONCLUSIVE);
    run_result_destroy(result);
}
END_TEST

/* ---- what a shard's parent told ---- */

static const struct {
    const char *reason;
    enum exit_code in_whole;
} told[] = {
    {"{\"exit_code\": 9, \"text\": \"the target died\"}", EXIT_CODE_TARGET_LOST},
    {"{\"exit_code\": 2, \"text\": \"story.lua:4: nil\"}", EXIT_CODE_USAGE},
    {"{\"exit_code\": 130, \"text\": \"interrupted\"}", EXIT_CODE_INCONCLUSIVE},
    {"{\"exit_code\": 143, \"text\": \"interrupted\"}", EXIT_CODE_INCONCLUSIVE},
    {"{\"exit_code\": 5, \"text\": \"no route\"}", EXIT_CODE_INCONCLUSIVE},
};

START_TEST(what_a_parent_saw_counts_for_the_whole)
{
    char reasons[200];
    snprintf(reasons, sizeof reasons, "\"reasons\": [%s]", told[_i].reason);
    change("shard.json", "\"reasons\": []", reasons);
    struct run_result *result = merge(folders, SHARDS);
    ck_assert_int_eq(result->verdict.code, told[_i].in_whole);
    ck_assert(has_reason(result, told[_i].in_whole, "shard 1 of 3: "));
    run_result_destroy(result);
}
END_TEST

START_TEST(a_shard_that_never_began_is_lost)
{
    change("shard.json", "\"begun\": true", "\"begun\": false");
    change("shard.json", "\"reasons\": []",
           "\"reasons\": [{\"exit_code\": 5, \"text\": \"no route\"}]");
    struct run_result *result = merge(folders, SHARDS);
    ck_assert_int_eq(result->verdict.code, EXIT_CODE_INCONCLUSIVE);
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "did not begin: no route"));
    run_result_destroy(result);
}
END_TEST

/* ---- shards that are not of one plan ---- */

static const struct {
    const char *file, *from, *to, *words;
} unlike[] = {
    {"run.json", "\"program_version\": \"0.1.0\"", "\"program_version\": \"0.2.0\"",
     "program_version: \"0.1.0\" and \"0.2.0\""},
    {"run.json", "af63dc4c8601ec8c", "af63dc4c8601ec8d", "story.digest"},
    {"run.json", "\"talk\": \"8s\"", "\"talk\": \"9s\"", "settings.talk: \"8s\" and \"9s\""},
    {"run.json", "\"talk\": \"8s\"", "\"talk\": \"8s\", \"hold\": 1",
     "settings.hold: nothing and 1"},
    {"run.json", "\"seed\": \"5\"", "\"seed\": \"6\"", "seed: \"5\" and \"6\""},
    {"run.json", "85944171f73967e8", "85944171f73967e9", "fixture_digest"},
    {"run.json", "\"rate_per_s\": 0.0", "\"rate_per_s\": 1.0", "load.rate_per_s"},
    {"run.json", "\"mode\": \"full\"", "\"mode\": \"audio\"", "media.mode"},
    {"run.json", "\"send\": \"paced\"", "\"send\": \"bur\\u001bst\"", "media.send"},
    {"run.json", "\"name\": \"reference\"", "\"name\": \"other\"", "target.name"},
    {"shard.json", "\"start_at_us\": 1760000000000000", "\"start_at_us\": 1760000001000000",
     "start_at: 1.000 s apart"},
    {"shard.json", "freeze.ratio<1%", "freeze.ratio<2%",
     "thresholds: freeze.ratio<1% and freeze.ratio<2%"},
};

START_TEST(unlike_shards_are_refused_by_name)
{
    change(unlike[_i].file, unlike[_i].from, unlike[_i].to);
    refuses(STATUS_INVALID, folders, SHARDS, unlike[_i].words);
    refuses(STATUS_INVALID, folders, SHARDS, "shard 1");
}
END_TEST

START_TEST(another_number_of_shards_is_another_plan)
{
    change("shard.json", "\"count\": 3", "\"count\": 4");
    change("run.json", "\"count\": 3", "\"count\": 4");
    refuses(STATUS_INVALID, folders, SHARDS, "number of shards: 3 and 4");
}
END_TEST

START_TEST(hosts_may_differ_in_what_is_theirs)
{
    change("run.json", "send, recvmmsg on taken-over sockets", "io_uring");
    change("run.json", "\"url\": \"embedded\"", "\"url\": \"https://10.0.0.7\"");
    struct run_result *result = merge(folders, SHARDS);
    ck_assert_int_eq(result->verdict.code, EXIT_CODE_PASSED);
    run_result_destroy(result);
}
END_TEST

START_TEST(what_is_no_set_of_shards_is_refused)
{
    const char *const twice[] = {paths[0], paths[1], paths[0]};
    const char *const absent[] = {paths[0], temporary_path("absent")};
    refuses(STATUS_INVALID, twice, 3, "both shard 0 of 3");
    refuses(STATUS_NOT_FOUND, absent, 2, "absent: no such folder");
    refuses(STATUS_INVALID, NULL, 0, "1 to 1024");
    const char *const plain[] = {temporary_path("plain")};
    sample_run_write(&settings, plain[0]);
    refuses(STATUS_INVALID, plain, 1, "without --shard");
    mkdir(temporary_path("empty"), 0777);
    const char *const empty[] = {temporary_path("empty")};
    refuses(STATUS_MALFORMED, empty, 1, "no whole shard");
}
END_TEST

/* ---- thresholds ---- */

START_TEST(the_whole_is_judged_by_the_shards_thresholds_and_more)
{
    const char *const more[] = {"freeze.ratio<99%", "sessions.completed.count>=1000"};
    const char *const wrong[] = {"no.such.metric.p95<1s"};
    struct shard_set *set = NULL;
    struct run_result *result = NULL;
    struct failure failure = {0};
    ck_assert_int_eq(shard_set_read(folders, SHARDS, &set, &failure), STATUS_OK);
    ck_assert_int_eq(shard_set_merge(set, wrong, 1, "", &result, &failure), STATUS_INVALID);
    ck_assert(strstr(failure.message, "no.such.metric") != NULL);
    ck_assert_int_eq(shard_set_merge(set, more, 2, "", &result, &failure), STATUS_OK);
    ck_assert_uint_eq(result->thresholds.count, 2 + 4); /* built-in ones and the shards' */
    ck_assert_int_eq(run_result_judge(result, settings.seconds), EXIT_CODE_THRESHOLD);
    ck_assert(has_reason(result, EXIT_CODE_THRESHOLD, "sessions.completed.count>=1000"));
    run_result_destroy(result);
    shard_set_destroy(set);
}
END_TEST

/* ---- damage ---- */

static const struct {
    const char *file, *from, *to;
} damages[] = {
    {"shard.json", "caseload/shard-card/1", "caseload/shard-card/2"},
    {"shard.json", "\"index\": 1", "\"index\": 3"},
    {"shard.json", "\"index\": 1", "\"index\": -1"},
    {"shard.json", "\"index\": 1", "\"index\": 2"}, /* run.json says 1 */
    {"shard.json", "\"count\": 3", "\"count\": 4000000000"},
    {"shard.json", "\"workers\": 1", "\"workers\": 0"},
    {"shard.json", "\"workers\": 1", "\"workers\": 1000"},
    {"shard.json", "\"begun\": true", "\"begun\": 1"},
    {"shard.json", "\"start_us\": 1760000000000000", "\"start_us\": 9223372036854775807"},
    {"shard.json", "\"end_us\": ", "\"end_us\": -"},
    {"shard.json", "\"start_skew_us\": 121", "\"start_skew_us\": -9223372036854775807"},
    {"shard.json", "freeze.ratio<1%", "freeze.ratio<1 parsec"},
    {"shard.json", "\"reasons\": []", "\"reasons\": [{\"exit_code\": 77, \"text\": \"x\"}]"},
    {"shard.json", "\"reasons\": []", "\"reasons\": {}"},
    {"shard.json", "{", "["},
    {"run.json", "caseload/run/1", "caseload/run/2"},
    {"run.json", "{", "[[[["},
    {"shard-0/state.json", "\"sum\": ", "\"sum\": \"much\", \"som\": "},
    {"shard-0/state.json", "\"checks_refused\": 0", "\"checks_refused\": -1"},
};

START_TEST(a_damaged_shard_is_lost_and_the_rest_merged)
{
    change(damages[_i].file, damages[_i].from, damages[_i].to);
    struct run_result *result = merge(folders, SHARDS);
    ck_assert_int_eq(result->verdict.code, EXIT_CODE_INCONCLUSIVE);
    ck_assert(has_reason(result, EXIT_CODE_INCONCLUSIVE, "is lost"));
    ck_assert_uint_eq(result->counts.planned, 24);
    ck_assert_uint_eq(result->shards_merged, 2);
    run_result_destroy(result);
}
END_TEST

/* Sums that no counter holds stay at the largest there is instead of going round. */
START_TEST(immense_sums_are_bounded)
{
    change("shard-0/seconds.jsonl",
           "\"packets_sent\":", "\"packets_sent\":9223372036854775807,\"was\":");
    change("shard-0/state.json", "\"name\": \"rtp.sent\",",
           "\"name\": \"rtp.sent\", \"unit\": \"1\", \"kind\": \"count\", \"tag\": \"\", "
           "\"additions\": 1, \"sum\": 9223372036854775807}, {\"name\": \"rtp.sent\",");
    struct run_result *result = merge(folders, SHARDS);
    struct metric_value sent;
    ck_assert_int_eq(result->timeline[0].packets_sent, INT64_MAX);
    ck_assert(metrics_find(result->metrics, "rtp.sent", "", &sent));
    ck_assert_int_eq(sent.sum, INT64_MAX);
    run_result_destroy(result);
}
END_TEST

#define LOOP(test, table)                                                                          \
    tcase_add_loop_test(cases, test, 0, (int)(sizeof(table) / sizeof(table)[0]))

int main(void)
{
    Suite *suite = suite_create("shard_set");
    TCase *cases = tcase_create("shard_set");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, write_shares, remove_shares);
    tcase_add_test(cases, all_shards_are_one_run_of_exact_sums);
    tcase_add_test(cases, a_missing_shard_is_named);
    tcase_add_test(cases, an_unfinished_shard_is_lost);
    tcase_add_test(cases, a_shard_that_lost_a_worker_is_lost);
    tcase_add_test(cases, exchanged_workers_are_seen);
    tcase_add_test(cases, a_late_shard_is_named_and_its_seconds_stand_where_they_belong);
    tcase_add_loop_test(cases, a_begin_is_judged_by_its_distance, 0, 4);
    LOOP(what_a_parent_saw_counts_for_the_whole, told);
    tcase_add_test(cases, a_shard_that_never_began_is_lost);
    LOOP(unlike_shards_are_refused_by_name, unlike);
    tcase_add_test(cases, another_number_of_shards_is_another_plan);
    tcase_add_test(cases, hosts_may_differ_in_what_is_theirs);
    tcase_add_test(cases, what_is_no_set_of_shards_is_refused);
    tcase_add_test(cases, the_whole_is_judged_by_the_shards_thresholds_and_more);
    LOOP(a_damaged_shard_is_lost_and_the_rest_merged, damages);
    tcase_add_test(cases, immense_sums_are_bounded);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
