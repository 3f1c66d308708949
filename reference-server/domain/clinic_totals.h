/* What happened in a clinic as counts and sums, for reports: no names, no details of anybody
 * (reading 6 of the requirement catalogue). Pure. */
#ifndef CASELOAD_SERVER_CLINIC_TOTALS_H
#define CASELOAD_SERVER_CLINIC_TOTALS_H

#include <stdint.h>

struct clinic_totals {
    uint64_t visits;                 /* stays of callers that are over */
    uint64_t seen;                   /* of them those that staff joined */
    int64_t waited_us, consulted_us; /* of those seen: until the first join, and from then on */
};

/* One stay; all times of one clock, microseconds. `seen_us` 0: never seen. */
void clinic_totals_add(struct clinic_totals *totals, int64_t entered_us, int64_t seen_us,
                       int64_t ended_us);
void clinic_totals_sum(struct clinic_totals *totals, const struct clinic_totals *other);

#endif
