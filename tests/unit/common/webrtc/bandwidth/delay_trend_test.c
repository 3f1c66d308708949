#include "common/webrtc/bandwidth/delay_trend.h"

#include <check.h>

#define STEP_US 10000

static struct delay_trend trend;
static int64_t now_us;

static enum bandwidth_signal run(unsigned groups, int64_t variation_us)
{
    enum bandwidth_signal seen = BANDWIDTH_NORMAL;

    for (unsigned i = 0; i < groups; i++) {
        now_us += STEP_US + variation_us;
        enum bandwidth_signal signal = delay_trend_update(&trend, now_us, variation_us);
        if (signal != BANDWIDTH_NORMAL)
            seen = signal;
    }
    return seen;
}

static void start(void)
{
    delay_trend_init(&trend);
    now_us = 1000000;
    ck_assert_int_eq(run(100, 0), BANDWIDTH_NORMAL);
}

START_TEST(a_growing_delay_is_overuse_a_shrinking_one_underuse)
{
    start();
    ck_assert_int_eq(run(20, 2000), BANDWIDTH_OVERUSE);
    ck_assert_int_eq(run(40, -1000), BANDWIDTH_UNDERUSE);
    run(60, 0);
    ck_assert_int_eq(trend.signal, BANDWIDTH_NORMAL);
}
END_TEST

/* A slow growth too, once it has become a queue. */
START_TEST(slow_growth_is_seen)
{
    start();
    ck_assert_int_eq(run(20, 400), BANDWIDTH_NORMAL); /* 8 ms, and not yet smoothed */
    ck_assert_int_eq(run(40, 400), BANDWIDTH_OVERUSE);
}
END_TEST

/* One hiccup of 7 ms has a steep slope, but there is no queue. */
START_TEST(a_slope_without_a_queue_is_none)
{
    start();
    for (int i = 0; i < 50; i++) {
        ck_assert_int_ne(run(1, 7000), BANDWIDTH_OVERUSE);
        ck_assert_int_ne(run(1, -7000), BANDWIDTH_OVERUSE);
        ck_assert_int_ne(run(20, 0), BANDWIDTH_OVERUSE);
    }
}
END_TEST

START_TEST(the_threshold_follows_restlessness_within_its_bounds)
{
    float highest_ms = 0;

    start();
    ck_assert_float_eq_tol(trend.threshold_ms, 6, 0.01);
    for (int i = 0; i < 400; i++) {
        run(1, i / 20 % 2 ? 700 : -700);
        if (trend.threshold_ms > highest_ms)
            highest_ms = trend.threshold_ms;
    }
    ck_assert_float_gt(highest_ms, 8);
    ck_assert_float_le(highest_ms, 600);
    run(200, 0);
    ck_assert_float_eq_tol(trend.threshold_ms, 6, 0.1);
}
END_TEST

/* 500 ppm for ten minutes add up to 300 ms. */
START_TEST(a_drifting_clock_is_no_queue)
{
    start();
    for (int i = 0; i < 600; i++)
        ck_assert_int_eq(run(100, 5), BANDWIDTH_NORMAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/bandwidth/delay_trend");
    TCase *cases = tcase_create("delay_trend");
    tcase_add_test(cases, a_growing_delay_is_overuse_a_shrinking_one_underuse);
    tcase_add_test(cases, slow_growth_is_seen);
    tcase_add_test(cases, a_slope_without_a_queue_is_none);
    tcase_add_test(cases, the_threshold_follows_restlessness_within_its_bounds);
    tcase_add_test(cases, a_drifting_clock_is_no_queue);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
