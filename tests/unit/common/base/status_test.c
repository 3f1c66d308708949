#include "common/base/status.h"

#include <check.h>
#include <string.h>

START_TEST(every_status_has_a_text_of_its_own)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        ck_assert_ptr_nonnull(status_text(i));
        ck_assert_uint_gt(strlen(status_text(i)), 1);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(status_text(i), status_text(j));
    }
    ck_assert_int_eq(STATUS_OK, 0);
}
END_TEST

START_TEST(strange_status_is_not_null)
{
    ck_assert_str_eq(status_text(STATUS_COUNT), "unknown status");
    ck_assert_str_eq(status_text((enum status) - 1), "unknown status");
}
END_TEST

START_TEST(failure_keeps_status_and_message)
{
    struct failure failure;
    ck_assert_int_eq(failure_set(&failure, STATUS_NOT_FOUND, "%s:%d", "file", 12),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(failure.status, STATUS_NOT_FOUND);
    ck_assert_str_eq(failure.message, "file:12");
    ck_assert_int_eq(failure_set(NULL, STATUS_GONE, "nobody listens"), STATUS_GONE);
}
END_TEST

START_TEST(long_message_is_cut_and_terminated)
{
    struct failure failure;
    char text[1000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    failure_set(&failure, STATUS_INVALID, "%s", text);
    ck_assert_uint_eq(strlen(failure.message), sizeof failure.message - 1);
}
END_TEST

START_TEST(message_may_contain_the_earlier_one)
{
    struct failure failure;
    failure_set(&failure, STATUS_INVALID, "inner");
    failure_set(&failure, STATUS_IO, "outer: %s", failure.message);
    ck_assert_str_eq(failure.message, "outer: inner");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/status");
    TCase *cases = tcase_create("status");
    tcase_add_test(cases, every_status_has_a_text_of_its_own);
    tcase_add_test(cases, strange_status_is_not_null);
    tcase_add_test(cases, failure_keeps_status_and_message);
    tcase_add_test(cases, long_message_is_cut_and_terminated);
    tcase_add_test(cases, message_may_contain_the_earlier_one);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
