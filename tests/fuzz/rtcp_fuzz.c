/* Any bytes as a compound RTCP packet: every item that is understood is written, read again, and
 * must say the same. */
#include <assert.h>
#include <string.h>

#include "common/webrtc/rtp/rtcp_packet.h"

static struct rtcp_item back;
static unsigned back_count;

static void keep(void *arg, const struct rtcp_item *item)
{
    (void)arg;
    back = *item;
    back_count++;
}

static void compare_arrivals(const struct rtcp_item *item)
{
    assert(back.transport.count == item->transport.count);
    assert(back.transport.reference_time_us == item->transport.reference_time_us);
    for (size_t i = 0; i < item->transport.count; i++) {
        assert(back.transport.arrivals[i].sequence == item->transport.arrivals[i].sequence);
        assert(back.transport.arrivals[i].received == item->transport.arrivals[i].received);
        assert(back.transport.arrivals[i].arrival_us == item->transport.arrivals[i].arrival_us);
    }
}

static void compare_blocks(const struct rtcp_item *item)
{
    assert(back.report.block_count == item->report.block_count);
    for (size_t i = 0; i < item->report.block_count; i++) {
        const struct rtcp_report_block *a = &item->report.blocks[i], *b = &back.report.blocks[i];
        assert(a->ssrc == b->ssrc && a->fraction_lost == b->fraction_lost);
        assert(a->cumulative_lost == b->cumulative_lost);
        assert(a->highest_sequence == b->highest_sequence && a->jitter == b->jitter);
        assert(a->last_sr == b->last_sr && a->delay_since_sr == b->delay_since_sr);
    }
}

static void compare(const struct rtcp_item *item)
{
    assert(back.kind == item->kind && back.media_ssrc == item->media_ssrc);
    switch (item->kind) {
    case RTCP_SENDER_REPORT:
        assert(back.report.ntp == item->report.ntp);
        /* fall through */
    case RTCP_RECEIVER_REPORT:
        compare_blocks(item);
        break;
    case RTCP_SOURCE_DESCRIPTION:
        assert(!strcmp(back.description.cname, item->description.cname));
        break;
    case RTCP_NACK:
        assert(back.nack.count <= item->nack.count); /* numbers asked for twice in one pair */
        assert(back.nack.sequences[0] == item->nack.sequences[0]);
        break;
    case RTCP_FIR:
        assert(back.fir.sequence == item->fir.sequence);
        break;
    case RTCP_REMB:
        assert(back.remb.bitrate_bps == item->remb.bitrate_bps);
        assert(back.remb.ssrc_count == item->remb.ssrc_count);
        break;
    case RTCP_TRANSPORT:
        compare_arrivals(item);
        break;
    case RTCP_BYE:
    case RTCP_PLI:
    case RTCP_OTHER:
        break;
    }
}

static void check_item(void *arg, const struct rtcp_item *item)
{
    static uint8_t bytes[4096];
    size_t size = 0;

    (void)arg;
    enum status status = rtcp_write(item, bytes, sizeof bytes, &size);
    if (status == STATUS_INVALID) { /* OTHER, or the later part of a feedback long in time */
        assert(item->kind == RTCP_OTHER || item->kind == RTCP_TRANSPORT);
        return;
    }
    assert(status == STATUS_OK && size % 4 == 0);
    back_count = 0;
    status = rtcp_parse(bytes, size, keep, NULL);
    assert(status == STATUS_OK && back_count == 1);
    compare(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum status status = rtcp_parse(data, size, check_item, NULL);
    assert(status == STATUS_OK || status == STATUS_MALFORMED);
    return 0;
}
