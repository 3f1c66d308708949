/* What was observed about requirements: a verdict per check, summed up per requirement, with the
 * first failures kept in full (bounded). Used by scripts and by whoever checks isolation. */
#ifndef CASELOAD_CHECK_LOG_H
#define CASELOAD_CHECK_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* X(name, word, bad): `bad` verdicts fail a run and are kept one by one. */
#define CHECK_VERDICT_LIST(X)                                                                      \
    X(PASS, "PASS", 0)                                                                             \
    X(WARN, "WARN", 0)                                                                             \
    X(FAIL, "FAIL", 1)                                                                             \
    X(NA, "NA", 0)                                                                                 \
    X(BLOCKED, "BLOCKED", 1)                                                                       \
    X(INCONCLUSIVE, "INCONCLUSIVE", 0)                                                             \
    X(ERROR, "ERROR", 0)                                                                           \
    X(NOTRUN, "NOTRUN", 0)                                                                         \
    X(DIFFERS, "DIFFERS", 0)

enum check_verdict {
#define X(name, word, bad) CHECK_##name,
    CHECK_VERDICT_LIST(X)
#undef X
        CHECK_VERDICT_COUNT
};
const char *check_verdict_word(enum check_verdict verdict);
/* CHECK_VERDICT_COUNT when there is none of that word. */
enum check_verdict check_verdict_by_word(const char *word);
bool check_verdict_is_bad(enum check_verdict verdict);

#define CHECK_REQUIREMENTS_MAX 512
#define CHECK_KEPT_MAX 20 /* per requirement; the rest is counted */

/* One check that did not simply pass. */
struct check_entry {
    enum check_verdict verdict;
    int64_t session; /* index in the run; -1: none */
    int64_t at_us;   /* since the start of the run */
    char message[320];
    char evidence[96]; /* path inside the run folder, "" when none */
};

struct check_requirement {
    char id[64]; /* "WA-18", or a story's own word */
    uint64_t counts[CHECK_VERDICT_COUNT];
    bool excused;             /* what fails it does not fail the run */
    size_t kept_count;        /* of everything but PASS and NA, the earliest */
    struct check_entry *kept; /* owned by the log */
};

struct check_log;

/* NULL: no memory. */
struct check_log *check_log_create(void);
void check_log_destroy(struct check_log *log);

/* Texts are copied; NULL means "". */
void check_log_add(struct check_log *log, const char *requirement, enum check_verdict verdict,
                   int64_t session, int64_t at_us, const char *message, const char *evidence);
/* Add a count without an entry (what a shard counted beyond what it kept). */
void check_log_add_count(struct check_log *log, const char *requirement, enum check_verdict verdict,
                         uint64_t times);
/* Keep an entry without counting it (it stands in the count already). */
void check_log_keep(struct check_log *log, const char *requirement,
                    const struct check_entry *entry);

/* What failed this requirement so far warns instead. */
void check_log_soften(struct check_log *log, const char *requirement);
/* That this requirement fails is known: it is told as ever and does not fail the run. */
void check_log_excuse(struct check_log *log, const char *requirement);

/* The earliest kept entry of a verdict; NULL: none. */
const struct check_entry *check_first_entry(const struct check_requirement *requirement,
                                            enum check_verdict verdict);

size_t check_log_count(const struct check_log *log);
/* NULL: never mentioned. */
const struct check_requirement *check_log_find(const struct check_log *log, const char *id);
/* In order of first mention. */
const struct check_requirement *check_log_requirement(const struct check_log *log, size_t index);
uint64_t check_log_total(const struct check_log *log, enum check_verdict verdict);
/* Checks for which there was no room: no requirement left or no memory. */
uint64_t check_log_refused(const struct check_log *log);

#endif
