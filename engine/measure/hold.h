/* A hold: the part of a run in which a load stands still and is judged; what comes before it (the
 * rise) and behind it (the end) is measured, but not judged. Asked for by `caseload capacity`.
 * Plain data: planned by the command, measured by each shard, summed over shards. */
#ifndef CASELOAD_HOLD_H
#define CASELOAD_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/measure/health.h"
#include "engine/measure/metrics.h"
#include "engine/measure/run_counts.h"
#include "engine/measure/threshold.h"

#define HOLD_NEEDS_MAX 16

/* So many values must have come before a hold may end. */
struct hold_need {
    char metric[64], tag[64];
    uint64_t samples;
};

/* Zeroed memory: no hold. Times in microseconds, `begin_us` since the start of the run. A hold
 * lasts `length_us`, then until every need is met, but never longer than `limit_us`. Seconds are
 * whole: it begins and ends with a second of its shard. */
struct hold_plan {
    int64_t begin_us, length_us, limit_us;
    size_t need_count;
    struct hold_need needs[HOLD_NEEDS_MAX];
};

/* What was measured in it. Zeroed memory: nothing. */
struct hold {
    bool measured;
    int64_t from_us, to_us;  /* since the start of the run; over shards the earliest, the latest */
    struct metrics *metrics; /* owned: what came within it */
    struct run_counts counts;
    struct health health;
    /* Sessions at once, at the ends of its seconds; over shards the sums. */
    double running_mean;
    uint64_t running_max;
};

void hold_finish(struct hold *hold);
/* Add another shard's. NO_MEMORY leaves `into` as it was. */
MUST_CHECK enum status hold_merge(struct hold *into, const struct hold *from);
/* Seconds; 0: not measured. */
double hold_length_s(const struct hold *hold);

/* How many values a statistic needs to mean something: ten beyond the quantile (p95: 200, p99:
 * 1,000), 0 for every other one. */
uint64_t threshold_samples_needed(const struct threshold *threshold);
/* The need of a threshold, appended; those that need nothing are left out. FULL: no room. */
enum status hold_plan_add_need(struct hold_plan *plan, const struct threshold *threshold);

#endif
