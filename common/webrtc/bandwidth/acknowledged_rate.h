/* The bit rate that arrives at the receiver, from its feedback: R_hat of draft-ietf-rmcat-gcc-02
 * §5.5, over half a second of the receiver's clock. Pure. */
#ifndef CASELOAD_ACKNOWLEDGED_RATE_H
#define CASELOAD_ACKNOWLEDGED_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACKNOWLEDGED_SLOTS 8
#define ACKNOWLEDGED_SLOT_US 64000

struct acknowledged_rate {
    bool started;
    int64_t began_us;        /* the first arrival */
    int64_t counted_from_us; /* arrivals before this are not counted any more */
    int64_t skipped_us;      /* time of which nothing is known: taken out of the axis */
    int64_t newest_us;       /* the newest arrival */
    int64_t slot;            /* the newest one */
    uint32_t bytes[ACKNOWLEDGED_SLOTS];
};

void acknowledged_rate_init(struct acknowledged_rate *rate);
/* A packet arrived (> 0); in order of arrival but for a little. A clock that steps back by seconds
 * begins anew. */
void acknowledged_rate_add(struct acknowledged_rate *rate, int64_t arrival_us, size_t size_bytes);
/* Feedback was lost: what arrived between the newest packet known and the next one is unknown. */
void acknowledged_rate_skip(struct acknowledged_rate *rate, int64_t next_arrival_us);
/* False: less than half of the window was seen. */
bool acknowledged_rate_bps(const struct acknowledged_rate *rate, uint32_t *ret_bps);

#endif
