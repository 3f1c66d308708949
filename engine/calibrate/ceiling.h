/* What the last calibration of this host found, kept for the commands that judge a platform: a
 * capacity close to the generator's own ceiling deserves a second look. One small JSON file in the
 * user's cache folder ($XDG_CACHE_HOME or ~/.cache, caseload/calibration.json). */
#ifndef CASELOAD_CEILING_H
#define CASELOAD_CEILING_H

#include <stdbool.h>

#include "common/base/status.h"
#include "engine/calibrate/calibration.h"

#define CEILING_SCHEMA "caseload/calibration/1"

/* What makes two calibrations comparable: the client kind, the I/O path, the send pattern; the host
 * is compared by processor and kernel. */
struct ceiling_key {
    bool light, io_uring, burst;
};

struct ceiling {
    uint64_t participants; /* that were fit on one core */
    double packets_per_s;  /* each way, at that number */
    int64_t measured_realtime_us;
};

/* Adds to the file, or replaces what it says of this key. The failure names the file. */
MUST_CHECK enum status ceiling_write(const struct ceiling_key *key, const struct ceiling *ceiling,
                                     struct failure *failure);
/* NOT_FOUND: never calibrated so, or on another host. */
MUST_CHECK enum status ceiling_read(const struct ceiling_key *key, struct ceiling *ret_ceiling);

#endif
