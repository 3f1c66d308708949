/* Which sequence numbers of one SSRC are missing and should be asked for again, and when
 * (RFC 4585 §6.2.1). Pure. A number is first asked for once NACK_REORDER_US has gone by, then every
 * NACK_RETRY_US (at least one RTT), at most NACK_TRIES times, and forgotten after NACK_GIVE_UP_US.
 */
#ifndef CASELOAD_NACK_TRACKER_H
#define CASELOAD_NACK_TRACKER_H

#include <stddef.h>
#include <stdint.h>

#define NACK_REORDER_US 5000 /* a packet that overtakes another does so within this */
#define NACK_RETRY_US 20000
#define NACK_TRIES 10
#define NACK_GIVE_UP_US 1000000
#define NACK_TRACKER_MAX 256 /* missing numbers tracked; older ones are given up first */

struct nack_missing {
    int64_t sequence;
    int64_t since_us, asked_us;
    uint8_t tries;
};

struct nack_tracker {
    int64_t highest; /* -1: nothing received yet */
    size_t count;
    struct nack_missing missing[NACK_TRACKER_MAX]; /* ascending; untouched until used */
    uint64_t given_up;                             /* never arrived */
    uint64_t reported;                             /* of `given_up`, told to the caller */
    uint64_t asked;                                /* sequence numbers requested in all */
    uint64_t repaired;                             /* arrived after being asked for */
};

void nack_tracker_init(struct nack_tracker *tracker);
/* `sequence` unwrapped. A gap of more than NACK_TRACKER_MAX forgets all missing numbers. */
void nack_tracker_received(struct nack_tracker *tracker, int64_t sequence, int64_t now_us);
/* Numbers to ask for now; at most `max` into `sequences`. `*ret_given_up` (may be NULL) counts
 * those abandoned since the last call: a video receiver asks for a key frame then. */
size_t nack_tracker_due(struct nack_tracker *tracker, int64_t now_us, int64_t rtt_us,
                        uint16_t *sequences, size_t max, size_t *ret_given_up);

#endif
