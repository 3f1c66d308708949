#include "reference-server/media/forward/layer_budget.h"

#include <check.h>

static uint64_t shares[4];

static void expect(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    ck_assert_uint_eq(shares[0], a);
    ck_assert_uint_eq(shares[1], b);
    ck_assert_uint_eq(shares[2], c);
    ck_assert_uint_eq(shares[3], d);
}

START_TEST(equal_shares_of_what_is_scarce)
{
    const uint64_t needs[4] = {1500, 0, 1500, 1500};
    layer_budget_share(900, needs, 4, shares);
    expect(300, 0, 300, 300);
}
END_TEST

START_TEST(what_one_does_not_need_is_for_the_others)
{
    const uint64_t needs[4] = {100, 2000, 400, 2000};
    layer_budget_share(1500, needs, 4, shares);
    expect(100, 500, 400, 500);
}
END_TEST

START_TEST(nobody_gets_more_than_needed)
{
    const uint64_t needs[4] = {100, 200, 300, 0};
    layer_budget_share(100000, needs, 4, shares);
    expect(100, 200, 300, 0);
}
END_TEST

START_TEST(unknown_needs_share_the_rest)
{
    const uint64_t needs[4] = {LAYER_UNLIMITED, 100, LAYER_UNLIMITED, 0};
    layer_budget_share(1100, needs, 4, shares);
    expect(500, 100, 500, 0);
}
END_TEST

START_TEST(without_a_limit_nobody_has_one)
{
    const uint64_t needs[4] = {100, 0, LAYER_UNLIMITED, 0};
    layer_budget_share(LAYER_UNLIMITED, needs, 4, shares);
    expect(LAYER_UNLIMITED, LAYER_UNLIMITED, LAYER_UNLIMITED, LAYER_UNLIMITED);
}
END_TEST

START_TEST(nothing_is_nothing)
{
    const uint64_t needs[4] = {100, 0, 5, 0};
    layer_budget_share(0, needs, 4, shares);
    expect(0, 0, 0, 0);
    layer_budget_share(100, needs, 0, shares);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer_budget");
    TCase *tests = tcase_create("shares");
    tcase_add_test(tests, equal_shares_of_what_is_scarce);
    tcase_add_test(tests, what_one_does_not_need_is_for_the_others);
    tcase_add_test(tests, nobody_gets_more_than_needed);
    tcase_add_test(tests, unknown_needs_share_the_rest);
    tcase_add_test(tests, without_a_limit_nobody_has_one);
    tcase_add_test(tests, nothing_is_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
