#include "common/webrtc/bandwidth/acknowledged_rate.h"

#include <check.h>

static struct acknowledged_rate rate;
static uint32_t bps;

/* 1000 bytes every 10 ms: 800 kbit/s. */
static int64_t feed(int64_t from_us, unsigned packets)
{
    for (unsigned i = 0; i < packets; i++)
        acknowledged_rate_add(&rate, from_us + i * 10000, 1000);
    return from_us + packets * 10000;
}

START_TEST(nothing_is_said_before_half_a_window)
{
    acknowledged_rate_init(&rate);
    ck_assert(!acknowledged_rate_bps(&rate, &bps));
    int64_t at_us = feed(1000000, 20);
    ck_assert(!acknowledged_rate_bps(&rate, &bps));
    feed(at_us, 20);
    ck_assert(acknowledged_rate_bps(&rate, &bps));
}
END_TEST

START_TEST(a_steady_rate_is_told)
{
    acknowledged_rate_init(&rate);
    feed(1000000, 500);
    ck_assert(acknowledged_rate_bps(&rate, &bps));
    ck_assert_uint_ge(bps, 780000);
    ck_assert_uint_le(bps, 820000);
}
END_TEST

START_TEST(a_pause_lowers_it)
{
    acknowledged_rate_init(&rate);
    int64_t at_us = feed(1000000, 100);
    acknowledged_rate_add(&rate, at_us + 10000000, 1000);
    ck_assert(acknowledged_rate_bps(&rate, &bps));
    ck_assert_uint_le(bps, 30000);
}
END_TEST

START_TEST(what_is_unknown_neither_raises_nor_lowers_it)
{
    acknowledged_rate_init(&rate);
    int64_t at_us = feed(1000000, 100);
    acknowledged_rate_skip(&rate, at_us + 300000);
    at_us = feed(at_us + 300000, 20);
    ck_assert(acknowledged_rate_bps(&rate, &bps));
    ck_assert_uint_ge(bps, 760000);
    ck_assert_uint_le(bps, 840000);
    acknowledged_rate_add(&rate, at_us - 300000, 1000000); /* from the break: too late */
    uint32_t again;
    ck_assert(acknowledged_rate_bps(&rate, &again));
    ck_assert_uint_eq(again, bps);
}
END_TEST

START_TEST(a_clock_that_steps_back_begins_anew)
{
    acknowledged_rate_init(&rate);
    feed(100000000, 100);
    feed(1000000, 100);
    ck_assert(acknowledged_rate_bps(&rate, &bps));
    ck_assert_uint_ge(bps, 780000);
    ck_assert_uint_le(bps, 820000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/bandwidth/acknowledged_rate");
    TCase *cases = tcase_create("acknowledged_rate");
    tcase_add_test(cases, nothing_is_said_before_half_a_window);
    tcase_add_test(cases, a_steady_rate_is_told);
    tcase_add_test(cases, a_pause_lowers_it);
    tcase_add_test(cases, what_is_unknown_neither_raises_nor_lowers_it);
    tcase_add_test(cases, a_clock_that_steps_back_begins_anew);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
