/* RTCP datagrams as the server writes them: reports, NACK, PLI and transport-wide feedback gathered
 * in one compound packet. Pure: numbers in, bytes out. */
#ifndef CASELOAD_RTCP_OUT_H
#define CASELOAD_RTCP_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/rtp/rtcp_packet.h"
#include "common/webrtc/rtp/transport_feedback.h"

#define RTCP_OUT_MAX 1200 /* bytes of a datagram, before SRTCP */

/* Large (one whole item): not for the stack. */
struct rtcp_out {
    size_t size; /* bytes written so far; 0: nothing to send */
    uint8_t data[RTCP_OUT_MAX];
    struct rtcp_item item;
};

/* What a sender report says about one slot. */
struct rtcp_sender {
    uint32_t ssrc;
    uint64_t ntp;
    uint32_t timestamp; /* the slot's RTP time at `ntp` */
    uint32_t packets, octets;
};

/* An empty compound. `bare` (reduced size, RFC 5506) may begin with feedback; otherwise it begins
 * with an empty receiver report of `ssrc` and its CNAME. */
void rtcp_out_begin(struct rtcp_out *out, bool bare, uint32_t ssrc, const char *cname);

/* Each appends whole items or, when they do not fit, nothing: TOO_LARGE. */
MUST_CHECK enum status rtcp_out_receiver(struct rtcp_out *out, uint32_t ssrc, const char *cname,
                                         const struct rtcp_report_block *blocks, size_t count);
MUST_CHECK enum status rtcp_out_sender(struct rtcp_out *out, const struct rtcp_sender *sender,
                                       const char *cname);
MUST_CHECK enum status rtcp_out_nack(struct rtcp_out *out, uint32_t ssrc, uint32_t media_ssrc,
                                     const uint16_t *sequences, size_t count);
MUST_CHECK enum status rtcp_out_pli(struct rtcp_out *out, uint32_t ssrc, uint32_t media_ssrc);
/* AGAIN: nothing has arrived since the last feedback. */
MUST_CHECK enum status rtcp_out_transport(struct rtcp_out *out, struct transport_feedback *feedback,
                                          uint32_t ssrc, uint32_t media_ssrc);

#endif
