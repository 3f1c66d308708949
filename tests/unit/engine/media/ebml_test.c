#include "engine/media/ebml.h"

#include <check.h>
#include <string.h>

START_TEST(elements_one_after_the_other)
{
    const uint8_t data[] = {0xD7, 0x81, 5,                              /* 1-byte id and size */
                            0x42, 0x82, 0x40, 0x04, 'w', 'e', 'b', 'm', /* 2-byte id and size */
                            0xEC, 0x80};                                /* nothing in it */
    struct ebml_cursor cursor = ebml_cursor(data, sizeof(data));
    struct ebml_element element;
    ck_assert(ebml_next(&cursor, &element));
    ck_assert_uint_eq(element.id, 0xD7);
    ck_assert_uint_eq(ebml_unsigned(&element), 5);
    ck_assert(ebml_next(&cursor, &element));
    ck_assert_uint_eq(element.id, 0x4282);
    ck_assert_uint_eq(element.begin, 3);
    ck_assert(ebml_text_is(&element, "webm"));
    ck_assert(!ebml_text_is(&element, "web"));
    ck_assert(!ebml_text_is(&element, "webm2"));
    ck_assert(ebml_next(&cursor, &element));
    ck_assert_uint_eq(element.id, 0xEC);
    ck_assert_uint_eq(element.body.end, element.body.at);
    ck_assert(!ebml_next(&cursor, &element));
    ck_assert(!cursor.failed);
}
END_TEST

/* RFC 8794 §4.4: the value 2 in all its widths. */
START_TEST(numbers_of_all_widths)
{
    static const struct {
        uint8_t bytes[8];
        size_t size;
    } cases[] = {{{0x82}, 1},
                 {{0x40, 0x02}, 2},
                 {{0x20, 0x00, 0x02}, 3},
                 {{0x10, 0, 0, 2}, 4},
                 {{0x08, 0, 0, 0, 2}, 5},
                 {{0x04, 0, 0, 0, 0, 2}, 6},
                 {{0x02, 0, 0, 0, 0, 0, 2}, 7},
                 {{0x01, 0, 0, 0, 0, 0, 0, 2}, 8}};
    for (size_t i = 0; i < 8; i++) {
        uint64_t value = 77;
        struct ebml_cursor cursor = ebml_cursor(cases[i].bytes, cases[i].size);
        ck_assert(ebml_number(&cursor, &value));
        ck_assert_uint_eq(value, 2);
        ck_assert_uint_eq(cursor.at, cases[i].size);
        cursor = ebml_cursor(cases[i].bytes, cases[i].size - 1);
        ck_assert(!ebml_number(&cursor, &value));
    }
    struct ebml_cursor cursor = ebml_cursor((const uint8_t[9]){0}, 9); /* no marker at all */
    uint64_t value;
    ck_assert(!ebml_number(&cursor, &value));
}
END_TEST

START_TEST(sizes_that_do_not_fit_end_the_walk)
{
    struct ebml_element element;
    const uint8_t too_long[] = {0xEC, 0x83, 1, 2};
    struct ebml_cursor cursor = ebml_cursor(too_long, sizeof(too_long));
    ck_assert(!ebml_next(&cursor, &element));
    ck_assert(cursor.failed);
    ck_assert(!ebml_next(&cursor, &element));

    const uint8_t huge[] = {0xEC, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0};
    cursor = ebml_cursor(huge, sizeof(huge));
    ck_assert(!ebml_next(&cursor, &element));
    ck_assert(cursor.failed);

    const uint8_t long_id[] = {0x08, 0, 0, 0, 0, 0x80}; /* identifiers end at four bytes */
    cursor = ebml_cursor(long_id, sizeof(long_id));
    ck_assert(!ebml_next(&cursor, &element));
    ck_assert(cursor.failed);
}
END_TEST

START_TEST(unknown_sizes_reach_to_the_end_of_the_parent)
{
    const uint8_t data[] = {0x1F, 0x43, 0xB6, 0x75, 0xff, 0xE7, 0x81, 9};
    struct ebml_cursor cursor = ebml_cursor(data, sizeof(data));
    struct ebml_element element, child;
    ck_assert(ebml_next(&cursor, &element));
    ck_assert(element.unknown_size);
    ck_assert_uint_eq(element.body.end, sizeof(data));
    ck_assert_uint_eq(cursor.at, 5);
    ck_assert(ebml_next(&element.body, &child));
    ck_assert_uint_eq(ebml_unsigned(&child), 9);

    const uint8_t wide[] = {0xEC, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2};
    cursor = ebml_cursor(wide, sizeof(wide));
    ck_assert(ebml_next(&cursor, &element));
    ck_assert(element.unknown_size);
    ck_assert_uint_eq(element.body.end - element.body.at, 2);
}
END_TEST

START_TEST(values_longer_than_eight_bytes_are_zero)
{
    const uint8_t data[] = {0xEC, 0x89, 1, 2, 3, 4, 5, 6, 7, 8, 9,
                            0xEC, 0x88, 1, 2, 3, 4, 5, 6, 7, 8};
    struct ebml_cursor cursor = ebml_cursor(data, sizeof(data));
    struct ebml_element element;
    ck_assert(ebml_next(&cursor, &element));
    ck_assert_uint_eq(ebml_unsigned(&element), 0);
    ck_assert(ebml_next(&cursor, &element));
    ck_assert_uint_eq(ebml_unsigned(&element), 0x0102030405060708);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/ebml");
    TCase *cases = tcase_create("ebml");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, elements_one_after_the_other);
    tcase_add_test(cases, numbers_of_all_widths);
    tcase_add_test(cases, sizes_that_do_not_fit_end_the_walk);
    tcase_add_test(cases, unknown_sizes_reach_to_the_end_of_the_parent);
    tcase_add_test(cases, values_longer_than_eight_bytes_are_zero);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
