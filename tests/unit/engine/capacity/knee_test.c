#include "engine/capacity/knee.h"

#include <check.h>
#include <stdlib.h>

START_TEST(a_latency_that_runs_away)
{
    struct knee_point points[] = {{400, 900}, {100, 20}, {50, 18},
                                  {200, 25},  {300, 60}, {350, 300}};
    double load = 0;
    ck_assert_uint_eq(knee_points_tidy(points, 6), 6);
    ck_assert_double_eq(points[0].load, 50);
    ck_assert(knee_find(points, 6, &load));
    ck_assert_double_eq(load, 300);
}
END_TEST

START_TEST(holds_of_one_load_are_one_point)
{
    struct knee_point points[] = {{10, 4}, {20, 8}, {10, 6}, {10, 5}};
    ck_assert_uint_eq(knee_points_tidy(points, 4), 2);
    ck_assert_double_eq(points[0].value, 5);
    ck_assert_double_eq(points[1].value, 8);
    ck_assert_uint_eq(knee_points_tidy(points, 0), 0);
}
END_TEST

START_TEST(nothing_bends)
{
    struct knee_point line[] = {{1, 10}, {2, 20}, {3, 31}, {4, 40}, {5, 50}};
    struct knee_point flat[] = {{1, 10}, {2, 10}, {3, 10}, {4, 10}};
    struct knee_point falling[] = {{1, 40}, {2, 20}, {3, 15}, {4, 10}};
    double load = -1;
    ck_assert(!knee_find(line, 5, &load));
    ck_assert(!knee_find(flat, 4, &load));
    ck_assert(!knee_find(falling, 4, &load));
    ck_assert(!knee_find(line, 3, &load)); /* too few */
    ck_assert_double_eq(load, -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("knee");
    TCase *cases = tcase_create("curves");
    tcase_add_test(cases, a_latency_that_runs_away);
    tcase_add_test(cases, holds_of_one_load_are_one_point);
    tcase_add_test(cases, nothing_bends);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
