/* A script on doubles: virtual time, connections and media that lead nowhere, a platform that is a
 * few tables (memory_platform.lua). Tests start sessions, move time and look at what was recorded.
 */
#ifndef CASELOAD_SCRIPT_BENCH_H
#define CASELOAD_SCRIPT_BENCH_H

#include "engine/measure/check_log.h"
#include "engine/measure/metrics.h"
#include "engine/script/script.h"
#include "tests/support/loop_double.h"

#define BENCH_SESSIONS_MAX 320

struct bench_result {
    uint64_t index;
    enum session_outcome outcome;
    char story[64], reason[512], plan[512], measures[512];
};

struct script_bench {
    struct loop *loop;
    struct metrics *metrics;
    struct check_log *checks;
    struct ledger ledger;
    struct media_context media;
    struct script *script;
    struct failure failure; /* of script_create */
    bool prepared;
    enum status prepared_status;
    char prepared_message[512], script_error[512], lost[512];
    struct bench_result results[BENCH_SESSIONS_MAX];
    size_t result_count;
    char traced[8192]; /* "actor: what\n" … */
};

/* What a test may choose; zeroed is fine. */
struct bench_options {
    const char *story;                 /* path; or … */
    const char *text;                  /* … a story's text, written to a file first */
    const char *fault;                 /* of memory_platform.lua */
    const char *settings[8];           /* "KEY=VALUE" */
    uint64_t seed;                     /* 0: 1 */
    unsigned shard_index, shard_count; /* 0: one shard */
    enum media_mode mode;
    bool trace;
};

/* False: script_create failed, see bench->failure. */
bool script_bench_begin(struct script_bench *bench, const struct bench_options *options);
/* Prepare for so many sessions at once, moving time until it is done. True: prepared. */
bool script_bench_prepare(struct script_bench *bench, uint64_t sessions);
/* Start sessions `first`, `first + step`, …; `count` of them, and move time by `us`. */
void script_bench_run(struct script_bench *bench, uint64_t first, uint64_t step, size_t count,
                      int64_t us);
/* script_finish and everything destroyed; asserts that nothing is left. */
void script_bench_end(struct script_bench *bench);

/* How often a requirement got a verdict. */
uint64_t script_bench_checks(const struct script_bench *bench, const char *requirement,
                             enum check_verdict verdict);
/* First kept message of a requirement, "" when none. */
const char *script_bench_message(const struct script_bench *bench, const char *requirement);
/* Values recorded for a metric. */
uint64_t script_bench_count(const struct script_bench *bench, const char *metric);

#endif
