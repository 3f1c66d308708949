#include "common/webrtc/rtp/rtp_extension.h"

#include <string.h>

#include "common/base/bytes.h"

static const char *const uris[RTP_EXTENSION_COUNT] = {
#define X(name, uri) [RTP_EXTENSION_##name] = uri,
    RTP_EXTENSION_LIST(X)
#undef X
};

enum {
    PROFILE_ONE_BYTE = 0xBEDE, /* RFC 8285 §4.2 */
    PROFILE_TWO_BYTE = 0x1000, /* §4.3; the low four bits are the application's */
    ID_MAX_ONE_BYTE = 14,
    ID_RESERVED = 15,
    TEXT_MAX = 16,
};

const char *rtp_extension_uri(enum rtp_extension extension)
{
    return (unsigned)extension < RTP_EXTENSION_COUNT ? uris[extension] : NULL;
}

enum rtp_extension rtp_extension_by_uri(const char *uri)
{
    int extension = 0;

    if (!uri)
        return RTP_EXTENSION_COUNT;
    while (extension < RTP_EXTENSION_COUNT && strcmp(uri, uris[extension]) != 0)
        extension++;
    return (enum rtp_extension)extension;
}

static void read_text(char text[TEXT_MAX + 1], const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX)
        size = TEXT_MAX;
    memcpy(text, data, size);
    text[size] = '\0';
}

static void read_value(enum rtp_extension extension, const uint8_t *data, size_t size,
                       struct rtp_extension_values *values)
{
    struct byte_reader reader = byte_reader(data, size);

    switch (extension) {
    case RTP_EXTENSION_MID:
        read_text(values->mid, data, size);
        break;
    case RTP_EXTENSION_RID:
        read_text(values->rid, data, size);
        break;
    case RTP_EXTENSION_REPAIRED_RID:
        read_text(values->repaired_rid, data, size);
        break;
    case RTP_EXTENSION_AUDIO_LEVEL: {
        uint8_t level = read_u8(&reader);
        values->has_audio_level = !reader.failed;
        values->audio_level = level & 0x7f;
        values->voice = level >> 7;
        break;
    }
    case RTP_EXTENSION_ABS_SEND_TIME:
        values->abs_send_time = read_u24(&reader);
        values->has_abs_send_time = !reader.failed;
        break;
    case RTP_EXTENSION_TRANSPORT_CC:
        values->transport_sequence = read_u16(&reader);
        values->has_transport_sequence = !reader.failed;
        break;
    case RTP_EXTENSION_ABS_CAPTURE_TIME: /* a clock offset may follow: not needed here */
        values->abs_capture_time = read_u64(&reader);
        values->has_abs_capture_time = !reader.failed;
        break;
    case RTP_EXTENSION_COUNT:
        break;
    }
}

static void read_element(const struct rtp_extension_map *map, uint8_t id, const uint8_t *data,
                         size_t size, struct rtp_extension_values *values)
{
    for (int extension = 0; extension < RTP_EXTENSION_COUNT; extension++)
        if (map->id[extension] == id)
            read_value((enum rtp_extension)extension, data, size, values);
}

static void read_one_byte_form(const struct rtp_packet *packet, const struct rtp_extension_map *map,
                               struct rtp_extension_values *values)
{
    struct byte_reader reader = byte_reader(packet->extensions, packet->extensions_size);

    while (byte_reader_left(&reader) > 0) {
        uint8_t head = read_u8(&reader);
        if (head == 0)
            continue; /* padding */
        uint8_t id = head >> 4;
        if (id == 0 || id == ID_RESERVED)
            return; /* §4.2: nothing behind this element counts */
        size_t size = (size_t)(head & 0x0f) + 1;
        const uint8_t *data = read_span(&reader, size);
        if (!data)
            return;
        read_element(map, id, data, size, values);
    }
}

static void read_two_byte_form(const struct rtp_packet *packet, const struct rtp_extension_map *map,
                               struct rtp_extension_values *values)
{
    struct byte_reader reader = byte_reader(packet->extensions, packet->extensions_size);

    while (byte_reader_left(&reader) > 0) {
        uint8_t id = read_u8(&reader);
        if (id == 0)
            continue; /* padding */
        size_t size = read_u8(&reader);
        const uint8_t *data = read_span(&reader, size);
        if (!data)
            return;
        read_element(map, id, data, size, values);
    }
}

void rtp_extension_read(const struct rtp_packet *packet, const struct rtp_extension_map *map,
                        struct rtp_extension_values *ret_values)
{
    memset(ret_values, 0, sizeof *ret_values);
    if (packet->extensions_size == 0)
        return;
    if (packet->extension_profile == PROFILE_ONE_BYTE)
        read_one_byte_form(packet, map, ret_values);
    else if ((packet->extension_profile & 0xfff0) == PROFILE_TWO_BYTE)
        read_two_byte_form(packet, map, ret_values);
}

/* The element's head; false when the extension was not negotiated. */
static bool begin_element(struct byte_writer *writer, const struct rtp_extension_map *map,
                          enum rtp_extension extension, size_t size)
{
    uint8_t id = map->id[extension];

    if (id == 0 || id > ID_MAX_ONE_BYTE)
        return false;
    write_u8(writer, (uint8_t)(id << 4 | (size - 1)));
    return true;
}

static void write_text(struct byte_writer *writer, const struct rtp_extension_map *map,
                       enum rtp_extension extension, const char *text)
{
    size_t size = strnlen(text, TEXT_MAX);

    if (size > 0 && begin_element(writer, map, extension, size))
        write_bytes(writer, text, size);
}

size_t rtp_extension_write(const struct rtp_extension_map *map,
                           const struct rtp_extension_values *values, uint8_t *data, size_t size,
                           size_t *ret_transport_offset)
{
    struct byte_writer writer = byte_writer(data, size);
    size_t transport_offset = 0;

    write_text(&writer, map, RTP_EXTENSION_MID, values->mid);
    write_text(&writer, map, RTP_EXTENSION_RID, values->rid);
    write_text(&writer, map, RTP_EXTENSION_REPAIRED_RID, values->repaired_rid);
    if (values->has_audio_level && begin_element(&writer, map, RTP_EXTENSION_AUDIO_LEVEL, 1))
        write_u8(&writer, (uint8_t)(values->voice << 7 | (values->audio_level & 0x7f)));
    if (values->has_abs_send_time && begin_element(&writer, map, RTP_EXTENSION_ABS_SEND_TIME, 3))
        write_u24(&writer, values->abs_send_time & 0xffffff);
    if (values->has_transport_sequence &&
        begin_element(&writer, map, RTP_EXTENSION_TRANSPORT_CC, 2)) {
        transport_offset = writer.at;
        write_u16(&writer, values->transport_sequence);
    }
    if (values->has_abs_capture_time &&
        begin_element(&writer, map, RTP_EXTENSION_ABS_CAPTURE_TIME, 8))
        write_u64(&writer, values->abs_capture_time);
    while (!writer.failed && writer.at % 4 != 0)
        write_u8(&writer, 0);
    if (writer.failed)
        writer.at = transport_offset = 0;
    if (ret_transport_offset)
        *ret_transport_offset = transport_offset;
    return writer.at;
}
