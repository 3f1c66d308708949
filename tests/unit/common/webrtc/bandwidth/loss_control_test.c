#include "common/webrtc/bandwidth/loss_control.h"

#include <check.h>

static struct loss_control control;
static int64_t now_us;

static uint32_t step(int arrived, int missing, uint32_t rate_bps)
{
    now_us += 1000000;
    for (int i = 0; i < arrived; i++)
        loss_control_arrived(&control, false);
    for (int i = 0; i < missing; i++)
        loss_control_missing(&control);
    loss_control_update(&control, rate_bps, 0, 50000, now_us);
    return control.bps;
}

static void start(void)
{
    now_us = 1000000;
    loss_control_init(&control, 30000, 10000000);
}

START_TEST(no_loss_no_limit)
{
    start();
    ck_assert_uint_eq(step(100, 0, 500000), 10000000);
}
END_TEST

START_TEST(more_than_a_tenth_lowers_from_what_was_allowed)
{
    start();
    ck_assert_uint_eq(step(80, 20, 500000), 450000); /* × (1 - 0.5 × 0.2) */
    ck_assert_uint_eq(step(80, 20, 500000), 405000);
}
END_TEST

START_TEST(who_sends_less_than_is_allowed_begins_there)
{
    start();
    for (int i = 0; i < 100; i++)
        if (i < 50)
            loss_control_arrived(&control, false);
        else
            loss_control_missing(&control);
    loss_control_update(&control, 5000000, 200000, 50000, now_us);
    ck_assert_uint_eq(control.bps, 300000); /* 400 kbit/s were sent, × (1 - 0.5 × 0.5) */
}
END_TEST

START_TEST(between_two_and_ten_percent_it_stays)
{
    start();
    step(80, 20, 500000);
    ck_assert_uint_eq(step(95, 5, 500000), 450000);
    ck_assert_uint_eq(step(990, 10, 500000), 486000);
}
END_TEST

START_TEST(few_packets_say_nothing)
{
    start();
    ck_assert_uint_eq(step(10, 9, 500000), 10000000);
    ck_assert_uint_lt(step(10, 9, 500000), 500000); /* but they add up */
}
END_TEST

START_TEST(what_came_after_all_is_not_lost)
{
    start();
    for (int i = 0; i < 40; i++)
        loss_control_missing(&control);
    for (int i = 0; i < 40; i++)
        loss_control_arrived(&control, true);
    ck_assert_uint_eq(step(60, 0, 500000), 10000000);
    ck_assert_float_eq(control.loss, 0);
}
END_TEST

START_TEST(a_step_has_to_show_before_the_next)
{
    start();
    step(80, 20, 500000);
    now_us -= 999000;
    ck_assert_uint_eq(step(80, 20, 500000), 450000);
    now_us -= 600000; /* 0.4 s later */
    ck_assert_uint_eq(step(80, 20, 500000), 405000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/bandwidth/loss_control");
    TCase *cases = tcase_create("loss_control");
    tcase_add_test(cases, no_loss_no_limit);
    tcase_add_test(cases, more_than_a_tenth_lowers_from_what_was_allowed);
    tcase_add_test(cases, who_sends_less_than_is_allowed_begins_there);
    tcase_add_test(cases, between_two_and_ten_percent_it_stays);
    tcase_add_test(cases, few_packets_say_nothing);
    tcase_add_test(cases, what_came_after_all_is_not_lost);
    tcase_add_test(cases, a_step_has_to_show_before_the_next);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
