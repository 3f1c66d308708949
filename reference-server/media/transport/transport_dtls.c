#include "reference-server/media/transport/transport_dtls.h"

#include <string.h>

#include "common/webrtc/transport/dtls_session.h"
#include "reference-server/media/transport/server_transport.h"

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
        server_transport_became_lost(transport);
        return;
    }
    media_count(transport->context->counters, MEDIA_COUNTER_dtls_connected);
    transport->keyed_us = transport->context->now_us;
    server_transport_became_connected(transport);
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
            server_transport_became_lost(transport);
        break;
    case DTLS_CLOSED: /* the peer's keys are gone, too */
        end_dtls(transport, true);
        media_crypto_destroy(transport->crypto);
        transport->crypto = NULL;
        server_transport_became_lost(transport);
        break;
    case DTLS_HANDSHAKING:
        break;
    }
}

void transport_dtls_datagram(struct server_transport *transport,
                             const struct udp_datagram *datagram)
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

void transport_dtls_heard_srtp(struct server_transport *transport)
{
    if (transport->first_srtp_us == 0)
        transport->first_srtp_us = transport->context->now_us;
}

/* Retransmit, and let the session go once nobody needs its last flight any more: it is 72 KiB. */
void transport_dtls_tick(struct server_transport *transport)
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

/* Another certificate is another DTLS association (RFC 8842 §5). */
void transport_dtls_forget(struct server_transport *transport)
{
    dtls_session_destroy(transport->dtls);
    transport->dtls = NULL;
    transport->dtls_over = false;
    transport->first_srtp_us = 0;
    media_crypto_destroy(transport->crypto);
    transport->crypto = NULL;
    transport->state = TRANSPORT_NEW;
}
