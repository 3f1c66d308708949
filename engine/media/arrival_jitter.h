/* Interarrival jitter by RFC 3550 §6.4.1 (J += (|D| - J) / 16) of what a receiver plays: audio
 * packets, and of video the first packet of each frame, since a paced sender spreads the others on
 * purpose (browsers do the same). Retransmissions do not belong here. Pure. */
#ifndef CASELOAD_ARRIVAL_JITTER_H
#define CASELOAD_ARRIVAL_JITTER_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed memory has seen no packet. */
struct arrival_jitter {
    bool started, measured;
    uint32_t last_timestamp;
    int64_t last_arrival_us;
    double jitter_us;
};

/* A packet with the timestamp of the one before is left out. */
void arrival_jitter_packet(struct arrival_jitter *jitter, uint32_t timestamp, uint32_t clock_hz,
                           int64_t arrival_us);

#endif
