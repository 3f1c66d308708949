#include "reference-server/domain/plain_text.h"

#include <check.h>

START_TEST(characters_are_counted_not_bytes)
{
    ck_assert_uint_eq(plain_text_characters("a\u00e9\u20ac"), 3);
    ck_assert(plain_text_fits("a\u00e9\u20ac", 1, 3, false));
    ck_assert(!plain_text_fits("a\u00e9\u20ac", 1, 2, false));
    ck_assert(!plain_text_fits("", 1, 3, false) && plain_text_fits("", 0, 3, false));
}
END_TEST

START_TEST(control_characters_are_none_of_it)
{
    ck_assert(!plain_text_fits("a\nb", 1, 9, false) && plain_text_fits("a\nb\tc", 1, 9, true));
    ck_assert(!plain_text_fits("a\rb", 1, 9, true) && !plain_text_fits("a\x7f", 1, 9, true));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plain_text");
    TCase *tests = tcase_create("plain_text");
    tcase_add_test(tests, characters_are_counted_not_bytes);
    tcase_add_test(tests, control_characters_are_none_of_it);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
