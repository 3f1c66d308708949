/* markup.c, utf8.c, json_member.c: texts from anywhere. */
#include "engine/result/markup.h"

#include "engine/result/json_member.h"
#include "engine/result/utf8.h"
#include "temporary_folder.h"

static const struct {
    const char *raw, *escaped;
} markup[] = {
    {"plain", "plain"},
    {"<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"},
    {"µs → ß 漢 😀", "µs → ß 漢 😀"},
    {"bell\a and \x1b[31m", "bell? and ?[31m"},
    {"line\nand\ttab", "line\nand\ttab"},
    {"cut \xe2\x82", "cut ??"},   /* a euro sign cut short */
    {"\xc0\xaf \xff", "?? ?"},    /* overlong, impossible */
    {"\xed\xa0\x80", "???"},      /* half of a surrogate pair */
    {"\xf4\x90\x80\x80", "????"}, /* beyond U+10FFFF */
};

START_TEST(escapes_for_markup)
{
    struct buffer out;
    buffer_init(&out, 4096);
    markup_text(&out, markup[_i].raw);
    ck_assert_str_eq(buffer_string(&out), markup[_i].escaped);
    buffer_finish(&out);
}
END_TEST

START_TEST(knows_every_two_byte_sequence)
{
    for (unsigned first = 0x80; first < 0x100; first++) {
        for (unsigned second = 1; second < 0x100; second++) {
            char text[] = {(char)first, (char)second, '\0'};
            bool valid = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            ck_assert_uint_eq(utf8_character_size(text), valid ? 2 : 0);
        }
    }
}
END_TEST

START_TEST(json_takes_any_text)
{
    json_t *object = json_object();
    member_set_text(object, "good", "grüße");
    member_set_text(object, "cut", "gr\xc3");
    member_set_object(object, "plan", "{\"a\":1}");
    member_set_object(object, "broken", "{\"a\":");
    member_set_object(object, "array", "[1]");
    member_set_object(object, "none", NULL);
    member_set_count(object, "count", UINT64_MAX);
    member_set_number(object, "nothing", 0.0 / 0.0);
    ck_assert_str_eq(member_read_text(object, "good"), "grüße");
    ck_assert_str_eq(member_read_text(object, "cut"), "gr?");
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(object, "plan"), "a")), 1);
    ck_assert_uint_eq(json_object_size(json_object_get(object, "broken")), 0);
    ck_assert(json_is_object(json_object_get(object, "array")));
    ck_assert(json_is_object(json_object_get(object, "none")));
    ck_assert(json_is_null(json_object_get(object, "nothing")));
    uint64_t count = 0;
    int64_t integer = 0;
    double number = 0;
    ck_assert(member_read_count(object, "count", &count));
    ck_assert_uint_eq(count, INT64_MAX);
    ck_assert(!member_read_count(object, "good", &count));
    ck_assert(!member_read_integer(object, "absent", &integer));
    ck_assert(!member_read_number(object, "nothing", &number));
    ck_assert_ptr_null(member_read_text(object, "count"));
    json_object_set_new(object, "below", json_integer(-1));
    ck_assert(!member_read_count(object, "below", &count));
    json_decref(object);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("markup");
    TCase *cases = tcase_create("markup");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, make_temporary_folder, remove_temporary_folder);
    tcase_add_loop_test(cases, escapes_for_markup, 0, (int)(sizeof markup / sizeof markup[0]));
    tcase_add_test(cases, knows_every_two_byte_sequence);
    tcase_add_test(cases, json_takes_any_text);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
