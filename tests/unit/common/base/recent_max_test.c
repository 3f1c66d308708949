#include "common/base/recent_max.h"

#include <check.h>
#include <stdlib.h>

#include "common/base/clock.h"

#define S US_PER_S

START_TEST(nothing_noted_is_zero)
{
    struct recent_max recent = {0};
    ck_assert_int_eq(recent_max_get(&recent, 0), 0);
    ck_assert_int_eq(recent_max_get(&recent, 5000 * S), 0);
}
END_TEST

START_TEST(largest_counts_until_it_is_ten_seconds_old)
{
    struct recent_max recent = {0};
    recent_max_note(&recent, 100 * S, 3);
    recent_max_note(&recent, 100 * S + 1, 7);
    recent_max_note(&recent, 100 * S + 2, 5);
    recent_max_note(&recent, 104 * S, 6);
    ck_assert_int_eq(recent_max_get(&recent, 104 * S), 7);
    ck_assert_int_eq(recent_max_get(&recent, 110 * S - 1), 7);
    ck_assert_int_eq(recent_max_get(&recent, 110 * S), 6);
    ck_assert_int_eq(recent_max_get(&recent, 114 * S), 0);
}
END_TEST

START_TEST(a_place_is_used_again_for_a_later_second)
{
    struct recent_max recent = {0};
    recent_max_note(&recent, 100 * S, 9);
    recent_max_note(&recent, 110 * S, 2); /* the same place of the ring */
    ck_assert_int_eq(recent_max_get(&recent, 110 * S), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recent_max");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, nothing_noted_is_zero);
    tcase_add_test(tests, largest_counts_until_it_is_ten_seconds_old);
    tcase_add_test(tests, a_place_is_used_again_for_a_later_second);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
