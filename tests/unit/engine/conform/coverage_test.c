#include "engine/conform/coverage.h"

#include <check.h>
#include <stdio.h>

#define CHECK_OF(name, ids, proofs)                                                                \
    "{\"name\":\"" name "\",\"requirements\":[" ids "],\"proven_by\":[" proofs "]}"
#define PROOF(fault, ids) "{\"fault\":\"" fault "\",\"breaks\":[" ids "]}"

static struct catalogue *catalogue;
static struct coverage *coverage;
static struct failure failure;

static void setup(void)
{
    ck_assert_int_eq(
        catalogue_read(CASELOAD_VECTORS "/../../docs/requirements", &catalogue, &failure),
        STATUS_OK);
    coverage = NULL;
}

static void teardown(void)
{
    coverage_destroy(coverage);
    catalogue_destroy(catalogue);
}

static enum status read(const char *json)
{
    return coverage_read(json, catalogue, &coverage, &failure);
}

static bool suffices(const char *id)
{
    return coverage_suffices(coverage, catalogue_find(catalogue, id));
}

/* Any row of that level. */
static const char *some_row(enum requirement_level level)
{
    size_t i = 0;
    while (catalogue_at(catalogue, i)->level != level)
        i++;
    return catalogue_at(catalogue, i)->id;
}

START_TEST(checks_and_proofs_are_counted_for_each_requirement)
{
    ck_assert_int_eq(
        read("[" CHECK_OF("end", "\"WA-05\",\"WA-06\"",
                          PROOF("keep-space", "\"WA-05\"")) "," CHECK_OF("flow", "\"WA-05\"",
                                                                         "") "]"),
        STATUS_OK);
    ck_assert_uint_eq(coverage_check_count(coverage), 2);
    ck_assert_uint_eq(coverage_of(coverage, "WA-05").checks, 2);
    ck_assert_uint_eq(coverage_of(coverage, "WA-05").proofs, 1);
    ck_assert_uint_eq(coverage_of(coverage, "WA-06").checks, 1);
    ck_assert_uint_eq(coverage_of(coverage, "WA-06").proofs, 0);
    ck_assert_uint_eq(coverage_of(coverage, "WA-07").checks, 0);
    ck_assert_uint_eq(coverage_link_count(coverage), 4);
    ck_assert_str_eq(coverage_link_at(coverage, 2)->fault, "keep-space");
    ck_assert_str_eq(coverage_link_at(coverage, 2)->check, "end");
}
END_TEST

START_TEST(a_must_needs_a_proof_and_a_should_a_check)
{
    const char *should = some_row(REQUIREMENT_SHOULD), *may = some_row(REQUIREMENT_MAY);
    char json[512];
    snprintf(json, sizeof json,
             "[" CHECK_OF("one", "\"WA-05\",\"%s\"", "") "," CHECK_OF(
                 "two", "\"WA-28\"", PROOF("ghost-card", "\"WA-28\"")) "]",
             should);
    ck_assert(read("[]") == STATUS_OK && !suffices("WA-05") && !suffices(should) && suffices(may));
    coverage_destroy(coverage);
    ck_assert_int_eq(read(json), STATUS_OK);
    ck_assert(!suffices("WA-05"));
    ck_assert(suffices("WA-28"));
    ck_assert(suffices(should));
}
END_TEST

START_TEST(an_id_that_is_no_row_is_named_with_its_check)
{
    ck_assert_int_eq(read("[" CHECK_OF("end", "\"WA-99\"", "") "]"), STATUS_NOT_FOUND);
    ck_assert_str_eq(failure.message, "check 'end': no row of the catalogue is WA-99");
    ck_assert_int_eq(read("[" CHECK_OF("end", "\"WA-05\"", PROOF("f", "\"X-1\"")) "]"),
                     STATUS_NOT_FOUND);
}
END_TEST

static const char *const no_lists[] = {
    "",
    "{}",
    "[1]",
    "[{\"name\":\"x\",\"requirements\":[],\"proven_by\":[]}]",
    "[{\"name\":\"x\",\"requirements\":[\"WA-05\"]}]",
    "[{\"name\":\"x\",\"requirements\":[\"WA-05\"],\"proven_by\":[{}]}]",
};

START_TEST(what_is_no_list_of_checks_is_refused)
{
    ck_assert_int_eq(read(no_lists[_i]), STATUS_MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("coverage");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, checks_and_proofs_are_counted_for_each_requirement);
    tcase_add_test(cases, a_must_needs_a_proof_and_a_should_a_check);
    tcase_add_test(cases, an_id_that_is_no_row_is_named_with_its_check);
    tcase_add_loop_test(cases, what_is_no_list_of_checks_is_refused, 0,
                        sizeof no_lists / sizeof no_lists[0]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
