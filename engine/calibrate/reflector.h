/* The far end of a calibration, a process of its own: one UDP port that is ICE-lite for everybody
 * (RFC 8445 §2.5) and hands what one side of a pair sends to the other side, unread. DTLS and SRTP
 * run from end to end, so it costs a receive and a send per datagram and no cryptography: cheaper
 * than any platform, and never the bottleneck of a generator of the same size. */
#ifndef CASELOAD_REFLECTOR_H
#define CASELOAD_REFLECTOR_H

#include <stdint.h>

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "engine/calibrate/reflector_table.h"

struct reflector;

struct reflector_counters {
    uint64_t forwarded;
    uint64_t checks_answered;
    uint64_t unknown;      /* of nobody, or for somebody not heard of yet */
    uint64_t refused;      /* the kernel did not take them */
    uint64_t kernel_drops; /* SO_RXQ_OVFL */
};

/* On 127.0.0.1. `core` >= 0: pinned to it. Ends with its parent at the latest. */
MUST_CHECK enum status reflector_start(int core, struct reflector **ret_reflector,
                                       struct failure *failure);
/* So far. */
void reflector_counters(const struct reflector *reflector, struct reflector_counters *ret_counters);
/* Processor time it took, microseconds; -1: not known. */
int64_t reflector_cpu_us(const struct reflector *reflector);
void reflector_stop(struct reflector *reflector);

/* `sdp` as the other side of a pair must see it: for ICE the describer is the reflector. The text
 * goes to `out`. */
MUST_CHECK enum status reflector_describe(const struct reflector *reflector, size_t pair,
                                          enum reflector_side for_side, const char *sdp,
                                          struct buffer *out, struct failure *failure);

#endif
