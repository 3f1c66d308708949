#include "engine/media/freeze_detector.h"

#include <check.h>

static struct freeze_detector detector;
static int64_t now_us;

static void start(void)
{
    detector = (struct freeze_detector){0};
    now_us = 1000000;
    freeze_detector_frame(&detector, now_us);
}

static void frames(unsigned count, int64_t interval_us)
{
    for (unsigned i = 0; i < count; i++)
        freeze_detector_frame(&detector, now_us += interval_us);
}

/* avg 66 ms: max(198, 216) = 216 ms. */
START_TEST(the_added_time_decides_at_high_rates)
{
    start();
    frames(10, 66000);
    frames(1, 215999);
    ck_assert_uint_eq(detector.freezes, 0);
    start();
    frames(10, 66000);
    frames(1, 216000);
    ck_assert_uint_eq(detector.freezes, 1);
    ck_assert_int_eq(detector.freeze_us, 216000);
    ck_assert_int_eq(detector.watched_us, 10 * 66000 + 216000);
    ck_assert_int_eq(detector.longest_us, 216000);
}
END_TEST

/* avg 200 ms: max(600, 350) = 600 ms. */
START_TEST(the_factor_decides_at_low_rates)
{
    start();
    frames(10, 200000);
    frames(1, 599999);
    ck_assert_uint_eq(detector.freezes, 0);
    start();
    frames(10, 200000);
    frames(1, 600000);
    ck_assert_uint_eq(detector.freezes, 1);
}
END_TEST

/* avg 75 ms: both limits are 225 ms. */
START_TEST(both_limits_meet_at_75_ms)
{
    start();
    frames(30, 75000);
    frames(1, 224999);
    ck_assert_uint_eq(detector.freezes, 0);
    start();
    frames(30, 75000);
    frames(1, 225000);
    ck_assert_uint_eq(detector.freezes, 1);
}
END_TEST

/* 33,333 and 33,334 µs mixed: the average is not a whole number and is not rounded. */
START_TEST(the_average_is_not_rounded)
{
    start();
    frames(2, 33333);
    frames(1, 33334); /* sum 100,000: the limit is 183,333⅓ */
    frames(1, 183333);
    ck_assert_uint_eq(detector.freezes, 0);
    start();
    frames(2, 33333);
    frames(1, 33334);
    frames(1, 183334);
    ck_assert_uint_eq(detector.freezes, 1);
}
END_TEST

START_TEST(only_the_last_30_durations_count)
{
    start();
    frames(100, 200000);
    frames(30, 40000); /* all that is remembered: limit 190 ms */
    frames(1, 189999);
    ck_assert_uint_eq(detector.freezes, 0);
    /* one of 29·40 + 189.999 = 1349.999 ms: the limit is 194,999.97 µs */
    frames(1, 194999);
    ck_assert_uint_eq(detector.freezes, 0);
    start();
    frames(100, 200000);
    frames(29, 40000); /* one of 200 ms is left: sum 1360, limit 195.333 ms */
    frames(1, 195333);
    ck_assert_uint_eq(detector.freezes, 0);
    start();
    frames(100, 200000);
    frames(29, 40000);
    frames(1, 195334);
    ck_assert_uint_eq(detector.freezes, 1);
}
END_TEST

/* A freeze is part of the history: 9·66 + 216 = 810 over 10 is 81 ms, the next limit 243 ms. */
START_TEST(freezes_raise_the_average)
{
    start();
    frames(9, 66000);
    frames(1, 216000);
    frames(1, 242999);
    ck_assert_uint_eq(detector.freezes, 1);
    start();
    frames(9, 66000);
    frames(1, 216000);
    frames(1, 243000);
    ck_assert_uint_eq(detector.freezes, 2);
}
END_TEST

START_TEST(the_first_interval_cannot_be_judged)
{
    start();
    frames(1, 4000000);
    ck_assert_uint_eq(detector.freezes, 0);
    ck_assert_uint_eq(detector.pauses, 0);
    ck_assert_int_eq(detector.longest_us, 4000000);
}
END_TEST

START_TEST(more_than_five_seconds_are_a_pause)
{
    start();
    frames(10, 66000);
    frames(1, 5000000);
    ck_assert_uint_eq(detector.freezes, 1);
    ck_assert_uint_eq(detector.pauses, 0);
    start();
    frames(10, 66000);
    frames(1, 5000001);
    ck_assert_uint_eq(detector.freezes, 0);
    ck_assert_uint_eq(detector.pauses, 1);
    ck_assert_int_eq(detector.pause_us, 5000001);
    ck_assert_int_eq(detector.watched_us, 660000);
    frames(1, 216000); /* the average is still 66 ms */
    ck_assert_uint_eq(detector.freezes, 1);
}
END_TEST

START_TEST(a_break_is_nobodys_interval)
{
    start();
    frames(10, 66000);
    freeze_detector_break(&detector);
    frames(1, 9000000);
    ck_assert_uint_eq(detector.freezes + detector.pauses, 0);
    ck_assert_int_eq(detector.longest_us, 66000);
    frames(1, 3000000); /* the first interval after it has no average */
    ck_assert_uint_eq(detector.freezes, 0);
    frames(1, 9000000);
    ck_assert_uint_eq(detector.pauses, 1);
}
END_TEST

START_TEST(time_that_goes_back_counts_as_no_time)
{
    start();
    frames(5, 66000);
    freeze_detector_frame(&detector, now_us - 1000);
    freeze_detector_frame(&detector, now_us);
    ck_assert_int_eq(detector.watched_us, 5 * 66000);
    ck_assert_uint_eq(detector.count, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/freeze_detector");
    TCase *cases = tcase_create("freeze_detector");
    tcase_add_test(cases, the_added_time_decides_at_high_rates);
    tcase_add_test(cases, the_factor_decides_at_low_rates);
    tcase_add_test(cases, both_limits_meet_at_75_ms);
    tcase_add_test(cases, the_average_is_not_rounded);
    tcase_add_test(cases, only_the_last_30_durations_count);
    tcase_add_test(cases, freezes_raise_the_average);
    tcase_add_test(cases, the_first_interval_cannot_be_judged);
    tcase_add_test(cases, more_than_five_seconds_are_a_pause);
    tcase_add_test(cases, a_break_is_nobodys_interval);
    tcase_add_test(cases, time_that_goes_back_counts_as_no_time);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
