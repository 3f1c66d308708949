#include "reference-server/media/forward/gap_list.h"

#include <check.h>

static struct gap_list list;

static int64_t closed(int64_t number)
{
    int64_t result = -1;
    return gap_list_close(&list, number, &result) ? result : -1;
}

START_TEST(numbers_close_up)
{
    gap_list_clear(&list, 100);
    ck_assert_int_eq(closed(100), 100);
    gap_list_add(&list, 102);
    gap_list_add(&list, 103);
    gap_list_add(&list, 103); /* said twice */
    ck_assert_int_eq(closed(101), 101);
    ck_assert_int_eq(closed(102), -1);
    ck_assert_int_eq(closed(103), -1);
    ck_assert_int_eq(closed(104), 102);
    ck_assert_int_eq(closed(99), -1); /* below the floor */
    ck_assert_uint_eq(list.count, 1);
}
END_TEST

START_TEST(neighbours_become_one_run)
{
    gap_list_clear(&list, 0);
    gap_list_add(&list, 12);
    gap_list_add(&list, 10);
    ck_assert_uint_eq(list.count, 2);
    gap_list_add(&list, 11);
    ck_assert_uint_eq(list.count, 1);
    gap_list_add(&list, 9);
    gap_list_add(&list, 13);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_uint_eq(list.ranges[0].count, 5);
    ck_assert_int_eq(closed(14), 9);
    ck_assert_int_eq(closed(8), 8);
}
END_TEST

START_TEST(what_is_forgotten_still_counts)
{
    gap_list_clear(&list, 0);
    for (int64_t number = 1; number < 2000; number += 2)
        gap_list_add(&list, number);
    ck_assert_uint_eq(list.count, GAP_RANGES_MAX);
    ck_assert_int_eq(closed(2000), 1000);
    ck_assert_int_eq(closed(1998), 999);
    ck_assert_int_eq(closed(10), -1); /* nobody knows any more */
    gap_list_add(&list, 12);          /* too old to be remembered */
    ck_assert_int_eq(closed(2000), 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gap_list");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, numbers_close_up);
    tcase_add_test(cases, neighbours_become_one_run);
    tcase_add_test(cases, what_is_forgotten_still_counts);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
