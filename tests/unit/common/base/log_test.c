#include "common/base/log.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int saved_stderr;
static FILE *captured;

static void capture(void)
{
    captured = tmpfile();
    ck_assert_ptr_nonnull(captured);
    saved_stderr = dup(STDERR_FILENO);
    dup2(fileno(captured), STDERR_FILENO);
}

/* Ends the capture; the text is in static memory. */
static const char *captured_text(void)
{
    static char text[8192];
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    rewind(captured);
    text[fread(text, 1, sizeof text - 1, captured)] = '\0';
    fclose(captured);
    return text;
}

START_TEST(levels_filter_and_mark)
{
    capture();
    log_open("tester", LOG_INFO);
    log_error("e %d", 1);
    log_warn("w");
    log_info("i");
    log_debug("d");
    ck_assert_str_eq(captured_text(), "tester: error: e 1\ntester: warning: w\ntester: i\n");
}
END_TEST

START_TEST(foreign_text_cannot_forge_a_line)
{
    capture();
    log_open("tester", LOG_WARN);
    log_warn("name %s", "x\ntester: error: forged\033[2J");
    ck_assert_str_eq(captured_text(), "tester: warning: name x?tester: error: forged?[2J\n");
}
END_TEST

START_TEST(long_line_says_that_it_was_cut)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    capture();
    log_open("tester", LOG_WARN);
    log_warn("%s", text);
    const char *line = captured_text();
    ck_assert_uint_lt(strlen(line), 2100);
    ck_assert_ptr_nonnull(strstr(line, "xxx (cut)\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/log");
    TCase *cases = tcase_create("log");
    tcase_add_test(cases, levels_filter_and_mark);
    tcase_add_test(cases, foreign_text_cannot_forge_a_line);
    tcase_add_test(cases, long_line_says_that_it_was_cut);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
