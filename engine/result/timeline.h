/* The seconds of a run while shards are merged into it. Private to engine/result. */
#ifndef CASELOAD_TIMELINE_H
#define CASELOAD_TIMELINE_H

#include "engine/result/run_result.h"

/* The row of a second, the timeline made longer when it is new. NULL: beyond RUN_TIMELINE_MAX or no
 * memory. */
struct timeline_row *timeline_row_at(struct run_result *result, uint64_t second);
/* Take in a shard's seconds.jsonl of `expected` lines; its second 0 is second `late_s` of the run.
 * MALFORMED names file and line. */
MUST_CHECK enum status timeline_add_shard(struct run_result *result, const char *shard_folder,
                                          uint64_t expected, uint64_t late_s,
                                          struct failure *failure);

#endif
