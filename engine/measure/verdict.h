/* The exit codes of the program, what they are called in result files, and which of several wins.
 * Used by every command; collects the reasons with their texts. */
#ifndef CASELOAD_VERDICT_H
#define CASELOAD_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"

/* X(name, code, verdict, meaning), the strongest first: a proven failure is never masked by noise,
 * and latency or shortfall of an unfit generator is never blamed on the target. */
#define EXIT_CODE_LIST(X)                                                                          \
    X(INTERNAL, 6, "error", "internal error of the harness")                                       \
    X(USAGE, 2, "error", "usage, configuration or script error")                                   \
    X(UNREACHABLE, 5, "error", "target unreachable or refused the driver")                         \
    X(TARGET_LOST, 9, "failed", "the target died or fell silent after the first session")          \
    X(CONFORMANCE, 1, "failed", "conformance or isolation failure")                                \
    X(INTERRUPTED, 130, "interrupted", "interrupted; partial results")                             \
    X(TERMINATED, 143, "interrupted", "terminated; partial results")                               \
    X(STALE, 8, "failed", "known-failures file or baseline stale")                                 \
    X(INCONCLUSIVE, 4, "inconclusive", "inconclusive")                                             \
    X(SHORTFALL, 7, "failed", "nothing ran, or less ran than planned")                             \
    X(THRESHOLD, 3, "failed", "a threshold, objective or comparison failed")                       \
    X(PASSED, 0, "passed", "passed")

enum exit_code {
#define X(name, code, verdict, meaning) EXIT_CODE_##name = code,
    EXIT_CODE_LIST(X)
#undef X
};

/* "passed", "failed", "inconclusive", "error", "interrupted"; never NULL. */
const char *exit_code_verdict(enum exit_code code);
const char *exit_code_meaning(enum exit_code code);
/* The one of two that decides. */
enum exit_code exit_code_stronger(enum exit_code a, enum exit_code b);

#define VERDICT_REASONS_MAX 48

struct verdict_reason {
    enum exit_code code;
    char text[320];
};

/* Zeroed memory is "passed, nothing to say". */
struct verdict {
    enum exit_code code;    /* the strongest so far */
    size_t count, unlisted; /* reasons kept, and those for which there was no room */
    struct verdict_reason reasons[VERDICT_REASONS_MAX];
};

/* A reason that is there already (same code and text) is not listed twice. */
void verdict_add(struct verdict *verdict, enum exit_code code, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The first reason that has the verdict's own code; "" when passed. */
const char *verdict_main_reason(const struct verdict *verdict);

#endif
