#include "engine/participant/participant.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "engine/participant/participant_private.h"

/* RTCP, DTLS retransmission and consent are looked at this often. */
#define HOUSEKEEPING_US (20 * US_PER_MS)

static void emit(struct participant *participant, enum participant_event event, uint32_t sender,
                 const char *text, int64_t at_us)
{
    if (participant->on_event)
        participant->on_event(participant->arg, event, sender, text, at_us);
}

/* ---- what the endpoint tells ---- */

static void on_candidate(void *arg, const char *candidate)
{
    struct participant *participant = arg;
    int64_t now_us = clock_monotonic_us();

    if (!candidate && participant->phases.gathered_us == 0)
        participant->phases.gathered_us = now_us;
    emit(participant, PARTICIPANT_CANDIDATE, 0, candidate ? candidate : "", now_us);
}

static void record_connect_phases(struct participant *participant)
{
    struct participant_phases *phases = &participant->phases;
    struct metrics *metrics = participant->context->metrics;

    metric_record(metrics, METRIC_CONNECT_ICE, phases->ice_us - phases->offered_us,
                  participant->tag, 0);
    metric_record(metrics, METRIC_CONNECT_DTLS, phases->dtls_us - phases->ice_us, participant->tag,
                  0);
}

static void on_state(void *arg, enum endpoint_state state, int64_t now_us)
{
    struct participant *participant = arg;

    switch (state) {
    case ENDPOINT_HANDSHAKE:
        if (participant->phases.ice_us == 0)
            participant->phases.ice_us = now_us;
        break;
    case ENDPOINT_CONNECTED:
        if (!participant->was_connected) {
            participant->was_connected = true;
            participant->phases.dtls_us = now_us;
            record_connect_phases(participant);
            participant_start_source(participant, now_us);
            emit(participant, PARTICIPANT_CONNECTED, 0, "", now_us);
        }
        break;
    case ENDPOINT_LOST:
    case ENDPOINT_FAILED:
        if (participant->source)
            media_source_stop(participant->source);
        if (!participant->reported_loss) {
            participant->reported_loss = true;
            emit(participant, state == ENDPOINT_LOST ? PARTICIPANT_LOST : PARTICIPANT_FAILED, 0,
                 endpoint_error(participant->endpoint), now_us);
        }
        break;
    default:
        break;
    }
}

static void on_media(void *arg, const struct endpoint_media *media)
{
    struct participant *participant = arg;

    media_sink_packet(participant->sink, media);
}

static void on_key_frame_request(void *arg, size_t track, unsigned encoding)
{
    struct participant *participant = arg;

    if (participant->source && track == participant->video_track)
        media_source_key_frame(participant->source, encoding);
}

static void on_tap(void *arg, bool sent, bool rtcp, const void *data, size_t size, int64_t now_us)
{
    struct participant *participant = arg;

    capture_plain(participant->capture, sent, rtcp, data, size, now_us);
}

static void on_wire(void *arg, bool sent, const void *data, size_t size, int64_t now_us)
{
    struct participant *participant = arg;

    capture_wire(participant->capture, sent, data, size, now_us);
}

static void on_keys(void *arg, const char *suite, const struct srtp_keys *keys)
{
    struct participant *participant = arg;

    capture_keys(participant->capture, suite, keys);
}

static void on_readable(void *arg, int fd, int events)
{
    struct participant *participant = arg;

    (void)events;
    endpoint_readable(participant->endpoint, fd);
}

static void on_socket(void *arg, int fd, bool watch)
{
    struct participant *participant = arg;

    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        struct socket_watch *slot = &participant->sockets[i];
        if (watch && !slot->watch) {
            slot->fd = fd;
            slot->watch = loop_watch_create(participant->context->loop, fd, LOOP_READ, on_readable,
                                            participant);
            return;
        }
        if (!watch && slot->watch && slot->fd == fd) {
            loop_watch_destroy(slot->watch);
            slot->watch = NULL;
            return;
        }
    }
    /* More sockets than one agent ever opens: a program fault, not the world's. */
    assert(!watch);
}

/* ---- what the sink tells ---- */

static void on_first(void *arg, uint32_t sender, enum media_first what, int64_t at_us)
{
    static const enum participant_event events[] = {
        [MEDIA_FIRST_RTP] = PARTICIPANT_FIRST_RTP,
        [MEDIA_FIRST_AUDIO] = PARTICIPANT_FIRST_AUDIO,
        [MEDIA_FIRST_KEY_FRAME] = PARTICIPANT_FIRST_FRAME,
        [MEDIA_FIRST_DECODED] = PARTICIPANT_FIRST_DECODED,
        [MEDIA_FIRST_REFRESH] = PARTICIPANT_REFRESHED,
    };
    struct participant *participant = arg;
    struct participant_phases *phases = &participant->phases;

    if (what == MEDIA_FIRST_RTP && phases->first_rtp_us == 0)
        phases->first_rtp_us = at_us;
    if (what == MEDIA_FIRST_AUDIO && phases->first_audio_us == 0)
        phases->first_audio_us = at_us;
    if (what == MEDIA_FIRST_KEY_FRAME && phases->first_frame_us == 0)
        phases->first_frame_us = at_us;
    emit(participant, events[what], sender, "", at_us);
}

static void on_forbidden(void *arg, uint32_t sender, const char *what, int64_t at_us)
{
    struct participant *participant = arg;

    participant->forbidden++;
    emit(participant, PARTICIPANT_FORBIDDEN, sender, what, at_us);
}

static void on_want_key_frame(void *arg, size_t track)
{
    struct participant *participant = arg;

    endpoint_request_key_frame(participant->endpoint, track, clock_monotonic_us());
}

/* ---- life ---- */

static void housekeeping(void *arg, int64_t now_us)
{
    struct participant *participant = arg;

    wheel_start(participant->context->wheel, &participant->housekeeping, now_us + HOUSEKEEPING_US);
    if (now_us >= participant->next_second_us) {
        participant->next_second_us = now_us + US_PER_S;
        media_sink_second(participant->sink, now_us);
        participant_record_traffic(participant);
    }
    endpoint_on_timer(participant->endpoint, now_us);
}

static enum status create_capture(struct participant *participant, struct failure *failure)
{
    if (!participant->context->evidence_folder)
        return failure_set(failure, STATUS_INVALID, "a capture needs a folder for results");
    return capture_create(&(struct capture_config){.folder = participant->context->evidence_folder,
                                                   .session = participant->session,
                                                   .name = participant->name,
                                                   .keep_keys = participant->context->keep_keys},
                          &participant->capture, failure);
}

static enum status create_media(struct participant *participant, struct failure *failure)
{
    struct media_context *context = participant->context;
    char cname[33];
    struct endpoint_config config = {
        .certificate = context->certificates[participant->sender % context->certificate_count],
        .address = context->address,
        .ring = context->ring,
        .path = participant->link ? &participant->path : NULL,
        .shared = context->shared,
        .cname = cname,
        .arg = participant,
        .events = {.on_candidate = on_candidate,
                   .on_state = on_state,
                   .on_media = on_media,
                   .on_key_frame_request = on_key_frame_request,
                   .on_tap = participant->capture ? on_tap : NULL,
                   .on_wire = participant->capture ? on_wire : NULL,
                   .on_keys = participant->capture && context->keep_keys ? on_keys : NULL,
                   .on_socket = on_socket},
    };
    enum status status = random_secret_text(cname, sizeof cname - 1);

    if (status != STATUS_OK)
        return failure_set(failure, status, "no random numbers from the kernel");
    participant->sink = media_sink_create(&(struct media_sink_config){
        .metrics = context->metrics,
        .role_tag = participant->tag,
        .run = context->run,
        .receiver = participant->sender,
        .temporal_layers = context->video ? context->video->temporal_layers : 1,
        .simulcast = media_context_encodings(context) > 1,
        .probes = participant->decode ? context->probes : NULL,
        .late = &context->late,
        .save_prefix =
            participant->decode && participant->capture ? capture_stem(participant->capture) : NULL,
        .arg = participant,
        .on_first = on_first,
        .on_forbidden = on_forbidden,
        .on_want_key_frame = on_want_key_frame,
    });
    if (!participant->sink)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", participant->name);
    status = endpoint_create(&config, clock_monotonic_us(), &participant->endpoint, failure);
    if (status != STATUS_OK)
        return status;
    participant->housekeeping.fire = housekeeping;
    participant->housekeeping.arg = participant;
    wheel_start(context->wheel, &participant->housekeeping, clock_monotonic_us() + HOUSEKEEPING_US);
    return STATUS_OK;
}

enum status participant_create(const struct participant_config *config,
                               struct participant **ret_participant, struct failure *failure)
{
    struct participant *participant = calloc(1, sizeof *participant);
    char tag[48];
    enum status status = STATUS_OK;

    if (!participant)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", config->name);
    participant->context = config->context;
    participant->session = config->session;
    participant->decode = config->decode;
    participant->arg = config->arg;
    participant->on_event = config->on_event;
    participant->sender = ++config->context->next_sender;
    snprintf(participant->role, sizeof participant->role, "%s", config->role);
    snprintf(participant->name, sizeof participant->name, "%s", config->name);
    snprintf(tag, sizeof tag, "role=%s", config->role);
    participant->role_tag = participant->tag =
        metrics_tag_both(config->context->metrics, metrics_tag(config->context->metrics, tag),
                         metrics_tag(config->context->metrics, config->tag));
    if (config->capture && config->context->mode != MEDIA_NONE)
        status = create_capture(participant, failure);
    if (status == STATUS_OK && config->context->mode != MEDIA_NONE &&
        (config->impairable || config->context->network))
        status = participant_create_network(participant, failure);
    if (status == STATUS_OK && config->context->mode != MEDIA_NONE)
        status = create_media(participant, failure);
    if (status != STATUS_OK) {
        participant_destroy(participant);
        return status;
    }
    *ret_participant = participant;
    return STATUS_OK;
}

void participant_judge(struct participant *participant)
{
    if (participant->sink)
        media_sink_finish(participant->sink, clock_monotonic_us());
}

void participant_destroy(struct participant *participant)
{
    if (!participant)
        return;
    /* What is being closed has nothing more to tell. */
    participant->on_event = NULL;
    if (participant->endpoint) {
        wheel_stop(participant->context->wheel, &participant->housekeeping);
        participant_record_totals(participant);
        if (participant->capture)
            capture_counts(participant->capture, participant->endpoint);
    }
    media_source_destroy(participant->source);
    endpoint_destroy(participant->endpoint);
    net_link_destroy(participant->link);
    media_sink_destroy(participant->sink);
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        loop_watch_destroy(participant->sockets[i].watch);
    capture_destroy(participant->capture);
    free(participant);
}

uint32_t participant_sender(const struct participant *participant)
{
    return participant->sender;
}

/* ---- questions ---- */

void participant_phases(const struct participant *participant,
                        struct participant_phases *ret_phases)
{
    *ret_phases = participant->phases;
}

enum endpoint_state participant_state(const struct participant *participant)
{
    return participant->endpoint ? endpoint_state(participant->endpoint) : ENDPOINT_NEW;
}
