#include "engine/media/send_schedule.h"

#include <check.h>

START_TEST(packets_fill_at_most_half_the_interval)
{
    for (size_t count = 1; count < 100; count++) {
        int64_t last = -1;
        for (size_t i = 0; i < count; i++) {
            int64_t offset = pace_offset_us(i, count, 66666);
            ck_assert_int_gt(offset, last);
            last = offset;
        }
        ck_assert_int_lt(last, 33333);
        ck_assert_int_eq(pace_offset_us(0, count, 66666), 0);
    }
}
END_TEST

START_TEST(few_packets_follow_closely)
{
    ck_assert_int_eq(pace_offset_us(1, 2, 66666), PACE_GAP_MAX_US);
    ck_assert_int_eq(pace_offset_us(3, 4, 66666), 3 * PACE_GAP_MAX_US);
    ck_assert_int_eq(pace_offset_us(1, 10, 66666), 3333);
    ck_assert_int_eq(pace_offset_us(9, 10, 66666), 9 * 3333);
}
END_TEST

START_TEST(nothing_is_left_out_in_time)
{
    ck_assert_uint_eq(schedule_skip(1000, 100, 500, 2), 0); /* not due yet */
    ck_assert_uint_eq(schedule_skip(1000, 100, 1000, 2), 0);
    ck_assert_uint_eq(schedule_skip(1000, 100, 1299, 2), 0);
}
END_TEST

/* At 1,350 the instants 1,000 to 1,300 are due; two late ones may stay: 1,100 and 1,200. */
START_TEST(after_a_stall_the_oldest_are_left_out)
{
    ck_assert_uint_eq(schedule_skip(1000, 100, 1300, 2), 1);
    ck_assert_uint_eq(schedule_skip(1000, 100, 1350, 2), 1);
    ck_assert_uint_eq(schedule_skip(1000, 100, 6000, 2), 48);
    ck_assert_uint_eq(schedule_skip(1000, 100, 6000, 0), 50);
}
END_TEST

START_TEST(the_grid_has_no_gaps)
{
    ck_assert_int_eq(schedule_align(1003, 20, 1003), 1003);
    ck_assert_int_eq(schedule_align(1003, 20, 1004), 1023);
    ck_assert_int_eq(schedule_align(1003, 20, 1023), 1023);
    ck_assert_int_eq(schedule_align(1003, 20, 2000), 2003);
    ck_assert_int_eq(schedule_align(1003, 20, 1000), 1003);
    ck_assert_int_eq(schedule_align(1003, 20, 983), 983);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/send_schedule");
    TCase *cases = tcase_create("send_schedule");
    tcase_add_test(cases, packets_fill_at_most_half_the_interval);
    tcase_add_test(cases, few_packets_follow_closely);
    tcase_add_test(cases, nothing_is_left_out_in_time);
    tcase_add_test(cases, after_a_stall_the_oldest_are_left_out);
    tcase_add_test(cases, the_grid_has_no_gaps);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
