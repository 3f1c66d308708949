#include "reference-server/media/transport/transport_reports.h"

#include "common/base/clock.h"
#include "reference-server/media/transport/server_transport.h"

#define REPORT_INTERVAL_US (1 * US_PER_S)
enum { TICKS_PER_FEEDBACK = 2 };

static struct rtcp_out *begin(struct server_transport *transport, bool bare)
{
    struct rtcp_out *out = &transport->context->rtcp;

    rtcp_out_begin(out, bare, transport->terms->feedback_ssrc, transport->terms->cname);
    return out;
}

/* Feedback alone where reduced size was agreed. */
static struct rtcp_out *begin_feedback(struct server_transport *transport)
{
    return begin(transport, transport->terms->rtcp_rsize);
}

static void append_receiver_report(struct server_transport *transport, struct rtcp_out *out)
{
    struct rtcp_report_block blocks[MEDIA_STREAMS];
    size_t count = 0;

    for (unsigned stream = 0; stream < MEDIA_STREAMS; stream++)
        if (transport->inlets[stream].bound)
            receive_stats_report(&transport->inlets[stream].stats, transport->context->now_us,
                                 &blocks[count++]);
    if (count > 0 && rtcp_out_receiver(out, transport->terms->feedback_ssrc,
                                       transport->terms->cname, blocks, count) != STATUS_OK)
        out->size = 0; /* cannot happen: the compound was empty */
}

/* A compound that is full goes out and the next one begins. */
static bool append_sender_report(struct outlet *outlet, struct rtcp_out *out)
{
    struct server_transport *transport = outlet->transport;
    struct rtcp_sender sender;

    if (!outlet_sender_report(outlet, worker_context_realtime_us(transport->context), &sender))
        return false;
    if (rtcp_out_sender(out, &sender, transport->terms->cname) == STATUS_TOO_LARGE) {
        server_transport_send_rtcp(transport);
        begin(transport, true); /* a sender report leads a compound by itself */
        if (rtcp_out_sender(out, &sender, transport->terms->cname) != STATUS_OK)
            return false;
    }
    outlet->report_owed = false;
    return true;
}

static void send_reports(struct server_transport *transport)
{
    struct rtcp_out *out = begin(transport, true);

    append_receiver_report(transport, out);
    for (size_t i = 0; i < transport->outlet_count; i++)
        append_sender_report(&transport->outlets[i], out);
    server_transport_send_rtcp(transport);
}

bool transport_reports_slot(struct outlet *outlet)
{
    struct server_transport *transport = outlet->transport;
    bool written;

    if (!server_transport_is_open(transport))
        return false;
    written = append_sender_report(outlet, begin(transport, true));
    server_transport_send_rtcp(transport);
    return written;
}

/* Any of its streams will do as the media source of feedback about all of them. */
static uint32_t feedback_media_ssrc(const struct server_transport *transport)
{
    for (unsigned stream = MEDIA_VIDEO; stream < MEDIA_STREAMS; stream++)
        if (transport->inlets[stream].ssrc != 0)
            return transport->inlets[stream].ssrc;
    return transport->inlets[MEDIA_AUDIO].ssrc;
}

static void send_transport_feedback(struct server_transport *transport)
{
    struct rtcp_out *out;
    uint32_t ssrc = transport->terms->feedback_ssrc;

    if (!transport->feedback.started || transport->feedback.base > transport->feedback.highest)
        return;
    out = begin_feedback(transport);
    /* What does not fit one datagram is given up: the sender treats it as unreported. */
    if (rtcp_out_transport(out, &transport->feedback, ssrc, feedback_media_ssrc(transport)) ==
        STATUS_OK)
        server_transport_send_rtcp(transport);
}

void transport_reports_tick(struct server_transport *transport)
{
    int64_t now_us = transport->context->now_us;

    if (transport->ticks % TICKS_PER_FEEDBACK == 0)
        send_transport_feedback(transport);
    if (now_us - transport->reported_us >= REPORT_INTERVAL_US) {
        transport->reported_us = now_us;
        send_reports(transport);
    }
    source_request_due_key_frames(transport->source);
}

/* Of one encoding. True: more is missing. */
static bool ask_losses(struct server_transport *transport, unsigned encoding)
{
    struct media_counters *counters = transport->context->counters;
    struct inlet *inlet = &transport->inlets[media_stream(MEDIA_VIDEO, encoding)];
    uint16_t sequences[RTCP_NACK_MAX];
    size_t given_up = 0;

    if (!inlet->nacks || inlet->nacks->count == 0)
        return false;
    size_t count = nack_tracker_due(inlet->nacks, transport->context->now_us, transport->rtt_us,
                                    sequences, RTCP_NACK_MAX, &given_up);
    if (count > 0) {
        struct rtcp_out *out = begin_feedback(transport);
        if (rtcp_out_nack(out, transport->terms->feedback_ssrc, inlet->ssrc, sequences, count) ==
            STATUS_OK) {
            server_transport_send_rtcp(transport);
            media_count_many(counters, MEDIA_COUNTER_nack_out, count);
        }
    }
    if (given_up > 0) {
        media_count_many(counters, MEDIA_COUNTER_nack_given_up, given_up);
        source_request_key_frame(transport->source, (uint8_t)encoding, false);
    }
    return inlet->nacks->count > 0;
}

bool transport_reports_ask_losses(struct server_transport *transport)
{
    unsigned encodings = server_transport_encodings(transport);
    bool more = false;

    for (unsigned encoding = 0; transport->may_send[MEDIA_VIDEO] && encoding < encodings;
         encoding++)
        more |= ask_losses(transport, encoding);
    return more;
}

bool transport_reports_ask_key_frame(struct server_transport *transport, unsigned encoding)
{
    const struct inlet *inlet = &transport->inlets[media_stream(MEDIA_VIDEO, encoding)];

    if (!transport->terms->streams[MEDIA_VIDEO].pli)
        return true; /* it cannot be asked: nothing to wait for */
    if (inlet->ssrc == 0 || !server_transport_is_open(transport))
        return false;
    struct rtcp_out *out = begin_feedback(transport);
    if (rtcp_out_pli(out, transport->terms->feedback_ssrc, inlet->ssrc) != STATUS_OK)
        return false;
    server_transport_send_rtcp(transport);
    media_count(transport->context->counters, MEDIA_COUNTER_key_requests_out);
    return true;
}
