/* verdict.c, ledger.c, health.c, check_log.c: small parts that are judged together. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/measure/check_log.h"
#include "engine/measure/health.h"
#include "engine/measure/ledger.h"
#include "engine/measure/verdict.h"

/* 6 > 2 > 5 > 9 > 1 > interrupted > 8 > 4 > 7 > 3 > 0. */
START_TEST(precedence_is_that_of_the_design)
{
    static const enum exit_code order[] = {6, 2, 5, 9, 1, 130, 143, 8, 4, 7, 3, 0};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        for (size_t j = i; j < sizeof order / sizeof order[0]; j++) {
            ck_assert_int_eq(exit_code_stronger(order[i], order[j]), order[i]);
            ck_assert_int_eq(exit_code_stronger(order[j], order[i]), order[i]);
        }
    }
    ck_assert_str_eq(exit_code_verdict(EXIT_CODE_PASSED), "passed");
    ck_assert_str_eq(exit_code_verdict(EXIT_CODE_INCONCLUSIVE), "inconclusive");
    ck_assert_str_eq(exit_code_verdict((enum exit_code)77), "error");
}
END_TEST

START_TEST(the_strongest_reason_speaks)
{
    struct verdict verdict = {0};
    ck_assert_str_eq(verdict_main_reason(&verdict), "");
    verdict_add(&verdict, EXIT_CODE_THRESHOLD, "too slow: %d ms", 12);
    verdict_add(&verdict, EXIT_CODE_THRESHOLD, "too slow: %d ms", 12);
    verdict_add(&verdict, EXIT_CODE_CONFORMANCE, "leak");
    verdict_add(&verdict, EXIT_CODE_INCONCLUSIVE, "tired");
    ck_assert_int_eq(verdict.code, EXIT_CODE_CONFORMANCE);
    ck_assert_uint_eq(verdict.count, 3);
    ck_assert_str_eq(verdict_main_reason(&verdict), "leak");
}
END_TEST

START_TEST(the_deciding_reason_finds_room)
{
    struct verdict verdict = {0};
    for (int i = 0; i < VERDICT_REASONS_MAX + 5; i++) {
        verdict_add(&verdict, EXIT_CODE_THRESHOLD, "threshold %d", i);
    }
    ck_assert_uint_eq(verdict.unlisted, 5);
    verdict_add(&verdict, EXIT_CODE_INTERNAL, "it broke");
    ck_assert_int_eq(verdict.code, EXIT_CODE_INTERNAL);
    ck_assert_str_eq(verdict_main_reason(&verdict), "it broke");
    ck_assert_uint_eq(verdict.count, VERDICT_REASONS_MAX);
}
END_TEST

START_TEST(a_surplus_hides_no_loss)
{
    struct ledger ledger = {0};
    ledger_add(&ledger, "frames", 100, 90, 4, "thinned");
    ledger_add(&ledger, "frames", 100, 120, 0, NULL);
    const struct ledger_row *row = ledger_find(&ledger, "frames");
    ck_assert_uint_eq(row->expected, 200);
    ck_assert_uint_eq(row->seen, 210);
    ck_assert_uint_eq(row->explained, 4);
    ck_assert_uint_eq(row->missing, 6);
    ck_assert_str_eq(row->explanation, "thinned");

    struct ledger other = {0};
    ledger_add(&other, "frames", 10, 5, 9, "cut"); /* at most what is missing can be explained */
    ledger_add(&other, "joins", 3, 3, 0, NULL);
    ledger_merge(&ledger, &other);
    ck_assert_uint_eq(ledger.count, 2);
    ck_assert_uint_eq(row->explained, 9);
    ck_assert_uint_eq(row->missing, 6);
    ck_assert_str_eq(row->explanation, "thinned");
    ck_assert_ptr_null(ledger_find(&ledger, "nothing"));
}
END_TEST

START_TEST(a_full_ledger_counts)
{
    struct ledger ledger = {0};
    char name[80];
    for (int i = 0; i < LEDGER_ROWS_MAX + 3; i++) {
        snprintf(name, sizeof name, "row %d", i);
        ledger_add(&ledger, name, 1, 1, 0, NULL);
    }
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ledger_add(&ledger, name, 1, 1, 0, NULL);
    ck_assert_uint_eq(ledger.count, LEDGER_ROWS_MAX);
    ck_assert_uint_eq(ledger.refused, 4);
}
END_TEST

START_TEST(each_limit_makes_a_window_unfit)
{
    struct health_window fit = {.cpu = 0.9,
                                .send_slip_p99_us = 5000,
                                .event_wait_p99_us = 100000,
                                .loop_lag_us = 900000,
                                .probe_frames = 100,
                                .probe_refused = 1};
    ck_assert_uint_eq(health_judge(&fit), 0);
    struct health_window window = fit;
    window.cpu = 0.91;
    ck_assert_uint_eq(health_judge(&window), 1U << HEALTH_CPU);
    window = fit;
    window.send_slip_p99_us = 5001;
    ck_assert_uint_eq(health_judge(&window), 1U << HEALTH_SLIP);
    window = fit;
    window.event_wait_p99_us = 100001;
    ck_assert_uint_eq(health_judge(&window), 1U << HEALTH_QUEUE);
    window = fit;
    window.kernel_drops = 1;
    ck_assert_uint_eq(health_judge(&window), 1U << HEALTH_DROPS);
    window = fit;
    window.late_starts = 1;
    ck_assert_uint_eq(health_judge(&window), 1U << HEALTH_LATE);
    window = fit;
    window.probe_refused = 2;
    ck_assert_uint_eq(health_judge(&window), 1U << HEALTH_PROBES);
}
END_TEST

START_TEST(one_unfit_window_in_a_hundred_is_allowed)
{
    struct health health = {0}, other = {0};
    struct health_window fit = {.cpu = 0.5}, unfit = {.cpu = 0.99, .kernel_drops = 3};
    ck_assert(!health_fit(&health)); /* nothing seen is no proof */
    for (int i = 0; i < 99; i++) {
        health_add(i % 2 ? &health : &other, &fit);
    }
    health_add(&other, &unfit);
    health_merge(&health, &other);
    ck_assert_uint_eq(health.windows, 100);
    ck_assert(health_fit(&health));
    ck_assert_uint_eq(health.by_reason[HEALTH_CPU], 1);
    ck_assert_uint_eq(health.by_reason[HEALTH_DROPS], 1);
    ck_assert_uint_eq(health.kernel_drops, 3);
    ck_assert_double_eq(health.cpu_max, 0.99);
    ck_assert_double_eq_tol(health_cpu_mean(&health), 0.5049, 1e-9);
    health_add(&health, &unfit);
    ck_assert(!health_fit(&health));
}
END_TEST

/* A host that stood still once made a minute worthless. */
START_TEST(one_unfit_window_of_thirty_is_allowed)
{
    struct health health = {0};
    struct health_window fit = {.cpu = 0.5}, unfit = {.cpu = 0.99};
    health_add(&health, &unfit);
    for (int i = 0; i < 28; i++) {
        health_add(&health, &fit);
    }
    ck_assert(!health_fit(&health)); /* one of 29 */
    health_add(&health, &fit);
    ck_assert(health_fit(&health));
    health_add(&health, &unfit);
    ck_assert(!health_fit(&health)); /* two of 31 */
}
END_TEST

START_TEST(checks_are_summed_and_failures_kept)
{
    struct check_log *log = check_log_create();
    for (int i = 0; i < 50; i++) {
        check_log_add(log, "WA-18", CHECK_PASS, i, i, "fine", NULL);
        check_log_add(log, "WA-18", CHECK_WARN, i, i, "hm", NULL);
    }
    for (int i = 0; i < 30; i++) {
        check_log_add(log, "WA-18", CHECK_FAIL, i, i, "a packet came", "evidence/1");
    }
    check_log_add(log, "TR-08", CHECK_NA, -1, 0, NULL, NULL);
    ck_assert_uint_eq(check_log_count(log), 2);
    const struct check_requirement *row = check_log_requirement(log, 0);
    ck_assert_str_eq(row->id, "WA-18");
    ck_assert_uint_eq(row->counts[CHECK_PASS], 50);
    ck_assert_uint_eq(row->counts[CHECK_FAIL], 30);
    ck_assert_uint_eq(row->kept_count, CHECK_KEPT_MAX);
    for (size_t i = 0; i < row->kept_count; i++) {
        ck_assert_int_eq(row->kept[i].verdict, CHECK_FAIL); /* they displaced the warnings */
    }
    ck_assert_uint_eq(check_log_requirement(log, 1)->kept_count, 0);
    ck_assert_uint_eq(check_log_total(log, CHECK_FAIL), 30);
    ck_assert_uint_eq(check_log_refused(log), 0);
    check_log_destroy(log);
    check_log_destroy(NULL);
}
END_TEST

START_TEST(a_full_check_log_counts)
{
    struct check_log *log = check_log_create();
    char id[80];
    for (int i = 0; i < CHECK_REQUIREMENTS_MAX + 2; i++) {
        snprintf(id, sizeof id, "X-%d", i);
        check_log_add(log, id, CHECK_PASS, 0, 0, NULL, NULL);
    }
    ck_assert_uint_eq(check_log_refused(log), 2);
    check_log_destroy(log);
}
END_TEST

START_TEST(words_and_verdicts_agree)
{
    for (unsigned i = 0; i < CHECK_VERDICT_COUNT; i++) {
        ck_assert_uint_eq(check_verdict_by_word(check_verdict_word((enum check_verdict)i)), i);
    }
    ck_assert_int_eq(check_verdict_by_word("pass"), CHECK_VERDICT_COUNT);
    ck_assert(check_verdict_is_bad(CHECK_BLOCKED) && !check_verdict_is_bad(CHECK_WARN));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("judgement");
    TCase *cases = tcase_create("judgement");
    tcase_add_test(cases, precedence_is_that_of_the_design);
    tcase_add_test(cases, the_strongest_reason_speaks);
    tcase_add_test(cases, the_deciding_reason_finds_room);
    tcase_add_test(cases, a_surplus_hides_no_loss);
    tcase_add_test(cases, a_full_ledger_counts);
    tcase_add_test(cases, each_limit_makes_a_window_unfit);
    tcase_add_test(cases, one_unfit_window_in_a_hundred_is_allowed);
    tcase_add_test(cases, one_unfit_window_of_thirty_is_allowed);
    tcase_add_test(cases, checks_are_summed_and_failures_kept);
    tcase_add_test(cases, a_full_check_log_counts);
    tcase_add_test(cases, words_and_verdicts_agree);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
