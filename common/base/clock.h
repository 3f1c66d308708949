/* Wall and monotonic time. Only the rim (loops, main programs) calls this; mechanisms take the
 * time as an argument. All times in the code are int64_t microseconds. */
#ifndef CASELOAD_BASE_CLOCK_H
#define CASELOAD_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define US_PER_MS 1000LL
#define US_PER_S 1000000LL
/* "Never": later than every real time, safe to compare (not to add to). */
#define TIME_NEVER INT64_MAX

/* CLOCK_MONOTONIC in microseconds: the time base of all measurements. */
int64_t clock_monotonic_us(void);

/* CLOCK_REALTIME in microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_realtime_us(void);

/* REALTIME minus MONOTONIC in microseconds, read as one bracketed pair. Subtract it from a
 * kernel receive stamp (CLOCK_REALTIME) to place the stamp on the monotonic axis. */
int64_t clock_realtime_offset_us(void);

/* CPU time used by the calling process (CLOCK_PROCESS_CPUTIME_ID), microseconds. */
int64_t clock_process_cpu_us(void);

/* CPU time used by the calling thread (CLOCK_THREAD_CPUTIME_ID), microseconds. */
int64_t clock_thread_cpu_us(void);

/* Write `realtime_us` as RFC 3339 in UTC with milliseconds ("2026-01-31T12:00:00.123Z").
 * `size` must be at least 25. */
void clock_format_utc(int64_t realtime_us, char *text, size_t size);

#endif
