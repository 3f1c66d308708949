#include "engine/media/audio_padding.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/bytes.h"

enum {
    CODE_MASK = 3,
    CODE_MANY = 3,
    VARIABLE = 0x80, /* of the frame count byte, RFC 6716 §3.2.5 */
    PADDED = 0x40,
    COUNT_MASK = 0x3f,
    FRAME_SIZE_MAX = 1275,     /* R2 */
    PACKET_SAMPLES_MAX = 5760, /* 120 ms at 48 kHz, R5 */
    PADDING_FULL = 255,        /* 254 bytes and one more length byte */
};

/* Where the parts of a packet lie, in the terms of code 3. */
struct layout {
    uint8_t toc;
    uint8_t frames; /* 1 to 48 */
    bool variable;
    const uint8_t *body; /* lengths of frames (when variable) and frames */
    size_t body_size;
    const uint8_t *padding; /* behind the body */
    size_t padding_size;
};

/* RFC 6716 §3.1, table 2: duration of one frame at 48 kHz. */
static unsigned frame_samples(uint8_t toc)
{
    static const uint16_t silk[4] = {480, 960, 1920, 2880};
    static const uint16_t celt[4] = {120, 240, 480, 960};
    unsigned config = toc >> 3;

    if (config < 12)
        return silk[config & 3];
    if (config < 16)
        return config & 1 ? 960 : 480; /* hybrid */
    return celt[config & 3];
}

/* §3.2.1: one or two bytes. */
static size_t read_length(struct byte_reader *reader)
{
    size_t length = read_u8(reader);

    return length < 252 ? length : length + 4 * (size_t)read_u8(reader);
}

/* The lengths and frames of a body with frames of different sizes: all but the last say how long
 * they are. */
static bool variable_body_is_sound(const struct layout *layout)
{
    struct byte_reader reader = byte_reader(layout->body, layout->body_size);
    size_t sum = 0;

    for (unsigned i = 1; i < layout->frames; i++) {
        size_t length = read_length(&reader);
        if (length > FRAME_SIZE_MAX)
            return false;
        sum += length;
    }
    return !reader.failed && sum <= byte_reader_left(&reader) &&
           byte_reader_left(&reader) - sum <= FRAME_SIZE_MAX;
}

static bool body_is_sound(const struct layout *layout)
{
    if (layout->frames == 0 || layout->frames * frame_samples(layout->toc) > PACKET_SAMPLES_MAX)
        return false;
    if (layout->variable)
        return variable_body_is_sound(layout);
    return layout->body_size % layout->frames == 0 &&
           layout->body_size / layout->frames <= FRAME_SIZE_MAX;
}

/* §3.2.5: frame count byte, padding length, body, padding. */
static bool read_many(struct byte_reader *reader, struct layout *layout)
{
    uint8_t count = read_u8(reader);
    uint8_t length = count & PADDED ? PADDING_FULL : 0;

    layout->frames = count & COUNT_MASK;
    layout->variable = count & VARIABLE;
    while (length == PADDING_FULL && !reader->failed) {
        length = read_u8(reader);
        layout->padding_size += length == PADDING_FULL ? 254 : length;
    }
    if (reader->failed || layout->padding_size > byte_reader_left(reader))
        return false;
    layout->body = reader->data + reader->at;
    layout->body_size = byte_reader_left(reader) - layout->padding_size;
    layout->padding = layout->body + layout->body_size;
    return true;
}

static bool read_layout(const uint8_t *packet, size_t size, struct layout *layout)
{
    struct byte_reader reader = byte_reader(packet, size);

    memset(layout, 0, sizeof *layout);
    layout->toc = read_u8(&reader);
    if (reader.failed)
        return false;
    if ((layout->toc & CODE_MASK) == CODE_MANY) {
        if (!read_many(&reader, layout))
            return false;
    } else {
        /* Codes 0 and 1 are 1 and 2 equal frames, code 2 is two frames, the first with its
         * length: exactly the body that code 3 has for them. */
        layout->frames = (layout->toc & CODE_MASK) == 0 ? 1 : 2;
        layout->variable = (layout->toc & CODE_MASK) == 2;
        layout->body = packet + reader.at;
        layout->body_size = byte_reader_left(&reader);
        layout->padding = packet + size;
    }
    return body_is_sound(layout);
}

enum status audio_padding_append(const uint8_t *packet, size_t size, const uint8_t *bytes,
                                 size_t count, uint8_t *out, size_t out_size, size_t *ret_size)
{
    struct byte_writer writer = byte_writer(out, out_size);
    struct layout layout;

    assert(count > 0 && count < PADDING_FULL);
    if (!read_layout(packet, size, &layout))
        return STATUS_MALFORMED;
    size_t padding = layout.padding_size + count;
    write_u8(&writer, layout.toc | CODE_MANY);
    write_u8(&writer, (uint8_t)((layout.variable ? VARIABLE : 0) | PADDED | layout.frames));
    for (; padding >= PADDING_FULL; padding -= 254)
        write_u8(&writer, PADDING_FULL);
    write_u8(&writer, (uint8_t)padding);
    write_bytes(&writer, layout.body, layout.body_size);
    write_bytes(&writer, layout.padding, layout.padding_size);
    write_bytes(&writer, bytes, count);
    if (writer.failed)
        return STATUS_TOO_LARGE;
    *ret_size = writer.at;
    return STATUS_OK;
}

const uint8_t *audio_padding_find(const uint8_t *packet, size_t size, size_t *ret_count)
{
    struct layout layout;

    if (!read_layout(packet, size, &layout) || layout.padding_size == 0)
        return NULL;
    *ret_count = layout.padding_size;
    return layout.padding;
}
