#include "common/webrtc/endpoint.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/endpoint_private.h"

/* -- Life -- */

/* Copies of the borrowed texts; those that found no memory become NULL. */
static enum status keep_texts(const char **texts[], size_t count)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < count; i++) {
        if (*texts[i] == NULL)
            continue;
        *texts[i] = strdup(*texts[i]);
        if (*texts[i] == NULL)
            status = STATUS_NO_MEMORY;
    }
    return status;
}

static enum status keep_ice_config(struct endpoint *endpoint, const struct endpoint_config *config)
{
    struct ice_config *ice = &endpoint->ice_config;
    const char **texts[] = {&ice->address, &ice->stun_address, &ice->turn_address, &ice->turn_user,
                            &ice->turn_password};

    *ice = (struct ice_config){.address = config->address,
                               .ring = config->ring,
                               .path = config->path,
                               .shared = config->shared,
                               .stun_address = config->stun_address,
                               .stun_port = config->stun_port,
                               .turn_address = config->turn_address,
                               .turn_port = config->turn_port,
                               .turn_user = config->turn_user,
                               .turn_password = config->turn_password,
                               .turn_tcp = config->turn_tcp,
                               .relay_only = config->relay_only};
    return keep_texts(texts, sizeof(texts) / sizeof(texts[0]));
}

static void forget_ice_config(struct endpoint *endpoint)
{
    struct ice_config *ice = &endpoint->ice_config;

    free((char *)ice->address);
    free((char *)ice->stun_address);
    free((char *)ice->turn_address);
    free((char *)ice->turn_user);
    if (ice->turn_password != NULL)
        explicit_bzero((char *)ice->turn_password, strlen(ice->turn_password));
    free((char *)ice->turn_password);
}

static enum status name_session(struct endpoint *endpoint)
{
    uint64_t secret[2];
    enum status status = random_secret(secret, sizeof(secret));

    if (status != STATUS_OK)
        return status;
    /* RFC 8829 §5.2.1: 63 bits. */
    snprintf(endpoint->session_id, sizeof(endpoint->session_id), "%llu",
             (unsigned long long)(secret[0] >> 1));
    endpoint->transport_sequence = (uint16_t)(secret[1] & 0x7fff);
    random_stream_init(&endpoint->random, secret[1]);
    return STATUS_OK;
}

static void stop_timers(struct endpoint *endpoint)
{
    endpoint->due_us = endpoint->deadline_us = endpoint->dtls_due_us = endpoint->dtls_free_us =
        endpoint->report_due_us = endpoint->feedback_due_us = endpoint->nack_due_us =
            endpoint->key_frame_due_us = TIME_NEVER;
}

enum status endpoint_create(const struct endpoint_config *config, int64_t now_us,
                            struct endpoint **ret_endpoint, struct failure *failure)
{
    struct endpoint *endpoint;
    enum status status;

    assert(config->certificate != NULL && config->cname != NULL);
    assert(config->events.on_candidate != NULL && config->events.on_state != NULL &&
           config->events.on_media != NULL && config->events.on_socket != NULL);
    status = media_crypto_start();
    if (status != STATUS_OK)
        return failure_set(failure, status, "libsrtp2 did not start");
    endpoint = calloc(1, sizeof(*endpoint));
    if (endpoint == NULL)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for an endpoint");
    endpoint->events = config->events;
    endpoint->arg = config->arg;
    endpoint->certificate = config->certificate;
    endpoint->path = config->path;
    endpoint->now_us = endpoint->stats.created_us = now_us;
    endpoint->realtime_offset_us = clock_realtime_offset_us();
    snprintf(endpoint->cname, sizeof(endpoint->cname), "%s", config->cname);
    buffer_init(&endpoint->description, SDP_TEXT_MAX);
    stop_timers(endpoint);
    endpoint->round_trip_us = -1;
    status = keep_ice_config(endpoint, config);
    if (status == STATUS_OK)
        status = name_session(endpoint);
    if (status != STATUS_OK) {
        endpoint_destroy(endpoint);
        return failure_set(failure, status, "endpoint: %s", status_text(status));
    }
    *ret_endpoint = endpoint;
    return STATUS_OK;
}

void endpoint_destroy(struct endpoint *endpoint)
{
    if (endpoint == NULL)
        return;
    if (endpoint->state == ENDPOINT_CONNECTED)
        endpoint_send_bye(endpoint);
    endpoint_finish_transport(endpoint);
    endpoint_forget_streams(endpoint);
    for (size_t i = 0; i < endpoint_sender_count(endpoint); i++) {
        packet_history_destroy(endpoint_sender(endpoint, i)->history);
        free(endpoint_sender(endpoint, i));
    }
    endpoint_finish_negotiation(endpoint);
    forget_ice_config(endpoint);
    buffer_finish(&endpoint->description);
    free(endpoint->feedback);
    free(endpoint);
}

/* -- State -- */

void endpoint_set_state(struct endpoint *endpoint, enum endpoint_state state, int64_t now_us)
{
    if (endpoint->state == state)
        return;
    endpoint->state = state;
    endpoint->events.on_state(endpoint->arg, state, now_us);
}

void endpoint_fail(struct endpoint *endpoint, int64_t now_us, const char *format, ...)
{
    va_list arguments;

    if (endpoint->state == ENDPOINT_FAILED || endpoint->state == ENDPOINT_CLOSED)
        return;
    va_start(arguments, format);
    vsnprintf(endpoint->error, sizeof(endpoint->error), format, arguments);
    va_end(arguments);
    endpoint->deadline_us = endpoint->dtls_due_us = TIME_NEVER;
    endpoint_set_state(endpoint, endpoint->crypto != NULL ? ENDPOINT_LOST : ENDPOINT_FAILED,
                       now_us);
}

enum endpoint_state endpoint_state(const struct endpoint *endpoint)
{
    return endpoint->state;
}

const char *endpoint_error(const struct endpoint *endpoint)
{
    return endpoint->error;
}

/* -- Timers -- */

void endpoint_wake(struct endpoint *endpoint, int64_t *due_us, int64_t at_us)
{
    *due_us = at_us;
    if (at_us < endpoint->due_us)
        endpoint->due_us = at_us;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void reschedule(struct endpoint *endpoint)
{
    int64_t due_us = earlier(endpoint->deadline_us, endpoint->dtls_due_us);

    due_us = earlier(due_us, endpoint->dtls_free_us);
    if (endpoint->state == ENDPOINT_CONNECTED) {
        due_us = earlier(due_us, endpoint->report_due_us);
        due_us = earlier(due_us, endpoint->feedback_due_us);
        due_us = earlier(due_us, endpoint->nack_due_us);
        due_us = earlier(due_us, endpoint->key_frame_due_us);
    }
    endpoint->due_us = due_us;
}

static void check_deadline(struct endpoint *endpoint, int64_t now_us)
{
    if (now_us < endpoint->deadline_us)
        return;
    endpoint->deadline_us = TIME_NEVER;
    if (endpoint->state == ENDPOINT_CHECKING)
        endpoint_fail(endpoint, now_us,
                      "ICE: no candidate pair answered within 30 s (%zu local, %zu remote "
                      "candidates)",
                      endpoint->candidate_count, endpoint->remote_candidate_count);
    else if (endpoint->state == ENDPOINT_HANDSHAKE)
        endpoint_fail(endpoint, now_us, "DTLS: the handshake did not end within 30 s");
}

static void tell_end_of_candidates(struct endpoint *endpoint)
{
    if (!endpoint->end_pending)
        return;
    endpoint->end_pending = false;
    endpoint->events.on_candidate(endpoint->arg, NULL);
}

void endpoint_on_timer(struct endpoint *endpoint, int64_t now_us)
{
    endpoint->now_us = now_us;
    if (now_us >= ice_client_due_us(&endpoint->ice))
        ice_client_on_timer(&endpoint->ice, now_us);
    if (now_us < endpoint->due_us)
        return;
    tell_end_of_candidates(endpoint);
    check_deadline(endpoint, now_us);
    if (now_us >= endpoint->dtls_due_us)
        endpoint_dtls_timer(endpoint, now_us);
    if (now_us >= endpoint->dtls_free_us)
        endpoint_free_dtls(endpoint);
    if (endpoint->state == ENDPOINT_CONNECTED)
        endpoint_send_due_feedback(endpoint, now_us);
    reschedule(endpoint);
}

void endpoint_readable(struct endpoint *endpoint, int fd)
{
    endpoint->now_us = clock_monotonic_us();
    if (ice_client_exists(&endpoint->ice))
        ice_client_readable(&endpoint->ice, fd);
}

/* -- Tracks and statistics -- */

size_t endpoint_track_count(const struct endpoint *endpoint)
{
    return endpoint->track_count;
}

enum sdp_kind endpoint_track_kind(const struct endpoint *endpoint, size_t track)
{
    assert(track < endpoint->track_count);
    return endpoint->tracks[track]->agreed.kind;
}

bool endpoint_find_track(const struct endpoint *endpoint, const char *mid, size_t *ret_track)
{
    for (size_t i = 0; i < endpoint->track_count; i++)
        if (strcmp(endpoint->tracks[i]->agreed.mid, mid) == 0) {
            *ret_track = i;
            return true;
        }
    return false;
}

/* A track may have been fed by several SSRCs in turn. */
static void add_stream(const struct stream *stream, struct endpoint_track_stats *stats)
{
    stats->packets_received += stream->received.packets + stream->repaired;
    stats->bytes_received += stream->received.bytes + stream->repaired_bytes;
    stats->retransmitted_packets_received += stream->repaired;
    stats->duplicates += stream->received.duplicates + stream->repaired_duplicates;
    stats->reordered += stream->received.reordered;
    stats->packets_lost += receive_stats_lost(&stream->received);
}

/* What the section sends in further encodings. */
static void add_extras(const struct endpoint *endpoint, size_t index,
                       struct endpoint_track_stats *stats)
{
    for (size_t i = 0; i < endpoint->extra_count; i++) {
        const struct endpoint_track_stats *extra = &endpoint->extras[i]->stats;

        if (endpoint->extras[i]->index != index)
            continue;
        stats->packets_sent += extra->packets_sent;
        stats->bytes_sent += extra->bytes_sent;
        stats->retransmitted_packets_sent += extra->retransmitted_packets_sent;
        stats->nack_received += extra->nack_received;
        stats->pli_received += extra->pli_received;
        stats->fir_received += extra->fir_received;
    }
}

void endpoint_track_stats(const struct endpoint *endpoint, size_t track,
                          struct endpoint_track_stats *ret_stats)
{
    const struct track *source;

    assert(track < endpoint->track_count);
    source = endpoint->tracks[track];
    *ret_stats = source->stats;
    add_extras(endpoint, track, ret_stats);
    ret_stats->round_trip_time_s =
        source->round_trip_us < 0 ? -1 : (double)source->round_trip_us / US_PER_S;
    ret_stats->send_ssrc = source->ssrc;
    ret_stats->send_rtx_ssrc = source->agreed.rtx_payload_type != 0 ? source->rtx_ssrc : 0;
    for (size_t i = 0; i < endpoint->stream_count; i++) {
        const struct stream *stream = endpoint->streams[i];

        if (stream->track == source && stream->rtx)
            ret_stats->receive_rtx_ssrc = stream->ssrc;
        else if (stream->track == source)
            add_stream(stream, ret_stats);
    }
    if (source->stream != NULL) {
        ret_stats->receive_ssrc = source->stream->ssrc;
        ret_stats->jitter_s = receive_stats_jitter_s(&source->stream->received);
    }
}

void endpoint_stats(const struct endpoint *endpoint, struct endpoint_stats *ret_stats)
{
    struct ice_counters counters = {0};

    *ret_stats = endpoint->stats;
    if (ret_stats->srtp_suite == NULL)
        ret_stats->srtp_suite = "";
    if (!ice_client_exists(&endpoint->ice))
        return;
    ice_client_counters(&endpoint->ice, &counters);
    ret_stats->kernel_drops = counters.kernel_drops;
    ret_stats->strangers = counters.strangers;
    ret_stats->stamps_refused = counters.stamps_refused;
    ret_stats->malformed += counters.truncated;
    ret_stats->taken_over = ice_client_taken_over(&endpoint->ice);
}
