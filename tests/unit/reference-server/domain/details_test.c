#include "reference-server/domain/details.h"

#include <check.h>
#include <string.h>

START_TEST(a_copy_is_its_own)
{
    char name[] = "born", value[] = "1950";
    struct details details = {.count = 2, .items = {{name, value}, {"reason", ""}}};
    struct details copy;
    ck_assert_int_eq(details_copy(&details, &copy), STATUS_OK);
    memset(value, 'x', 4);
    ck_assert_uint_eq(copy.count, 2);
    ck_assert_str_eq(copy.items[0].name, "born");
    ck_assert_str_eq(copy.items[0].value, "1950");
    ck_assert_str_eq(copy.items[1].value, "");
    details_finish(&copy);
    ck_assert_uint_eq(copy.count, 0);
}
END_TEST

START_TEST(nothing_can_be_copied_and_finished)
{
    struct details none = {0}, copy;
    ck_assert_int_eq(details_copy(&none, &copy), STATUS_OK);
    details_finish(&copy);
    details_finish(&none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("details");
    TCase *tests = tcase_create("details");
    tcase_add_test(tests, a_copy_is_its_own);
    tcase_add_test(tests, nothing_can_be_copied_and_finished);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
