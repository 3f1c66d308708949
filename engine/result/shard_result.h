/* The part of the results that one shard process leaves in its own folder, shard-<i>/: session
 * lines and seconds as they happen, everything summed up at the end. The parent merges shards with
 * run_result_add_shard. */
#ifndef CASELOAD_SHARD_RESULT_H
#define CASELOAD_SHARD_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/measure/check_log.h"
#include "engine/measure/health.h"
#include "engine/measure/hold.h"
#include "engine/measure/ledger.h"
#include "engine/measure/metrics.h"
#include "engine/measure/run_counts.h"

/* One session, written when it ended (or was dropped). Times are microseconds since the start of
 * the run. Texts are borrowed during the call. */
struct session_record {
    uint64_t index, seed;
    const char *story;                         /* which one of a mix; NULL: "" */
    const char *outcome;                       /* "completed", "failed", "cut", "dropped" */
    const char *reason;                        /* "" or what failed, naming step and actor */
    const char *plan;                          /* JSON object: actors and choices drawn; NULL: {} */
    const char *measures;                      /* JSON object of key durations in µs; NULL: {} */
    int64_t intended_us, started_us, ended_us; /* started, ended < 0: never */
    int64_t worst_join_us;                     /* 0: none */
};

/* One second of one shard; what metrics tell is taken from them by the writer. */
struct shard_second {
    int64_t at_us;    /* end of the second, since the start of the run */
    uint64_t offered; /* sessions intended so far, dropped ones included */
    uint64_t running, participants;
    uint64_t completed, failed; /* so far */
    uint64_t late_starts;       /* in this second */
    double cpu;                 /* cores, in this second: the loop and its probes' threads */
    double loop_cpu;            /* share of one core that the loop alone took of it */
    int64_t loop_lag_us;        /* longest turn in this second */
};

struct shard_writer;

/* The folder must exist. IO with the path. */
MUST_CHECK enum status shard_writer_open(const char *folder, struct shard_writer **ret_writer,
                                         struct failure *failure);
/* The run begins: how late media left and scripts were while it was prepared
 * is nobody's fault. */
void shard_writer_begin(struct shard_writer *writer, const struct metrics *metrics);
/* Frees everything; a shard that was not closed with shard_writer_close counts as lost. */
void shard_writer_destroy(struct shard_writer *writer);

/* Failures of the disk are remembered and returned by shard_writer_close. */
void shard_writer_session(struct shard_writer *writer, const struct session_record *record);
/* Adds the second to the timeline and its health window to `health`: packets, bytes, frame latency,
 * slip, drops and probes are the increase of `metrics` since the last call. Returns that window. */
struct health_window shard_writer_second(struct shard_writer *writer, const struct metrics *metrics,
                                         const struct shard_second *second);
const struct health *shard_writer_health(const struct shard_writer *writer);

/* What the shard knows at the end; borrowed. */
struct shard_totals {
    unsigned shard_index, shard_count;
    const struct metrics *metrics;
    const struct run_counts *counts;
    const struct ledger *ledger;    /* NULL: empty */
    const struct check_log *checks; /* NULL: none */
    const struct hold *hold;        /* NULL or not measured: none */
};
/* Writes state.json last: with it the shard is complete. IO names the path. */
MUST_CHECK enum status shard_writer_close(struct shard_writer *writer,
                                          const struct shard_totals *totals,
                                          struct failure *failure);

#endif
