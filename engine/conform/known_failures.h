/* Rows that are known to fail: a file that QA keeps (docs/conformance.md), so that a gate stops at
 * what is new. What it lists is excused until its day, no longer, and only while it fails. Pure:
 * the day is an argument. */
#ifndef CASELOAD_KNOWN_FAILURES_H
#define CASELOAD_KNOWN_FAILURES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"
#include "engine/measure/check_log.h"

#define KNOWN_FAILURES_BYTES_MAX (4U << 20)
#define KNOWN_FAILURES_MAX 1000
#define KNOWN_TEXT_MAX 500  /* bytes of one text of an entry */
#define KNOWN_SAID_SIZE 800 /* of a sentence about an entry */

/* Texts live as long as the list. */
struct known_failure {
    const char *requirement, *ticket, *owner, *reason;
    const char *expires; /* the last day that it excuses, "2026-01-31" */
};

struct known_failures;

/* `name` of the file, copied. MALFORMED, TOO_LARGE, EXISTS (a row is listed twice): the failure
 * names the file and the entry, counted from 1. */
MUST_CHECK enum status known_failures_parse(const char *text, size_t size, const char *name,
                                            struct known_failures **ret_known,
                                            struct failure *failure);
void known_failures_destroy(struct known_failures *known);

const char *known_failures_name(const struct known_failures *known);
size_t known_failures_count(const struct known_failures *known);
const struct known_failure *known_failures_at(const struct known_failures *known, size_t index);

/* X(name, word, stale): a stale entry fails the gate. */
#define KNOWN_OUTCOME_LIST(X)                                                                      \
    X(FAILS, "fails", 0)         /* as it says: excused */                                         \
    X(UNSEEN, "not seen", 0)     /* this run did not judge the row */                              \
    X(HOLDS, "holds", 1)         /* the row does not fail any more */                              \
    X(EXPIRED, "expired", 1)     /* excuses nothing any more */                                    \
    X(UNKNOWN, "no such row", 1) /* the catalogue has none of that id */

enum known_outcome {
#define X(name, word, stale) KNOWN_##name,
    KNOWN_OUTCOME_LIST(X)
#undef X
        KNOWN_OUTCOME_COUNT
};
const char *known_outcome_word(enum known_outcome outcome);
bool known_outcome_is_stale(enum known_outcome outcome);

/* What an entry is worth on the day `today` ("2026-01-31"), when its row came to `verdict`.
 * `is_row`: the catalogue has it. */
enum known_outcome known_failure_judge(const struct known_failure *entry, bool is_row,
                                       enum check_verdict verdict, const char *today);
/* The sentence for people about an entry of that outcome, which names file and entry; cut at
 * `size`. */
void known_failure_say(const struct known_failures *known, size_t index, enum known_outcome outcome,
                       char *text, size_t size);

#endif
