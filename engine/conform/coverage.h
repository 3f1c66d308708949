/* Which checks are about which requirement, and which faults of the reference server prove that
 * they can fail: read from an examination's list of checks (script_checks). Pure. */
#ifndef CASELOAD_COVERAGE_H
#define CASELOAD_COVERAGE_H

#include <stddef.h>

#include "engine/catalogue/catalogue.h"

#define COVERAGE_CHECKS_MAX 4096

struct coverage;

/* MALFORMED: not such a list; NOT_FOUND: a check is about no row of the catalogue; TOO_LARGE. The
 * failure names the check. */
MUST_CHECK enum status coverage_read(const char *json, const struct catalogue *catalogue,
                                     struct coverage **ret_coverage, struct failure *failure);
void coverage_destroy(struct coverage *coverage);

size_t coverage_check_count(const struct coverage *coverage);

/* A check and a requirement that it is about, or such a pair proven by a fault. All texts live as
 * long as the coverage. */
struct coverage_link {
    const char *requirement, *check;
    const char *fault; /* NULL: of the check itself */
};

/* Sorted as the checks stand; a check's own link comes before those of its faults. */
size_t coverage_link_count(const struct coverage *coverage);
const struct coverage_link *coverage_link_at(const struct coverage *coverage, size_t index);

/* How many checks are about a requirement; how many proofs there are that one of them can fail. */
struct coverage_of_row {
    size_t checks, proofs;
};
struct coverage_of_row coverage_of(const struct coverage *coverage, const char *requirement);

/* Whether it needs no more: a MUST has a check that is proven, a SHOULD a check, a MAY nothing. */
bool coverage_suffices(const struct coverage *coverage, const struct requirement *row);

#endif
