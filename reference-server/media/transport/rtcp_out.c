#include "reference-server/media/transport/rtcp_out.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static enum status append(struct rtcp_out *out)
{
    return rtcp_write(&out->item, out->data, sizeof out->data, &out->size);
}

static enum status append_cname(struct rtcp_out *out, uint32_t ssrc, const char *cname)
{
    out->item.kind = RTCP_SOURCE_DESCRIPTION;
    out->item.sender_ssrc = ssrc;
    snprintf(out->item.description.cname, sizeof out->item.description.cname, "%s", cname);
    return append(out);
}

/* The report in `out->item` and whose it is; both or neither. */
static enum status append_report(struct rtcp_out *out, const char *cname)
{
    size_t before = out->size;
    uint32_t ssrc = out->item.sender_ssrc;
    enum status status = append(out);

    if (status == STATUS_OK)
        status = append_cname(out, ssrc, cname);
    if (status != STATUS_OK)
        out->size = before;
    return status;
}

void rtcp_out_begin(struct rtcp_out *out, bool bare, uint32_t ssrc, const char *cname)
{
    out->size = 0;
    if (bare)
        return;
    enum status status = rtcp_out_receiver(out, ssrc, cname, NULL, 0);
    assert(status == STATUS_OK);
    (void)status;
}

enum status rtcp_out_receiver(struct rtcp_out *out, uint32_t ssrc, const char *cname,
                              const struct rtcp_report_block *blocks, size_t count)
{
    assert(count <= RTCP_REPORTS_MAX);
    out->item.kind = RTCP_RECEIVER_REPORT;
    out->item.sender_ssrc = ssrc;
    out->item.report.block_count = (uint8_t)count;
    if (count > 0)
        memcpy(out->item.report.blocks, blocks, count * sizeof blocks[0]);
    return append_report(out, cname);
}

enum status rtcp_out_sender(struct rtcp_out *out, const struct rtcp_sender *sender,
                            const char *cname)
{
    out->item.kind = RTCP_SENDER_REPORT;
    out->item.sender_ssrc = sender->ssrc;
    out->item.report.ntp = sender->ntp;
    out->item.report.rtp_timestamp = sender->timestamp;
    out->item.report.packet_count = sender->packets;
    out->item.report.octet_count = sender->octets;
    out->item.report.block_count = 0;
    return append_report(out, cname);
}

enum status rtcp_out_nack(struct rtcp_out *out, uint32_t ssrc, uint32_t media_ssrc,
                          const uint16_t *sequences, size_t count)
{
    assert(count > 0 && count <= RTCP_NACK_MAX);
    out->item.kind = RTCP_NACK;
    out->item.sender_ssrc = ssrc;
    out->item.media_ssrc = media_ssrc;
    out->item.nack.count = (uint16_t)count;
    memcpy(out->item.nack.sequences, sequences, count * sizeof sequences[0]);
    return append(out);
}

enum status rtcp_out_pli(struct rtcp_out *out, uint32_t ssrc, uint32_t media_ssrc)
{
    out->item.kind = RTCP_PLI;
    out->item.sender_ssrc = ssrc;
    out->item.media_ssrc = media_ssrc;
    return append(out);
}

enum status rtcp_out_transport(struct rtcp_out *out, struct transport_feedback *feedback,
                               uint32_t ssrc, uint32_t media_ssrc)
{
    if (!transport_feedback_item(feedback, ssrc, media_ssrc, &out->item))
        return STATUS_AGAIN;
    return append(out);
}
