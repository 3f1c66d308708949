#include "common/webrtc/rtp/rtp_packet.h"

#include <assert.h>
#include <string.h>

#include "common/base/bytes.h"

enum { VERSION = 2, PADDING_BIT = 0x20, EXTENSION_BIT = 0x10, CSRC_MASK = 0x0f };

static bool parse_extension(struct byte_reader *reader, struct rtp_packet *packet)
{
    packet->extension_profile = read_u16(reader);
    packet->extensions_size = (size_t)read_u16(reader) * 4;
    packet->extensions = read_span(reader, packet->extensions_size);
    return !reader->failed;
}

/* RFC 3550 §5.1: the last byte says how many bytes of padding there are, itself included. */
static bool parse_padding(const uint8_t *data, size_t size, struct rtp_packet *packet)
{
    if (packet->payload_size == 0)
        return false;
    packet->padding_size = data[size - 1];
    if (packet->padding_size == 0 || packet->padding_size > packet->payload_size)
        return false;
    packet->payload_size -= packet->padding_size;
    return true;
}

enum status rtp_packet_parse(const void *data, size_t size, struct rtp_packet *ret_packet)
{
    const uint8_t *bytes = data;
    struct byte_reader reader = byte_reader(data, size);
    struct rtp_packet packet = {0};

    uint8_t flags = read_u8(&reader);
    uint8_t type = read_u8(&reader);
    packet.sequence = read_u16(&reader);
    packet.timestamp = read_u32(&reader);
    packet.ssrc = read_u32(&reader);
    packet.marker = type >> 7;
    packet.payload_type = type & 0x7f;
    packet.csrc_count = flags & CSRC_MASK;
    read_span(&reader, (size_t)packet.csrc_count * 4);
    if (reader.failed || flags >> 6 != VERSION)
        return STATUS_MALFORMED;
    if (flags & EXTENSION_BIT && !parse_extension(&reader, &packet))
        return STATUS_MALFORMED;
    packet.header_size = reader.at;
    packet.payload = bytes + reader.at;
    packet.payload_size = size - reader.at;
    if (flags & PADDING_BIT && !parse_padding(bytes, size, &packet))
        return STATUS_MALFORMED;
    *ret_packet = packet;
    return STATUS_OK;
}

enum status rtp_packet_write(const struct rtp_packet *packet, void *data, size_t size,
                             size_t *ret_size)
{
    size_t extension = packet->extensions_size > 0 ? 4 + packet->extensions_size : 0;
    size_t whole = RTP_HEADER_SIZE + extension + packet->payload_size + packet->padding_size;
    uint8_t *at = data;

    assert(packet->extensions_size % 4 == 0 && packet->extensions_size <= 4 * UINT16_MAX);
    assert(packet->payload_type <= 127 && packet->padding_size <= 255);
    if (whole > size)
        return STATUS_TOO_LARGE;
    at[0] = VERSION << 6 | (packet->padding_size > 0 ? PADDING_BIT : 0) |
            (extension > 0 ? EXTENSION_BIT : 0);
    at[1] = (uint8_t)(packet->marker << 7 | packet->payload_type);
    store_u16(at + 2, packet->sequence);
    store_u32(at + 4, packet->timestamp);
    store_u32(at + 8, packet->ssrc);
    at += RTP_HEADER_SIZE;
    if (extension > 0) {
        store_u16(at, packet->extension_profile);
        store_u16(at + 2, (uint16_t)(packet->extensions_size / 4));
        memmove(at + 4, packet->extensions, packet->extensions_size);
        at += extension;
    }
    if (packet->payload_size > 0)
        memmove(at, packet->payload, packet->payload_size);
    at += packet->payload_size;
    if (packet->padding_size > 0) {
        memset(at, 0, packet->padding_size);
        at[packet->padding_size - 1] = (uint8_t)packet->padding_size;
    }
    *ret_size = whole;
    return STATUS_OK;
}
