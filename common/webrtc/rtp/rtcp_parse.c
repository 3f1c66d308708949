#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/rtp/rtcp_packet.h"
#include "common/webrtc/rtp/rtcp_transport.h"
#include "common/webrtc/rtp/rtcp_wire.h"

/* One packet of the compound, header and padding taken off. */
struct rtcp_body {
    unsigned count; /* the five bits: reports, sources or feedback format */
    struct byte_reader reader;
    struct rtcp_item *item;
    rtcp_item_fn *on_item;
    void *arg;
};

static void deliver(const struct rtcp_body *body)
{
    body->on_item(body->arg, body->item);
}

static void read_block(struct byte_reader *reader, struct rtcp_report_block *block)
{
    block->ssrc = read_u32(reader);
    block->fraction_lost = read_u8(reader);
    block->cumulative_lost = (int32_t)(read_u24(reader) << 8) / 256; /* signed */
    block->highest_sequence = read_u32(reader);
    block->jitter = read_u32(reader);
    block->last_sr = read_u32(reader);
    block->delay_since_sr = read_u32(reader);
}

static enum status parse_report(struct rtcp_body *body, enum rtcp_kind kind)
{
    struct rtcp_item *item = body->item;

    item->kind = kind;
    item->sender_ssrc = read_u32(&body->reader);
    if (kind == RTCP_SENDER_REPORT) {
        item->report.ntp = read_u64(&body->reader);
        item->report.rtp_timestamp = read_u32(&body->reader);
        item->report.packet_count = read_u32(&body->reader);
        item->report.octet_count = read_u32(&body->reader);
    }
    item->report.block_count = (uint8_t)body->count;
    for (unsigned i = 0; i < body->count; i++)
        read_block(&body->reader, &item->report.blocks[i]);
    if (body->reader.failed)
        return STATUS_MALFORMED;
    deliver(body); /* a profile-specific extension may follow (RFC 3550 §6.4.3): not ours */
    return STATUS_OK;
}

/* One chunk: SSRC, items up to a zero byte, zeros up to the next multiple of four. */
static enum status parse_chunk(struct rtcp_body *body)
{
    struct rtcp_item *item = body->item;

    item->sender_ssrc = read_u32(&body->reader);
    item->description.cname[0] = '\0';
    for (;;) {
        uint8_t type = read_u8(&body->reader);
        if (type == 0)
            break;
        size_t size = read_u8(&body->reader);
        const uint8_t *text = read_span(&body->reader, size);
        if (!text)
            return STATUS_MALFORMED;
        if (type == RTCP_SDES_CNAME) {
            memcpy(item->description.cname, text, size);
            item->description.cname[size] = '\0';
        }
    }
    read_span(&body->reader, (4 - body->reader.at % 4) % 4);
    if (body->reader.failed)
        return STATUS_MALFORMED;
    deliver(body);
    return STATUS_OK;
}

static enum status parse_description(struct rtcp_body *body)
{
    enum status status = STATUS_OK;

    body->item->kind = RTCP_SOURCE_DESCRIPTION;
    for (unsigned i = 0; status == STATUS_OK && i < body->count; i++)
        status = parse_chunk(body);
    return status;
}

static enum status parse_bye(struct rtcp_body *body)
{
    body->item->kind = RTCP_BYE;
    if (byte_reader_left(&body->reader) < body->count * 4)
        return STATUS_MALFORMED;
    for (unsigned i = 0; i < body->count; i++) {
        body->item->sender_ssrc = body->item->media_ssrc = read_u32(&body->reader);
        deliver(body);
    }
    return STATUS_OK;
}

static void nack_one(struct rtcp_body *body, uint16_t sequence)
{
    struct rtcp_item *item = body->item;

    if (item->nack.count == RTCP_NACK_MAX) { /* a long request comes as several items */
        deliver(body);
        item->nack.count = 0;
    }
    item->nack.sequences[item->nack.count++] = sequence;
}

/* RFC 4585 §6.2.1: pairs of a number and a mask of the 16 that follow it. */
static enum status parse_nack(struct rtcp_body *body)
{
    if (byte_reader_left(&body->reader) < 4)
        return STATUS_MALFORMED;
    body->item->kind = RTCP_NACK;
    body->item->nack.count = 0;
    while (byte_reader_left(&body->reader) >= 4) {
        uint16_t sequence = read_u16(&body->reader);
        uint16_t following = read_u16(&body->reader);
        nack_one(body, sequence);
        for (unsigned bit = 0; bit < 16; bit++)
            if (following >> bit & 1)
                nack_one(body, (uint16_t)(sequence + 1 + bit));
    }
    deliver(body);
    return STATUS_OK;
}

static enum status parse_fir(struct rtcp_body *body)
{
    if (byte_reader_left(&body->reader) < 8)
        return STATUS_MALFORMED;
    body->item->kind = RTCP_FIR;
    while (byte_reader_left(&body->reader) >= 8) {
        body->item->media_ssrc = read_u32(&body->reader);
        body->item->fir.sequence = read_u8(&body->reader);
        read_u24(&body->reader); /* reserved */
        deliver(body);
    }
    return STATUS_OK;
}

static enum status parse_remb(struct rtcp_body *body)
{
    struct rtcp_item *item = body->item;
    uint8_t count = read_u8(&body->reader);
    uint32_t scaled = read_u24(&body->reader);
    unsigned exponent = scaled >> 18;
    uint64_t mantissa = scaled & 0x3ffff;

    if (byte_reader_left(&body->reader) < count * 4U)
        return STATUS_MALFORMED;
    if (exponent > 63 || mantissa << exponent >> exponent != mantissa)
        return STATUS_MALFORMED; /* more than 64 bits of bit/s */
    item->kind = RTCP_REMB;
    item->media_ssrc = 0; /* §2.2: always 0; the streams it is for are listed */
    item->remb.bitrate_bps = mantissa << exponent;
    item->remb.ssrc_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t ssrc = read_u32(&body->reader);
        if (i < sizeof item->remb.ssrcs / sizeof item->remb.ssrcs[0])
            item->remb.ssrcs[item->remb.ssrc_count++] = ssrc;
    }
    deliver(body);
    return STATUS_OK;
}

static enum status parse_other(struct rtcp_body *body)
{
    body->item->kind = RTCP_OTHER;
    deliver(body);
    return STATUS_OK;
}

static enum status parse_transport_layer(struct rtcp_body *body)
{
    switch (body->count) {
    case RTCP_FORMAT_NACK:
        return parse_nack(body);
    case RTCP_FORMAT_TRANSPORT:
        return rtcp_transport_parse(body->reader.data + body->reader.at,
                                    byte_reader_left(&body->reader), body->item, body->on_item,
                                    body->arg);
    default:
        return parse_other(body);
    }
}

static enum status parse_payload_specific(struct rtcp_body *body)
{
    switch (body->count) {
    case RTCP_FORMAT_PLI:
        body->item->kind = RTCP_PLI;
        deliver(body);
        return STATUS_OK;
    case RTCP_FORMAT_FIR:
        return parse_fir(body);
    case RTCP_FORMAT_APPLICATION:
        if (byte_reader_left(&body->reader) >= 4 &&
            load_u32(body->reader.data + body->reader.at) == RTCP_REMB_NAME) {
            read_u32(&body->reader);
            return parse_remb(body);
        }
        return parse_other(body);
    default:
        return parse_other(body);
    }
}

static enum status parse_feedback(struct rtcp_body *body, uint8_t type)
{
    body->item->sender_ssrc = read_u32(&body->reader);
    body->item->media_ssrc = read_u32(&body->reader);
    if (body->reader.failed)
        return STATUS_MALFORMED;
    return type == RTCP_TYPE_RTPFB ? parse_transport_layer(body) : parse_payload_specific(body);
}

static enum status parse_body(struct rtcp_body *body, uint8_t type)
{
    body->item->sender_ssrc = body->item->media_ssrc = 0;
    switch (type) {
    case RTCP_TYPE_SR:
        return parse_report(body, RTCP_SENDER_REPORT);
    case RTCP_TYPE_RR:
        return parse_report(body, RTCP_RECEIVER_REPORT);
    case RTCP_TYPE_SDES:
        return parse_description(body);
    case RTCP_TYPE_BYE:
        return parse_bye(body);
    case RTCP_TYPE_RTPFB:
    case RTCP_TYPE_PSFB:
        return parse_feedback(body, type);
    default:
        return parse_other(body);
    }
}

/* The body of the next packet without its padding; NULL when lengths do not agree. */
static const uint8_t *take_packet(struct byte_reader *reader, uint8_t *ret_flags, uint8_t *ret_type,
                                  size_t *ret_size)
{
    *ret_flags = read_u8(reader);
    *ret_type = read_u8(reader);
    *ret_size = (size_t)read_u16(reader) * 4;
    const uint8_t *body = read_span(reader, *ret_size);

    if (reader->failed || *ret_flags >> 6 != RTCP_VERSION)
        return NULL;
    if (*ret_flags & RTCP_PADDING_BIT) {
        size_t padding = *ret_size > 0 ? body[*ret_size - 1] : 0;
        if (padding == 0 || padding > *ret_size)
            return NULL;
        *ret_size -= padding;
    }
    return body;
}

enum status rtcp_parse(const void *data, size_t size, rtcp_item_fn *on_item, void *arg)
{
    struct byte_reader reader = byte_reader(data, size);
    struct rtcp_item item;

    if (size == 0)
        return STATUS_MALFORMED;
    while (byte_reader_left(&reader) > 0) {
        uint8_t flags, type;
        size_t body_size;
        const uint8_t *start = take_packet(&reader, &flags, &type, &body_size);
        if (!start)
            return STATUS_MALFORMED;
        struct rtcp_body body = {flags & RTCP_COUNT_MASK, byte_reader(start, body_size), &item,
                                 on_item, arg};
        enum status status = parse_body(&body, type);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
