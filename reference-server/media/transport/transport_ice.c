#include "reference-server/media/transport/transport_ice.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_lite.h"
#include "reference-server/fault.h"
#include "reference-server/media/transport/server_transport.h"
#include "reference-server/media/transport/transport_dtls.h"

#define CONSENT_WITHHELD_AFTER_US (3 * US_PER_S) /* fault.h: ignore-consent */

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

void transport_ice_forget_addresses(struct server_transport *transport)
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
void transport_ice_drop_former(struct server_transport *transport)
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
        server_transport_became_connected(transport); /* back after a restart of ICE */
}

/* fault.h: ignore-consent. */
static bool withholds_consent(const struct server_transport *transport)
{
    return fault_is_on(FAULT_IGNORE_CONSENT) && transport->crypto &&
           transport->context->now_us - transport->keyed_us > CONSENT_WITHHELD_AFTER_US;
}

void transport_ice_stun(struct server_transport *transport, const struct udp_datagram *datagram,
                        const char *ufrag)
{
    struct worker_context *context = transport->context;
    bool former = strcmp(ufrag, transport->former_ufrag) == 0;
    const char *pwd = former ? transport->former_pwd : transport->terms->pwd;
    struct ice_lite_check check;
    size_t size = 0;

    /* Consent is over: RFC 7675 §5.1. */
    if (transport->state == TRANSPORT_LOST || withholds_consent(transport)) {
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
        transport_ice_drop_former(transport);
    validate(transport, &datagram->source, check.use_candidate);
}

void transport_ice_restart(struct server_transport *transport, const struct media_terms *former)
{
    struct worker_context *context = transport->context;

    transport_ice_drop_former(transport);
    memcpy(transport->former_ufrag, former->ufrag, sizeof transport->former_ufrag);
    memcpy(transport->former_pwd, former->pwd, sizeof transport->former_pwd);
    if (transport_table_add_ufrag(context->transports, transport->terms->ufrag, transport) !=
        STATUS_OK)
        media_drop(context->counters, MEDIA_DROP_stun_unknown); /* its checks will go unanswered */
    /* Media goes on over the old pair until a check nominates a new one (RFC 8445 §9). */
    transport->nominated = false;
    transport->heard_us = context->now_us;
    if (transport->state == TRANSPORT_LOST) {
        transport_ice_forget_addresses(transport);
        transport->state = TRANSPORT_NEW;
        if (!transport->crypto)
            transport_dtls_forget(transport); /* a handshake may begin again */
    }
}
