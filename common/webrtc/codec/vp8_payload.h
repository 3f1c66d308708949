/* VP8 in RTP (RFC 7741): payload descriptor, frame to payloads and back. Pure. */
#ifndef CASELOAD_VP8_PAYLOAD_H
#define CASELOAD_VP8_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* RFC 7741 §4.2. Absent fields have their `has_` at false. */
struct vp8_descriptor {
    bool non_reference;      /* N */
    bool start_of_partition; /* S */
    uint8_t partition;       /* PID */
    bool has_picture_id, picture_id_15bit;
    uint16_t picture_id;
    bool has_tl0_pic_idx;
    uint8_t tl0_pic_idx;
    bool has_temporal, layer_sync;
    uint8_t temporal_id;
    bool has_key_index;
    uint8_t key_index;
    size_t size; /* bytes of the descriptor on the wire */
};

MUST_CHECK enum status vp8_descriptor_parse(const uint8_t *payload, size_t size,
                                            struct vp8_descriptor *ret_descriptor);
#define VP8_DESCRIPTOR_MAX 6

/* Writes with 15-bit PictureID; returns bytes written, 0 when `size` is too small
 * (VP8_DESCRIPTOR_MAX suffices). */
size_t vp8_descriptor_write(const struct vp8_descriptor *descriptor, uint8_t *data, size_t size);
/* Rewrite PictureID and TL0PICIDX in place (fields that are absent stay absent; a 7-bit PictureID
 * keeps its width). */
void vp8_descriptor_rewrite(uint8_t *payload, const struct vp8_descriptor *descriptor,
                            uint16_t picture_id, uint8_t tl0_pic_idx);

/* First bytes of a frame (RFC 6386 §9.1): false when too short. Sizes are 0 for inter frames. */
struct vp8_frame_header {
    bool key_frame;
    bool show_frame;
    uint16_t width, height;
};
bool vp8_frame_header_parse(const uint8_t *frame, size_t size, struct vp8_frame_header *ret_header);
/* True when this RTP payload starts a key frame: S set, partition 0, P bit 0. */
bool vp8_payload_starts_key_frame(const uint8_t *payload, size_t size);

/* How a frame of `frame_size` bytes is cut: `count` payloads of nearly equal size (0 for an empty
 * frame), none above `payload_max` together with a descriptor of VP8_DESCRIPTOR_MAX. The
 * `tail_size` last bytes (a stamp, at most half a payload) are never split, and the last payload is
 * no longer than the others. Payload i is [vp8_split_at(i), vp8_split_at(i + 1)). */
struct vp8_split {
    size_t count;
    size_t frame_size, tail_size;
};
struct vp8_split vp8_split_plan(size_t frame_size, size_t tail_size, size_t payload_max);
/* Byte offset where payload `index` begins; index == count gives frame_size. */
size_t vp8_split_at(const struct vp8_split *split, size_t index);

#endif
