#include "common/webrtc/codec/vp8_payload.h"

#include <assert.h>

#include "common/base/bytes.h"

/* RFC 7741 §4.2, first byte: X R N S R PID */
enum { EXTENDED = 0x80, NON_REFERENCE = 0x20, START = 0x10, PARTITION_MASK = 0x07 };
/* second byte, present when X is set: I L T K RSV */
enum { HAS_PICTURE_ID = 0x80, HAS_TL0 = 0x40, HAS_TEMPORAL = 0x20, HAS_KEY_INDEX = 0x10 };
enum { LONG_PICTURE_ID = 0x80, LAYER_SYNC = 0x20, KEY_INDEX_MASK = 0x1f };
/* RFC 6386 §9.1: frame tag and, in key frames, start code and size */
enum { INTER_FRAME = 0x01, SHOW_FRAME = 0x10, TAG_SIZE = 3, KEY_HEADER_SIZE = 10 };
enum { SIZE_MASK = 0x3fff };

static void read_picture_id(struct byte_reader *reader, struct vp8_descriptor *descriptor)
{
    uint8_t first = read_u8(reader);

    descriptor->picture_id_15bit = first & LONG_PICTURE_ID;
    descriptor->picture_id = first & 0x7f;
    if (descriptor->picture_id_15bit)
        descriptor->picture_id = (uint16_t)(descriptor->picture_id << 8 | read_u8(reader));
}

static void read_extension(struct byte_reader *reader, struct vp8_descriptor *descriptor)
{
    uint8_t present = read_u8(reader);

    descriptor->has_picture_id = present & HAS_PICTURE_ID;
    descriptor->has_tl0_pic_idx = present & HAS_TL0;
    descriptor->has_temporal = present & HAS_TEMPORAL;
    descriptor->has_key_index = present & HAS_KEY_INDEX;
    if (descriptor->has_picture_id)
        read_picture_id(reader, descriptor);
    if (descriptor->has_tl0_pic_idx)
        descriptor->tl0_pic_idx = read_u8(reader);
    if (descriptor->has_temporal || descriptor->has_key_index) {
        uint8_t layers = read_u8(reader); /* TID Y KEYIDX share one byte */
        if (descriptor->has_temporal) {
            descriptor->temporal_id = layers >> 6;
            descriptor->layer_sync = layers & LAYER_SYNC;
        }
        if (descriptor->has_key_index)
            descriptor->key_index = layers & KEY_INDEX_MASK;
    }
}

enum status vp8_descriptor_parse(const uint8_t *payload, size_t size,
                                 struct vp8_descriptor *ret_descriptor)
{
    struct byte_reader reader = byte_reader(payload, size);
    struct vp8_descriptor descriptor = {0};
    uint8_t first = read_u8(&reader);

    descriptor.non_reference = first & NON_REFERENCE;
    descriptor.start_of_partition = first & START;
    descriptor.partition = first & PARTITION_MASK;
    if (first & EXTENDED)
        read_extension(&reader, &descriptor);
    if (reader.failed)
        return STATUS_MALFORMED;
    descriptor.size = reader.at;
    *ret_descriptor = descriptor;
    return STATUS_OK;
}

static void write_layers(struct byte_writer *writer, const struct vp8_descriptor *descriptor)
{
    unsigned layers = 0;

    if (descriptor->has_temporal)
        layers |= (descriptor->temporal_id & 3U) << 6 | (descriptor->layer_sync ? LAYER_SYNC : 0);
    if (descriptor->has_key_index)
        layers |= descriptor->key_index & KEY_INDEX_MASK;
    write_u8(writer, (uint8_t)layers);
}

size_t vp8_descriptor_write(const struct vp8_descriptor *descriptor, uint8_t *data, size_t size)
{
    struct byte_writer writer = byte_writer(data, size);
    unsigned present = (descriptor->has_picture_id ? HAS_PICTURE_ID : 0) |
                       (descriptor->has_tl0_pic_idx ? HAS_TL0 : 0) |
                       (descriptor->has_temporal ? HAS_TEMPORAL : 0) |
                       (descriptor->has_key_index ? HAS_KEY_INDEX : 0);

    write_u8(&writer,
             (uint8_t)((present ? EXTENDED : 0) | (descriptor->non_reference ? NON_REFERENCE : 0) |
                       (descriptor->start_of_partition ? START : 0) |
                       (descriptor->partition & PARTITION_MASK)));
    if (present)
        write_u8(&writer, (uint8_t)present);
    if (descriptor->has_picture_id)
        write_u16(&writer, LONG_PICTURE_ID << 8 | (descriptor->picture_id & 0x7fff));
    if (descriptor->has_tl0_pic_idx)
        write_u8(&writer, descriptor->tl0_pic_idx);
    if (descriptor->has_temporal || descriptor->has_key_index)
        write_layers(&writer, descriptor);
    return writer.failed ? 0 : writer.at;
}

void vp8_descriptor_rewrite(uint8_t *payload, const struct vp8_descriptor *descriptor,
                            uint16_t picture_id, uint8_t tl0_pic_idx)
{
    uint8_t *at = payload + 2; /* behind the two bytes that say what follows */

    if (descriptor->has_picture_id && descriptor->picture_id_15bit) {
        store_u16(at, LONG_PICTURE_ID << 8 | (picture_id & 0x7fff));
        at += 2;
    } else if (descriptor->has_picture_id) {
        *at++ = picture_id & 0x7f;
    }
    if (descriptor->has_tl0_pic_idx)
        *at = tl0_pic_idx;
}

bool vp8_frame_header_parse(const uint8_t *frame, size_t size, struct vp8_frame_header *ret_header)
{
    struct vp8_frame_header header = {0};

    if (size < TAG_SIZE)
        return false;
    header.key_frame = !(frame[0] & INTER_FRAME);
    header.show_frame = frame[0] & SHOW_FRAME;
    if (header.key_frame) {
        if (size < KEY_HEADER_SIZE || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a)
            return false;
        /* little endian; the two bits above the size are a scaling hint */
        header.width = (frame[6] | frame[7] << 8) & SIZE_MASK;
        header.height = (frame[8] | frame[9] << 8) & SIZE_MASK;
    }
    *ret_header = header;
    return true;
}

bool vp8_payload_starts_key_frame(const uint8_t *payload, size_t size)
{
    struct vp8_descriptor descriptor;

    if (vp8_descriptor_parse(payload, size, &descriptor) != STATUS_OK)
        return false;
    return descriptor.start_of_partition && descriptor.partition == 0 && size > descriptor.size &&
           !(payload[descriptor.size] & INTER_FRAME);
}

struct vp8_split vp8_split_plan(size_t frame_size, size_t tail_size, size_t payload_max)
{
    assert(payload_max > VP8_DESCRIPTOR_MAX && tail_size <= frame_size);
    size_t room = payload_max - VP8_DESCRIPTOR_MAX;
    size_t count = (frame_size + room - 1) / room;

    /* Of two or more nearly equal parts the last is at least half a payload. */
    assert(tail_size <= room / 2);
    return (struct vp8_split){.count = count, .frame_size = frame_size, .tail_size = tail_size};
}

size_t vp8_split_at(const struct vp8_split *split, size_t index)
{
    assert(split->count > 0 && index <= split->count);
    size_t each = split->frame_size / split->count;
    size_t longer = split->frame_size % split->count; /* the first ones carry a byte more */

    return index * each + (index < longer ? index : longer);
}
