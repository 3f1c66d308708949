#include "common/webrtc/rtp/packet_history.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/rtp/rtp_packet.h"

enum {
    GRANULE = 128, /* slots grow in such steps, so that sizes that vary a little fit at once */
    RTX_PREFIX = 2,
    PADDING_BIT = 0x20,
    MARKER_BIT = 0x80,
};

struct slot {
    uint8_t *data; /* owned: the packet without its shared part */
    uint16_t capacity, size;
    struct packet_part shared;
    uint16_t sequence;
    bool used, resent;
    int64_t stored_us, resent_us;
};

struct packet_history {
    size_t count;
    uint8_t *whole; /* owned; a packet put together again; NULL until there was one */
    struct slot slots[];
};

struct packet_history *packet_history_create(size_t slots)
{
    assert(slots > 0 && slots <= 65536 && (slots & (slots - 1)) == 0);
    struct packet_history *history = calloc(1, sizeof *history + slots * sizeof history->slots[0]);

    if (history)
        history->count = slots;
    return history;
}

void packet_history_destroy(struct packet_history *history)
{
    if (!history)
        return;
    for (size_t i = 0; i < history->count; i++)
        free(history->slots[i].data);
    free(history->whole);
    free(history);
}

static bool grow(struct slot *slot, size_t size)
{
    if (size <= slot->capacity)
        return true;
    size_t capacity = (size + GRANULE - 1) / GRANULE * GRANULE;
    uint8_t *data = realloc(slot->data, capacity);
    if (!data)
        return false;
    slot->data = data;
    slot->capacity = (uint16_t)capacity;
    return true;
}

void packet_history_store(struct packet_history *history, uint16_t sequence, const void *packet,
                          size_t size, const struct packet_part *shared, int64_t now_us)
{
    struct slot *slot = &history->slots[sequence & (history->count - 1)];
    const struct packet_part part = shared != NULL ? *shared : (struct packet_part){.at = size};
    const uint8_t *bytes = packet;
    size_t behind = part.at + part.size;

    assert(behind <= size && part.size < size && size <= RTP_PACKET_MAX);
    slot->used = grow(slot, size - part.size);
    if (!slot->used)
        return;
    memcpy(slot->data, bytes, part.at);
    memcpy(slot->data + part.at, bytes + behind, size - behind);
    slot->shared = part;
    slot->size = (uint16_t)size;
    slot->sequence = sequence;
    slot->stored_us = now_us;
    slot->resent = false;
}

static const uint8_t *put_together(struct packet_history *history, const struct slot *slot)
{
    const struct packet_part *shared = &slot->shared;
    size_t behind = shared->at + shared->size;

    if (shared->size == 0)
        return slot->data;
    if (history->whole == NULL)
        history->whole = malloc(RTP_PACKET_MAX);
    if (history->whole == NULL)
        return NULL;
    memcpy(history->whole, slot->data, shared->at);
    memcpy(history->whole + shared->at, shared->data, shared->size);
    memcpy(history->whole + behind, slot->data + shared->at, slot->size - behind);
    return history->whole;
}

void packet_history_forget(struct packet_history *history)
{
    for (size_t i = 0; i < history->count; i++)
        history->slots[i].used = false;
}

void packet_history_note_repair(struct packet_history *history, uint16_t sequence, int64_t now_us)
{
    struct slot *slot = &history->slots[sequence & (history->count - 1)];

    if (!slot->used || slot->sequence != sequence)
        return;
    slot->resent = true;
    slot->resent_us = now_us;
}

const uint8_t *packet_history_take(struct packet_history *history, uint16_t sequence,
                                   int64_t now_us, int64_t min_interval_us, size_t *ret_size)
{
    struct slot *slot = &history->slots[sequence & (history->count - 1)];

    if (!slot->used || slot->sequence != sequence ||
        now_us - slot->stored_us > PACKET_HISTORY_AGE_US)
        return NULL;
    if (slot->resent && now_us - slot->resent_us < min_interval_us)
        return NULL;
    slot->resent = true;
    slot->resent_us = now_us;
    *ret_size = slot->size;
    return put_together(history, slot);
}

enum status rtx_wrap(const void *packet, size_t size, uint8_t payload_type, uint32_t ssrc,
                     uint16_t sequence, void *out, size_t out_size, size_t *ret_size)
{
    struct rtp_packet original;
    enum status status = rtp_packet_parse(packet, size, &original);
    uint8_t *at = out;

    if (status != STATUS_OK)
        return status;
    size_t whole = original.header_size + RTX_PREFIX + original.payload_size;
    if (whole > out_size)
        return STATUS_TOO_LARGE;
    memcpy(at, packet, original.header_size);
    at[0] &= (uint8_t)~PADDING_BIT;
    at[1] = (uint8_t)((at[1] & MARKER_BIT) | payload_type);
    store_u16(at + 2, sequence);
    store_u32(at + 8, ssrc);
    store_u16(at + original.header_size, original.sequence);
    memcpy(at + original.header_size + RTX_PREFIX, original.payload, original.payload_size);
    *ret_size = whole;
    return STATUS_OK;
}

enum status rtx_unwrap(void *packet, size_t *size, uint8_t payload_type, uint32_t ssrc)
{
    struct rtp_packet repeat;
    enum status status = rtp_packet_parse(packet, *size, &repeat);
    uint8_t *at = packet;

    if (status != STATUS_OK)
        return status;
    if (repeat.payload_size < RTX_PREFIX)
        return STATUS_MALFORMED;
    uint8_t *payload = at + repeat.header_size;
    at[0] &= (uint8_t)~PADDING_BIT;
    at[1] = (uint8_t)((at[1] & MARKER_BIT) | payload_type);
    store_u16(at + 2, load_u16(payload));
    store_u32(at + 8, ssrc);
    memmove(payload, payload + RTX_PREFIX, repeat.payload_size - RTX_PREFIX);
    *size = repeat.header_size + repeat.payload_size - RTX_PREFIX;
    return STATUS_OK;
}
