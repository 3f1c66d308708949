#include "reference-server/media/transport/server_transport.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "reference-server/media/forward/layer_budget.h"
#include "reference-server/media/transport/transport_budget.h"
#include "reference-server/media/transport/transport_dtls.h"
#include "reference-server/media/transport/transport_ice.h"
#include "reference-server/media/transport/transport_reports.h"

/* -- News for the signalling thread -- */

static void tell(struct server_transport *transport, enum media_event_kind kind)
{
    struct media_event event = {kind, transport->terms->participant, transport->terms->incarnation,
                                transport->estimate.paused_pairs};

    transport->event_owed[kind] = !transport->context->on_event(transport->context, &event);
    if (transport->event_owed[kind])
        media_count(transport->context->counters, MEDIA_COUNTER_events_delayed);
}

void server_transport_became_connected(struct server_transport *transport)
{
    transport->state = TRANSPORT_CONNECTED;
    transport->event_owed[MEDIA_EVENT_LOST] = false;
    tell(transport, MEDIA_EVENT_CONNECTED);
    /* What was routed here in the meantime starts with a key frame each. */
    for (size_t i = 0; i < transport->outlet_count; i++)
        if (transport->outlets[i].slot.video && transport->outlets[i].source)
            outlet_request_first_key_frame(&transport->outlets[i], true);
}

void server_transport_became_lost(struct server_transport *transport)
{
    if (transport->state == TRANSPORT_LOST)
        return;
    transport->state = TRANSPORT_LOST;
    transport->event_owed[MEDIA_EVENT_CONNECTED] = false;
    media_count(transport->context->counters, MEDIA_COUNTER_lost_transports);
    tell(transport, MEDIA_EVENT_LOST);
}

void server_transport_tell_pictures(struct server_transport *transport)
{
    tell(transport, MEDIA_EVENT_PICTURES);
}

/* -- Sending -- */

bool server_transport_send_rtp(struct server_transport *transport, enum media_kind kind,
                               size_t size, int64_t stamp_us)
{
    struct worker_context *context = transport->context;
    uint8_t *packet = udp_port_reserve(context->port);
    bool lost = fault_loses(load_u16(packet + 2)); /* its sequence number (RFC 3550 §5.1) */

    if (media_crypto_protect_rtp(transport->crypto, packet, &size) != STATUS_OK) {
        media_drop(context->counters, MEDIA_DROP_protect_failed);
        return false;
    }
    transport_estimate_sent(&transport->estimate, kind, size, context->now_us);
    if (lost) {
        media_drop(context->counters, MEDIA_DROP_lost_on_purpose);
        return true;
    }
    udp_port_commit(context->port, size, &transport->peer, stamp_us);
    return true;
}

void server_transport_send_rtcp(struct server_transport *transport)
{
    struct worker_context *context = transport->context;
    size_t size = context->rtcp.size;

    if (size == 0 || !server_transport_is_open(transport))
        return;
    uint8_t *packet = udp_port_reserve(context->port);
    memcpy(packet, context->rtcp.data, size);
    context->rtcp.size = 0;
    if (media_crypto_protect_rtcp(transport->crypto, packet, &size) != STATUS_OK) {
        media_drop(context->counters, MEDIA_DROP_protect_failed);
        return;
    }
    udp_port_commit(context->port, size, &transport->peer, 0);
    media_count(context->counters, MEDIA_COUNTER_rtcp_out);
}

/* -- Timers -- */

static void pay_owed_events(struct server_transport *transport)
{
    for (int kind = 0; kind < MEDIA_EVENT_KINDS; kind++)
        if (transport->event_owed[kind])
            tell(transport, (enum media_event_kind)kind);
}

static void on_tick(void *arg, int64_t now_us)
{
    struct server_transport *transport = arg;

    wheel_start(transport->context->wheel, &transport->tick, now_us + TRANSPORT_TICK_US);
    transport->ticks++;
    pay_owed_events(transport);
    if (transport->state != TRANSPORT_LOST && now_us - transport->heard_us > TRANSPORT_CONSENT_US) {
        server_transport_became_lost(transport);
        transport_ice_forget_addresses(transport);
    }
    transport_dtls_tick(transport);
    if (server_transport_is_open(transport)) {
        transport_budget_tick(transport);
        transport_reports_tick(transport);
        transport_estimate_tick(transport);
    }
}

static void on_repair(void *arg, int64_t now_us)
{
    struct server_transport *transport = arg;
    struct worker_context *context = transport->context;

    if (now_us < context->overloaded_until_us)
        wheel_start(context->wheel, &transport->repair, context->overloaded_until_us);
    else if (server_transport_is_open(transport) && transport_reports_ask_losses(transport))
        wheel_start(context->wheel, &transport->repair, now_us + NACK_RETRY_US / 2);
}

void server_transport_watch_losses(struct server_transport *transport)
{
    if (!wheel_running(&transport->repair))
        wheel_start(transport->context->wheel, &transport->repair,
                    transport->context->now_us + NACK_REORDER_US);
}

/* -- Life -- */

static enum status enter_tables(struct server_transport *transport)
{
    struct worker_context *context = transport->context;
    const struct media_terms *terms = transport->terms;
    enum status status =
        transport_table_add_participant(context->transports, terms->participant, transport);

    if (status == STATUS_OK)
        status = transport_table_add_ufrag(context->transports, terms->ufrag, transport);
    if (status != STATUS_OK)
        return status;
    transport->source = source_obtain(context, terms->participant);
    if (!transport->source)
        return STATUS_NO_MEMORY;
    transport->source->transport = transport;
    transport->source->worker = context->index;
    return STATUS_OK;
}

static void start_timers(struct server_transport *transport)
{
    struct worker_context *context = transport->context;
    /* Spread, so that a thousand transports do not report in the same millisecond. */
    int64_t phase_us = (int64_t)random_below(&context->random, TRANSPORT_TICK_US);

    transport->tick.fire = on_tick;
    transport->repair.fire = on_repair;
    transport->tick.arg = transport->repair.arg = transport;
    wheel_start(context->wheel, &transport->tick, context->now_us + phase_us);
}

static void add_outlets(struct server_transport *transport)
{
    const struct media_terms *terms = transport->terms;

    for (; transport->outlet_count < terms->slot_count; transport->outlet_count++) {
        size_t at = transport->outlet_count;
        outlet_init(&transport->outlets[at], transport, &terms->slots[at],
                    random_u64(&transport->context->random));
    }
}

/* The first stream of each kind always has its inlet; further encodings when there are any. */
static bool is_in_use(const struct media_terms *terms, unsigned stream)
{
    return stream <= MEDIA_VIDEO ||
           stream - MEDIA_VIDEO < terms->streams[MEDIA_VIDEO].encoding_count;
}

enum status server_transport_create(struct worker_context *context, struct media_terms *terms,
                                    struct server_transport **ret_transport)
{
    struct server_transport *transport = calloc(1, sizeof *transport);
    enum status status = STATUS_OK;

    if (!transport) {
        free(terms);
        return STATUS_NO_MEMORY;
    }
    transport->context = context;
    transport->terms = terms;
    transport->heard_us = transport->reported_us = context->now_us;
    transport->rtt_us = TRANSPORT_DEFAULT_RTT_US;
    transport->video_budget_bps = LAYER_UNLIMITED;
    transport_feedback_init(&transport->feedback);
    transport_estimate_init(transport);
    for (unsigned stream = 0; stream < MEDIA_STREAMS && status == STATUS_OK; stream++)
        if (is_in_use(terms, stream))
            status = inlet_init(&transport->inlets[stream], &terms->streams[media_kind_of(stream)],
                                terms->incarnation << 16);
    if (status == STATUS_OK)
        status = enter_tables(transport);
    if (status != STATUS_OK) {
        server_transport_destroy(transport);
        return status;
    }
    add_outlets(transport);
    start_timers(transport);
    *ret_transport = transport;
    return STATUS_OK;
}

static void leave_tables(struct server_transport *transport)
{
    struct transport_table *table = transport->context->transports;
    uint64_t participant = transport->terms->participant;

    transport_ice_forget_addresses(transport);
    transport_ice_drop_former(transport);
    transport_table_remove_ufrag(table, transport->terms->ufrag, transport);
    if (transport_table_by_participant(table, participant) == transport)
        transport_table_remove_participant(table, participant);
    if (transport->source && transport->source->transport == transport) {
        transport->source->transport = NULL;
        transport->source->worker = SOURCE_WORKER_UNKNOWN;
        source_release(transport->source);
    }
}

void server_transport_destroy(struct server_transport *transport)
{
    if (!transport)
        return;
    wheel_stop(transport->context->wheel, &transport->tick);
    wheel_stop(transport->context->wheel, &transport->repair);
    dtls_session_destroy(transport->dtls); /* while the peer's address is known */
    for (size_t i = 0; i < transport->outlet_count; i++)
        outlet_finish(&transport->outlets[i]);
    leave_tables(transport);
    transport_estimate_finish(transport);
    voice_meter_release(transport->meter);
    for (unsigned stream = 0; stream < MEDIA_STREAMS; stream++)
        inlet_finish(&transport->inlets[stream]);
    media_crypto_destroy(transport->crypto);
    free(transport->terms);
    free(transport);
}

/* A stream that was not there before. */
static void add_inlets(struct server_transport *transport, const struct media_terms *former)
{
    for (unsigned stream = 0; stream < MEDIA_STREAMS; stream++) {
        enum media_kind kind = media_kind_of(stream);
        const struct stream_terms *terms = &transport->terms->streams[kind];
        struct inlet *inlet = &transport->inlets[stream];
        uint32_t epoch = inlet->epoch + 1;
        if (!terms->active || !is_in_use(transport->terms, stream) ||
            former->streams[kind].encoding_count == terms->encoding_count)
            continue;
        inlet_finish(inlet);
        if (inlet_init(inlet, terms, epoch) != STATUS_OK) /* goes on without asking for losses */
            *inlet = (struct inlet){.clock_hz = terms->clock_hz, .epoch = epoch};
    }
}

void server_transport_update(struct server_transport *transport, struct media_terms *terms)
{
    struct media_terms *former = transport->terms;

    assert(terms->slot_count >= transport->outlet_count);
    transport->terms = terms;
    add_inlets(transport, former);
    for (size_t i = 0; i < transport->outlet_count; i++)
        transport->outlets[i].terms = &terms->slots[i];
    add_outlets(transport);
    if (strcmp(former->remote_fingerprint, terms->remote_fingerprint) != 0)
        transport_dtls_forget(transport);
    if (strcmp(former->ufrag, terms->ufrag) != 0)
        transport_ice_restart(transport, former);
    free(former);
}

/* -- Media -- */

void server_transport_set_send(struct server_transport *transport, enum media_kind kind, bool on)
{
    /* What was dropped in between must not look like loss to the receivers. */
    for (unsigned stream = 0; stream < MEDIA_STREAMS; stream++)
        if (on && !transport->may_send[kind] && media_kind_of(stream) == kind)
            inlet_renew(&transport->inlets[stream]);
    transport->may_send[kind] = on;
}

struct outlet *server_transport_find_outlet(struct server_transport *transport, uint32_t ssrc)
{
    for (size_t i = 0; i < transport->outlet_count; i++)
        if (transport->outlets[i].terms->ssrc == ssrc)
            return &transport->outlets[i];
    return NULL;
}
