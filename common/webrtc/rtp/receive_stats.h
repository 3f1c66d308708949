/* Reception statistics of one SSRC (RFC 3550 §6.4.1, A.1, A.3, A.8): loss, jitter, reordering,
 * duplicates, and the report block that says so. Packets repaired by RTX do not belong here: they
 * came on an SSRC of their own (RFC 4588 §4), and the loss they repair has happened. */
#ifndef CASELOAD_RECEIVE_STATS_H
#define CASELOAD_RECEIVE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/webrtc/rtp/rtcp_packet.h"
#include "common/webrtc/rtp/rtp_packet.h"
#include "common/webrtc/rtp/rtp_sequence.h"

#define RECEIVE_STATS_WINDOW 1024 /* packets back in which duplicates are recognised */

struct receive_stats {
    uint32_t ssrc;
    uint32_t clock_hz;
    struct sequence_unwrapper unwrapper;
    int64_t first_sequence, highest_sequence;
    uint64_t packets, bytes; /* bytes of payload, duplicates excluded */
    uint64_t duplicates, reordered;
    uint64_t too_old; /* behind the window: counted, not received */
    uint64_t seen[RECEIVE_STATS_WINDOW / 64];
    double jitter; /* timestamp units */
    bool has_transit;
    int64_t last_transit;
    uint64_t expected_prior, received_prior; /* at the last report block */
    uint32_t last_sr_middle;
    int64_t last_sr_arrival_us;
};

void receive_stats_init(struct receive_stats *stats, uint32_t ssrc, uint32_t clock_hz);
/* False: a duplicate, or older than the window. */
bool receive_stats_packet(struct receive_stats *stats, const struct rtp_packet *packet,
                          int64_t arrival_us);
void receive_stats_sender_report(struct receive_stats *stats, uint64_t ntp, int64_t arrival_us);
/* Expected minus received; may be negative (W3C packetsLost). */
int64_t receive_stats_lost(const struct receive_stats *stats);
double receive_stats_jitter_s(const struct receive_stats *stats);
/* Fill a report block and start the next interval. */
void receive_stats_report(struct receive_stats *stats, int64_t now_us,
                          struct rtcp_report_block *ret_block);

#endif
