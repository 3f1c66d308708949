/* One VP8 frame and its stamp as RTP payloads (RFC 7741), made one by one without copying the
 * frame first. Pure. Used by media sources. */
#ifndef CASELOAD_FRAME_CUTTER_H
#define CASELOAD_FRAME_CUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/codec/vp8_payload.h"
#include "common/webrtc/rtp/packet_history.h"
#include "engine/media/stamp.h"

/* With all headers, extensions and SRTP a datagram stays within 1,200 bytes, as browsers keep it.
 */
#define FRAME_CUTTER_PAYLOAD_MAX 1150

/* What the payload descriptor says of the frame (RFC 7741 §4.2). */
struct frame_numbers {
    uint16_t picture_id;
    bool layered; /* the rest is said too */
    uint8_t temporal, tl0_pic_idx;
    bool layer_sync, non_reference;
};

struct frame_cut {
    const uint8_t *frame; /* borrowed until the last payload was made */
    uint8_t stamp[STAMP_VIDEO_SIZE];
    struct vp8_split split; /* of frame and stamp; `count` payloads */
    struct frame_numbers numbers;
};

void frame_cut_begin(struct frame_cut *cut, const uint8_t *frame, size_t frame_size,
                     const struct stamp *stamp, const struct frame_numbers *numbers);
/* Payload `index` with its descriptor; returns its size. `ret_part`: which bytes of it are the
 * frame's own, and where they lie there. */
size_t frame_cut_payload(const struct frame_cut *cut, size_t index,
                         uint8_t payload[FRAME_CUTTER_PAYLOAD_MAX], struct packet_part *ret_part);

#endif
