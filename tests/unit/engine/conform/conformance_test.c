#include "engine/conform/conformance.h"

#include <check.h>

static struct check_log *observations;
static const struct requirement must = {.id = "WA-05", .level = REQUIREMENT_MUST};
static const struct requirement should = {.id = "WA-05", .level = REQUIREMENT_SHOULD};

static void setup(void)
{
    observations = check_log_create();
    ck_assert_ptr_nonnull(observations);
}

static void teardown(void)
{
    check_log_destroy(observations);
}

static void note(enum check_verdict verdict, const char *message)
{
    check_log_add(observations, "WA-05", verdict, 0, 0, message, NULL);
}

static struct conformance_row judge(const struct requirement *requirement)
{
    struct conformance_row row;
    conformance_judge(requirement, check_log_find(observations, requirement->id), &row);
    return row;
}

START_TEST(what_nobody_looked_at_did_not_run)
{
    check_log_add(observations, "WA-06", CHECK_PASS, 0, 0, "", NULL);
    ck_assert_int_eq(judge(&must).verdict, CHECK_NOTRUN);
    ck_assert_uint_eq(judge(&must).observations, 0);
}
END_TEST

START_TEST(one_failure_among_passes_decides)
{
    note(CHECK_PASS, "");
    note(CHECK_FAIL, "the space is there");
    note(CHECK_PASS, "");
    note(CHECK_FAIL, "it is there again");
    struct conformance_row row = judge(&must);
    ck_assert_int_eq(row.verdict, CHECK_FAIL);
    ck_assert_uint_eq(row.observations, 4);
    ck_assert_str_eq(row.message, "the space is there");
}
END_TEST

/* From the strongest to the weakest: each decides over all that come after it. */
static const enum check_verdict from_strongest[] = {CHECK_ERROR,        CHECK_FAIL, CHECK_BLOCKED,
                                                    CHECK_INCONCLUSIVE, CHECK_WARN, CHECK_DIFFERS,
                                                    CHECK_PASS,         CHECK_NA};

START_TEST(the_strongest_decides)
{
    for (size_t i = (size_t)_i; i < sizeof from_strongest / sizeof from_strongest[0]; i++)
        note(from_strongest[i], "");
    ck_assert_int_eq(judge(&must).verdict, from_strongest[_i]);
}
END_TEST

START_TEST(what_only_should_be_warns)
{
    note(CHECK_FAIL, "slow");
    ck_assert_int_eq(judge(&should).verdict, CHECK_WARN);
    ck_assert_str_eq(judge(&should).message, "slow");
    note(CHECK_BLOCKED, "nobody came");
    ck_assert_int_eq(judge(&should).verdict, CHECK_WARN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conformance");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, what_nobody_looked_at_did_not_run);
    tcase_add_test(cases, one_failure_among_passes_decides);
    tcase_add_loop_test(cases, the_strongest_decides, 0,
                        sizeof from_strongest / sizeof from_strongest[0]);
    tcase_add_test(cases, what_only_should_be_warns);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
