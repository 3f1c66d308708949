/* Shards of one plan that were started by hand (--shard i/N): their run folders read, held against
 * each other, and added up to one run. What `caseload merge` does, and capacity with each of its
 * steps; judging and writing are run_result.h's. */
#ifndef CASELOAD_SHARD_SET_H
#define CASELOAD_SHARD_SET_H

#include <stddef.h>

#include "common/base/status.h"
#include "engine/result/run_result.h"

struct shard_set;

/* Read the folders of runs with --shard, in any order. They are borrowed until the set is
 * destroyed, and the files stay in use until the merged run is written.
 *
 * INVALID, NOT_FOUND (exit 2): a folder that is none or of a run without --shard, two of one index,
 * or shards that are not of one plan (program, story, settings, seed, fixture, thresholds, number
 * of shards, instant); the failure names both folders and what differs. MALFORMED (exit 4): no
 * folder is whole. A folder that is not whole, or not readable, beside others that are, is no
 * failure here: it is lost, and the merged run says so. */
MUST_CHECK enum status shard_set_read(const char *const *folders, size_t count,
                                      struct shard_set **ret_set, struct failure *failure);
void shard_set_destroy(struct shard_set *set);

/* Of the plan: its story's name, and the duration of its loading phase. */
const char *shard_set_story(const struct shard_set *set);
double shard_set_duration_s(const struct shard_set *set);

/* Add all shards up: exact sums of counts and histograms, seconds aligned by the common instant,
 * the shards' own thresholds, and `thresholds` (borrowed texts) after them. The result is not
 * judged yet: run_result_judge adds to its reasons (which name every missing, lost and late shard)
 * and decides. INVALID: one of `thresholds`. `command` is for run.json. */
MUST_CHECK enum status shard_set_merge(const struct shard_set *set, const char *const *thresholds,
                                       size_t threshold_count, const char *command,
                                       struct run_result **ret_result, struct failure *failure);

#endif
