#include "common/webrtc/bandwidth/rate_control.h"

#include <check.h>

static struct rate_control control;
static int64_t now_us;

static uint32_t step(enum bandwidth_signal signal, uint32_t acknowledged_bps)
{
    struct rate_observation observation = {
        .signal = signal,
        .has_acknowledged = acknowledged_bps != 0,
        .acknowledged_bps = acknowledged_bps,
        .round_trip_us = 100000,
    };

    now_us += 100000;
    rate_control_update(&control, &observation, now_us);
    return control.bps;
}

static void start(uint32_t bps)
{
    now_us = 1000000;
    rate_control_init(&control, bps, 30000, 5000000);
    step(BANDWIDTH_NORMAL, bps);
}

START_TEST(it_rises_by_eight_percent_a_second)
{
    start(1000000);
    for (int i = 0; i < 10; i++)
        step(BANDWIDTH_NORMAL, control.bps);
    ck_assert_uint_ge(control.bps, 1079000);
    ck_assert_uint_le(control.bps, 1081000);
    now_us += 60000000; /* a long pause counts as a second */
    step(BANDWIDTH_NORMAL, control.bps);
    ck_assert_uint_le(control.bps, 1081000 * 1.0801);
}
END_TEST

START_TEST(it_rises_to_half_more_than_what_arrives)
{
    start(300000);
    for (int i = 0; i < 1000; i++)
        step(BANDWIDTH_NORMAL, 300000);
    ck_assert_uint_eq(control.bps, 460000);
    step(BANDWIDTH_NORMAL, 100000); /* less is sent now: no reason to lower it */
    ck_assert_uint_eq(control.bps, 460000);
}
END_TEST

START_TEST(it_falls_below_what_arrives)
{
    start(1000000);
    ck_assert_uint_eq(step(BANDWIDTH_OVERUSE, 800000), 680000);
    ck_assert_uint_eq(step(BANDWIDTH_OVERUSE, 800000), 680000); /* the same queue */
    ck_assert_uint_eq(step(BANDWIDTH_UNDERUSE, 700000), 680000);
    ck_assert_uint_eq(step(BANDWIDTH_NORMAL, 680000) > 680000, true);
}
END_TEST

START_TEST(without_knowing_what_arrives_it_falls_once_per_round_trip)
{
    start(1000000);
    ck_assert_uint_eq(step(BANDWIDTH_OVERUSE, 0), 850000);
    ck_assert_uint_eq(step(BANDWIDTH_OVERUSE, 0), 850000);
    ck_assert_uint_eq(step(BANDWIDTH_OVERUSE, 0), 722500);
}
END_TEST

START_TEST(after_a_fall_one_normal_step_holds)
{
    start(1000000);
    step(BANDWIDTH_OVERUSE, 800000);
    ck_assert_uint_eq(step(BANDWIDTH_NORMAL, 680000), 680000);
    ck_assert_uint_gt(step(BANDWIDTH_NORMAL, 680000), 680000);
}
END_TEST

/* Half a packet per response time: 4800 bit / 0.2 s. */
START_TEST(near_the_known_capacity_it_rises_gently)
{
    start(3000000);
    step(BANDWIDTH_OVERUSE, 3000000);
    uint32_t before = step(BANDWIDTH_NORMAL, 2550000);
    for (int i = 0; i < 10; i++)
        step(BANDWIDTH_NORMAL, control.bps);
    ck_assert_uint_ge(control.bps - before, 23000);
    ck_assert_uint_le(control.bps - before, 25000);
    step(BANDWIDTH_NORMAL, 3500000); /* the path carries more than it did: steep again */
    before = control.bps;
    for (int i = 0; i < 10; i++)
        step(BANDWIDTH_NORMAL, 3500000);
    ck_assert_uint_ge(control.bps - before, before / 13);
}
END_TEST

START_TEST(bounds_hold)
{
    start(40000);
    ck_assert_uint_eq(step(BANDWIDTH_OVERUSE, 1000), 30000);
    for (int i = 0; i < 2000; i++)
        step(BANDWIDTH_NORMAL, 4000000);
    ck_assert_uint_eq(control.bps, 5000000);
    for (int i = 0; i < 100; i++)
        rate_control_back_off(&control, now_us);
    ck_assert_uint_eq(control.bps, 30000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/bandwidth/rate_control");
    TCase *cases = tcase_create("rate_control");
    tcase_add_test(cases, it_rises_by_eight_percent_a_second);
    tcase_add_test(cases, it_rises_to_half_more_than_what_arrives);
    tcase_add_test(cases, it_falls_below_what_arrives);
    tcase_add_test(cases, without_knowing_what_arrives_it_falls_once_per_round_trip);
    tcase_add_test(cases, after_a_fall_one_normal_step_holds);
    tcase_add_test(cases, near_the_known_capacity_it_rises_gently);
    tcase_add_test(cases, bounds_hold);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
