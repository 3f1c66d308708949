#include "engine/result/run_result.h"
#include "temporary_folder.h"

/* A run in which all is well. */
static struct run_result *good_run(void)
{
    struct run_result *result = run_result_create();
    struct health_window fit = {.cpu = 0.5};
    result->counts = (struct run_counts){.planned = 10, .started = 10, .completed = 10};
    result->shards_expected = result->shards_merged = 1;
    for (int i = 0; i < 60; i++) {
        health_add(&result->health, &fit);
    }
    metric_record(result->metrics, METRIC_FRAMES_RECEIVED, 1000, 0, 0);
    metric_record(result->metrics, METRIC_RTP_RECEIVED, 5000, 0, 0);
    metric_record(result->metrics, METRIC_FRAME_LATENCY, 9000, 0, 0);
    ledger_add(&result->ledger, "frames", 1000, 1000, 0, NULL);
    check_log_add(result->checks, "WA-01", CHECK_PASS, 0, 0, NULL, NULL);
    return result;
}

static void break_shards(struct run_result *result)
{
    result->shards_expected = 2;
}

static void break_health(struct run_result *result)
{
    struct health_window unfit = {.cpu = 1};
    health_add(&result->health, &unfit);
    health_add(&result->health, &unfit); /* one alone may be forgiven */
}

static void break_check(struct run_result *result)
{
    check_log_add(result->checks, "WA-18", CHECK_FAIL, 4, 0, "a card was shown", NULL);
}

static void excuse_check(struct run_result *result)
{
    check_log_excuse(result->checks, "WA-18");
    check_log_excuse(result->checks, "WA-77"); /* nobody spoke of it */
}

static void break_check_blocked(struct run_result *result)
{
    check_log_add(result->checks, "WA-18", CHECK_BLOCKED, 4, 0, "nobody to look at", NULL);
}

static void break_check_error(struct run_result *result)
{
    check_log_add(result->checks, "WA-18", CHECK_ERROR, 4, 0, "driver", NULL);
}

static void break_check_open(struct run_result *result)
{
    check_log_add(result->checks, "WA-18", CHECK_INCONCLUSIVE, 4, 0, "?", NULL);
}

static void warn_check(struct run_result *result)
{
    check_log_add(result->checks, "WA-18", CHECK_WARN, 4, 0, "slow", NULL);
}

static void break_isolation(struct run_result *result)
{
    metric_record(result->metrics, METRIC_FORBIDDEN_PACKETS, 1, 0, 0);
}

static void leave_unjudged(struct run_result *result)
{
    metric_record(result->metrics, METRIC_UNJUDGED_PACKETS, 3, 0, 0);
}

static void break_attribution(struct run_result *result)
{
    metric_record(result->metrics, METRIC_UNATTRIBUTED_PACKETS, 200, 0, 0);
}

static void explain_attribution(struct run_result *result)
{
    metric_record(result->metrics, METRIC_UNATTRIBUTED_PACKETS, 200, 0, 0);
    metric_record(result->metrics, METRIC_FRAMES_LOST, 10, 0, 0);
}

static void explain_attribution_by_a_network(struct run_result *result)
{
    metric_record(result->metrics, METRIC_UNATTRIBUTED_PACKETS, 3, 0, 0);
    metric_record(result->metrics, METRIC_NET_LOST, 1, 0, 0);
}

static void break_ledger(struct run_result *result)
{
    ledger_add(&result->ledger, "joins", 10, 9, 0, NULL);
}

static void explain_ledger(struct run_result *result)
{
    ledger_add(&result->ledger, "joins", 10, 9, 1, "cut");
}

static void break_threshold(struct run_result *result)
{
    ck_assert_int_eq(threshold_list_add(&result->thresholds, "frame.latency.max<5ms", NULL),
                     STATUS_OK);
}

static void make_examination(struct run_result *result)
{
    result->info.examination = true;
}

static void unmeasured_threshold(struct run_result *result)
{
    ck_assert_int_eq(threshold_list_add(&result->thresholds, "m.msg.p95<5ms", NULL), STATUS_OK);
}

static void slow_generator(struct run_result *result)
{
    metric_record(result->metrics, METRIC_SEND_SLIP, 4000, 0, 0);
    ck_assert_int_eq(threshold_list_add(&result->thresholds, "frame.latency.max<20ms", NULL),
                     STATUS_OK);
}

static void wrong_unit(struct run_result *result)
{
    metric_record_custom(result->metrics, "story.x", "us", 4, 0);
    ck_assert_int_eq(threshold_list_add(&result->thresholds, "story.x.max<5kB", NULL), STATUS_OK);
}

static void fail_session(struct run_result *result)
{
    result->counts.failed = 1;
    result->counts.completed = 9;
}

static void start_nothing(struct run_result *result)
{
    result->counts = (struct run_counts){.planned = 10};
}

static void complete_nothing(struct run_result *result)
{
    result->counts = (struct run_counts){.planned = 10, .started = 10, .cut = 10};
}

static void leave_alone(struct run_result *result)
{
    (void)result;
}

typedef void break_fn(struct run_result *result);

static const struct {
    break_fn *first, *second;
    int code;
    const char *reason;
} cases_table[] = {
    {leave_alone, leave_alone, 0, ""},
    {warn_check, explain_ledger, 0, ""},
    {explain_attribution, leave_alone, 0, ""},
    {explain_attribution_by_a_network, leave_alone, 0, ""},
    {break_threshold, leave_alone, 3, "frame.latency.max<5ms: failed, measured 9.00 ms"},
    {fail_session, leave_alone, 3, "sessions.failed.ratio==0"},
    {complete_nothing, leave_alone, 3, "sessions.completed.count>=1"},
    {start_nothing, leave_alone, 7, "no session was started"},
    {break_ledger, break_threshold, 7, "joins: 10 expected, 9 seen"},
    {unmeasured_threshold, break_ledger, 4, "m.msg.p95<5ms: no samples"},
    {slow_generator, leave_alone, 4, "generator too slow"},
    {break_health, break_threshold, 4, "not fit in 2 of 62 seconds"},
    {break_health, make_examination, 0, ""},
    {break_check_open, make_examination, 4, "WA-18"},
    {break_shards, break_ledger, 4, "1 of 2 shards left no results"},
    {break_check_open, break_threshold, 4, "WA-18"},
    {break_check, break_health, 1, "WA-18 failed 1×: a card was shown"},
    {break_check_blocked, break_health, 1, "WA-18 could not be verified 1×"},
    {break_check, excuse_check, 0, ""},
    {break_check_blocked, excuse_check, 0, ""},
    {break_check_open, excuse_check, 4, "WA-18"},
    {break_isolation, break_shards, 1, "isolation: 1 packets"},
    {leave_unjudged, break_threshold, 4, "isolation: 3 packets could not be judged"},
    {leave_unjudged, break_isolation, 1, "isolation: 1 packets"},
    {break_attribution, break_health, 1, "belong to no stamped frame"},
    {wrong_unit, break_isolation, 2, "story.x.max<5kB: wrong unit"},
    {break_check_error, wrong_unit, 6, "harness or driver"},
};

START_TEST(the_strongest_finding_decides)
{
    struct run_result *result = good_run();
    cases_table[_i].first(result);
    cases_table[_i].second(result);
    enum exit_code code = run_result_judge(result, 60);
    const char *reason = verdict_main_reason(&result->verdict);
    ck_assert_msg((int)code == cases_table[_i].code, "case %d: exit %d, %s", _i, (int)code, reason);
    ck_assert_msg(strstr(reason, cases_table[_i].reason) != NULL, "case %d: %s", _i, reason);
    run_result_destroy(result);
}
END_TEST

START_TEST(reasons_of_the_run_code_count_too)
{
    struct run_result *result = good_run();
    verdict_add(&result->verdict, EXIT_CODE_INTERRUPTED, "Ctrl-C");
    break_health(result);
    ck_assert_int_eq(run_result_judge(result, 60), EXIT_CODE_INTERRUPTED);
    run_result_destroy(result);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_judge");
    TCase *cases = tcase_create("run_judge");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, make_temporary_folder, remove_temporary_folder);
    tcase_add_loop_test(cases, the_strongest_finding_decides, 0,
                        (int)(sizeof cases_table / sizeof cases_table[0]));
    tcase_add_test(cases, reasons_of_the_run_code_count_too);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
