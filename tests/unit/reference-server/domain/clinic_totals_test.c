#include "reference-server/domain/clinic_totals.h"

#include <check.h>
#include <stdlib.h>

START_TEST(who_was_never_seen_waited_in_no_sum)
{
    struct clinic_totals totals = {0};
    clinic_totals_add(&totals, 1000, 0, 9000);
    clinic_totals_add(&totals, 1000, 3000, 9000);
    ck_assert_uint_eq(totals.visits, 2);
    ck_assert_uint_eq(totals.seen, 1);
    ck_assert_int_eq(totals.waited_us, 2000);
    ck_assert_int_eq(totals.consulted_us, 6000);
}
END_TEST

START_TEST(an_organisation_is_the_sum_of_its_clinics)
{
    struct clinic_totals all = {0}, one = {3, 2, 10, 20}, other = {5, 4, 30, 40};
    clinic_totals_sum(&all, &one);
    clinic_totals_sum(&all, &other);
    ck_assert_uint_eq(all.visits, 8);
    ck_assert_uint_eq(all.seen, 6);
    ck_assert_int_eq(all.waited_us, 40);
    ck_assert_int_eq(all.consulted_us, 60);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clinic_totals");
    TCase *tests = tcase_create("clinic_totals");
    tcase_add_test(tests, who_was_never_seen_waited_in_no_sum);
    tcase_add_test(tests, an_organisation_is_the_sum_of_its_clinics);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
