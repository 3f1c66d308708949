/* A day of arrivals from a CSV file: how many an hour from which time on. The file is a stranger's:
 * everything about it is checked, and what is wrong is said with file and line.
 *
 *     # comment
 *     time,per_hour
 *     08:00,12        from eight o'clock on, twelve an hour
 *     09:30,40
 *     17:00,0         the end: the last row says 0
 *
 * A time is HH:MM or HH:MM:SS up to 24:00, or an offset such as 90m or 1.5h; one file has one kind.
 * The run begins at the time of the first row. */
#ifndef CASELOAD_ARRIVAL_DAY_H
#define CASELOAD_ARRIVAL_DAY_H

#include <stddef.h>

#include "common/base/status.h"
#include "engine/run/arrival_shape.h"

#define ARRIVAL_DAY_BYTES_MAX (256 * 1024)
#define ARRIVAL_DAY_RATE_MAX 1000000.0 /* per hour */
#define ARRIVAL_COMPRESS_MAX 100000.0

/* `text` of `size` bytes is the file `name`. `compress` (1…ARRIVAL_COMPRESS_MAX) times as many
 * arrivals in a `compress`-th of the time: the day's arrivals are the same. Levels are shares of
 * the busiest step, whose rate is *ret_peak_per_s, compression included. INVALID: "name:line: …";
 * nothing is returned then. */
MUST_CHECK enum status arrival_day_parse(const char *text, size_t size, const char *name,
                                         double compress, struct arrival_shape *ret_shape,
                                         double *ret_peak_per_s, struct failure *failure);
/* The same of a file. NOT_FOUND, IO and TOO_LARGE name it. */
MUST_CHECK enum status arrival_day_read(const char *path, double compress,
                                        struct arrival_shape *ret_shape, double *ret_peak_per_s,
                                        struct failure *failure);

#endif
