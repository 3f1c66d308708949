#include "engine/capacity/step.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define S 1000000

static struct run_result *result;
static struct capacity_step step;

/* A hold of 30 s in which 100 were to run at once and did, judged by a latency and a ratio. */
static void begin(void)
{
    result = run_result_create();
    result->hold_asked = true;
    result->shards_merged = result->holds_merged = 1;
    result->counts.started = result->counts.completed = 500;
    struct hold *hold = &result->hold;
    hold->measured = true;
    hold->from_us = 37 * S;
    hold->to_us = 67 * S;
    hold->metrics = metrics_create();
    hold->running_mean = 100;
    hold->running_max = 103;
    hold->counts.planned = hold->counts.started = hold->counts.completed = 130;
    for (int i = 0; i < 30; i++)
        health_add(&hold->health, &(struct health_window){.cpu = 0.4});
    for (int i = 0; i < 520; i++)
        metric_record(hold->metrics, METRIC_M_JOIN_MEDIA, 90000, 0, 0);
    metric_record(hold->metrics, METRIC_VIDEO_US, (int64_t)6000 * S, 0, 0);
    metric_record(hold->metrics, METRIC_FREEZE_US, 6 * S, 0, 0);
    metric_record(hold->metrics, METRIC_RTP_BYTES_RECEIVED, 375000000, 0, 0);
    ck_assert_int_eq(threshold_list_add(&result->thresholds, "m.join_media.p95<500ms", NULL),
                     STATUS_OK);
    ck_assert_int_eq(threshold_list_add(&result->thresholds, "freeze.ratio<1%", NULL), STATUS_OK);
    step = (struct capacity_step){.number = 1, .load = 100, .planned = 100, .share = 1};
}

static enum trial_outcome judge(double cpu_limit)
{
    run_result_judge(result, 100);
    step_judge(&step, result, cpu_limit);
    run_result_destroy(result);
    return step.outcome;
}

static void add_target(int64_t at_us, double cpu)
{
    struct target_second second = target_second_unknown(at_us);
    second.cpu = cpu;
    run_result_add_target_second(result, &second);
}

static void target(double cpu)
{
    for (int second = 1; second <= 70; second++)
        add_target((int64_t)second * S, second > 37 && second <= 67 ? cpu : 0.01);
}

START_TEST(everything_holds)
{
    begin();
    target(0.2);
    ck_assert_int_eq(judge(0.3), TRIAL_PASSED);
    ck_assert_str_eq(step.why, "");
    ck_assert_int_eq(step.cause, CAUSE_NONE);
    ck_assert_double_eq_tol(step.target.cpu_mean, 0.2, 1e-9); /* of the hold alone */
    ck_assert_double_eq_tol(step.goodput_bps, 1e8, 1);
    ck_assert_double_eq_tol(step.freeze_ratio, 0.001, 1e-9);
    ck_assert_int_le(labs((long)(step.join.p95 - 90000)), 1000);
    ck_assert_int_eq(step.frame.p95, -1);
    ck_assert_uint_eq(step.objective_count, 4);
    ck_assert_uint_eq(step.objectives[2].samples_needed, 200);
    ck_assert_uint_eq(step.objectives[2].samples, 520);
}
END_TEST

START_TEST(an_objective_breaks_and_the_processor_is_full)
{
    begin();
    target(0.3);
    metric_record(result->hold.metrics, METRIC_FREEZE_US, 600 * (int64_t)S, 0, 0);
    ck_assert_int_eq(judge(0.3), TRIAL_FAILED);
    ck_assert_ptr_nonnull(strstr(step.why, "freeze.ratio<1%"));
    ck_assert_int_eq(step.cause, CAUSE_TARGET_CPU);
}
END_TEST

START_TEST(what_broke_outside_of_the_hold_is_not_judged)
{
    begin();
    metric_record(result->metrics, METRIC_M_JOIN_MEDIA, 9000000, 0, 0);
    metric_record(result->metrics, METRIC_FREEZE_US, 6000 * (int64_t)S, 0, 0);
    result->counts.failed = 100;
    for (int i = 0; i < 40; i++)
        health_add(&result->health, &(struct health_window){.cpu = 0.99});
    ck_assert_int_eq(judge(0.3), TRIAL_PASSED);
}
END_TEST

START_TEST(an_unfit_generator_says_nothing_of_the_target)
{
    begin();
    target(0.3);
    for (int i = 0; i < 4; i++)
        health_add(&result->hold.health, &(struct health_window){.cpu = 0.99});
    metric_record(result->hold.metrics, METRIC_FREEZE_US, 600 * (int64_t)S, 0, 0);
    ck_assert_int_eq(judge(0.3), TRIAL_UNFIT);
    ck_assert_int_eq(step.cause, CAUSE_GENERATOR);
    ck_assert(!step.generator_fit);

    begin(); /* slip above a tenth of the limit */
    for (int i = 0; i < 100; i++)
        metric_record(result->hold.metrics, METRIC_SEND_SLIP, 60000, 0, 0);
    ck_assert_int_eq(judge(0.3), TRIAL_UNFIT);
    ck_assert_ptr_nonnull(strstr(step.why, "slip"));
}
END_TEST

START_TEST(sessions_that_pile_up)
{
    begin();
    result->hold.running_mean = 111.5;
    ck_assert_int_eq(judge(-1), TRIAL_FAILED);
    ck_assert_ptr_nonnull(strstr(step.why, "unstable: 111.5 sessions at once instead of 100.0"));
    ck_assert_int_eq(step.cause, CAUSE_UNSEEN);
    begin();
    result->hold.running_mean = 110.5;
    ck_assert_int_eq(judge(-1), TRIAL_PASSED);
    begin();
    result->hold.counts.dropped = 1;
    ck_assert_int_eq(judge(-1), TRIAL_FAILED);
}
END_TEST

START_TEST(too_little_to_be_sure)
{
    begin();
    ck_assert_int_eq(threshold_list_add(&result->thresholds, "m.join_media.p99<500ms", NULL),
                     STATUS_OK);
    ck_assert_int_eq(judge(-1), TRIAL_UNSURE);
    ck_assert_ptr_nonnull(strstr(step.why, "520 samples of 1000"));
    begin();
    ck_assert_int_eq(threshold_list_add(&result->thresholds, "m.msg.p95<500ms", NULL), STATUS_OK);
    ck_assert_int_eq(judge(-1), TRIAL_UNSURE);
    begin();
    result->hold.running_mean = 70;
    ck_assert_int_eq(judge(-1), TRIAL_UNSURE);
    ck_assert_ptr_nonnull(strstr(step.why, "only 70.0"));
}
END_TEST

START_TEST(failing_sessions_and_requirements)
{
    begin();
    result->hold.counts.failed = 1;
    ck_assert_int_eq(judge(-1), TRIAL_FAILED);
    ck_assert_ptr_nonnull(strstr(step.why, "sessions.failed.ratio==0"));
    begin();
    result->hold.counts.failed = 1;
    metric_record(result->hold.metrics, METRIC_FREEZE_US, 600 * (int64_t)S, 0, 0);
    judge(-1);
    ck_assert_ptr_nonnull(strstr(step.why, "freeze.ratio")); /* what was asked for comes first */
    begin();
    check_log_add(result->checks, "WA-10", CHECK_FAIL, 3, 0, "no card", NULL);
    ck_assert_int_eq(judge(-1), TRIAL_FAILED);
    ck_assert_ptr_nonnull(strstr(step.why, "WA-10"));
    ck_assert(!step.isolation);
    begin();
    metric_record(result->metrics, METRIC_FORBIDDEN_PACKETS, 1, 0, 0);
    ck_assert_int_eq(judge(-1), TRIAL_FAILED);
    ck_assert(step.isolation);
}
END_TEST

/* Neither a generator that is not fit nor a step without a hold hides it. */
START_TEST(a_breach_of_isolation_counts_in_any_step)
{
    begin();
    result->hold.health.unfit = result->hold.health.windows;
    ck_assert_int_eq(judge(-1), TRIAL_UNFIT);
    ck_assert(!step.isolation);
    begin();
    result->hold.health.unfit = result->hold.health.windows;
    metric_record(result->metrics, METRIC_FORBIDDEN_PACKETS, 1, 0, 0);
    ck_assert_int_eq(judge(-1), TRIAL_UNFIT);
    ck_assert(step.isolation);
    begin();
    metric_record(result->metrics, METRIC_OVERHEARD, 1, 0, 0);
    result->hold.measured = false;
    judge(-1);
    ck_assert(step.isolation);
}
END_TEST

START_TEST(a_hold_that_was_not_reached)
{
    begin();
    result->hold.measured = false;
    ck_assert_int_eq(judge(-1), TRIAL_UNFIT);
    begin();
    result->hold.measured = false;
    verdict_add(&result->verdict, EXIT_CODE_TARGET_LOST, "the server ended");
    ck_assert_int_eq(judge(-1), TRIAL_FAILED);
    ck_assert_str_eq(step.why, "the server ended");
}
END_TEST

/* Of a timed step nothing is said when a part of its load was missing or late; a search, which can
 * try again, takes it for the generator's fault. */
START_TEST(a_load_that_was_not_whole)
{
    begin();
    result->info.start = (struct run_start){.at_us = 5, .skew_us = RUN_START_SKEW_MAX_US + 1};
    metric_record(result->hold.metrics, METRIC_FREEZE_US, 600 * (int64_t)S, 0, 0);
    ck_assert_int_eq(judge(-1), TRIAL_PARTIAL);
    ck_assert_ptr_nonnull(strstr(step.why, "of --start-at"));
    ck_assert_int_eq(step.cause, CAUSE_NONE);
    ck_assert_int_eq(step.exit_code, EXIT_CODE_INCONCLUSIVE);
    begin();
    result->info.start = (struct run_start){.at_us = 5, .skew_us = -RUN_START_SKEW_MAX_US};
    ck_assert_int_eq(judge(-1), TRIAL_PASSED);
    ck_assert_int_eq(step.start.skew_us, -RUN_START_SKEW_MAX_US);
    begin();
    result->shards_merged = result->shards_expected = 2; /* of one of them the hold is missing */
    ck_assert_int_eq(judge(-1), TRIAL_UNFIT);
    ck_assert_ptr_nonnull(strstr(step.why, "1 of 2 processes"));
}
END_TEST

/* A shard runs a part of the load and is judged by that. */
START_TEST(a_shard_s_part)
{
    begin();
    step.planned = 400;
    step.share = 0.25;
    ck_assert_int_eq(judge(-1), TRIAL_PASSED);
    begin();
    step.planned = 400;
    ck_assert_int_eq(judge(-1), TRIAL_UNSURE);
}
END_TEST

START_TEST(packets_of_one_process)
{
    begin();
    result->shards_merged = result->holds_merged = 2;
    metric_record(result->hold.metrics, METRIC_RTP_SENT, 300000, 0, 0);
    metric_record(result->hold.metrics, METRIC_RTP_RECEIVED, 600000, 0, 0);
    judge(-1);
    ck_assert_double_eq_tol(step.packets_per_s, 10000, 1e-9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("step");
    TCase *cases = tcase_create("judging");
    tcase_add_test(cases, everything_holds);
    tcase_add_test(cases, an_objective_breaks_and_the_processor_is_full);
    tcase_add_test(cases, what_broke_outside_of_the_hold_is_not_judged);
    tcase_add_test(cases, an_unfit_generator_says_nothing_of_the_target);
    tcase_add_test(cases, sessions_that_pile_up);
    tcase_add_test(cases, too_little_to_be_sure);
    tcase_add_test(cases, failing_sessions_and_requirements);
    tcase_add_test(cases, a_breach_of_isolation_counts_in_any_step);
    tcase_add_test(cases, a_hold_that_was_not_reached);
    tcase_add_test(cases, a_load_that_was_not_whole);
    tcase_add_test(cases, a_shard_s_part);
    tcase_add_test(cases, packets_of_one_process);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
