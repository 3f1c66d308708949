/* One shard's part of a hold (engine/measure/hold.h): begun and closed at the ends of its seconds,
 * so that every second lies in it or not. Used by the shard's recorder; knows no clock. */
#ifndef CASELOAD_HOLD_RECORDER_H
#define CASELOAD_HOLD_RECORDER_H

#include "engine/measure/hold.h"
#include "engine/run/shard_link.h"

/* Zeroed memory has not begun. */
struct hold_recorder {
    struct hold hold;       /* `measured` once it was closed */
    struct metrics *before; /* owned: all metrics at its begin; NULL: not under way */
    struct shard_counts counts_before, counts_now;
    uint64_t seconds;
};

void hold_recorder_finish(struct hold_recorder *recorder);
/* The second that ends at `at_us` since the start of the run is over: it belongs to the hold under
 * way, or the hold begins behind it, or neither. */
void hold_recorder_second(struct hold_recorder *recorder, const struct hold_plan *plan,
                          const struct metrics *metrics, const struct shard_counts *counts,
                          const struct health_window *window, int64_t at_us);
/* How many values of each need came so far; zeros before the hold. */
void hold_recorder_samples(const struct hold_recorder *recorder, const struct hold_plan *plan,
                           const struct metrics *metrics, uint64_t ret_samples[HOLD_NEEDS_MAX]);
/* It is under way for as long as the plan allows. */
bool hold_recorder_due(const struct hold_recorder *recorder, const struct hold_plan *plan);
/* Close a hold under way that has at least one second. */
void hold_recorder_end(struct hold_recorder *recorder, const struct metrics *metrics);

#endif
