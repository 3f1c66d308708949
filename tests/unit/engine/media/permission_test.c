#include "engine/media/permission.h"

#include <check.h>

enum { GRACE = 500000, S = 1000000 };

START_TEST(nobody_may_at_first)
{
    struct permission permission = {0};
    int64_t first_us = 0;
    ck_assert_int_eq(permission_packets(&permission, 3, 10 * S, 10 * S), PERMISSION_SUSPECT);
    ck_assert_uint_eq(
        permission_judge(&permission, 10 * S + PERMISSION_EARLY_US, PERMISSION_EARLY_US, &first_us),
        0);
    ck_assert_uint_eq(permission_judge(&permission, 10 * S + PERMISSION_EARLY_US + 1,
                                       PERMISSION_EARLY_US, &first_us),
                      3);
    ck_assert_int_eq(first_us, 10 * S);
    ck_assert_uint_eq(permission.forbidden, 3);
    ck_assert_uint_eq(permission_judge(&permission, 99 * S, PERMISSION_EARLY_US, &first_us), 0);
    ck_assert_int_eq(permission.last_after_us, 0); /* no permission has ended */
}
END_TEST

START_TEST(a_permission_told_late_explains)
{
    struct permission permission = {0};
    int64_t first_us = 0;
    permission_packets(&permission, 2, 10 * S, 10 * S);
    permission_give(&permission, 10 * S + GRACE, GRACE);
    ck_assert_int_eq(permission_packets(&permission, 1, 11 * S, 11 * S), PERMISSION_GIVEN);
    ck_assert_uint_eq(permission_judge(&permission, INT64_MAX, PERMISSION_EARLY_US, &first_us), 0);
}
END_TEST

START_TEST(a_permission_that_begins_later_does_not)
{
    struct permission permission = {0};
    int64_t first_us = 0;
    permission_packets(&permission, 2, 10 * S, 10 * S);
    permission_give(&permission, 10 * S + GRACE + 1, GRACE);
    ck_assert_uint_eq(permission_judge(&permission, INT64_MAX, PERMISSION_EARLY_US, &first_us), 2);
    ck_assert_int_eq(first_us, 10 * S);
}
END_TEST

START_TEST(what_was_on_its_way_is_no_violation)
{
    struct permission permission = {0};
    int64_t first_us = 0;
    permission_give(&permission, 1 * S, GRACE);
    permission_end(&permission, 20 * S, GRACE);
    ck_assert_int_eq(permission_packets(&permission, 1, 20 * S + 100, 20 * S + 200),
                     PERMISSION_GRACE);
    ck_assert_int_eq(permission_packets(&permission, 1, 20 * S + 100, 20 * S + GRACE),
                     PERMISSION_GRACE);
    ck_assert_int_eq(permission_packets(&permission, 1, 20 * S - 1, 25 * S), PERMISSION_GRACE);
    ck_assert_int_eq(permission.last_after_us, 25 * S); /* silence came only then */
    ck_assert_int_eq(permission_packets(&permission, 1, 20 * S, 20 * S + GRACE + 1),
                     PERMISSION_SUSPECT);
    ck_assert_uint_eq(permission_judge(&permission, INT64_MAX, PERMISSION_EARLY_US, &first_us), 1);
}
END_TEST

START_TEST(silence_is_measured_per_permission)
{
    struct permission permission = {0};
    permission_give(&permission, 1 * S, GRACE);
    permission_end(&permission, 20 * S, GRACE);
    permission_packets(&permission, 1, 20 * S, 20 * S + 70000);
    permission_packets(&permission, 1, 20 * S, 20 * S + 60000); /* out of order */
    ck_assert_int_eq(permission.last_after_us, 20 * S + 70000);
    permission_give(&permission, 30 * S, GRACE);
    ck_assert_int_eq(permission.last_after_us, 0);
    permission_packets(&permission, 1, 30 * S, 30 * S);
    ck_assert_int_eq(permission.last_after_us, 0);
}
END_TEST

START_TEST(what_a_permission_covers)
{
    struct permission permission = {0};
    ck_assert(!permission_covers(&permission, 10 * S));
    permission_give(&permission, 10 * S, GRACE);
    ck_assert(!permission_covers(&permission, 10 * S - GRACE - 1));
    ck_assert(permission_covers(&permission, 10 * S - GRACE));
    ck_assert(permission_covers(&permission, 99 * S));
    permission_end(&permission, 20 * S, GRACE);
    ck_assert(permission_covers(&permission, 20 * S + GRACE));
    ck_assert(!permission_covers(&permission, 20 * S + GRACE + 1));
}
END_TEST

START_TEST(earlier_permissions_are_remembered)
{
    struct permission permission = {0};
    for (int64_t begin = 10 * S; begin < 60 * S; begin += 10 * S) {
        permission_give(&permission, begin, GRACE);
        permission_end(&permission, begin + S, GRACE);
    }
    for (int64_t begin = 20 * S; begin < 60 * S; begin += 10 * S) {
        ck_assert(!permission_covers(&permission, begin - GRACE - 1));
        ck_assert(permission_covers(&permission, begin));
        ck_assert(permission_covers(&permission, begin + S + GRACE));
        ck_assert(!permission_covers(&permission, begin + S + GRACE + 1));
    }
    ck_assert(!permission_covers(&permission, 10 * S)); /* too long ago */
}
END_TEST

START_TEST(repeated_calls_change_nothing)
{
    struct permission permission = {0};
    permission_end(&permission, 5 * S, GRACE);
    ck_assert_int_eq(permission.ended_us, 0);
    permission_give(&permission, 10 * S, GRACE);
    permission_give(&permission, 12 * S, GRACE);
    permission_end(&permission, 20 * S, GRACE);
    permission_end(&permission, 30 * S, GRACE);
    ck_assert_int_eq(permission_packets(&permission, 1, 25 * S, 25 * S), PERMISSION_SUSPECT);
}
END_TEST

START_TEST(an_end_explains_one_cut_frame)
{
    struct permission permission = {0};
    ck_assert(!permission_explains_cut(&permission, 1 * S)); /* never permitted: nothing was cut */
    permission_give(&permission, 1 * S, GRACE);
    ck_assert(!permission_explains_cut(&permission, 2 * S)); /* goes on: the frame is lost */
    permission_end(&permission, 20 * S, GRACE);
    ck_assert(!permission_explains_cut(&permission, 20 * S - GRACE - 1)); /* long before */
    ck_assert(!permission_explains_cut(&permission, 20 * S + GRACE + 1)); /* long after */
    ck_assert(permission_explains_cut(&permission, 20 * S - 1));
    ck_assert(!permission_explains_cut(&permission, 20 * S - 1)); /* a second: not its doing */
    permission_give(&permission, 30 * S, GRACE);
    permission_end(&permission, 31 * S, GRACE);
    ck_assert(permission_explains_cut(&permission, 31 * S));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/permission");
    TCase *cases = tcase_create("permission");
    tcase_add_test(cases, nobody_may_at_first);
    tcase_add_test(cases, a_permission_told_late_explains);
    tcase_add_test(cases, a_permission_that_begins_later_does_not);
    tcase_add_test(cases, what_was_on_its_way_is_no_violation);
    tcase_add_test(cases, silence_is_measured_per_permission);
    tcase_add_test(cases, what_a_permission_covers);
    tcase_add_test(cases, earlier_permissions_are_remembered);
    tcase_add_test(cases, repeated_calls_change_nothing);
    tcase_add_test(cases, an_end_explains_one_cut_frame);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
