#include "reference-server/live/method.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct method example = {
    .name = "example",
    .parameters =
        {
            {.name = "line", .kind = PARAMETER_LINE, .min = 1, .max = 5},
            {.name = "text", .kind = PARAMETER_TEXT, .min = 0, .max = 5, .optional = true},
            {.name = "word", .kind = PARAMETER_WORD, .choices = "red|green", .optional = true},
            {.name = "details", .kind = PARAMETER_DETAILS, .optional = true},
        },
};

static struct arguments arguments;

/* "" when the parameters are taken, the culprit otherwise. `text`: JSON. */
static const char *culprit(const char *text)
{
    static char parameter[PARAMETER_NAME_SIZE];
    json_error_t error;
    json_t *params = json_loads(text, 0, &error);
    ck_assert_msg(params, "%s: %s", text, error.text);
    parameter[0] = '\0';
    enum status status = method_take_arguments(&example, params, &arguments, parameter);
    ck_assert_int_eq(status, parameter[0] ? STATUS_INVALID : STATUS_OK);
    json_decref(params);
    return parameter;
}

START_TEST(methods_are_found_by_their_whole_name)
{
    ck_assert_ptr_nonnull(method_by_name("call.join"));
    ck_assert_ptr_null(method_by_name("call.joi"));
    ck_assert_ptr_null(method_by_name("call.join2"));
    ck_assert_ptr_null(method_by_name(""));
}
END_TEST

START_TEST(arguments_stand_where_the_list_has_them)
{
    json_t *params =
        json_pack("{s:s, s:s, s:{s:s}}", "word", "green", "line", "abc", "details", "born", "1950");
    char parameter[PARAMETER_NAME_SIZE];
    ck_assert_int_eq(method_take_arguments(&example, params, &arguments, parameter), STATUS_OK);
    ck_assert_str_eq(arguments.text[0], "abc");
    ck_assert_ptr_null(arguments.text[1]);
    ck_assert_str_eq(arguments.text[2], "green");
    ck_assert(arguments.has_details);
    ck_assert_str_eq(arguments.details.items[0].name, "born");
    json_decref(params);
}
END_TEST

START_TEST(what_does_not_fit_is_named)
{
    ck_assert_str_eq(culprit("{}"), "line");
    ck_assert_str_eq(culprit("{\"line\": \"\"}"), "line");
    ck_assert_str_eq(culprit("{\"line\": \"12345\"}"), "");
    ck_assert_str_eq(culprit("{\"line\": \"123456\"}"), "line");
    ck_assert_str_eq(culprit("{\"line\": \"a\\nb\"}"), "line");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"text\": \"a\\nb\"}"), "");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"text\": \"\\u0001\"}"), "text");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"text\": \"\\u007f\"}"), "text");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"text\": \"123456\"}"), "text");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"word\": \"re\"}"), "word");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"word\": \"red|green\"}"), "word");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"word\": \"\"}"), "word");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"other\": 1}"), "other");
}
END_TEST

START_TEST(lengths_count_characters_not_bytes)
{
    ck_assert_str_eq(culprit("{\"line\": \"\u00e4\u4e2d\U0001f600\u00e4\u4e2d\"}"), "");
    ck_assert_str_eq(culprit("{\"line\": \"\u00e4\u4e2d\U0001f600\u00e4\u4e2d\u4e2d\"}"), "line");
}
END_TEST

START_TEST(no_other_type_passes_for_a_text)
{
    static const char *const values[] = {"1", "1.5", "true", "null", "[]", "{}", "[\"a\"]"};
    static const char *const names[] = {"line", "text", "word"};
    for (size_t n = 0; n < 3; n++) {
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            char text[128];
            snprintf(text, sizeof text, "{%s\"%s\": %s}", n ? "\"line\": \"a\", " : "", names[n],
                     values[v]);
            ck_assert_str_eq(culprit(text), names[n]);
        }
    }
}
END_TEST

START_TEST(details_are_few_and_short)
{
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"details\": {}}"), "");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"details\": []}"), "details");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"details\": \"x\"}"), "details");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"details\": {\"a\": 1}}"), "details");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"details\": {\"\": \"x\"}}"), "details");
    ck_assert_str_eq(culprit("{\"line\": \"a\", \"details\": {\"a\": {\"b\": \"c\"}}}"), "details");
    char text[1024] = "{\"line\": \"a\", \"details\": {\"0\": \"\"";
    for (int i = 1; i < DETAILS_MAX; i++)
        snprintf(text + strlen(text), 32, ", \"%d\": \"\"", i);
    size_t full = strlen(text);
    strcat(text, "}}");
    ck_assert_str_eq(culprit(text), "");
    strcpy(text + full, ", \"one more\": \"\"}}");
    ck_assert_str_eq(culprit(text), "details");

    char value[256];
    memset(value, 'x', sizeof value);
    for (size_t length = 200; length <= 201; length++) {
        snprintf(text, sizeof text, "{\"line\": \"a\", \"details\": {\"a\": \"%.*s\"}}",
                 (int)length, value);
        ck_assert_str_eq(culprit(text), length == 200 ? "" : "details");
        snprintf(text, sizeof text, "{\"line\": \"a\", \"details\": {\"%.*s\": \"\"}}",
                 (int)length - 160, value);
        ck_assert_str_eq(culprit(text), length == 200 ? "" : "details");
    }
}
END_TEST

/* A stranger's parameter name of any length comes back cut, and still UTF-8. */
START_TEST(long_names_are_cut_between_characters)
{
    char text[512] = "{\"line\": \"a\", \"";
    for (int i = 0; i < 60; i++)
        strcat(text, "\u4e2d");
    strcat(text, "\": 1}");
    const char *name = culprit(text);
    ck_assert_uint_eq(strlen(name), 45); /* 15 characters of 3 bytes */
    json_t *valid = json_string(name);
    ck_assert_ptr_nonnull(valid);
    json_decref(valid);
}
END_TEST

START_TEST(nothing_given_is_an_empty_object)
{
    char parameter[PARAMETER_NAME_SIZE] = "";
    struct method none = {.name = "none"};
    ck_assert_int_eq(method_take_arguments(&none, NULL, &arguments, parameter), STATUS_OK);
    ck_assert_int_eq(method_take_arguments(&example, NULL, &arguments, parameter), STATUS_INVALID);
    ck_assert_str_eq(parameter, "line");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("method");
    TCase *tests = tcase_create("method");
    tcase_add_test(tests, methods_are_found_by_their_whole_name);
    tcase_add_test(tests, arguments_stand_where_the_list_has_them);
    tcase_add_test(tests, what_does_not_fit_is_named);
    tcase_add_test(tests, lengths_count_characters_not_bytes);
    tcase_add_test(tests, no_other_type_passes_for_a_text);
    tcase_add_test(tests, details_are_few_and_short);
    tcase_add_test(tests, long_names_are_cut_between_characters);
    tcase_add_test(tests, nothing_given_is_an_empty_object);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
