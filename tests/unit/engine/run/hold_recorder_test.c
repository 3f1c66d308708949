#include "engine/run/hold_recorder.h"

#include <check.h>
#include <stdlib.h>

#define S 1000000

static const struct hold_plan plan = {.begin_us = 3 * S,
                                      .length_us = 2 * S,
                                      .limit_us = 4 * S,
                                      .need_count = 1,
                                      .needs = {{"m.join_media", "", 200}}};
static struct hold_recorder recorder;
static struct metrics *metrics;

static void begin(void)
{
    recorder = (struct hold_recorder){0};
    metrics = metrics_create();
}

static void end(void)
{
    hold_recorder_finish(&recorder);
    metrics_destroy(metrics);
}

/* In each second one join of so many milliseconds as the second has, and one session is completed.
 */
static void pass_second(unsigned second, double cpu)
{
    struct shard_counts counts = {
        .running = 10 + second, .participants = 20, .completed = second, .planned = 2 * second};
    metric_record(metrics, METRIC_M_JOIN_MEDIA, second * 1000, 0, 0);
    metric_record(metrics, METRIC_RTP_SENT, 100, 0, 0);
    hold_recorder_second(&recorder, &plan, metrics, &counts, &(struct health_window){.cpu = cpu},
                         (int64_t)second * S);
}

static uint64_t samples(void)
{
    uint64_t found[HOLD_NEEDS_MAX] = {0};
    hold_recorder_samples(&recorder, &plan, metrics, found);
    return found[0];
}

START_TEST(only_what_lies_in_it)
{
    struct metric_value value;
    begin();
    for (unsigned second = 1; second <= 3; second++) {
        pass_second(second, 0.99); /* the rise: an unfit generator there is not looked at */
        ck_assert_uint_eq(samples(), 0);
        ck_assert(!hold_recorder_due(&recorder, &plan));
    }
    pass_second(4, 0.2);
    pass_second(5, 0.4);
    ck_assert_uint_eq(samples(), 2);
    ck_assert(!hold_recorder_due(&recorder, &plan));
    hold_recorder_end(&recorder, metrics);
    pass_second(6, 0.99); /* behind it */

    const struct hold *hold = &recorder.hold;
    ck_assert(hold->measured);
    ck_assert_int_eq(hold->from_us, 3 * S);
    ck_assert_int_eq(hold->to_us, 5 * S);
    ck_assert_double_eq(hold_length_s(hold), 2);
    ck_assert(metrics_find(hold->metrics, "m.join_media", "", &value));
    ck_assert_uint_eq(value.histogram->count, 2);
    ck_assert_int_ge(value.histogram->min, 3900);
    ck_assert(metrics_find(hold->metrics, "rtp.sent", "", &value));
    ck_assert_int_eq(value.sum, 200);
    ck_assert_uint_eq(hold->counts.completed, 2);
    ck_assert_uint_eq(hold->counts.planned, 4);
    ck_assert_uint_eq(hold->counts.participants_peak, 20);
    ck_assert_double_eq(hold->running_mean, 14.5);
    ck_assert_uint_eq(hold->running_max, 15);
    ck_assert_uint_eq(hold->health.windows, 2);
    ck_assert(health_fit(&hold->health));
    end();
}
END_TEST

START_TEST(it_is_due_at_its_limit)
{
    begin();
    for (unsigned second = 1; second <= 6; second++) {
        pass_second(second, 0.2);
        ck_assert(!hold_recorder_due(&recorder, &plan));
    }
    pass_second(7, 0.2);
    ck_assert(hold_recorder_due(&recorder, &plan));
    end();
}
END_TEST

START_TEST(without_a_second_there_is_none)
{
    begin();
    pass_second(1, 0.2);
    hold_recorder_end(&recorder, metrics); /* interrupted in the rise */
    ck_assert(!recorder.hold.measured);
    pass_second(3, 0.2);
    hold_recorder_end(&recorder, metrics);
    ck_assert(!recorder.hold.measured);
    end();
}
END_TEST

START_TEST(a_run_without_a_plan_has_none)
{
    static const struct hold_plan none = {0};
    begin();
    for (unsigned second = 1; second < 10; second++)
        hold_recorder_second(&recorder, &none, metrics, &(struct shard_counts){0},
                             &(struct health_window){0}, (int64_t)second * S);
    ck_assert(!hold_recorder_due(&recorder, &none));
    hold_recorder_end(&recorder, metrics);
    ck_assert(!recorder.hold.measured);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hold_recorder");
    TCase *cases = tcase_create("seconds");
    tcase_add_test(cases, only_what_lies_in_it);
    tcase_add_test(cases, it_is_due_at_its_limit);
    tcase_add_test(cases, without_a_second_there_is_none);
    tcase_add_test(cases, a_run_without_a_plan_has_none);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
