#include "engine/conform/examined_sessions.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct examined_sessions sessions;
static struct failure failure;

static void setup(void)
{
    sessions = (struct examined_sessions){0};
}

static void teardown(void)
{
    examined_sessions_finish(&sessions);
}

static enum status parse(const char *text)
{
    char lines[1024];
    snprintf(lines, sizeof lines, "%s", text);
    return examined_sessions_parse(lines, &sessions, &failure);
}

START_TEST(a_session_tells_its_check_and_its_end)
{
    ck_assert_int_eq(parse("{\"index\":2,\"story\":\"row-4\",\"outcome\":\"completed\"}\n"
                           "{\"index\":0,\"story\":\"end\",\"outcome\":\"failed\"}\n"),
                     STATUS_OK);
    ck_assert_str_eq(examined_sessions_at(&sessions, 2)->check, "row-4");
    ck_assert(examined_sessions_at(&sessions, 2)->completed);
    ck_assert(!examined_sessions_at(&sessions, 0)->completed);
    ck_assert_int_eq(examined_sessions_find(&sessions, "row-4"), 2);
    ck_assert_int_eq(examined_sessions_find(&sessions, "row-5"), -1);
    ck_assert_int_eq(examined_sessions_find(&sessions, ""), -1);
    ck_assert_ptr_null(examined_sessions_at(&sessions, 1));
    ck_assert_ptr_null(examined_sessions_at(&sessions, 3));
    ck_assert_ptr_null(examined_sessions_at(&sessions, -1));
}
END_TEST

START_TEST(no_lines_are_no_sessions)
{
    ck_assert_int_eq(parse(""), STATUS_OK);
    ck_assert_uint_eq(sessions.count, 0);
}
END_TEST

static const struct {
    const char *text, *said;
    enum status status;
} mistakes[] = {
    {"{\"index\":0,\"story\":\"a\",\"outcome\":\"completed\"}\nx\n",
     "sessions.jsonl:2:", STATUS_MALFORMED},
    {"{\"index\":\"0\",\"story\":\"a\",\"outcome\":\"completed\"}\n",
     "sessions.jsonl:1:", STATUS_MALFORMED},
    {"{\"index\":-1,\"story\":\"a\",\"outcome\":\"completed\"}\n", ":1:", STATUS_MALFORMED},
    {"{\"index\":0,\"outcome\":\"completed\"}\n", ":1:", STATUS_MALFORMED},
    {"{\"index\":4096,\"story\":\"a\",\"outcome\":\"completed\"}\n", ":1:", STATUS_TOO_LARGE},
    {"\n\n", ":1:", STATUS_MALFORMED},
};

START_TEST(a_line_that_is_none_is_named)
{
    ck_assert_int_eq(parse(mistakes[_i].text), mistakes[_i].status);
    ck_assert_msg(strstr(failure.message, mistakes[_i].said) != NULL, "%s", failure.message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("examined_sessions");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_session_tells_its_check_and_its_end);
    tcase_add_test(cases, no_lines_are_no_sessions);
    tcase_add_loop_test(cases, a_line_that_is_none_is_named, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
