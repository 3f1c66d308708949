#include "engine/conform/conformance_result.h"

#include "tests/unit/engine/conform/conform_bench.h"

static const struct conformance_row *row_of(const char *id)
{
    for (size_t i = 0; i < result.count; i++)
        if (strcmp(result.rows[i].requirement->id, id) == 0)
            return &result.rows[i];
    ck_abort_msg("no row %s", id);
    return NULL;
}

static bool is_excused(const char *id)
{
    return conformance_excuse(&result, row_of(id)) != NULL;
}

START_TEST(rows_asked_for_come_first_and_alone_are_counted)
{
    observe("WA-05", CHECK_PASS, "");
    observe("WA-01", CHECK_FAIL, "too late");
    make_result(true);
    ck_assert_uint_eq(result.asked, 2);
    ck_assert_uint_eq(result.count, 3);
    ck_assert_str_eq(result.rows[2].requirement->id, "WA-01");
    ck_assert_int_eq(result.rows[2].verdict, CHECK_FAIL);
    ck_assert_uint_eq(result.counts[CHECK_PASS], 1);
    ck_assert_uint_eq(result.counts[CHECK_NOTRUN], 1);
    ck_assert_uint_eq(result.counts[CHECK_FAIL], 0);
    ck_assert_ptr_eq(row_of("WA-05")->observed, check_log_find(observations, "WA-05"));
    ck_assert_ptr_null(row_of("WA-06")->observed);
}
END_TEST

START_TEST(a_must_that_nobody_observed_is_a_shortfall)
{
    observe("WA-05", CHECK_PASS, "");
    make_result(true);
    ck_assert_uint_eq(result.lacking, 1);
    ck_assert_int_eq(verdict.code, EXIT_CODE_SHORTFALL);
    ck_assert_ptr_nonnull(strstr(verdict_main_reason(&verdict), "1 row that must"));
}
END_TEST

START_TEST(all_observed_is_nothing_to_say)
{
    observe("WA-05", CHECK_PASS, "");
    observe("WA-06", CHECK_NA, "");
    make_result(true);
    ck_assert_int_eq(verdict.code, EXIT_CODE_PASSED);
}
END_TEST

START_TEST(what_is_known_is_excused_and_still_fails)
{
    observe("WA-05", CHECK_FAIL, "there");
    observe("WA-06", CHECK_FAIL, "there, too");
    list_known("WA-05", "2026-06-15", NULL, NULL);
    make_result(true);
    ck_assert(is_excused("WA-05") && !is_excused("WA-06"));
    ck_assert_int_eq(row_of("WA-05")->verdict, CHECK_FAIL);
    ck_assert_uint_eq(result.counts[CHECK_FAIL], 2);
    ck_assert_uint_eq(conformance_excused_count(&result), 1);
    ck_assert(check_log_find(observations, "WA-05")->excused);
    ck_assert(!check_log_find(observations, "WA-06")->excused);
    ck_assert_int_eq(verdict.code, EXIT_CODE_PASSED); /* the run's own judge finds WA-06 */
}
END_TEST

START_TEST(an_entry_that_expired_excuses_nothing)
{
    observe("WA-05", CHECK_FAIL, "there");
    observe("WA-06", CHECK_PASS, "");
    list_known("WA-05", "2026-06-14", NULL, NULL);
    make_result(true);
    ck_assert(!is_excused("WA-05"));
    ck_assert(!check_log_find(observations, "WA-05")->excused);
    ck_assert_int_eq(verdict.code, EXIT_CODE_STALE);
    ck_assert_ptr_nonnull(strstr(verdict_main_reason(&verdict), "k.json: entry 1: WA-05"));
}
END_TEST

START_TEST(an_entry_that_holds_or_names_no_row_is_stale)
{
    observe("WA-05", CHECK_PASS, "");
    observe("WA-06", CHECK_PASS, "");
    list_known("WA-05", "2026-07-01", "WA-99", "2026-07-01");
    make_result(true);
    ck_assert_int_eq(verdict.code, EXIT_CODE_STALE);
    ck_assert_uint_eq(verdict.count, 2);
    ck_assert_ptr_nonnull(strstr(verdict.reasons[0].text, "WA-05 (T-1, ann) does not fail"));
    ck_assert_ptr_nonnull(strstr(verdict.reasons[1].text, "entry 2: WA-99"));
}
END_TEST

/* Not all checks about it were played: that it held so far says nothing. */
START_TEST(what_was_seen_in_part_is_not_over)
{
    observe("WA-05", CHECK_PASS, "");
    observe("WA-06", CHECK_PASS, "");
    observe("WA-01", CHECK_PASS, "");
    list_known("WA-01", "2026-07-01", "WA-28", "2026-07-01");
    make_result(true);
    ck_assert_int_eq(verdict.code, EXIT_CODE_PASSED);
    ck_assert_int_eq(result.outcomes[0], KNOWN_UNSEEN);
    ck_assert_int_eq(result.outcomes[1], KNOWN_UNSEEN);
}
END_TEST

START_TEST(a_run_that_was_cut_short_proves_no_entry_over)
{
    observe("WA-05", CHECK_PASS, "");
    observe("WA-06", CHECK_BLOCKED, "cut");
    list_known("WA-05", "2026-07-01", "WA-06", "2026-07-01");
    make_result(false);
    ck_assert_int_eq(result.outcomes[0], KNOWN_UNSEEN);
    ck_assert_int_eq(result.outcomes[1], KNOWN_FAILS);
}
END_TEST

START_TEST(what_is_seen_besides_is_excused_as_well)
{
    observe("WA-05", CHECK_PASS, "");
    observe("WA-06", CHECK_PASS, "");
    observe("WA-01", CHECK_FAIL, "too late");
    list_known("WA-01", "2026-07-01", NULL, NULL);
    make_result(true);
    ck_assert(is_excused("WA-01"));
    ck_assert_uint_eq(conformance_excused_count(&result), 0); /* of those asked for */
    ck_assert(check_log_find(observations, "WA-01")->excused);
}
END_TEST

static void declare_absent(const char *json)
{
    ck_assert_int_eq(declared_absent_read(json, catalogue, &absent, &failure), STATUS_OK);
}

START_TEST(what_is_declared_absent_is_not_applicable)
{
    declare_absent("{\"WA-05\":\"none here\",\"WA-06\":\"nor that\"}");
    observe("WA-06", CHECK_BLOCKED, "the target has no operation");
    make_result(true);
    ck_assert_int_eq(row_of("WA-05")->verdict, CHECK_NA);
    ck_assert_str_eq(row_of("WA-05")->message, "none here");
    ck_assert_int_eq(row_of("WA-06")->verdict, CHECK_NA);
    ck_assert(check_log_find(observations, "WA-06")->excused);
    ck_assert_uint_eq(result.lacking, 0);
    ck_assert_uint_eq(result.counts[CHECK_NA], 2);
    ck_assert_int_eq(verdict.code, EXIT_CODE_PASSED);
}
END_TEST

START_TEST(what_fails_is_there)
{
    declare_absent("{\"clinic\":\"no clinics\"}");
    observe("WA-05", CHECK_FAIL, "seen");
    observe("WA-06", CHECK_PASS, "");
    make_result(true);
    ck_assert_int_eq(row_of("WA-05")->verdict, CHECK_FAIL);
    ck_assert_str_eq(row_of("WA-05")->message, "seen");
    ck_assert(!check_log_find(observations, "WA-05")->excused);
    ck_assert_int_eq(row_of("WA-06")->verdict, CHECK_PASS);
}
END_TEST

START_TEST(what_is_not_claimed_never_fails)
{
    choice = (struct row_choice){.profiles = "clinic"};
    observe("TR-08", CHECK_FAIL, "both cards");
    make_result(true);
    ck_assert_uint_eq(result.count, result.asked);
    ck_assert(check_log_find(observations, "TR-08")->excused);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conformance_result");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, make_bench, remove_bench);
    tcase_add_test(cases, rows_asked_for_come_first_and_alone_are_counted);
    tcase_add_test(cases, a_must_that_nobody_observed_is_a_shortfall);
    tcase_add_test(cases, all_observed_is_nothing_to_say);
    tcase_add_test(cases, what_is_known_is_excused_and_still_fails);
    tcase_add_test(cases, an_entry_that_expired_excuses_nothing);
    tcase_add_test(cases, an_entry_that_holds_or_names_no_row_is_stale);
    tcase_add_test(cases, what_was_seen_in_part_is_not_over);
    tcase_add_test(cases, a_run_that_was_cut_short_proves_no_entry_over);
    tcase_add_test(cases, what_is_seen_besides_is_excused_as_well);
    tcase_add_test(cases, what_is_declared_absent_is_not_applicable);
    tcase_add_test(cases, what_fails_is_there);
    tcase_add_test(cases, what_is_not_claimed_never_fails);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
