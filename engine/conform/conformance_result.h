/* What a run of checks comes to: a verdict on each row that was asked for, rows that were seen
 * besides, what of it was known, and its say in the verdict of the run. Every file and sentence
 * about a conformance run is written from this. Pure. */
#ifndef CASELOAD_CONFORMANCE_RESULT_H
#define CASELOAD_CONFORMANCE_RESULT_H

#include "engine/conform/conformance.h"
#include "engine/conform/coverage.h"
#include "engine/conform/declared_absent.h"
#include "engine/conform/known_failures.h"
#include "engine/conform/row_choice.h"
#include "engine/measure/verdict.h"

/* Borrowed; it must outlive the result. */
struct conformance_input {
    const struct catalogue *catalogue;
    const struct coverage *coverage;
    const struct row_choice *choice;
    const struct declared_absent *absent; /* NULL: the platform is declared to have everything */
    const struct known_failures *known;   /* NULL: none were given */
    const char *today;                    /* "2026-01-31" */
};

struct conformance_result {
    struct conformance_input input;
    /* Owned: first those asked for, in the catalogue's order, then claimed ones that other rows'
     * checks saw besides. */
    struct conformance_row *rows;
    size_t asked, count;
    size_t counts[CHECK_VERDICT_COUNT]; /* of the rows asked for */
    size_t lacking;                     /* of these, MUST and SHOULD that nobody observed */
    enum known_outcome outcomes[KNOWN_FAILURES_MAX]; /* of the entries, by their order */
};

/* Judges what `checks` holds, which it must outlive. A row that is declared absent and was not
 * observed, or could not be reached, is NA by the declared reason; what was seen to fail is there,
 * and fails. `whole`: the run played all that it was to
 * play; else an entry of the known failures is not held to be over. */
MUST_CHECK enum status conformance_result_make(const struct conformance_input *input,
                                               const struct check_log *checks, bool whole,
                                               struct conformance_result *ret_result,
                                               struct failure *failure);
void conformance_result_finish(struct conformance_result *result);

/* The entry that excuses a row; NULL: none, the row is held to what it came to. */
const struct known_failure *conformance_excuse(const struct conformance_result *result,
                                               const struct conformance_row *row);
/* How many of the rows asked for are excused. */
size_t conformance_excused_count(const struct conformance_result *result);

/* Before the run is judged: excuses rows in the log that are known to fail, not there or not
 * claimed, and adds what only this result knows, rows that nobody observed and stale entries of the
 * known failures. */
void conformance_result_weigh(const struct conformance_result *result, struct check_log *checks,
                              struct verdict *verdict);

#endif
