/* `caseload merge` of staircases: each step is made one run of its shards' parts (shard_set.h) and
 * judged like any step; capacity, interval, knee and report follow from these. */
#ifndef CASELOAD_CAPACITY_MERGE_H
#define CASELOAD_CAPACITY_MERGE_H

#include "common/base/args.h"

struct capacity_merge_request {
    const char *const *folders;
    size_t folder_count;
    const char *out; /* NULL: results/runs/<UTC>-merged-capacity-<story> */
    const struct arg_list *thresholds;
    const char *command_line;
    bool quiet;
};

/* One of the folders is of `caseload capacity`. */
bool capacity_merge_is_for(const char *const *folders, size_t count);
/* Returns the exit code and says what was wrong. */
int capacity_merge(const struct capacity_merge_request *request);

#endif
