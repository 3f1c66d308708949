/* Everything a shard keeps for its results: a row per second, a line per session, checks, windows
 * of generator health, what probes found; written into the shard's folder at the end. */
#ifndef CASELOAD_SHARD_RECORDER_H
#define CASELOAD_SHARD_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/measure/check_log.h"
#include "engine/measure/ledger.h"
#include "engine/measure/metrics.h"
#include "engine/run/shard_link.h"

struct shard_recorder;
struct shard_task;
struct session_result;
struct script_people;
struct probe_pool;

MUST_CHECK enum status shard_recorder_create(const struct shard_task *task, struct metrics *metrics,
                                             struct shard_recorder **ret_recorder,
                                             struct failure *failure);
void shard_recorder_destroy(struct shard_recorder *recorder);
struct check_log *shard_recorder_checks(struct shard_recorder *recorder);
struct ledger *shard_recorder_ledger(struct shard_recorder *recorder);
/* The run begins: seconds are counted from here. */
void shard_recorder_begin(struct shard_recorder *recorder, int64_t start_us);
/* Close the second that ends now; completes `counts` with what the metrics say of it. */
void shard_recorder_second(struct shard_recorder *recorder, struct shard_counts *counts,
                           int64_t now_us, int64_t loop_lag_us);
/* The hold has lasted as long as it may. */
bool shard_recorder_hold_due(const struct shard_recorder *recorder);
/* Close it with the second that was closed last; without a hold under way nothing happens. */
void shard_recorder_end_hold(struct shard_recorder *recorder);
void shard_recorder_session(struct shard_recorder *recorder, const struct session_result *result,
                            int64_t start_us);
/* Record what probes have finished since the last call. */
void shard_recorder_probes(struct shard_recorder *recorder, struct probe_pool *probes);
/* All of it to disk. The failure names the file. */
MUST_CHECK enum status shard_recorder_write(struct shard_recorder *recorder,
                                            const struct shard_counts *counts,
                                            const struct script_people *people,
                                            struct failure *failure);

#endif
