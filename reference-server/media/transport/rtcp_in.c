#include "reference-server/media/transport/rtcp_in.h"

#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "reference-server/media/transport/transport_dtls.h"

/* A packet is not repeated sooner than this, however often it is asked for. */
#define RETRANSMIT_INTERVAL_MIN_US 10000
#define RTT_MAX_US (10 * US_PER_S)

struct arrival {
    struct server_transport *transport;
    const struct udp_datagram *datagram;
};

/* RFC 3550 §6.4.1: now - LSR - DLSR, in 1/65536 s. */
static void note_round_trip(struct server_transport *transport,
                            const struct rtcp_report_block *block)
{
    struct worker_context *context = transport->context;

    if (block->last_sr == 0 || !server_transport_find_outlet(transport, block->ssrc))
        return;
    uint32_t now = ntp_middle(ntp_from_realtime_us(worker_context_realtime_us(context)));
    int32_t delay = (int32_t)(now - block->last_sr - block->delay_since_sr);
    int64_t rtt_us = (int64_t)delay * US_PER_S / 65536;
    if (rtt_us >= 0 && rtt_us <= RTT_MAX_US)
        transport->rtt_us = rtt_us;
}

static void on_sender_report(const struct arrival *arrival, const struct rtcp_item *item)
{
    struct server_transport *transport = arrival->transport;
    int64_t arrival_us = arrival->datagram->arrival_us;
    int64_t offset_us = transport->context->realtime_offset_us;

    for (unsigned stream = 0; stream < MEDIA_STREAMS; stream++) {
        struct inlet *inlet = &transport->inlets[stream];
        if (!inlet->bound || inlet->ssrc != item->sender_ssrc)
            continue;
        receive_stats_sender_report(&inlet->stats, item->report.ntp, arrival_us);
        source_report(transport->source, stream, item->report.ntp, item->report.rtp_timestamp,
                      arrival_us + offset_us, true);
    }
}

static void on_report_blocks(struct server_transport *transport, const struct rtcp_item *item)
{
    for (size_t i = 0; i < item->report.block_count; i++)
        note_round_trip(transport, &item->report.blocks[i]);
}

static void on_nack(struct server_transport *transport, const struct rtcp_item *item)
{
    struct outlet *outlet = server_transport_find_outlet(transport, item->media_ssrc);
    struct media_counters *counters = transport->context->counters;
    int64_t interval_us = transport->rtt_us / 2;
    bool any_stale = false;

    media_count_many(counters, MEDIA_COUNTER_nack_in, item->nack.count);
    if (interval_us < RETRANSMIT_INTERVAL_MIN_US)
        interval_us = RETRANSMIT_INTERVAL_MIN_US;
    for (size_t i = 0; i < item->nack.count; i++) {
        bool stale = false;
        if (outlet && server_transport_is_open(transport) &&
            outlet_retransmit(outlet, item->nack.sequences[i], interval_us, &stale))
            continue;
        media_count(counters, MEDIA_COUNTER_nack_unanswered);
        any_stale |= stale;
    }
    /* What nobody has any more is healed by a key frame. */
    if (any_stale && outlet->source && outlet->slot.video)
        outlet_request_key_frame(outlet);
}

static void on_key_frame_request(struct server_transport *transport, uint32_t media_ssrc)
{
    struct outlet *outlet = server_transport_find_outlet(transport, media_ssrc);

    media_count(transport->context->counters, MEDIA_COUNTER_key_requests_in);
    if (outlet && outlet->source && outlet->slot.video && !outlet->paused &&
        !fault_is_on(FAULT_IGNORE_PLI))
        outlet_request_key_frame(outlet);
}

static void on_item(void *arg, const struct rtcp_item *item)
{
    const struct arrival *arrival = arg;

    switch (item->kind) {
    case RTCP_SENDER_REPORT:
        on_sender_report(arrival, item);
        on_report_blocks(arrival->transport, item);
        break;
    case RTCP_RECEIVER_REPORT:
        on_report_blocks(arrival->transport, item);
        break;
    case RTCP_NACK:
        on_nack(arrival->transport, item);
        break;
    case RTCP_PLI:
    case RTCP_FIR:
        on_key_frame_request(arrival->transport, item->media_ssrc);
        break;
    case RTCP_TRANSPORT:
    case RTCP_REMB:
        transport_estimate_feedback(arrival->transport, item);
        break;
    case RTCP_SOURCE_DESCRIPTION:
    case RTCP_BYE:
    case RTCP_OTHER:
        break;
    }
}

void rtcp_in_datagram(struct server_transport *transport, const struct udp_datagram *datagram)
{
    struct media_counters *counters = transport->context->counters;
    struct arrival arrival = {transport, datagram};
    size_t size = datagram->size;

    if (!transport->crypto || transport->state != TRANSPORT_CONNECTED) {
        media_drop(counters, MEDIA_DROP_before_keys);
        return;
    }
    enum status status = media_crypto_unprotect_rtcp(transport->crypto, datagram->data, &size);
    if (status != STATUS_OK) {
        media_drop(counters,
                   status == STATUS_REPLAYED ? MEDIA_DROP_replayed : MEDIA_DROP_unauthentic);
        return;
    }
    media_count(counters, MEDIA_COUNTER_rtcp_in);
    transport_dtls_heard_srtp(transport);
    if (rtcp_parse(datagram->data, size, on_item, &arrival) != STATUS_OK)
        media_drop(counters, MEDIA_DROP_malformed);
}
