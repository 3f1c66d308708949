/* Test support: a few rows of the shipped catalogue, checks about them and what was observed. */
#ifndef CASELOAD_TESTS_CONFORM_BENCH_H
#define CASELOAD_TESTS_CONFORM_BENCH_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "engine/conform/conformance_result.h"

static struct catalogue *catalogue;
static struct coverage *coverage;
static struct known_failures *known;
static struct declared_absent *absent;
static struct check_log *observations;
static struct verdict verdict;
static struct row_choice choice;
static struct conformance_result result;
static struct failure failure;

#define BENCH_CHECKS                                                                               \
    "[{\"name\":\"end\",\"requirements\":[\"WA-05\",\"WA-06\"],\"proven_by\":[]},"                 \
    "{\"name\":\"row-4\",\"requirements\":[\"ROLE-04\"],\"proven_by\":[]}]"

static inline void make_bench(void)
{
    ck_assert_int_eq(
        catalogue_read(CASELOAD_VECTORS "/../../docs/requirements", &catalogue, &failure),
        STATUS_OK);
    ck_assert_int_eq(coverage_read(BENCH_CHECKS, catalogue, &coverage, &failure), STATUS_OK);
    observations = check_log_create();
    known = NULL;
    absent = NULL;
    memset(&verdict, 0, sizeof verdict);
    memset(&result, 0, sizeof result);
    choice = (struct row_choice){.requirements = "WA-05,WA-06"};
}

static inline void remove_bench(void)
{
    conformance_result_finish(&result);
    known_failures_destroy(known);
    declared_absent_destroy(absent);
    check_log_destroy(observations);
    coverage_destroy(coverage);
    catalogue_destroy(catalogue);
}

static inline void observe(const char *id, enum check_verdict word, const char *message)
{
    check_log_add(observations, id, word, 0, 1500000, message, NULL);
}

/* Entries "ID YYYY-MM-DD" as --known-failures would give them. */
static inline void list_known(const char *first, const char *first_day, const char *second,
                              const char *second_day)
{
    char text[1024];
    static const char form[] = "{\"requirement\":\"%s\",\"ticket\":\"T-%d\",\"owner\":\"ann\","
                               "\"expires\":\"%s\",\"reason\":\"<known>\"}%s";
    int length =
        snprintf(text, sizeof text, "{\"schema\":\"caseload/known-failures/1\",\"entries\":[");
    length += snprintf(text + length, sizeof text - (size_t)length, form, first, 1, first_day,
                       second ? "," : "");
    if (second)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, form, second, 2, second_day, "");
    snprintf(text + length, sizeof text - (size_t)length, "]}");
    enum status status = known_failures_parse(text, strlen(text), "k.json", &known, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
}

static inline void make_result(bool whole)
{
    const struct conformance_input input = {.catalogue = catalogue,
                                            .coverage = coverage,
                                            .choice = &choice,
                                            .absent = absent,
                                            .known = known,
                                            .today = "2026-06-15"};
    ck_assert_int_eq(conformance_result_make(&input, observations, whole, &result, &failure),
                     STATUS_OK);
    conformance_result_weigh(&result, observations, &verdict);
}

#endif
