/* Runs gnuplot on a script, with a time limit. Used by engine/result and
 * engine/capacity. */
#ifndef CASELOAD_GNUPLOT_H
#define CASELOAD_GNUPLOT_H

#include "common/base/status.h"

#define GNUPLOT_TIME_LIMIT_MS 20000

/* Runs `gnuplot SCRIPT` inside `folder`. NOT_FOUND: there is no gnuplot; TIMED_OUT; INVALID: it
 * failed, the message has its last words. Blocks. */
MUST_CHECK enum status gnuplot_run(const char *folder, const char *script, struct failure *failure);

#endif
