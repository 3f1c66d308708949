/* The parent of a run: embedded server, shard processes, progress, signals, wall time. Leaves the
 * shards' results in the run folder and says how the run went; judging is run.c's. */
#ifndef CASELOAD_SUPERVISOR_H
#define CASELOAD_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/result/run_info.h"
#include "engine/result/target_second.h"
#include "engine/run/run_settings.h"

#define SUPERVISOR_SECONDS_MAX 100000 /* a little over a day */

struct supervision {
    const struct run_settings *settings; /* borrowed */
    const char *fixture;                 /* JSON text or NULL; borrowed */
    const char *ca_pem;                  /* for a foreign target; NULL: system */
    uint64_t sessions_at_once;
    int64_t grace_us;
    const struct target_metric *target_metrics; /* of the driver; borrowed */
    size_t target_metric_count;
    uint32_t run;

    /* of the embedded server: "" without --server-cpu */
    char cpu_limit_by[64];

    /* how it went */
    enum status prepared; /* not OK: nothing began; `message` says why */
    bool script_failed;   /* the shard refused story or driver: a script error */
    bool target_lost;     /* the platform died or fell silent after the begin */
    bool interrupted;     /* SIGINT or SIGTERM */
    int signal_number;
    bool wall_time_over;  /* shards did not finish in time and were ended */
    unsigned shards_lost; /* ended without results */
    char message[512];
    int64_t start_us, end_us; /* monotonic */
    int64_t start_realtime_us, end_realtime_us;
    /* With --start-at: how far from the instant the shard process began that was furthest from it
     * (negative: before it), and whether the instant had passed when all were prepared. */
    int64_t start_skew_us;
    bool start_late;
    struct target_second *target_seconds; /* owned */
    size_t target_second_count;
    struct idle_path idle_path; /* with settings->measure_path, as far as it answered */
    unsigned target_cores;      /* as its metrics show them; 0: not known */
    unsigned shard_count;
};

/* The longest time the run may take, from its settings: preparation, waiting for --start-at, load,
 * grace, closing. */
int64_t supervisor_wall_limit_us(const struct supervision *supervision);
/* Runs to the end. A status only for what kept it from trying (no memory, no process). */
MUST_CHECK enum status supervisor_run(struct supervision *supervision, struct failure *failure);
void supervision_finish(struct supervision *supervision);

#endif
