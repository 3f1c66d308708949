/* Receiver side of transport-wide congestion control: remember arrivals, emit feedback items
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01). Pure. */
#ifndef CASELOAD_TRANSPORT_FEEDBACK_H
#define CASELOAD_TRANSPORT_FEEDBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/webrtc/rtp/rtcp_packet.h"
#include "common/webrtc/rtp/rtp_sequence.h"

struct transport_feedback {
    struct sequence_unwrapper unwrapper;
    bool started;
    int64_t base, highest; /* unwrapped: next to report, newest arrived */
    uint64_t unreported;   /* numbers that fell out of memory before they were reported */
    uint8_t feedback_count;
    int64_t arrivals_us[RTCP_TRANSPORT_MAX]; /* by sequence modulo; 0: not arrived */
};

void transport_feedback_init(struct transport_feedback *feedback);
/* A packet older than what was reported opens the report again from there, as browsers do: an
 * arrival may be told twice. */
void transport_feedback_arrival(struct transport_feedback *feedback, uint16_t sequence,
                                int64_t arrival_us);
/* False when nothing arrived since the last item. Fills an RTCP_TRANSPORT item that rtcp_write
 * accepts; call again until false. */
bool transport_feedback_item(struct transport_feedback *feedback, uint32_t sender_ssrc,
                             uint32_t media_ssrc, struct rtcp_item *ret_item);

#endif
