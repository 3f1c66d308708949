#include <assert.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/rtp/rtcp_packet.h"
#include "common/webrtc/rtp/rtcp_transport.h"
#include "common/webrtc/rtp/rtcp_wire.h"

/* The length field is patched at the end. */
static void write_header(struct byte_writer *writer, unsigned count, uint8_t type)
{
    write_u8(writer, (uint8_t)(RTCP_VERSION << 6 | count));
    write_u8(writer, type);
    write_u16(writer, 0);
}

static void write_block(struct byte_writer *writer, const struct rtcp_report_block *block)
{
    write_u32(writer, block->ssrc);
    write_u8(writer, block->fraction_lost);
    write_u24(writer, (uint32_t)block->cumulative_lost & 0xffffff);
    write_u32(writer, block->highest_sequence);
    write_u32(writer, block->jitter);
    write_u32(writer, block->last_sr);
    write_u32(writer, block->delay_since_sr);
}

static void write_report(struct byte_writer *writer, const struct rtcp_item *item)
{
    bool sender = item->kind == RTCP_SENDER_REPORT;

    assert(item->report.block_count <= RTCP_REPORTS_MAX);
    write_header(writer, item->report.block_count, sender ? RTCP_TYPE_SR : RTCP_TYPE_RR);
    write_u32(writer, item->sender_ssrc);
    if (sender) {
        write_u64(writer, item->report.ntp);
        write_u32(writer, item->report.rtp_timestamp);
        write_u32(writer, item->report.packet_count);
        write_u32(writer, item->report.octet_count);
    }
    for (size_t i = 0; i < item->report.block_count; i++)
        write_block(writer, &item->report.blocks[i]);
}

static void write_description(struct byte_writer *writer, const struct rtcp_item *item)
{
    size_t size = strnlen(item->description.cname, sizeof item->description.cname - 1);

    write_header(writer, 1, RTCP_TYPE_SDES);
    write_u32(writer, item->sender_ssrc);
    write_u8(writer, RTCP_SDES_CNAME);
    write_u8(writer, (uint8_t)size);
    write_bytes(writer, item->description.cname, size);
    write_u8(writer, 0); /* ends the chunk; the caller pads */
}

static void write_feedback_header(struct byte_writer *writer, uint8_t type, unsigned format,
                                  uint32_t sender_ssrc, uint32_t media_ssrc)
{
    write_header(writer, format, type);
    write_u32(writer, sender_ssrc);
    write_u32(writer, media_ssrc);
}

static void write_nack(struct byte_writer *writer, const struct rtcp_item *item)
{
    const uint16_t *sequences = item->nack.sequences;

    write_feedback_header(writer, RTCP_TYPE_RTPFB, RTCP_FORMAT_NACK, item->sender_ssrc,
                          item->media_ssrc);
    for (size_t i = 0; i < item->nack.count;) {
        uint16_t first = sequences[i++];
        uint16_t following = 0;
        for (; i < item->nack.count; i++) {
            unsigned distance = (uint16_t)(sequences[i] - first - 1);
            if (distance >= 16)
                break;
            following |= (uint16_t)(1U << distance);
        }
        write_u16(writer, first);
        write_u16(writer, following);
    }
}

static void write_fir(struct byte_writer *writer, const struct rtcp_item *item)
{
    write_feedback_header(writer, RTCP_TYPE_PSFB, RTCP_FORMAT_FIR, item->sender_ssrc, 0);
    write_u32(writer, item->media_ssrc);
    write_u8(writer, item->fir.sequence);
    write_u24(writer, 0);
}

static void write_remb(struct byte_writer *writer, const struct rtcp_item *item)
{
    uint64_t mantissa = item->remb.bitrate_bps;
    unsigned exponent = 0;

    while (mantissa > 0x3ffff) {
        mantissa >>= 1;
        exponent++;
    }
    assert(item->remb.ssrc_count <= sizeof item->remb.ssrcs / sizeof item->remb.ssrcs[0]);
    write_feedback_header(writer, RTCP_TYPE_PSFB, RTCP_FORMAT_APPLICATION, item->sender_ssrc, 0);
    write_u32(writer, RTCP_REMB_NAME);
    write_u8(writer, item->remb.ssrc_count);
    write_u24(writer, (uint32_t)(exponent << 18 | mantissa));
    for (size_t i = 0; i < item->remb.ssrc_count; i++)
        write_u32(writer, item->remb.ssrcs[i]);
}

static enum status write_body(struct byte_writer *writer, const struct rtcp_item *item)
{
    switch (item->kind) {
    case RTCP_SENDER_REPORT:
    case RTCP_RECEIVER_REPORT:
        write_report(writer, item);
        return STATUS_OK;
    case RTCP_SOURCE_DESCRIPTION:
        write_description(writer, item);
        return STATUS_OK;
    case RTCP_BYE:
        write_header(writer, 1, RTCP_TYPE_BYE);
        write_u32(writer, item->media_ssrc);
        return STATUS_OK;
    case RTCP_NACK:
        if (item->nack.count == 0 || item->nack.count > RTCP_NACK_MAX)
            return STATUS_INVALID;
        write_nack(writer, item);
        return STATUS_OK;
    case RTCP_PLI:
        write_feedback_header(writer, RTCP_TYPE_PSFB, RTCP_FORMAT_PLI, item->sender_ssrc,
                              item->media_ssrc);
        return STATUS_OK;
    case RTCP_FIR:
        write_fir(writer, item);
        return STATUS_OK;
    case RTCP_TRANSPORT:
        write_feedback_header(writer, RTCP_TYPE_RTPFB, RTCP_FORMAT_TRANSPORT, item->sender_ssrc,
                              item->media_ssrc);
        return rtcp_transport_write(item, writer);
    case RTCP_REMB:
        write_remb(writer, item);
        return STATUS_OK;
    case RTCP_OTHER:
        return STATUS_INVALID;
    }
    return STATUS_INVALID;
}

enum status rtcp_write(const struct rtcp_item *item, uint8_t *data, size_t size, size_t *at)
{
    assert(*at <= size && *at % 4 == 0);
    struct byte_writer writer = byte_writer(data + *at, size - *at);
    enum status status = write_body(&writer, item);

    if (status != STATUS_OK)
        return status;
    while (!writer.failed && writer.at % 4 != 0)
        write_u8(&writer, 0);
    if (writer.failed)
        return STATUS_TOO_LARGE;
    store_u16(data + *at + 2, (uint16_t)(writer.at / 4 - 1));
    *at += writer.at;
    return STATUS_OK;
}
