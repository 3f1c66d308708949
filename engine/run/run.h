/* A whole run: story and fixture looked at, folder made, shards run, results merged, judged and
 * written, a table printed. What `caseload run` and `caseload script trace` do. */
#ifndef CASELOAD_RUN_H
#define CASELOAD_RUN_H

#include "engine/result/run_result.h"
#include "engine/run/run_settings.h"

/* Returns the exit code. Load shape values that are not set (sessions and rate 0, duration and ramp
 * negative) are taken from the story; an empty `out` becomes results/runs/<UTC>-<story>. */
int run_execute(struct run_settings *settings);

/* The same for a command that makes several runs: instead of a table `take` gets the result, judged
 * and on disk, during the call; it does not come when nothing was run. Progress is shown as ever.
 */
typedef void run_taken_fn(void *arg, const struct run_result *result);
int run_carry_out(struct run_settings *settings, run_taken_fn *take, void *arg);

#endif
