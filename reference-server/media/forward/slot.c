#include "reference-server/media/forward/slot.h"

#include "common/base/clock.h"

enum {
    PICTURE_MASK = 0x7fff,
    PICTURE_MASK_SHORT = 0x7f,
    STEP_MIN_US = 1000, /* between two frames, however near in time they were captured */
};

void slot_init(struct slot *slot, bool video, uint32_t clock_hz, uint16_t sequence,
               uint32_t timestamp, uint16_t picture_id)
{
    *slot = (struct slot){
        .video = video,
        .clock_hz = clock_hz,
        .last_sequence = (int64_t)sequence - 1,
        .last_timestamp = timestamp,
        .last_picture_id = (uint16_t)(picture_id - 1) & PICTURE_MASK,
    };
}

void slot_restart(struct slot *slot)
{
    slot->synced = false;
    slot->has_axis = false;
}

void slot_change(struct slot *slot, uint32_t timestamp_step)
{
    slot->synced = false;
    slot->has_axis = true;
    slot->timestamp_shift -= timestamp_step;
}

/* A switch takes as long on our time axis as it took on the clock, and at least 10 ms, so that two
 * frames never share a timestamp. */
static uint32_t timestamp_step(const struct slot *slot, int64_t arrival_us)
{
    int64_t elapsed_us = arrival_us - slot->last_arrival_us;

    if (elapsed_us < 10 * US_PER_MS)
        elapsed_us = 10 * US_PER_MS;
    return (uint32_t)(elapsed_us / US_PER_S * slot->clock_hz +
                      elapsed_us % US_PER_S * slot->clock_hz / US_PER_S);
}

/* Where on our axis a source begins whose own axis has no relation to ours yet. */
static uint32_t first_timestamp(const struct slot *slot, const struct slot_packet *packet)
{
    uint32_t step_min = (uint32_t)(STEP_MIN_US * slot->clock_hz / US_PER_S);
    uint32_t timestamp = packet->timestamp + slot->timestamp_shift;

    if (!slot->started)
        return slot->last_timestamp;
    if (!slot->has_axis)
        return slot->last_timestamp + timestamp_step(slot, packet->arrival_us);
    if ((int32_t)(timestamp - slot->last_timestamp) < (int32_t)step_min)
        return slot->last_timestamp + step_min;
    return timestamp;
}

static void begin_source(struct slot *slot, const struct slot_packet *packet)
{
    uint32_t timestamp = first_timestamp(slot, packet);

    slot->timestamp_shift = timestamp - packet->timestamp;
    slot->last_timestamp = timestamp;
    slot->last_arrival_us = packet->arrival_us;
    slot->highest_in = packet->sequence - 1;
    slot->sequence_shift = slot->last_sequence + 1 - packet->sequence;
    slot->picture.anchored = slot->tl0_anchored = false;
    gap_list_clear(&slot->left_out, packet->sequence);
    slot->epoch = packet->epoch;
    slot->has_axis = false;
    slot->synced = slot->started = true;
}

/* False: from before the start, left out on purpose, or too old to be sent again. */
static bool map_sequence(const struct slot *slot, int64_t sequence, int64_t *ret_sequence)
{
    int64_t closed;

    if (!gap_list_close(&slot->left_out, sequence, &closed) ||
        closed + slot->sequence_shift <= slot->last_sequence - SLOT_REORDER_MAX)
        return false;
    *ret_sequence = closed + slot->sequence_shift;
    return true;
}

/* `a` newer than `b`, both of `bits` bits. */
static bool is_newer(unsigned a, unsigned b, unsigned bits)
{
    unsigned distance = (a - b) & ((1U << bits) - 1);
    return distance != 0 && distance < 1U << (bits - 1);
}

/* The frame's number among all of its source, or where that begins. */
static int64_t unwrap_picture(struct slot *slot, const struct vp8_descriptor *vp8)
{
    struct slot_picture *picture = &slot->picture;
    int64_t mask = vp8->picture_id_15bit ? PICTURE_MASK : PICTURE_MASK_SHORT;

    if (!picture->anchored || picture->wide != vp8->picture_id_15bit) {
        picture->anchored = true;
        picture->wide = vp8->picture_id_15bit;
        picture->last_in = vp8->picture_id;
        picture->highest_in = picture->last_in - 1;
        picture->shift = slot->last_picture_id + 1 - (int64_t)vp8->picture_id;
        gap_list_clear(&picture->left_out, INT64_MIN);
        return picture->last_in;
    }
    int64_t distance = (vp8->picture_id - picture->last_in) & mask;
    int64_t number = picture->last_in + (distance > mask / 2 ? distance - mask - 1 : distance);
    picture->last_in = number;
    return number;
}

static uint16_t map_picture(struct slot *slot, const struct vp8_descriptor *vp8)
{
    struct slot_picture *picture = &slot->picture;
    int64_t number = unwrap_picture(slot, vp8), closed = number;

    if (number > picture->highest_in)
        picture->highest_in = number;
    /* Left out or forgotten: it keeps its distance to what is forwarded now. */
    if (!gap_list_close(&picture->left_out, number, &closed))
        closed = number - picture->left_out.total;
    uint16_t mapped = (uint16_t)((closed + picture->shift) & PICTURE_MASK);
    if (is_newer(mapped, slot->last_picture_id, 15))
        slot->last_picture_id = mapped;
    return mapped;
}

static void leave_out_picture(struct slot *slot, const struct vp8_descriptor *vp8)
{
    int64_t number = unwrap_picture(slot, vp8);

    if (number > slot->picture.highest_in)
        gap_list_add(&slot->picture.left_out, number);
}

static uint8_t map_tl0(struct slot *slot, const struct vp8_descriptor *vp8)
{
    if (!slot->tl0_anchored) {
        slot->tl0_anchored = true;
        slot->tl0_shift = (uint8_t)(slot->last_tl0_pic_idx + 1 - vp8->tl0_pic_idx);
    }
    uint8_t mapped = (uint8_t)(vp8->tl0_pic_idx + slot->tl0_shift);
    if (is_newer(mapped, slot->last_tl0_pic_idx, 8))
        slot->last_tl0_pic_idx = mapped;
    return mapped;
}

enum slot_verdict slot_rewrite(struct slot *slot, const struct slot_packet *packet,
                               struct slot_numbers *ret_numbers)
{
    struct slot_numbers numbers = {0};
    int64_t sequence;

    if (!slot->synced || packet->epoch != slot->epoch) {
        slot->synced = false;
        if (slot->video && !packet->starts_key_frame)
            return SLOT_WAITS_FOR_KEY_FRAME;
        begin_source(slot, packet);
        numbers.switched = true;
    }
    if (!map_sequence(slot, packet->sequence, &sequence))
        return SLOT_LATE;
    if (sequence > slot->last_sequence)
        slot->last_sequence = sequence;
    if (packet->sequence > slot->highest_in)
        slot->highest_in = packet->sequence;
    numbers.sequence = (uint16_t)sequence;
    numbers.timestamp = packet->timestamp + slot->timestamp_shift;
    if ((int32_t)(numbers.timestamp - slot->last_timestamp) > 0) {
        slot->last_timestamp = numbers.timestamp;
        slot->last_arrival_us = packet->arrival_us;
    }
    if (packet->vp8 && packet->vp8->has_picture_id)
        numbers.picture_id = map_picture(slot, packet->vp8);
    if (packet->vp8 && packet->vp8->has_tl0_pic_idx)
        numbers.tl0_pic_idx = map_tl0(slot, packet->vp8);
    *ret_numbers = numbers;
    return SLOT_FORWARD;
}

bool slot_skip(struct slot *slot, const struct slot_packet *packet, struct slot_numbers *ret_hole)
{
    int64_t sequence;

    if (!slot->synced || slot->epoch != packet->epoch)
        return true;
    if (packet->vp8 && packet->vp8->has_picture_id)
        leave_out_picture(slot, packet->vp8);
    if (packet->sequence > slot->highest_in) {
        gap_list_add(&slot->left_out, packet->sequence);
        return true;
    }
    if (!map_sequence(slot, packet->sequence, &sequence))
        return true;
    *ret_hole = (struct slot_numbers){
        .sequence = (uint16_t)sequence,
        .timestamp = packet->timestamp + slot->timestamp_shift,
    };
    return false;
}
