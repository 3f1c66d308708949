#include "engine/participant/participant.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "engine/participant/capture.h"

/* How long after a permission ended packets may still arrive without being a violation: what was
 * on its way, through both ends' queues. A leak goes on for longer. */
#define PERMISSION_GRACE_US (500 * US_PER_MS)
/* RTCP, DTLS retransmission and consent are looked at this often. */
#define HOUSEKEEPING_US (20 * US_PER_MS)
#define SOCKETS_MAX 24
#define OWN_AUDIO_TRACK 0
#define OWN_VIDEO_TRACK 1

struct socket_watch {
    int fd;
    struct loop_watch *watch;
};

/* Running totals of one endpoint, summed over its tracks. */
struct traffic {
    uint64_t sent, received, retransmitted, nacks, plis, bytes_sent, bytes_received, drops,
        strangers;
};

struct participant {
    struct media_context *context; /* borrowed */
    uint32_t sender;
    uint64_t session;
    char role[32];
    char name[64];
    unsigned role_tag;
    unsigned tag; /* role_tag, with the emulated network's */
    bool decode;
    void *arg;
    void (*on_event)(void *arg, enum participant_event event, uint32_t sender, const char *text,
                     int64_t at_us);
    struct endpoint *endpoint;   /* owned; NULL with MEDIA_NONE */
    struct datagram_path path;   /* into `link` */
    struct net_link *link;       /* owned; NULL: no emulated network */
    struct media_source *source; /* owned; NULL before the first description */
    struct media_sink *sink;     /* owned */
    struct capture *capture;     /* owned; NULL: none */
    struct socket_watch sockets[SOCKETS_MAX];
    struct wheel_timer housekeeping;
    size_t audio_track, video_track;
    bool wants_audio, wants_video; /* what participant_send asked for */
    bool listens;                  /* what participant_talk asked for */
    bool was_connected, reported_loss;
    uint64_t forbidden;
    struct participant_phases phases;
    int64_t next_second_us;
    struct traffic recorded; /* what the metrics know of already */
};

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

static void start_source(struct participant *participant, int64_t now_us)
{
    if (!participant->source || endpoint_state(participant->endpoint) != ENDPOINT_CONNECTED)
        return;
    if (participant->wants_audio || participant->wants_video)
        media_source_start(participant->source, participant->wants_audio, participant->wants_video,
                           now_us);
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
            start_source(participant, now_us);
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

/* ---- what the endpoint counts ---- */

static void read_traffic(const struct participant *participant, struct traffic *ret_traffic)
{
    struct endpoint_stats stats;
    struct traffic traffic = {0};

    for (size_t i = 0; i < endpoint_track_count(participant->endpoint); i++) {
        struct endpoint_track_stats track;
        endpoint_track_stats(participant->endpoint, i, &track);
        traffic.sent += track.packets_sent;
        traffic.received += track.packets_received;
        traffic.retransmitted += track.retransmitted_packets_received;
        traffic.nacks += track.nack_count;
        traffic.plis += track.pli_count;
    }
    endpoint_stats(participant->endpoint, &stats);
    traffic.bytes_sent = stats.bytes_sent;
    traffic.bytes_received = stats.bytes_received;
    traffic.drops = stats.kernel_drops;
    traffic.strangers = stats.strangers;
    *ret_traffic = traffic;
}

static void add_gain(struct participant *participant, enum metric metric, uint64_t now,
                     uint64_t before)
{
    if (now > before)
        metric_record(participant->context->metrics, metric, (int64_t)(now - before),
                      participant->tag, 0);
}

/* Counters go into the metrics as they grow, so that every second shows its own traffic. */
static void record_traffic(struct participant *participant)
{
    struct traffic now, before = participant->recorded;

    read_traffic(participant, &now);
    participant->recorded = now;
    add_gain(participant, METRIC_RTP_SENT, now.sent, before.sent);
    add_gain(participant, METRIC_RTP_RECEIVED, now.received, before.received);
    add_gain(participant, METRIC_RTP_RETRANSMITTED, now.retransmitted, before.retransmitted);
    add_gain(participant, METRIC_NACK_SENT, now.nacks, before.nacks);
    add_gain(participant, METRIC_PLI_SENT, now.plis, before.plis);
    add_gain(participant, METRIC_RTP_BYTES_SENT, now.bytes_sent, before.bytes_sent);
    add_gain(participant, METRIC_RTP_BYTES_RECEIVED, now.bytes_received, before.bytes_received);
    add_gain(participant, METRIC_KERNEL_DROPS, now.drops, before.drops);
    add_gain(participant, METRIC_STRANGERS, now.strangers, before.strangers);
}

static void record_round_trips(struct participant *participant)
{
    for (size_t i = 0; i < endpoint_track_count(participant->endpoint); i++) {
        struct endpoint_track_stats track;
        endpoint_track_stats(participant->endpoint, i, &track);
        if (track.round_trip_time_s >= 0)
            metric_record(participant->context->metrics, METRIC_RTT,
                          (int64_t)(track.round_trip_time_s * 1e6), participant->tag, 0);
    }
}

static void record_totals(struct participant *participant)
{
    media_sink_finish(participant->sink, clock_monotonic_us());
    record_traffic(participant);
    record_round_trips(participant);
}

/* ---- life ---- */

static void housekeeping(void *arg, int64_t now_us)
{
    struct participant *participant = arg;

    wheel_start(participant->context->wheel, &participant->housekeeping, now_us + HOUSEKEEPING_US);
    if (now_us >= participant->next_second_us) {
        participant->next_second_us = now_us + US_PER_S;
        media_sink_second(participant->sink, now_us);
        record_traffic(participant);
    }
    endpoint_on_timer(participant->endpoint, now_us);
}

/* ---- the emulated network ---- */

/* libnice 0.1.21 checks consent every 5 s, sends no check twice and gives up after 10 s, where RFC
 * 7675 §5.1 says 30 s: a lossy network would end calls that browsers keep. So the consent of an
 * established full client passes beside its network. */
static bool is_consent(const struct participant *participant, uint64_t route)
{
    return route != DATAGRAM_ROUTE_MEDIA && participant->was_connected &&
           participant->context->shared == NULL;
}

static void on_carry(void *arg, bool out, uint64_t route, void *data, size_t size, int64_t at_us)
{
    struct participant *participant = arg;

    if (is_consent(participant, route))
        endpoint_arrive(participant->endpoint, out, route, data, size, at_us);
    else
        net_link_carry(participant->link, out, route, data, size, at_us, clock_monotonic_us());
}

static void on_deliver(void *arg, bool up, uint64_t route, uint8_t *data, size_t size,
                       int64_t at_us)
{
    struct participant *participant = arg;

    endpoint_arrive(participant->endpoint, up, route, data, size, at_us);
}

/* What is recorded from now on has the tag net=, too. */
static void take_network_tag(struct participant *participant)
{
    struct metrics *metrics = participant->context->metrics;
    char tag[40];

    snprintf(tag, sizeof tag, "net=%s", net_link_profile(participant->link));
    participant->tag = metrics_tag_both(metrics, metrics_tag(metrics, tag), participant->role_tag);
}

static enum status create_network(struct participant *participant, struct failure *failure)
{
    static const struct net_profile none = {.name = "none"};
    struct media_context *context = participant->context;

    participant->path = (struct datagram_path){participant, on_carry};
    participant->link = net_link_create(&(struct net_link_config){.wheel = context->wheel,
                                                                  .pool = context->network_pool,
                                                                  .metrics = context->metrics,
                                                                  .seed = context->seed,
                                                                  .session = participant->session,
                                                                  .actor = participant->name,
                                                                  .arg = participant,
                                                                  .deliver = on_deliver},
                                        context->network ? context->network : &none);
    if (!participant->link)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", participant->name);
    take_network_tag(participant);
    return STATUS_OK;
}

enum status participant_network(struct participant *participant, const struct net_profile *profile)
{
    if (!participant->link)
        return STATUS_CONFLICT;
    net_link_change(participant->link, profile);
    take_network_tag(participant);
    media_sink_tag(participant->sink, participant->tag);
    return STATUS_OK;
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

static unsigned encodings_of(const struct media_context *context)
{
    unsigned count = 1;

    while (count < CLIP_ENCODINGS_MAX && context->lower_video[count - 1])
        count++;
    return count;
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
        .simulcast = encodings_of(context) > 1,
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
        status = create_network(participant, failure);
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
        record_totals(participant);
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

/* ---- descriptions ---- */

/* The clock, phase and clip positions differ per sender but repeat with the seed. */
static enum status create_source(struct participant *participant, struct failure *failure)
{
    struct media_context *context = participant->context;

    if (participant->source)
        return STATUS_OK;
    participant->source = media_source_create(&(struct media_source_config){
        .wheel = context->wheel,
        .endpoint = participant->endpoint,
        .metrics = context->metrics,
        .role_tag = participant->tag,
        .video = context->mode == MEDIA_FULL ? context->video : NULL,
        .lower = {context->lower_video[0], context->lower_video[1]},
        .audio = context->audio,
        .video_track = participant->video_track,
        .audio_track = participant->audio_track,
        .run = context->run,
        .sender = participant->sender,
        .seed = random_mix(context->seed, participant->sender),
        .burst = context->burst,
    });
    if (!participant->source)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", participant->name);
    media_source_talk(participant->source, !participant->listens);
    return STATUS_OK;
}

static enum status no_media(const struct participant *participant, struct failure *failure)
{
    return failure_set(failure, STATUS_CONFLICT, "%s has no media (--media none)",
                       participant->name);
}

enum status participant_offer(struct participant *participant, unsigned video_slots,
                              unsigned audio_slots, bool ice_restart, const char **ret_sdp,
                              struct failure *failure)
{
    bool with_video = participant->context->mode == MEDIA_FULL;
    struct endpoint_track tracks[ENDPOINT_TRACKS_MAX];
    enum sdp_direction own;
    size_t count = 0;

    if (!participant->endpoint)
        return no_media(participant, failure);
    if (2 + video_slots + audio_slots > ENDPOINT_TRACKS_MAX)
        return failure_set(failure, STATUS_TOO_LARGE, "%s: %u + %u slots are more than %d sections",
                           participant->name, video_slots, audio_slots, ENDPOINT_TRACKS_MAX);
    own = video_slots + audio_slots > 0 ? SDP_SENDONLY : SDP_SENDRECV;
    tracks[count++] = (struct endpoint_track){.kind = SDP_AUDIO, .direction = own};
    tracks[count++] = (struct endpoint_track){.kind = SDP_VIDEO,
                                              .direction = with_video ? own : SDP_INACTIVE,
                                              .encodings = encodings_of(participant->context)};
    for (unsigned i = 0; with_video && i < video_slots; i++)
        tracks[count++] = (struct endpoint_track){.kind = SDP_VIDEO, .direction = SDP_RECVONLY};
    for (unsigned i = 0; i < audio_slots; i++)
        tracks[count++] = (struct endpoint_track){.kind = SDP_AUDIO, .direction = SDP_RECVONLY};
    participant->audio_track = OWN_AUDIO_TRACK;
    participant->video_track = OWN_VIDEO_TRACK;
    if (participant->phases.offered_us == 0)
        participant->phases.offered_us = clock_monotonic_us();
    enum status status =
        endpoint_make_offer(participant->endpoint, tracks, count, ice_restart, ret_sdp, failure);
    return status == STATUS_OK ? create_source(participant, failure) : status;
}

enum status participant_set_answer(struct participant *participant, const char *sdp,
                                   struct failure *failure)
{
    if (!participant->endpoint)
        return no_media(participant, failure);
    return endpoint_set_answer(participant->endpoint, sdp, failure);
}

/* The first section of each kind in an offer carries our own media. */
static size_t choose_directions(const struct participant *participant, const struct sdp *offer,
                                enum sdp_direction *directions, size_t *audio, size_t *video)
{
    bool with_video = participant->context->mode == MEDIA_FULL;

    *audio = *video = SIZE_MAX;
    for (size_t i = 0; i < offer->media_count; i++) {
        bool is_video = offer->media[i].kind == SDP_VIDEO;
        size_t *own = is_video ? video : audio;
        directions[i] = SDP_RECVONLY;
        if (is_video && !with_video)
            directions[i] = SDP_INACTIVE;
        else if (*own == SIZE_MAX && (offer->media[i].direction & SDP_RECVONLY)) {
            *own = i;
            directions[i] = SDP_SENDRECV;
        }
    }
    return offer->media_count;
}

enum status participant_answer(struct participant *participant, const char *offer,
                               const char **ret_sdp, struct failure *failure)
{
    enum sdp_direction directions[SDP_MEDIA_MAX];
    struct sdp *parsed;
    size_t audio, video, count;
    enum status status;

    if (!participant->endpoint)
        return no_media(participant, failure);
    parsed = calloc(1, sizeof *parsed);
    if (!parsed)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", participant->name);
    status = sdp_parse(offer, strlen(offer), parsed, failure);
    if (status != STATUS_OK)
        goto out;
    count = choose_directions(participant, parsed, directions, &audio, &video);
    participant->audio_track = audio;
    participant->video_track = video;
    if (participant->phases.offered_us == 0)
        participant->phases.offered_us = clock_monotonic_us();
    status =
        endpoint_make_answer(participant->endpoint, offer, directions, count, ret_sdp, failure);
    if (status == STATUS_OK)
        status = create_source(participant, failure);
out:
    free(parsed);
    return status;
}

enum status participant_add_candidate(struct participant *participant, const char *candidate)
{
    if (!participant->endpoint)
        return STATUS_CONFLICT;
    return endpoint_add_candidate(participant->endpoint, candidate);
}

/* ---- media ---- */

void participant_send(struct participant *participant, bool audio, bool video, int64_t now_us)
{
    participant->wants_audio = audio;
    participant->wants_video = video;
    if (!participant->source)
        return;
    if (!audio && !video)
        media_source_stop(participant->source);
    else
        start_source(participant, now_us);
}

enum sdp_kind participant_slot(struct participant *participant, const char *mid,
                               const struct participant *source)
{
    size_t track;

    if (!participant->endpoint || !endpoint_find_track(participant->endpoint, mid, &track))
        return SDP_OTHER;
    media_sink_slot(participant->sink, track, source ? source->sender : 0);
    return endpoint_track_kind(participant->endpoint, track);
}

/* What the platform decides is seen late, and by a late generator later still; what it sent before
 * may be in an emulated network, or be asked for again through it. */
static int64_t grace_us(const struct participant *participant)
{
    int64_t way_us = participant->link ? net_link_longest_us(participant->link) : 0;

    return PERMISSION_GRACE_US + way_us +
           recent_max_get(&participant->context->late, clock_monotonic_us());
}

static uint32_t next_number(const struct participant *sender, enum sdp_kind kind)
{
    if (!sender->source)
        return 0;
    return kind == SDP_VIDEO ? media_source_video_number(sender->source)
                             : media_source_audio_number(sender->source);
}

void participant_permit(struct participant *receiver, struct participant *sender, bool permitted,
                        bool by_choice, int64_t at_us)
{
    if (!receiver->sink)
        return;
    uint32_t video = next_number(sender, SDP_VIDEO), audio = next_number(sender, SDP_AUDIO);
    if (!permitted)
        media_sink_expect_to(receiver->sink, sender->sender, video, audio);
    media_sink_allow(receiver->sink, sender->sender, permitted, at_us, grace_us(receiver));
    if (permitted && !by_choice)
        media_sink_expect_from(receiver->sink, sender->sender, video, audio);
}

void participant_withhold(struct participant *receiver, struct participant *sender, bool withheld,
                          int64_t at_us)
{
    if (receiver->sink)
        media_sink_withhold(receiver->sink, sender->sender, withheld,
                            sender->source ? media_source_video_number(sender->source) : 0, at_us);
}

void participant_choose(struct participant *receiver, struct participant *sender,
                        enum sdp_kind kind, bool chosen, int64_t at_us)
{
    if (receiver->sink)
        media_sink_choose(receiver->sink, sender->sender, kind, chosen, next_number(sender, kind),
                          at_us);
}

void participant_talk(struct participant *participant, bool talks)
{
    participant->listens = !talks;
    if (participant->source)
        media_source_talk(participant->source, talks);
}

bool participant_ask_key_frame(struct participant *receiver, uint32_t sender, int64_t at_us)
{
    return receiver->sink && media_sink_ask_key_frame(receiver->sink, sender, at_us);
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

bool participant_received(const struct participant *participant, uint32_t sender,
                          struct media_received *ret_received)
{
    return participant->sink && media_sink_from(participant->sink, sender, ret_received);
}

uint64_t participant_forbidden(const struct participant *participant)
{
    return participant->forbidden;
}

void participant_expect_foreign(struct participant *participant, bool expected, int64_t at_us)
{
    if (participant->sink)
        media_sink_expect_foreign(participant->sink, expected, at_us, grace_us(participant));
}

void participant_foreign(const struct participant *participant, struct media_foreign *ret_foreign)
{
    memset(ret_foreign, 0, sizeof *ret_foreign);
    if (participant->sink)
        media_sink_foreign(participant->sink, ret_foreign);
}

void participant_sent(const struct participant *participant, struct participant_sent *ret_sent)
{
    struct endpoint_track_stats audio, video;

    memset(ret_sent, 0, sizeof *ret_sent);
    if (!participant->source)
        return;
    endpoint_track_stats(participant->endpoint, participant->audio_track, &audio);
    endpoint_track_stats(participant->endpoint, participant->video_track, &video);
    ret_sent->audio_packets = audio.packets_sent;
    ret_sent->video_packets = video.packets_sent;
    ret_sent->frames = media_source_video_number(participant->source);
}

void participant_endpoint_stats(const struct participant *participant,
                                struct endpoint_stats *ret_stats)
{
    memset(ret_stats, 0, sizeof *ret_stats);
    ret_stats->srtp_suite = "";
    if (participant->endpoint)
        endpoint_stats(participant->endpoint, ret_stats);
}
