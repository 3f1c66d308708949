#include "engine/catalogue/weight.h"

#include <check.h>

START_TEST(a_must_fails_and_a_should_warns)
{
    struct catalogue *catalogue = NULL;
    struct failure failure;
    ck_assert_int_eq(
        catalogue_read(CASELOAD_VECTORS "/../../docs/requirements", &catalogue, &failure),
        STATUS_OK);
    struct check_log *checks = check_log_create();
    check_log_add(checks, "WA-05", CHECK_FAIL, 0, 0, "it is there", NULL); /* MUST */
    check_log_add(checks, "ORG-12", CHECK_FAIL, 1, 0, "old name", NULL);   /* SHOULD */
    check_log_add(checks, "ORG-12", CHECK_BLOCKED, 1, 0, "nobody", NULL);
    check_log_add(checks, "ORG-12", CHECK_PASS, 2, 0, "", NULL);
    check_log_add(checks, "my-own", CHECK_FAIL, 2, 0, "a story's word", NULL);
    catalogue_weigh(catalogue, checks);
    ck_assert_uint_eq(check_log_find(checks, "WA-05")->counts[CHECK_FAIL], 1);
    ck_assert_uint_eq(check_log_find(checks, "my-own")->counts[CHECK_FAIL], 1);
    const struct check_requirement *should = check_log_find(checks, "ORG-12");
    ck_assert_uint_eq(should->counts[CHECK_FAIL], 0);
    ck_assert_uint_eq(should->counts[CHECK_WARN], 1);
    ck_assert_uint_eq(should->counts[CHECK_BLOCKED], 1);
    ck_assert_str_eq(check_first_entry(should, CHECK_WARN)->message, "old name");
    ck_assert_ptr_null(check_first_entry(should, CHECK_FAIL));
    check_log_destroy(checks);
    catalogue_destroy(catalogue);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("weight");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, a_must_fails_and_a_should_warns);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
