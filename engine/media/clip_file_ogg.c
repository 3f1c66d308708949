#include "engine/media/clip_file_ogg.h"

#include <stdbool.h>
#include <string.h>

#include "common/webrtc/codec/opus_codec.h"

enum {
    /* RFC 3533 §6: capture pattern 4, version 1, flags 1, granule position 8, serial 4, sequence 4,
     * checksum 4, segment count 1, then the segment table. */
    PAGE_HEADER_SIZE = 27,
    AT_VERSION = 4,
    AT_FLAGS = 5,
    AT_SERIAL = 14,
    AT_CHECKSUM = 22,
    AT_SEGMENTS = 26,
    FLAG_CONTINUED = 1,
    FLAG_BEGIN = 2,
    FULL_SEGMENT = 255,
    PACKET_US = 20000,
    /* Comments may hold pictures; sound never comes near. */
    PACKET_SIZE_MAX = 1 << 20,
};

struct page {
    const uint8_t *table, *body;
    size_t segments, size; /* of the whole page */
    uint8_t flags;
    uint32_t serial;
};

/* Where the reader is in the logical stream that it follows. */
struct reader {
    const char *name;
    struct failure *failure;
    bool has_stream;
    uint32_t serial;
    unsigned packets_seen; /* header, comments, then sound */
    unsigned channels;
    struct buffer packet; /* joined so far */
    bool joining;         /* its begin was seen */
    struct buffer bytes;
    struct clip_spans spans;
};

uint32_t ogg_page_checksum(const uint8_t *page, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = i >= AT_CHECKSUM && i < AT_CHECKSUM + 4 ? 0 : page[i];
        sum ^= (uint32_t)byte << 24;
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 0x80000000u ? sum << 1 ^ 0x04c11db7u : sum << 1;
    }
    return sum;
}

static enum status read_page(const uint8_t *data, size_t size, size_t at,
                             const struct reader *reader, struct page *ret_page)
{
    const uint8_t *header = data + at;
    size_t left = size - at;
    if (left < PAGE_HEADER_SIZE || memcmp(header, "OggS", 4) != 0 || header[AT_VERSION] != 0)
        return failure_set(reader->failure, STATUS_MALFORMED, "%s: no Ogg page at byte %zu",
                           reader->name, at);
    struct page page = {
        .table = header + PAGE_HEADER_SIZE,
        .segments = header[AT_SEGMENTS],
        .flags = header[AT_FLAGS],
        .serial = load_little_u32(header + AT_SERIAL),
    };
    size_t body = 0;
    for (size_t i = 0; i < page.segments && PAGE_HEADER_SIZE + i < left; i++)
        body += page.table[i];
    page.size = PAGE_HEADER_SIZE + page.segments + body;
    page.body = page.table + page.segments;
    if (page.size > left)
        return failure_set(reader->failure, STATUS_MALFORMED, "%s: cut off in the page at byte %zu",
                           reader->name, at);
    if (ogg_page_checksum(header, page.size) != load_little_u32(header + AT_CHECKSUM))
        return failure_set(reader->failure, STATUS_MALFORMED,
                           "%s: wrong checksum of the page at byte %zu", reader->name, at);
    *ret_page = page;
    return STATUS_OK;
}

/* RFC 7845 §5.1: "OpusHead", version 1, channels 1, pre-skip 2, rate 4, gain 2, mapping 1. */
static enum status take_head(struct reader *reader)
{
    const struct buffer *packet = &reader->packet;
    if (packet->size < 19 || memcmp(packet->data, "OpusHead", 8) != 0 || packet->data[8] >= 16)
        return failure_set(reader->failure, STATUS_MALFORMED, "%s: no Opus header", reader->name);
    reader->channels = packet->data[9];
    if (reader->channels < 1 || reader->channels > 2 || packet->data[18] != 0)
        return failure_set(reader->failure, STATUS_UNSUPPORTED,
                           "%s: %u channels in mapping family %u; only mono and stereo are read",
                           reader->name, reader->channels, packet->data[18]);
    return STATUS_OK;
}

static enum status take_sound(struct reader *reader)
{
    const struct buffer *packet = &reader->packet;
    size_t number = reader->spans.count + reader->spans.left_out;
    size_t samples = audio_packet_samples(packet->data, packet->size);
    if (samples == 0)
        return failure_set(reader->failure, STATUS_MALFORMED, "%s: packet %zu is not Opus",
                           reader->name, number);
    if (samples != AUDIO_FRAME_SAMPLES)
        return failure_set(reader->failure, STATUS_UNSUPPORTED,
                           "%s: packet %zu lasts %zu ms; only frames of 20 ms can be sent",
                           reader->name, number, samples * 1000 / AUDIO_RATE_HZ);
    size_t kept = reader->spans.count;
    enum status status =
        clip_spans_add(&reader->spans, reader->bytes.size, packet->size, (int64_t)kept * PACKET_US);
    if (status == STATUS_OK && reader->spans.count > kept) {
        buffer_append(&reader->bytes, packet->data, packet->size);
        if (reader->bytes.failed)
            status = STATUS_NO_MEMORY;
    }
    if (status != STATUS_OK)
        return failure_set(reader->failure, status, "%s: packet %zu: %s", reader->name, number,
                           status_text(status));
    return STATUS_OK;
}

static enum status take_packet(struct reader *reader)
{
    switch (reader->packets_seen) {
    case 0:
        reader->packets_seen++;
        return take_head(reader);
    case 1: /* comments; whoever leaves them out is told so */
        reader->packets_seen++;
        if (reader->packet.size >= 8 && memcmp(reader->packet.data, "OpusTags", 8) == 0)
            return STATUS_OK;
        return failure_set(reader->failure, STATUS_MALFORMED, "%s: no Opus comment header",
                           reader->name);
    default:
        /* An empty packet is a lost one (RFC 7845 §3): there is nothing to send for it. */
        if (reader->packet.size > 0)
            return take_sound(reader);
        reader->spans.left_out++;
        return STATUS_OK;
    }
}

/* Split a page's body into packets; one may go on in the next page. */
static enum status take_page(struct reader *reader, const struct page *page)
{
    if (!(page->flags & FLAG_CONTINUED)) {
        buffer_clear(&reader->packet);
        reader->joining = true;
    }
    const uint8_t *at = page->body;
    for (size_t i = 0; i < page->segments; i++) {
        if (reader->joining)
            buffer_append(&reader->packet, at, page->table[i]);
        at += page->table[i];
        if (page->table[i] == FULL_SEGMENT)
            continue;
        if (reader->packet.failed)
            return failure_set(reader->failure, STATUS_TOO_LARGE, "%s: a packet above %d bytes",
                               reader->name, PACKET_SIZE_MAX);
        enum status status = reader->joining ? take_packet(reader) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
        buffer_clear(&reader->packet);
        reader->joining = true;
    }
    return STATUS_OK;
}

static bool begins_opus(const struct page *page)
{
    size_t body = page->size - PAGE_HEADER_SIZE - page->segments;
    return (page->flags & FLAG_BEGIN) && body >= 8 && memcmp(page->body, "OpusHead", 8) == 0;
}

static enum status read_pages(struct reader *reader, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        struct page page = {0};
        enum status status = read_page(data, size, at, reader, &page);
        if (status != STATUS_OK)
            return status;
        if (!reader->has_stream && begins_opus(&page)) {
            reader->has_stream = true;
            reader->serial = page.serial;
        }
        if (reader->has_stream && page.serial == reader->serial)
            status = take_page(reader, &page);
        if (status != STATUS_OK)
            return status;
        at += page.size;
    }
    if (!reader->has_stream)
        return failure_set(reader->failure, STATUS_UNSUPPORTED, "%s: no Opus in it", reader->name);
    if (reader->spans.count == 0)
        return failure_set(reader->failure, STATUS_MALFORMED, "%s: no sound in it", reader->name);
    return STATUS_OK;
}

enum status clip_file_ogg_read(const uint8_t *data, size_t size, const char *name,
                               size_t packet_limit, struct clip_file_ogg *ret_ogg,
                               struct failure *failure)
{
    struct reader reader = {.name = name, .failure = failure};
    buffer_init(&reader.packet, PACKET_SIZE_MAX);
    buffer_init(&reader.bytes, size ? size : 1);
    clip_spans_init(&reader.spans, packet_limit);
    enum status status = read_pages(&reader, data, size);
    buffer_finish(&reader.packet);
    if (status != STATUS_OK) {
        buffer_finish(&reader.bytes);
        clip_spans_finish(&reader.spans);
        return status;
    }
    *ret_ogg = (struct clip_file_ogg){
        .channels = reader.channels,
        .bytes = reader.bytes,
        .packets = reader.spans,
    };
    return STATUS_OK;
}

void clip_file_ogg_finish(struct clip_file_ogg *ogg)
{
    buffer_finish(&ogg->bytes);
    clip_spans_finish(&ogg->packets);
}
