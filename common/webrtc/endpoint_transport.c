#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/endpoint_private.h"
#include "common/webrtc/transport/packet_kind.h"

#define DATAGRAM_MAX 1200
#define DEADLINE_US (30 * US_PER_S) /* for the checks, and again for the handshake */
/* The SSL object (72 KiB) answers a peer whose last flight was lost; SRTP from it proves that it
 * was not. */
#define DTLS_KEPT_US (30 * US_PER_S)
#define DTLS_KEPT_AFTER_SRTP_US (5 * US_PER_S)

/* -- Datagrams out -- */

/* What the path cannot send later is counted by the agent. */
static enum status send_by_path(struct endpoint *endpoint, const void *data, size_t size)
{
    endpoint->path->carry(endpoint->path->arg, true, DATAGRAM_ROUTE_MEDIA, (void *)data, size,
                          clock_monotonic_us());
    return STATUS_OK;
}

enum status endpoint_send_wire(struct endpoint *endpoint, const void *data, size_t size)
{
    enum status status = endpoint->path != NULL ? send_by_path(endpoint, data, size)
                                                : ice_client_send(&endpoint->ice, data, size);

    if (status != STATUS_OK) {
        endpoint->stats.send_refused++;
        return status;
    }
    endpoint->stats.packets_sent++;
    endpoint->stats.bytes_sent += size;
    return STATUS_OK;
}

enum status endpoint_send_rtcp(struct endpoint *endpoint, uint8_t *data, size_t size)
{
    enum status status;

    if (endpoint->events.on_tap != NULL)
        endpoint->events.on_tap(endpoint->arg, true, true, data, size, endpoint->now_us);
    status = media_crypto_protect_rtcp(endpoint->crypto, data, &size);
    if (status != STATUS_OK) {
        endpoint->stats.send_refused++;
        return status;
    }
    if (endpoint->events.on_wire != NULL)
        endpoint->events.on_wire(endpoint->arg, true, data, size, endpoint->now_us);
    return endpoint_send_wire(endpoint, data, size);
}

/* -- DTLS -- */

static void on_dtls_send(void *arg, const void *data, size_t size)
{
    endpoint_send_wire(arg, data, size);
}

static const char *suite_name(enum srtp_suite suite)
{
    return suite == SRTP_SUITE_AEAD_AES_128_GCM ? "AEAD_AES_128_GCM" : "AES_CM_128_HMAC_SHA1_80";
}

static void use_keys(struct endpoint *endpoint, int64_t now_us)
{
    struct srtp_keys keys;
    enum status status = dtls_session_keys(endpoint->dtls, &keys);

    if (status == STATUS_OK) {
        status = media_crypto_create(&keys, &endpoint->crypto);
        endpoint->stats.srtp_suite = suite_name(keys.suite);
        if (endpoint->events.on_keys != NULL)
            endpoint->events.on_keys(endpoint->arg, endpoint->stats.srtp_suite, &keys);
        explicit_bzero(&keys, sizeof(keys));
    }
    if (status != STATUS_OK) {
        endpoint_fail(endpoint, now_us, "DTLS: the peer negotiated no SRTP profile that is known");
        return;
    }
    endpoint->stats.dtls_connected_us = now_us;
    endpoint->deadline_us = TIME_NEVER;
    endpoint_wake(endpoint, &endpoint->dtls_free_us, now_us + DTLS_KEPT_US);
    endpoint_start_reports(endpoint, now_us);
    endpoint_set_state(endpoint, ENDPOINT_CONNECTED, now_us);
}

static void close_by_peer(struct endpoint *endpoint, int64_t now_us)
{
    const char *why = "the peer closed the transport (DTLS close_notify)";

    if (endpoint->crypto == NULL) {
        endpoint_fail(endpoint, now_us, "%s", why);
        return;
    }
    snprintf(endpoint->error, sizeof(endpoint->error), "%s", why);
    endpoint_set_state(endpoint, ENDPOINT_CLOSED, now_us);
}

/* After every call into the session: did it get on, fail, end; when does it repeat itself? */
static void follow_dtls(struct endpoint *endpoint, int64_t now_us)
{
    int64_t timeout_us = dtls_session_timeout_us(endpoint->dtls);

    endpoint->dtls_due_us = TIME_NEVER;
    if (timeout_us >= 0)
        endpoint_wake(endpoint, &endpoint->dtls_due_us, now_us + timeout_us);
    switch (dtls_session_state(endpoint->dtls)) {
    case DTLS_HANDSHAKING:
        break;
    case DTLS_CONNECTED:
        if (endpoint->state == ENDPOINT_HANDSHAKE && endpoint->crypto == NULL)
            use_keys(endpoint, now_us);
        break;
    case DTLS_FAILED:
        /* After the handshake a broken record changes nothing for SRTP. */
        if (endpoint->crypto == NULL)
            endpoint_fail(endpoint, now_us, "%s", dtls_session_error(endpoint->dtls));
        break;
    case DTLS_CLOSED:
        close_by_peer(endpoint, now_us);
        break;
    }
}

static void take_dtls(struct endpoint *endpoint, const void *data, size_t size)
{
    if (endpoint->dtls == NULL)
        return;
    endpoint->now_us = clock_monotonic_us(); /* rings and shared sockets do not tell it */
    dtls_session_receive(endpoint->dtls, data, size);
    follow_dtls(endpoint, endpoint->now_us);
}

/* The peer may have its pair a check earlier than we: without this its first flight is lost and
 * every such join waits for a retransmission. */
static void keep_early_dtls(struct endpoint *endpoint, const void *data, size_t size)
{
    struct early_datagram *early;

    if (endpoint->early_dtls == NULL)
        endpoint->early_dtls = calloc(EARLY_DTLS_MAX, sizeof(*endpoint->early_dtls));
    if (endpoint->early_dtls == NULL || endpoint->early_dtls_count == EARLY_DTLS_MAX ||
        size > sizeof(early->data)) {
        endpoint->stats.early++;
        return;
    }
    early = &endpoint->early_dtls[endpoint->early_dtls_count++];
    memcpy(early->data, data, size);
    early->size = size;
}

static void replay_early_dtls(struct endpoint *endpoint)
{
    for (size_t i = 0; i < endpoint->early_dtls_count; i++)
        take_dtls(endpoint, endpoint->early_dtls[i].data, endpoint->early_dtls[i].size);
    free(endpoint->early_dtls);
    endpoint->early_dtls = NULL;
    endpoint->early_dtls_count = 0;
}

void endpoint_start_dtls(struct endpoint *endpoint, int64_t now_us)
{
    struct dtls_config config = {.certificate = endpoint->certificate,
                                 .server = endpoint->dtls_server,
                                 .remote_fingerprint = endpoint->remote_fingerprint,
                                 .datagram_max = DATAGRAM_MAX,
                                 .arg = endpoint,
                                 .on_send = on_dtls_send};

    if (endpoint->dtls != NULL || endpoint->crypto != NULL || !endpoint->ice_ready ||
        endpoint->remote_fingerprint[0] == '\0')
        return;
    if (dtls_session_create(&config, &endpoint->dtls) != STATUS_OK) {
        endpoint_fail(endpoint, now_us, "DTLS: no session could be made");
        return;
    }
    endpoint_wake(endpoint, &endpoint->deadline_us, now_us + DEADLINE_US);
    endpoint_set_state(endpoint, ENDPOINT_HANDSHAKE, now_us);
    dtls_session_start(endpoint->dtls);
    follow_dtls(endpoint, now_us);
    replay_early_dtls(endpoint);
}

void endpoint_dtls_timer(struct endpoint *endpoint, int64_t now_us)
{
    endpoint->dtls_due_us = TIME_NEVER;
    if (endpoint->dtls == NULL)
        return;
    dtls_session_on_timeout(endpoint->dtls);
    follow_dtls(endpoint, now_us);
}

void endpoint_free_dtls(struct endpoint *endpoint)
{
    endpoint->dtls_free_us = endpoint->dtls_due_us = TIME_NEVER;
    if (endpoint->dtls != NULL)
        dtls_session_forget(endpoint->dtls);
    endpoint->dtls = NULL;
}

void endpoint_note_srtp(struct endpoint *endpoint)
{
    int64_t free_us = endpoint->now_us + DTLS_KEPT_AFTER_SRTP_US;

    if (endpoint->srtp_seen)
        return;
    endpoint->srtp_seen = true;
    if (endpoint->dtls != NULL && free_us < endpoint->dtls_free_us)
        endpoint_wake(endpoint, &endpoint->dtls_free_us, free_us);
}

/* -- ICE -- */

static void on_candidate(void *arg, const char *candidate)
{
    endpoint_collect_candidate(arg, candidate);
}

static void pair_found(struct endpoint *endpoint, enum ice_state state, int64_t now_us)
{
    if (!endpoint->ice_ready)
        endpoint->stats.ice_connected_us = now_us;
    endpoint->ice_ready = true;
    /* Without it media stays on way A: slower, not wrong. */
    if (state == ICE_READY)
        endpoint->stats.take_over_refused += ice_client_take_over(&endpoint->ice) != STATUS_OK;
    if (endpoint->crypto == NULL) {
        endpoint_start_dtls(endpoint, now_us);
        return;
    }
    endpoint->deadline_us = TIME_NEVER;
    endpoint->error[0] = '\0';
    endpoint_wake(endpoint, &endpoint->report_due_us, now_us);
    endpoint_set_state(endpoint, ENDPOINT_CONNECTED, now_us); /* a restart healed it */
}

static void on_ice_state(void *arg, enum ice_state state)
{
    struct endpoint *endpoint = arg;
    int64_t now_us = clock_monotonic_us();

    endpoint->now_us = now_us;
    if (endpoint->state == ENDPOINT_FAILED || endpoint->state == ENDPOINT_CLOSED)
        return;
    if (state == ICE_CONNECTED || state == ICE_READY)
        pair_found(endpoint, state, now_us);
    else if (state == ICE_FAILED && ice_client_error(&endpoint->ice)[0] != '\0')
        endpoint_fail(endpoint, now_us, "ICE: %s", ice_client_error(&endpoint->ice));
    else if (state == ICE_FAILED && endpoint->crypto != NULL)
        endpoint_fail(endpoint, now_us,
                      "ICE: the peer stopped answering consent checks (RFC 7675)");
    else if (state == ICE_FAILED)
        endpoint_fail(endpoint, now_us,
                      "ICE: no candidate pair works (%zu local, %zu remote candidates)",
                      endpoint->candidate_count, endpoint->remote_candidate_count);
}

static void receive(struct endpoint *endpoint, uint8_t *data, size_t size, int64_t arrival_us)
{
    endpoint->stats.packets_received++;
    endpoint->stats.bytes_received += size;
    switch (packet_kind(data, size)) {
    case PACKET_RTP:
        endpoint_receive_rtp(endpoint, data, size, arrival_us);
        break;
    case PACKET_RTCP:
        endpoint_receive_rtcp(endpoint, data, size, arrival_us);
        break;
    case PACKET_DTLS:
        if (endpoint->dtls != NULL)
            take_dtls(endpoint, data, size);
        else if (endpoint->crypto == NULL)
            keep_early_dtls(endpoint, data, size);
        break;
    default:
        endpoint->stats.malformed++;
    }
}

static void on_datagram(void *arg, uint8_t *data, size_t size, int64_t arrival_us)
{
    struct endpoint *endpoint = arg;

    if (endpoint->path == NULL)
        receive(endpoint, data, size, arrival_us);
    else
        endpoint->path->carry(endpoint->path->arg, false, DATAGRAM_ROUTE_MEDIA, data, size,
                              arrival_us);
}

void endpoint_arrive(struct endpoint *endpoint, bool out, uint64_t route, uint8_t *data,
                     size_t size, int64_t at_us)
{
    endpoint->now_us = clock_monotonic_us();
    if (route != DATAGRAM_ROUTE_MEDIA)
        ice_client_arrive(&endpoint->ice, out, route, data, size);
    else if (out)
        ice_client_send(&endpoint->ice, data, size);
    else
        receive(endpoint, data, size, at_us);
}

static void on_socket(void *arg, int fd, bool watch)
{
    struct endpoint *endpoint = arg;

    endpoint->events.on_socket(endpoint->arg, fd, watch);
}

enum status endpoint_create_ice(struct endpoint *endpoint, bool controlling, bool remote_lite,
                                struct failure *failure)
{
    struct ice_config config = endpoint->ice_config;

    config.controlling = controlling;
    config.remote_lite = remote_lite;
    config.arg = endpoint;
    config.on_candidate = on_candidate;
    config.on_state = on_ice_state;
    config.on_datagram = on_datagram;
    config.on_socket = on_socket;
    return ice_client_create(&config, &endpoint->ice, failure);
}

void endpoint_finish_transport(struct endpoint *endpoint)
{
    dtls_session_destroy(endpoint->dtls);
    endpoint->dtls = NULL;
    media_crypto_destroy(endpoint->crypto);
    ice_client_destroy(&endpoint->ice);
    free(endpoint->early_dtls);
}
