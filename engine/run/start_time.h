/* The instant at which several processes begin together (--start-at), as people write it. Pure. */
#ifndef CASELOAD_START_TIME_H
#define CASELOAD_START_TIME_H

#include <stdint.h>

#include "common/base/status.h"

/* Further from now, in either direction, a time is taken for a mistake. */
#define START_AT_FAR_US (3600 * 1000000LL)

/* `text` is an absolute time: RFC 3339 in UTC ("2026-01-31T12:00:00Z", with at most six digits of a
 * fraction), or seconds since 1970-01-01T00:00:00Z ("1769860800", "1769860800.25"). A time that
 * counts from now is refused: each shard's now is another one. `now_us` and the result are
 * microseconds since 1970. INVALID says what was expected. */
MUST_CHECK enum status start_time_parse(const char *text, int64_t now_us, int64_t *ret_us,
                                        struct failure *failure);

/* Processes are told of the instant so long before it: a clock that is being set right has little
 * time left to move, and a message has enough to arrive. */
#define START_LEAD_US (200 * 1000LL)
/* How long to wait, at `now_us`, before asking again (at most a second, since the clock may be set
 * meanwhile); 0: tell the processes now. */
int64_t start_time_wait_us(int64_t at_us, int64_t now_us);

#endif
