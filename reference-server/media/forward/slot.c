#include "reference-server/media/forward/slot.h"

#include <string.h>

#include "common/base/clock.h"

enum { PICTURE_MASK = 0x7fff, PICTURE_MASK_SHORT = 0x7f };

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

static void begin_source(struct slot *slot, const struct slot_packet *packet)
{
    uint32_t timestamp = slot->last_timestamp;

    if (slot->started)
        timestamp += timestamp_step(slot, packet->arrival_us);
    slot->timestamp_shift = timestamp - packet->timestamp;
    slot->last_timestamp = timestamp;
    slot->last_arrival_us = packet->arrival_us;
    slot->first_in = packet->sequence;
    slot->highest_in = packet->sequence - 1;
    slot->sequence_shift = slot->last_sequence + 1 - packet->sequence;
    slot->picture.anchored = slot->tl0_anchored = false;
    slot->skip_count = 0;
    slot->epoch = packet->epoch;
    slot->synced = slot->started = true;
}

/* False: from before the start, left out on purpose, or too old to be sent again. */
static bool map_sequence(struct slot *slot, int64_t sequence, int64_t *ret_sequence)
{
    int64_t mapped = sequence + slot->sequence_shift;
    size_t skipped = slot->skip_count;

    if (sequence < slot->first_in)
        return false;
    while (skipped > 0 && slot->skips[skipped - 1] > sequence)
        skipped--;
    if (skipped > 0 && slot->skips[skipped - 1] == sequence)
        return false;
    mapped -= (int64_t)skipped;
    if (mapped <= slot->last_sequence - SLOT_REORDER_MAX)
        return false;
    *ret_sequence = mapped;
    return true;
}

/* `a` newer than `b`, both of `bits` bits. */
static bool is_newer(unsigned a, unsigned b, unsigned bits)
{
    unsigned distance = (a - b) & ((1U << bits) - 1);
    return distance != 0 && distance < 1U << (bits - 1);
}

static uint16_t map_picture(struct slot *slot, const struct vp8_descriptor *vp8)
{
    struct slot_picture *picture = &slot->picture;
    int64_t mask = vp8->picture_id_15bit ? PICTURE_MASK : PICTURE_MASK_SHORT;

    if (!picture->anchored || picture->wide != vp8->picture_id_15bit) {
        picture->anchored = true;
        picture->wide = vp8->picture_id_15bit;
        picture->last_in = vp8->picture_id;
        picture->shift = slot->last_picture_id + 1 - (int64_t)vp8->picture_id;
    } else {
        int64_t distance = (vp8->picture_id - picture->last_in) & mask;
        picture->last_in += distance > mask / 2 ? distance - mask - 1 : distance;
    }
    uint16_t mapped = (uint16_t)((picture->last_in + picture->shift) & PICTURE_MASK);
    if (is_newer(mapped, slot->last_picture_id, 15))
        slot->last_picture_id = mapped;
    return mapped;
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

/* The oldest left-out number becomes part of the shift; packets before it count as late. */
static void fold_oldest_skip(struct slot *slot)
{
    slot->first_in = slot->skips[0] + 1;
    slot->sequence_shift--;
    slot->skip_count--;
    memmove(slot->skips, slot->skips + 1, slot->skip_count * sizeof slot->skips[0]);
}

void slot_skip(struct slot *slot, int64_t sequence, uint32_t epoch)
{
    if (!slot->synced || slot->epoch != epoch || sequence <= slot->highest_in)
        return;
    size_t at = slot->skip_count;
    while (at > 0 && slot->skips[at - 1] > sequence)
        at--;
    if (at > 0 && slot->skips[at - 1] == sequence)
        return;
    if (slot->skip_count == SLOT_SKIPS_MAX) {
        if (at == 0)
            return; /* older than all remembered: its gap stays */
        fold_oldest_skip(slot);
        at--;
    }
    memmove(slot->skips + at + 1, slot->skips + at,
            (slot->skip_count - at) * sizeof slot->skips[0]);
    slot->skips[at] = sequence;
    slot->skip_count++;
}
