#include "engine/media/frame_cutter.h"

#include <assert.h>
#include <string.h>

void frame_cut_begin(struct frame_cut *cut, const uint8_t *frame, size_t frame_size,
                     const struct stamp *stamp, const struct frame_numbers *numbers)
{
    cut->frame = frame;
    cut->numbers = *numbers;
    cut->split =
        vp8_split_plan(frame_size + STAMP_VIDEO_SIZE, STAMP_VIDEO_SIZE, FRAME_CUTTER_PAYLOAD_MAX);
    stamp_write_video(stamp, cut->stamp);
}

size_t frame_cut_payload(const struct frame_cut *cut, size_t index,
                         uint8_t payload[FRAME_CUTTER_PAYLOAD_MAX], struct packet_part *ret_part)
{
    struct vp8_descriptor descriptor = {
        .start_of_partition = index == 0,
        .has_picture_id = true,
        .picture_id = cut->numbers.picture_id,
        .non_reference = cut->numbers.non_reference,
        .has_tl0_pic_idx = cut->numbers.layered,
        .tl0_pic_idx = cut->numbers.tl0_pic_idx,
        .has_temporal = cut->numbers.layered,
        .temporal_id = cut->numbers.temporal,
        .layer_sync = cut->numbers.layer_sync,
    };
    size_t from = vp8_split_at(&cut->split, index);
    size_t to = vp8_split_at(&cut->split, index + 1);
    size_t stamp_from = cut->split.frame_size - STAMP_VIDEO_SIZE;
    size_t frame_to = to < stamp_from ? to : stamp_from;
    size_t at = vp8_descriptor_write(&descriptor, payload, FRAME_CUTTER_PAYLOAD_MAX);

    assert(at + to - from <= FRAME_CUTTER_PAYLOAD_MAX);
    *ret_part = (struct packet_part){.data = cut->frame + from, .at = at, .size = frame_to - from};
    memcpy(payload + at, ret_part->data, ret_part->size);
    at += ret_part->size;
    if (to > stamp_from) { /* the last one: the stamp is never split */
        memcpy(payload + at, cut->stamp, STAMP_VIDEO_SIZE);
        at += STAMP_VIDEO_SIZE;
    }
    return at;
}
