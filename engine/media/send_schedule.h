/* When the packets of a stream are due, and what is left out after a stall. Pure. Used by media
 * sources. */
#ifndef CASELOAD_SEND_SCHEDULE_H
#define CASELOAD_SEND_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

/* Packets of a frame follow each other this far apart, or closer when they are many. */
#define PACE_GAP_MAX_US 5000

/* How long after its frame packet `index` of `count` is due: evenly over at most half of
 * `interval_us`. */
int64_t pace_offset_us(size_t index, size_t count, int64_t interval_us);

/* How many of the instants due_us, due_us + interval_us, … to leave out at `now_us`, so that at
 * most `late_max` of the others lie before the newest that is due. */
uint64_t schedule_skip(int64_t due_us, int64_t interval_us, int64_t now_us, unsigned late_max);

/* The first instant of the grid origin_us + k · interval_us (any k) that is not before `now_us`. */
int64_t schedule_align(int64_t origin_us, int64_t interval_us, int64_t now_us);

#endif
