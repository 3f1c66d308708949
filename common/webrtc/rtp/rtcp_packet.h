/* RTCP (RFC 3550 §6, RFC 4585, RFC 5104, transport-wide feedback, REMB) as plain data: a compound
 * packet is parsed into a list of items and written from one. */
#ifndef CASELOAD_RTCP_PACKET_H
#define CASELOAD_RTCP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define RTCP_REPORTS_MAX 31
#define RTCP_NACK_MAX 256      /* lost sequence numbers in one item */
#define RTCP_TRANSPORT_MAX 512 /* packet statuses in one item */

enum rtcp_kind {
    RTCP_SENDER_REPORT,
    RTCP_RECEIVER_REPORT,
    RTCP_SOURCE_DESCRIPTION,
    RTCP_BYE,
    RTCP_NACK,      /* RFC 4585 §6.2.1 */
    RTCP_PLI,       /* RFC 4585 §6.3.1 */
    RTCP_FIR,       /* RFC 5104 §4.3.1 */
    RTCP_TRANSPORT, /* draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1 */
    RTCP_REMB,      /* draft-alvestrand-rmcat-remb-03 */
    RTCP_OTHER,     /* well-formed, not understood: skipped */
};

struct rtcp_report_block {
    uint32_t ssrc;
    uint8_t fraction_lost;     /* 1/256 */
    int32_t cumulative_lost;   /* 24 bit signed */
    uint32_t highest_sequence; /* extended */
    uint32_t jitter;           /* timestamp units */
    uint32_t last_sr;          /* middle 32 bits of the NTP time of the last SR; 0: none */
    uint32_t delay_since_sr;   /* 1/65536 s */
};

/* One packet of the transport-wide feedback. */
struct rtcp_arrival {
    uint16_t sequence;
    bool received;
    int64_t arrival_us; /* relative to reference_time_us; meaningless when not received */
};

struct rtcp_item {
    enum rtcp_kind kind;
    uint32_t sender_ssrc;
    uint32_t media_ssrc; /* NACK, PLI, TRANSPORT; FIR: the FCI's SSRC; BYE: the leaving SSRC */
    union {
        struct {
            uint64_t ntp; /* 32.32 */
            uint32_t rtp_timestamp;
            uint32_t packet_count, octet_count;
            uint8_t block_count;
            struct rtcp_report_block blocks[RTCP_REPORTS_MAX];
        } report; /* SR and RR (a RR leaves the first four alone) */
        struct {
            char cname[256];
        } description;
        struct {
            uint16_t count;
            uint16_t sequences[RTCP_NACK_MAX];
        } nack;
        struct {
            uint8_t sequence; /* FIR command sequence number */
        } fir;
        struct {
            uint8_t feedback_count;
            /* A multiple of 64 ms. The wire has 24 bits of it, signed: compare items modulo
             * 2^24 × 64 ms. */
            int64_t reference_time_us;
            uint16_t count;
            struct rtcp_arrival arrivals[RTCP_TRANSPORT_MAX];
        } transport;
        struct {
            uint64_t bitrate_bps;
            uint8_t ssrc_count;
            uint32_t ssrcs[16];
        } remb;
    };
};

/* Walk a compound packet: `on_item` is called per item with storage that lives only during the
 * call. A packet with several sources (SDES, BYE, FIR), more than RTCP_NACK_MAX lost numbers or
 * more than RTCP_TRANSPORT_MAX statuses comes as several items; of REMB the first 16 SSRCs are
 * kept. MALFORMED: bad version or lengths (items before the bad one have been delivered). */
typedef void rtcp_item_fn(void *arg, const struct rtcp_item *item);
MUST_CHECK enum status rtcp_parse(const void *data, size_t size, rtcp_item_fn *on_item, void *arg);

/* Append one item to `data` at `*at` (a multiple of 4); on failure nothing that counts is changed.
 * TOO_LARGE: no room. INVALID: an empty NACK, feedback whose numbers are not consecutive or whose
 * arrivals are more than 8.19 s apart, RTCP_OTHER. A compound packet starts with SR or RR followed
 * by SDES (RFC 3550 §6.1) unless rtcp-rsize was negotiated. */
MUST_CHECK enum status rtcp_write(const struct rtcp_item *item, uint8_t *data, size_t size,
                                  size_t *at);

/* NTP 32.32 from CLOCK_REALTIME microseconds, and back; the middle 32 bits as used by LSR. */
uint64_t ntp_from_realtime_us(int64_t realtime_us);
int64_t ntp_to_realtime_us(uint64_t ntp);
uint32_t ntp_middle(uint64_t ntp);

#endif
