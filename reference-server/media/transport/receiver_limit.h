/* `caseload-server --receiver-limit`: how much video each receiver gets at most, also in turns. An
 * aid for tests of layer selection where no path is narrow. One for the process, set once at start
 * before any thread. */
#ifndef CASELOAD_RECEIVER_LIMIT_H
#define CASELOAD_RECEIVER_LIMIT_H

#include <stdint.h>

#include "common/base/status.h"

#define RECEIVER_LIMITS_MAX 8

/* KBIT[,KBIT…@SECONDS]: the limits take turns of so many seconds, beginning with the first when a
 * receiver connects. INVALID with the reason. */
MUST_CHECK enum status receiver_limit_set(const char *text, struct failure *failure);
/* bit/s, so long after the receiver connected; LAYER_UNLIMITED without a limit. */
uint64_t receiver_limit_at(int64_t elapsed_us);
/* None again, for tests in one process. */
void receiver_limit_reset(void);

#endif
