/* RTP header extensions (RFC 8285) by negotiated id. Ids are the offerer's; unknown ones are
 * skipped. */
#ifndef CASELOAD_RTP_EXTENSION_H
#define CASELOAD_RTP_EXTENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/rtp/rtp_packet.h"

/* name, URI as registered with IANA or published by its author */
#define RTP_EXTENSION_LIST(X)                                                                      \
    X(MID, "urn:ietf:params:rtp-hdrext:sdes:mid")                                                  \
    X(RID, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id")                                        \
    X(REPAIRED_RID, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id")                      \
    X(AUDIO_LEVEL, "urn:ietf:params:rtp-hdrext:ssrc-audio-level")                                  \
    X(ABS_SEND_TIME, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time")                 \
    X(TRANSPORT_CC, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01")   \
    X(ABS_CAPTURE_TIME, "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time")

enum rtp_extension {
#define X(name, uri) RTP_EXTENSION_##name,
    RTP_EXTENSION_LIST(X)
#undef X
        RTP_EXTENSION_COUNT
};

/* id 1…14 (one-byte form) per extension; 0: not negotiated. */
struct rtp_extension_map {
    uint8_t id[RTP_EXTENSION_COUNT];
};

const char *rtp_extension_uri(enum rtp_extension extension);
/* NULL-safe; RTP_EXTENSION_COUNT when the URI is not one of ours. */
enum rtp_extension rtp_extension_by_uri(const char *uri);

/* Every extension value found in one packet; absent ones keep their `has_` at false. */
struct rtp_extension_values {
    char mid[17], rid[17], repaired_rid[17]; /* "" when absent; cut at 16 characters */
    bool has_audio_level;
    uint8_t audio_level; /* -dBov, 0 loudest … 127 silence (RFC 6464) */
    bool voice;
    bool has_transport_sequence;
    uint16_t transport_sequence;
    bool has_abs_send_time;
    uint32_t abs_send_time; /* 24 bit, 6.18 fixed point seconds */
    bool has_abs_capture_time;
    uint64_t abs_capture_time; /* NTP 32.32 */
};

void rtp_extension_read(const struct rtp_packet *packet, const struct rtp_extension_map *map,
                        struct rtp_extension_values *ret_values);

/* A block with every extension of ours is never longer than this. */
#define RTP_EXTENSION_BLOCK_MAX 72

/* Write the wire form of a one-byte extension block (elements only, padded to 4) for those values
 * that are present and negotiated; returns its size, 0 when nothing is to be written (or nothing of
 * it fits: give RTP_EXTENSION_BLOCK_MAX bytes). `*ret_transport_offset` (may be NULL) is where the
 * 16-bit transport sequence number stands in `data`, 0 when absent: senders patch it per
 * transmission. */
size_t rtp_extension_write(const struct rtp_extension_map *map,
                           const struct rtp_extension_values *values, uint8_t *data, size_t size,
                           size_t *ret_transport_offset);

#endif
