/* target.jsonl: what the parent of a run with --shard saw of the target, a line per second, so that
 * merging has it. Only what is known of a second is in its line. Private to engine/result. */
#ifndef CASELOAD_TARGET_LINES_H
#define CASELOAD_TARGET_LINES_H

#include "engine/result/run_result.h"

/* No file when nothing was seen. */
MUST_CHECK enum status target_lines_write(const struct run_result *result, const char *folder,
                                          struct failure *failure);
/* Into the seconds that nobody told of before: all shards look at one target. Its second 0 is
 * second `late_s` of the run. No file: nothing was seen. MALFORMED, IO: nothing is taken from
 * the line that `failure` names on. */
MUST_CHECK enum status target_lines_read(struct run_result *result, const char *folder,
                                         uint64_t late_s, struct failure *failure);

#endif
