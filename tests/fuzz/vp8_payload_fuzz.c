/* Any bytes as a VP8 payload: descriptors survive writing and rewriting, frames are cut without a
 * gap. */
#include <assert.h>
#include <string.h>

#include "common/webrtc/codec/vp8_payload.h"

static void check_descriptor(const uint8_t *data, size_t size)
{
    struct vp8_descriptor descriptor, back;
    uint8_t bytes[VP8_DESCRIPTOR_MAX];

    if (vp8_descriptor_parse(data, size, &descriptor) != STATUS_OK)
        return;
    assert(descriptor.size >= 1 && descriptor.size <= size);
    size_t written = vp8_descriptor_write(&descriptor, bytes, sizeof bytes);
    assert(written >= 1);
    enum status status = vp8_descriptor_parse(bytes, written, &back);
    assert(status == STATUS_OK && back.size == written);
    assert(back.picture_id == descriptor.picture_id);
    assert(back.tl0_pic_idx == descriptor.tl0_pic_idx);
    assert(back.temporal_id == descriptor.temporal_id && back.key_index == descriptor.key_index);

    uint8_t copy[VP8_DESCRIPTOR_MAX];
    memcpy(copy, data, descriptor.size);
    vp8_descriptor_rewrite(copy, &descriptor, 0x1234, 0x56);
    status = vp8_descriptor_parse(copy, descriptor.size, &back);
    assert(status == STATUS_OK && back.size == descriptor.size);
    assert(back.key_index == descriptor.key_index && back.partition == descriptor.partition);
    if (descriptor.has_picture_id)
        assert(back.picture_id == (descriptor.picture_id_15bit ? 0x1234 : 0x34));
    if (descriptor.has_tl0_pic_idx)
        assert(back.tl0_pic_idx == 0x56);
}

static void check_split(size_t frame_size, size_t payload_max)
{
    struct vp8_split split = vp8_split_plan(frame_size, 32, payload_max);

    for (size_t i = 0; i < split.count; i++) {
        size_t from = vp8_split_at(&split, i), to = vp8_split_at(&split, i + 1);
        assert(from < to && to - from + VP8_DESCRIPTOR_MAX <= payload_max);
    }
    assert(vp8_split_at(&split, split.count) == frame_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vp8_frame_header header;

    check_descriptor(data, size);
    if (vp8_payload_starts_key_frame(data, size))
        assert(size >= 2);
    if (vp8_frame_header_parse(data, size, &header))
        assert(header.key_frame ? size >= 10 : header.width == 0);
    if (size >= 4)
        check_split(32 + (data[0] << 8 | data[1]), 70 + (data[2] << 8 | data[3]) % 1400);
    return 0;
}
