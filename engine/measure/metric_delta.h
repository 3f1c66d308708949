/* What metrics gained since they were last looked at: per-second figures, and those of a hold, from
 * running totals. Used by the shard's timeline and its hold. */
#ifndef CASELOAD_METRIC_DELTA_H
#define CASELOAD_METRIC_DELTA_H

#include "engine/measure/metrics.h"

/* Zeroed memory has seen nothing yet. */
struct metric_delta {
    struct histogram seen; /* owned */
    int64_t seen_sum;
};

void metric_delta_finish(struct metric_delta *delta);
/* Histogram metrics: replace `gained` (finished and filled anew; zeroed memory is fine) by what
 * came since the last call. min and max are those of the buckets. False: out of memory. */
bool metric_delta_histogram(struct metric_delta *delta, const struct metrics *metrics,
                            enum metric metric, struct histogram *gained);
/* COUNT metrics: the increase since the last call. */
int64_t metric_delta_sum(struct metric_delta *delta, const struct metrics *metrics,
                         enum metric metric);

/* Everything that `now` gained beyond `before`, a copy of it (metrics_merge) made earlier. The
 * caller's. NULL: no memory. */
struct metrics *metrics_gained(const struct metrics *before, const struct metrics *now);

#endif
