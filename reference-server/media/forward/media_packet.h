/* One decrypted media packet on its way from a source to the slots it feeds: what is left of it
 * once the sender's own numbers for SSRC, payload type and header extensions are gone. */
#ifndef CASELOAD_MEDIA_PACKET_H
#define CASELOAD_MEDIA_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/codec/vp8_payload.h"
#include "reference-server/media/media_terms.h"

struct media_packet {
    enum media_kind kind;
    uint8_t encoding; /* of video: < MEDIA_ENCODINGS_MAX */
    bool marker;
    bool repaired;    /* it was lost on its way here and asked for again */
    uint32_t epoch;   /* of the source's stream, see inlet.h */
    int64_t sequence; /* unwrapped, within the epoch */
    uint32_t timestamp;
    int64_t stamp_us;   /* kernel receive stamp, CLOCK_REALTIME; 0: unknown */
    int64_t arrival_us; /* the same on the monotonic axis */
    bool has_audio_level, voice;
    uint8_t audio_level;
    bool has_abs_capture_time;
    uint64_t abs_capture_time;
    const uint8_t *payload;    /* borrowed */
    size_t payload_size;       /* 0: padding only; it closes a gap and is not forwarded */
    struct vp8_descriptor vp8; /* of video with a payload */
    bool starts_key_frame;
    uint32_t pixels; /* of the key frame that starts here; 0: none, or it does not say */
};

/* Fill in the fields that the payload tells. MALFORMED: no VP8 payload descriptor. */
MUST_CHECK enum status media_packet_inspect(struct media_packet *packet);

#endif
