#include "reference-server/live/method_list.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *protocol;

static void setup(void)
{
    FILE *file = fopen(CASELOAD_VECTORS "/../../docs/protocol.md", "r");
    ck_assert_ptr_nonnull(file);
    protocol = calloc(1, 1 << 20);
    ck_assert_uint_gt(fread(protocol, 1, (1 << 20) - 1, file), 1000);
    fclose(file);
}

static void teardown(void)
{
    free(protocol);
}

/* Every method of the list stands in the protocol's tables with all its parameters. */
START_TEST(the_list_and_the_page_agree)
{
    for (size_t i = 0; i < method_count; i++) {
        char row[96];
        snprintf(row, sizeof row, "\n| `%s` |", methods[i].name);
        const char *found = strstr(protocol, row);
        ck_assert_msg(found, "%s is not in docs/protocol.md", methods[i].name);
        size_t length = strcspn(found + 1, "\n");
        char *line = strndup(found + 1, length);
        for (size_t k = 0; k < PARAMETERS_MAX && methods[i].parameters[k].name; k++) {
            snprintf(row, sizeof row, "`%s`", methods[i].parameters[k].name);
            /* chat.send has a row for staff and one for callers. */
            ck_assert_msg(strstr(line, row), "%s: %s is not in docs/protocol.md", methods[i].name,
                          row);
        }
        free(line);
    }
}
END_TEST

/* And the page has no method that the list lacks. */
START_TEST(the_page_promises_nothing_more)
{
    size_t seen = 0;
    for (const char *row = strstr(protocol, "\n| `"); row; row = strstr(row + 1, "\n| `")) {
        char name[64];
        size_t length = strcspn(row + 4, "`");
        ck_assert_uint_lt(length, sizeof name);
        memcpy(name, row + 4, length);
        name[length] = '\0';
        if (strchr(name, ' ') || strchr(name, '/'))
            continue; /* REST */
        ck_assert_msg(method_by_name(name), "%s has no implementation", name);
        seen++;
    }
    ck_assert_uint_eq(seen, method_count + 1); /* chat.send twice */
}
END_TEST

START_TEST(names_are_unique_and_lists_are_whole)
{
    for (size_t i = 0; i < method_count; i++) {
        ck_assert_ptr_eq(method_by_name(methods[i].name), &methods[i]);
        ck_assert_ptr_nonnull(methods[i].run);
        for (size_t k = 0; k < PARAMETERS_MAX; k++) {
            const struct parameter *parameter = &methods[i].parameters[k];
            ck_assert_int_eq(parameter->name != NULL, parameter->kind != PARAMETER_NONE);
            ck_assert_int_eq(parameter->choices != NULL, parameter->kind == PARAMETER_WORD);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("method_list");
    TCase *tests = tcase_create("method_list");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_list_and_the_page_agree);
    tcase_add_test(tests, the_page_promises_nothing_more);
    tcase_add_test(tests, names_are_unique_and_lists_are_whole);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
