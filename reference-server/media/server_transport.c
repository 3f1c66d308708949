#include "reference-server/media/server_transport.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_lite.h"
#include "reference-server/media/transport_reports.h"

/* -- News for the signalling thread ------------------------------------------------------------ */

static void tell(struct server_transport *transport, enum media_event_kind kind)
{
    struct media_event event = {kind, transport->terms->participant, transport->terms->incarnation};

    transport->event_owed[kind] = !transport->context->on_event(transport->context, &event);
    if (transport->event_owed[kind])
        media_count(transport->context->counters, MEDIA_COUNTER_events_delayed);
}

static void become_connected(struct server_transport *transport)
{
    transport->state = TRANSPORT_CONNECTED;
    transport->event_owed[MEDIA_EVENT_LOST] = false;
    tell(transport, MEDIA_EVENT_CONNECTED);
    /* What was routed here in the meantime starts with a key frame each. */
    for (size_t i = 0; i < transport->outlet_count; i++)
        if (transport->outlets[i].slot.video && transport->outlets[i].source)
            source_request_key_frame(transport->outlets[i].source, true);
}

static void become_lost(struct server_transport *transport)
{
    if (transport->state == TRANSPORT_LOST)
        return;
    transport->state = TRANSPORT_LOST;
    transport->event_owed[MEDIA_EVENT_CONNECTED] = false;
    media_count(transport->context->counters, MEDIA_COUNTER_lost_transports);
    tell(transport, MEDIA_EVENT_LOST);
}

/* -- ICE --------------------------------------------------------------------------------------- */

static bool same_address(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_addr.s_addr == b->sin_addr.s_addr && a->sin_port == b->sin_port;
}

static bool has_address(const struct server_transport *transport, const struct sockaddr_in *address)
{
    for (size_t i = 0; i < transport->address_count; i++)
        if (same_address(&transport->addresses[i], address))
            return true;
    return false;
}

static void forget_address(struct server_transport *transport, size_t at)
{
    transport->address_count--;
    memmove(&transport->addresses[at], &transport->addresses[at + 1],
            (transport->address_count - at) * sizeof transport->addresses[0]);
}

static void forget_all_addresses(struct server_transport *transport)
{
    for (size_t i = 0; i < transport->address_count; i++)
        transport_table_remove_address(transport->context->transports, &transport->addresses[i],
                                       transport);
    transport->address_count = 0;
    transport->has_peer = transport->nominated = false;
}

/* An address that moved to another participant is no longer ours. */
static void lose_address(struct server_transport *transport, const struct sockaddr_in *address)
{
    for (size_t i = 0; i < transport->address_count; i++)
        if (same_address(&transport->addresses[i], address)) {
            forget_address(transport, i);
            break;
        }
    if (transport->has_peer && same_address(&transport->peer, address))
        transport->has_peer = transport->nominated = false;
}

/* The oldest address that is not the peer's makes room. */
static void make_room(struct server_transport *transport)
{
    size_t oldest = 0;

    if (transport->address_count < TRANSPORT_ADDRESSES_MAX)
        return;
    if (transport->has_peer && same_address(&transport->addresses[0], &transport->peer))
        oldest = 1;
    transport_table_remove_address(transport->context->transports, &transport->addresses[oldest],
                                   transport);
    forget_address(transport, oldest);
}

static bool add_address(struct server_transport *transport, const struct sockaddr_in *address)
{
    struct server_transport *former = NULL;

    if (has_address(transport, address))
        return true;
    make_room(transport);
    if (transport_table_add_address(transport->context->transports, address, transport, &former) !=
        STATUS_OK)
        return false;
    if (former)
        lose_address(former, address);
    transport->addresses[transport->address_count++] = *address;
    return true;
}

/* The first check with the new credentials ends the life of the old ones. */
static void drop_former_credentials(struct server_transport *transport)
{
    if (transport->former_ufrag[0] == '\0')
        return;
    transport_table_remove_ufrag(transport->context->transports, transport->former_ufrag,
                                 transport);
    transport->former_ufrag[0] = '\0';
}

/* An authenticated check came from `address`: the latest USE-CANDIDATE wins, and until there is
 * one, the latest check. */
static void validate(struct server_transport *transport, const struct sockaddr_in *address,
                     bool use_candidate)
{
    if (!add_address(transport, address))
        return;
    transport->heard_us = transport->context->now_us;
    if (use_candidate || !transport->nominated) {
        transport->peer = *address;
        transport->has_peer = true;
        transport->nominated = use_candidate;
    }
    if (transport->crypto && transport->state == TRANSPORT_NEW)
        become_connected(transport); /* back after a restart of ICE */
}

void server_transport_stun(struct server_transport *transport, const struct udp_datagram *datagram,
                           const char *ufrag)
{
    struct worker_context *context = transport->context;
    bool former = strcmp(ufrag, transport->former_ufrag) == 0;
    const char *pwd = former ? transport->former_pwd : transport->terms->pwd;
    struct ice_lite_check check;
    size_t size = 0;

    if (transport->state == TRANSPORT_LOST) { /* consent is over: RFC 7675 §5.1 */
        media_drop(context->counters, MEDIA_DROP_stun_unknown);
        return;
    }
    enum status status = ice_lite_answer(
        datagram->data, datagram->size, ufrag, pwd, (const struct sockaddr *)&datagram->source,
        sizeof datagram->source, &check, udp_port_reserve(context->port), UDP_DATAGRAM_MAX, &size);
    if (status != STATUS_OK && status != STATUS_CONFLICT) {
        media_drop(context->counters, MEDIA_DROP_stun_unauthentic);
        return;
    }
    udp_port_commit(context->port, size, &datagram->source, 0);
    media_count(context->counters, MEDIA_COUNTER_stun_answered);
    if (status == STATUS_CONFLICT)
        return;
    if (!former)
        drop_former_credentials(transport);
    validate(transport, &datagram->source, check.use_candidate);
}

/* -- DTLS -------------------------------------------------------------------------------------- */

static void send_dtls(void *arg, const void *data, size_t size)
{
    struct server_transport *transport = arg;
    struct udp_port *port = transport->context->port;

    if (!transport->has_peer || size > UDP_DATAGRAM_MAX)
        return;
    memcpy(udp_port_reserve(port), data, size);
    udp_port_commit(port, size, &transport->peer, 0);
}

static void end_dtls(struct server_transport *transport, bool quiet)
{
    if (quiet)
        dtls_session_forget(transport->dtls);
    else
        dtls_session_destroy(transport->dtls);
    transport->dtls = NULL;
    transport->dtls_over = true;
}

static bool begin_dtls(struct server_transport *transport)
{
    struct dtls_config config = {
        .certificate = transport->context->certificate,
        .server = true,
        .remote_fingerprint = transport->terms->remote_fingerprint,
        .datagram_max = 1200,
        .arg = transport,
        .on_send = send_dtls,
    };

    transport->dtls_since_us = transport->context->now_us;
    return dtls_session_create(&config, &transport->dtls) == STATUS_OK;
}

static void take_keys(struct server_transport *transport)
{
    struct srtp_keys keys;
    enum status status = dtls_session_keys(transport->dtls, &keys);

    if (status == STATUS_OK)
        status = media_crypto_create(&keys, &transport->crypto);
    explicit_bzero(&keys, sizeof keys);
    if (status != STATUS_OK) {
        media_count(transport->context->counters, MEDIA_COUNTER_dtls_failed);
        end_dtls(transport, false);
        become_lost(transport);
        return;
    }
    media_count(transport->context->counters, MEDIA_COUNTER_dtls_connected);
    transport->keyed_us = transport->context->now_us;
    become_connected(transport);
}

static void follow_dtls(struct server_transport *transport)
{
    switch (dtls_session_state(transport->dtls)) {
    case DTLS_CONNECTED:
        if (!transport->crypto)
            take_keys(transport);
        break;
    case DTLS_FAILED:
        if (!transport->crypto)
            media_count(transport->context->counters, MEDIA_COUNTER_dtls_failed);
        end_dtls(transport, true);
        if (!transport->crypto)
            become_lost(transport);
        break;
    case DTLS_CLOSED:
        end_dtls(transport, true);
        become_lost(transport);
        break;
    case DTLS_HANDSHAKING:
        break;
    }
}

void server_transport_dtls(struct server_transport *transport, const struct udp_datagram *datagram)
{
    struct media_counters *counters = transport->context->counters;

    if (transport->dtls_over || transport->state == TRANSPORT_LOST ||
        (!transport->dtls && !begin_dtls(transport))) {
        media_drop(counters, MEDIA_DROP_dtls_unexpected);
        return;
    }
    media_count(counters, MEDIA_COUNTER_dtls_in);
    dtls_session_receive(transport->dtls, datagram->data, datagram->size);
    follow_dtls(transport);
}

void server_transport_heard_srtp(struct server_transport *transport)
{
    if (transport->first_srtp_us == 0)
        transport->first_srtp_us = transport->context->now_us;
}

/* Retransmit, and let the session go once nobody needs its last flight any more: it is 72 KiB. */
static void tick_dtls(struct server_transport *transport)
{
    int64_t now_us = transport->context->now_us;

    if (!transport->dtls)
        return;
    if (!transport->crypto && now_us - transport->dtls_since_us > TRANSPORT_DTLS_LIFE_US) {
        media_count(transport->context->counters, MEDIA_COUNTER_dtls_failed);
        end_dtls(transport, true);
        return;
    }
    if (transport->crypto && ((transport->first_srtp_us != 0 &&
                               now_us - transport->first_srtp_us > TRANSPORT_DTLS_LINGER_US) ||
                              now_us - transport->keyed_us > TRANSPORT_DTLS_LIFE_US)) {
        end_dtls(transport, true);
        return;
    }
    if (dtls_session_timeout_us(transport->dtls) == 0) {
        dtls_session_on_timeout(transport->dtls);
        follow_dtls(transport);
    }
}

/* -- Sending ----------------------------------------------------------------------------------- */

bool server_transport_send_rtp(struct server_transport *transport, size_t size, int64_t stamp_us)
{
    struct worker_context *context = transport->context;
    uint8_t *packet = udp_port_reserve(context->port);

    if (media_crypto_protect_rtp(transport->crypto, packet, &size) != STATUS_OK) {
        media_drop(context->counters, MEDIA_DROP_protect_failed);
        return false;
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

/* -- Timers ------------------------------------------------------------------------------------ */

static void pay_owed_events(struct server_transport *transport)
{
    for (int kind = 0; kind < 2; kind++)
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
        become_lost(transport);
        forget_all_addresses(transport);
    }
    tick_dtls(transport);
    if (server_transport_is_open(transport))
        transport_reports_tick(transport);
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

/* -- Life -------------------------------------------------------------------------------------- */

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
    transport_feedback_init(&transport->feedback);
    for (int kind = 0; kind < MEDIA_KINDS && status == STATUS_OK; kind++)
        status =
            inlet_init(&transport->inlets[kind], &terms->streams[kind], terms->incarnation << 16);
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

    forget_all_addresses(transport);
    drop_former_credentials(transport);
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
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        inlet_finish(&transport->inlets[kind]);
    media_crypto_destroy(transport->crypto);
    free(transport->terms);
    free(transport);
}

/* Another certificate is another DTLS association (RFC 8842 §5). */
static void forget_keys(struct server_transport *transport)
{
    dtls_session_destroy(transport->dtls);
    transport->dtls = NULL;
    transport->dtls_over = false;
    transport->first_srtp_us = 0;
    media_crypto_destroy(transport->crypto);
    transport->crypto = NULL;
    transport->state = TRANSPORT_NEW;
}

static void change_credentials(struct server_transport *transport, const struct media_terms *former)
{
    struct worker_context *context = transport->context;

    drop_former_credentials(transport);
    memcpy(transport->former_ufrag, former->ufrag, sizeof transport->former_ufrag);
    memcpy(transport->former_pwd, former->pwd, sizeof transport->former_pwd);
    if (transport_table_add_ufrag(context->transports, transport->terms->ufrag, transport) !=
        STATUS_OK)
        media_drop(context->counters, MEDIA_DROP_stun_unknown); /* its checks will go unanswered */
    /* Media goes on over the old pair until a check nominates a new one (RFC 8445 §9). */
    transport->nominated = false;
    transport->heard_us = context->now_us;
    if (transport->state == TRANSPORT_LOST) {
        forget_all_addresses(transport);
        transport->state = TRANSPORT_NEW;
    }
}

/* A stream that was not there before. */
static void add_inlets(struct server_transport *transport, const struct media_terms *former)
{
    for (int kind = 0; kind < MEDIA_KINDS; kind++) {
        const struct stream_terms *terms = &transport->terms->streams[kind];
        struct inlet *inlet = &transport->inlets[kind];
        uint32_t epoch = inlet->epoch + 1;
        if (!terms->active || former->streams[kind].active)
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
        forget_keys(transport);
    if (strcmp(former->ufrag, terms->ufrag) != 0)
        change_credentials(transport, former);
    free(former);
}

/* -- Media ------------------------------------------------------------------------------------- */

void server_transport_set_send(struct server_transport *transport, enum media_kind kind, bool on)
{
    /* What was dropped in between must not look like loss to the receivers. */
    if (on && !transport->may_send[kind])
        inlet_renew(&transport->inlets[kind]);
    transport->may_send[kind] = on;
}

struct outlet *server_transport_find_outlet(struct server_transport *transport, uint32_t ssrc)
{
    for (size_t i = 0; i < transport->outlet_count; i++)
        if (transport->outlets[i].terms->ssrc == ssrc)
            return &transport->outlets[i];
    return NULL;
}
