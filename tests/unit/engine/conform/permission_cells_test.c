#include "engine/conform/permission_cells.h"

#include <stdlib.h>

#include "tests/unit/engine/conform/conform_bench.h"

static const char matrices[] =
    "{\"matrices\":[{\"id\":\"account\",\"roles\":[],\"rows\":[]},{\"id\":\"clinic\",\"roles\":["
    "{\"id\":\"OA\",\"title\":\"a\"},{\"id\":\"OC\",\"title\":\"b\"},{\"id\":\"O\",\"title\":\"c\"}"
    "],\"rows\":[{\"row\":3,\"text\":\"Three\",\"cells\":[\"yes\",\"no\",\"no\"]},{\"row\":4,"
    "\"text\":\"Four\",\"cells\":[\"yes\",\"reading-no\",{\"cell\":\"no\",\"when\":\"x\"}]}]}]}";

/* What came of row 4, the roles' cells as "as said,otherwise,…"; "": it was not tried. */
static char cells[200];

static void judge(const char *outcome)
{
    struct examined_sessions sessions = {0};
    char line[200];
    size_t index;
    json_t *cell, *parsed = json_loads(matrices, 0, NULL);

    snprintf(line, sizeof line, "{\"index\":0,\"story\":\"row-4\",\"outcome\":\"%s\"}\n", outcome);
    ck_assert_int_eq(examined_sessions_parse(line, &sessions, &failure), STATUS_OK);
    json_t *json = permission_cells_to_json(parsed, coverage, &sessions, observations);
    json_t *rows = json_object_get(json, "rows"), *row = json_array_get(rows, 0);
    ck_assert_uint_eq(json_array_size(rows), 1); /* row 3 was not played */
    ck_assert_int_eq(json_integer_value(json_object_get(row, "row")), 4);
    ck_assert_str_eq(json_string_value(json_object_get(row, "requirement")), "ROLE-04");
    cells[0] = '\0';
    json_array_foreach(json_object_get(row, "cells"), index, cell)
    {
        size_t length = strlen(cells);
        snprintf(cells + length, sizeof cells - length, "%s%s", index > 0 ? "," : "",
                 json_string_value(json_object_get(cell, "seen")));
    }
    json_decref(json);
    json_decref(parsed);
    examined_sessions_finish(&sessions);
}

START_TEST(what_nobody_objected_to_is_as_said)
{
    observe("ROLE-04", CHECK_PASS, "");
    judge("completed");
    ck_assert_str_eq(cells, "as said,as said,as said");
}
END_TEST

START_TEST(an_objection_is_about_its_role_alone)
{
    observe("ROLE-04", CHECK_FAIL, "examiner of session 0: row 4 (Four): O may, and must not");
    observe("ROLE-04", CHECK_DIFFERS, "examiner of session 0: row 4 (Four): OC may, and must not");
    judge("completed");
    ck_assert_str_eq(cells, "as said,otherwise,otherwise");
}
END_TEST

START_TEST(a_check_that_was_broken_off_saw_only_what_it_objected_to)
{
    observe("ROLE-04", CHECK_FAIL, "examiner: row 4 (Four): OA may not, and must");
    observe("ROLE-04", CHECK_BLOCKED, "check row-4: row 4: refused as 'conflict'");
    judge("failed");
    ck_assert_str_eq(cells, "otherwise,not seen,not seen");
}
END_TEST

START_TEST(another_way_than_the_act_breaks_its_role_alone)
{
    observe("ROLE-04", CHECK_FAIL, "row 4: media reached OC, who may not");
    observe("ROLE-04", CHECK_FAIL, "row 5: O, who may not, was told what others did");
    judge("completed");
    ck_assert_str_eq(cells, "not seen,broken,not seen"); /* another row's words: unclear */
}
END_TEST

START_TEST(a_sound_row_but_one_broken_cell)
{
    observe("ROLE-04", CHECK_FAIL, "x (row 4: OA has signed out)");
    judge("completed");
    ck_assert_str_eq(cells, "broken,as said,as said");
}
END_TEST

START_TEST(where_a_log_is_full_silence_says_nothing)
{
    for (int i = 0; i < CHECK_KEPT_MAX; i++)
        observe("ROLE-04", CHECK_FAIL, "row 5 (Five): OA may not, and must");
    judge("completed");
    ck_assert_str_eq(cells, "not seen,not seen,not seen");
}
END_TEST

START_TEST(without_a_row_that_was_tried_there_is_no_table)
{
    struct examined_sessions none = {0};
    json_t *parsed = json_loads(matrices, 0, NULL);
    json_t *json = permission_cells_to_json(parsed, coverage, &none, observations);
    ck_assert(json_is_null(json));
    json_decref(json);
    json_decref(parsed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("permission_cells");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, make_bench, remove_bench);
    tcase_add_test(cases, what_nobody_objected_to_is_as_said);
    tcase_add_test(cases, an_objection_is_about_its_role_alone);
    tcase_add_test(cases, a_check_that_was_broken_off_saw_only_what_it_objected_to);
    tcase_add_test(cases, another_way_than_the_act_breaks_its_role_alone);
    tcase_add_test(cases, a_sound_row_but_one_broken_cell);
    tcase_add_test(cases, where_a_log_is_full_silence_says_nothing);
    tcase_add_test(cases, without_a_row_that_was_tried_there_is_no_table);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
