/* How long this host takes the processor away: one thread per core reads the clock without pause
 * and notes, for every millisecond, the longest gap between two readings. */
#ifndef CASELOAD_STALL_PROBE_H
#define CASELOAD_STALL_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

/* Stalls above this at p99.9 make a host noisy: its latencies say little about the platform. */
#define STALL_NOISY_US 1000

struct stall_report {
    unsigned cores;
    int64_t p999_us, max_us; /* of the worst core */
    bool noisy;
};

/* Takes `duration_us` on every core that this process may use. */
MUST_CHECK enum status stall_probe_run(int64_t duration_us, struct stall_report *ret_report);

#endif
