#include "common/base/buffer.h"

#include <check.h>
#include <string.h>

START_TEST(content_grows_and_is_a_string)
{
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    ck_assert_str_eq(buffer_string(&buffer), "");
    for (int i = 0; i < 10000; i++)
        buffer_format(&buffer, "%04d ", i);
    ck_assert(!buffer.failed);
    ck_assert_uint_eq(buffer.size, 50000);
    ck_assert_uint_eq(strlen(buffer_string(&buffer)), 50000);
    ck_assert_mem_eq(buffer.data + 5 * 1234, "1234 ", 5);
    buffer_finish(&buffer);
}
END_TEST

START_TEST(limit_is_exact)
{
    struct buffer buffer;
    buffer_init(&buffer, 5);
    buffer_text(&buffer, "12345");
    ck_assert(!buffer.failed);
    ck_assert_str_eq(buffer_string(&buffer), "12345");
    buffer_text(&buffer, "");
    ck_assert(!buffer.failed);
    buffer_text(&buffer, "6");
    ck_assert(buffer.failed);
    ck_assert_str_eq(buffer_string(&buffer), "12345");
    buffer_finish(&buffer);
}
END_TEST

START_TEST(failure_sticks_until_cleared)
{
    struct buffer buffer;
    buffer_init(&buffer, 4);
    buffer_format(&buffer, "%s", "too long");
    ck_assert(buffer.failed);
    buffer_text(&buffer, "ok");
    ck_assert_uint_eq(buffer.size, 0);
    buffer_clear(&buffer);
    ck_assert(!buffer.failed);
    buffer_text(&buffer, "ok");
    ck_assert_str_eq(buffer_string(&buffer), "ok");
    buffer_clear(&buffer);
    ck_assert_str_eq(buffer_string(&buffer), "");
    buffer_finish(&buffer);
}
END_TEST

START_TEST(bytes_with_zeros_are_kept)
{
    struct buffer buffer;
    buffer_init(&buffer, 100);
    buffer_append(&buffer, "a\0b", 3);
    buffer_append(&buffer, NULL, 0);
    ck_assert_uint_eq(buffer.size, 3);
    ck_assert_mem_eq(buffer.data, "a\0b\0", 4);
    buffer_finish(&buffer);
    buffer_append(&buffer, "x", 1); /* usable again, with the same limit */
    ck_assert_str_eq(buffer_string(&buffer), "x");
    buffer_finish(&buffer);
}
END_TEST

START_TEST(absurd_size_is_refused)
{
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX - 1);
    buffer_text(&buffer, "x");
    buffer_append(&buffer, "", SIZE_MAX - 1);
    ck_assert(buffer.failed);
    ck_assert_str_eq(buffer_string(&buffer), "x");
    buffer_finish(&buffer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/buffer");
    TCase *cases = tcase_create("buffer");
    tcase_add_test(cases, content_grows_and_is_a_string);
    tcase_add_test(cases, limit_is_exact);
    tcase_add_test(cases, failure_sticks_until_cleared);
    tcase_add_test(cases, bytes_with_zeros_are_kept);
    tcase_add_test(cases, absurd_size_is_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
