/* One endpoint of ours, talking to a browser: descriptions and candidates as JSON lines over stdin
 * and stdout. endpoint_peer offer|answer SECONDS (at most; a line {"stop":true} ends it). Sends
 * stamped synthetic media, counts what arrives, prints one line {"counts":…} at the end. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/loop.h"
#include "common/webrtc/endpoint.h"
#include "common/webrtc/transport/ice_agent.h"
#include "common/webrtc/transport/media_crypto.h"
#include "engine/media/clip.h"
#include "engine/media/media_source.h"

#define LINE_MAX_BYTES (256 * 1024)
#define TRACKS 2

struct peer {
    struct loop *loop;
    struct timer_wheel *wheel;
    struct endpoint *endpoint;
    struct media_source *source;
    struct metrics *metrics;
    struct video_clip *video;
    struct audio_clip *audio;
    struct certificate *certificate;
    struct loop_watch *sockets[8];
    int socket_fds[8];
    bool offerer;
    int64_t run_us, end_us;
    char line[LINE_MAX_BYTES];
    size_t line_size;
    uint64_t frames, packets[TRACKS], key_requests;
    uint32_t last_timestamp;
    bool any_frame;
};

static void say(json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);

    puts(text);
    fflush(stdout);
    free(text);
    json_decref(message);
}

static void fail(const char *what, const struct failure *failure)
{
    fprintf(stderr, "endpoint_peer: %s: %s\n", what, failure->message);
    exit(1);
}

static void on_candidate(void *arg, const char *candidate)
{
    (void)arg;
    if (candidate)
        say(json_pack("{s:s}", "candidate", candidate));
}

static void on_state(void *arg, enum endpoint_state state, int64_t now_us)
{
    struct peer *peer = arg;

    if (state == ENDPOINT_CONNECTED && peer->end_us == 0) {
        peer->end_us = now_us + peer->run_us;
        media_source_start(peer->source, true, true, now_us);
        say(json_pack("{s:s}", "state", "connected"));
    }
    if (state == ENDPOINT_FAILED || state == ENDPOINT_LOST) {
        fprintf(stderr, "endpoint_peer: %s\n", endpoint_error(peer->endpoint));
        exit(1);
    }
}

static void on_media(void *arg, const struct endpoint_media *media)
{
    struct peer *peer = arg;

    if (media->track < TRACKS)
        peer->packets[media->track]++;
    if (media->kind != SDP_VIDEO || media->packet->payload_size == 0)
        return;
    if (!peer->any_frame || media->packet->timestamp != peer->last_timestamp)
        peer->frames++;
    peer->any_frame = true;
    peer->last_timestamp = media->packet->timestamp;
}

static void on_key_frame_request(void *arg, size_t track, unsigned encoding)
{
    (void)encoding;
    struct peer *peer = arg;

    (void)track;
    peer->key_requests++;
    media_source_key_frame(peer->source, 0);
}

static void on_readable(void *arg, int fd, int events)
{
    struct peer *peer = arg;

    (void)events;
    endpoint_readable(peer->endpoint, fd);
}

static void on_socket(void *arg, int fd, bool watch)
{
    struct peer *peer = arg;

    for (size_t i = 0; i < 8; i++) {
        if (watch ? !peer->sockets[i] : peer->sockets[i] && peer->socket_fds[i] == fd) {
            loop_watch_destroy(peer->sockets[i]);
            peer->sockets[i] =
                watch ? loop_watch_create(peer->loop, fd, LOOP_READ, on_readable, peer) : NULL;
            peer->socket_fds[i] = fd;
            return;
        }
    }
}

static void make_source(struct peer *peer, size_t audio_track, size_t video_track)
{
    peer->source = media_source_create(&(struct media_source_config){.wheel = peer->wheel,
                                                                     .endpoint = peer->endpoint,
                                                                     .metrics = peer->metrics,
                                                                     .video = peer->video,
                                                                     .audio = peer->audio,
                                                                     .video_track = video_track,
                                                                     .audio_track = audio_track,
                                                                     .run = 7,
                                                                     .sender = 1,
                                                                     .seed = 1});
}

static void send_offer(struct peer *peer)
{
    struct endpoint_track tracks[TRACKS] = {{.kind = SDP_AUDIO, .direction = SDP_SENDRECV},
                                            {.kind = SDP_VIDEO, .direction = SDP_SENDRECV}};
    struct failure failure;
    const char *sdp;

    if (endpoint_make_offer(peer->endpoint, tracks, TRACKS, false, &sdp, &failure) != STATUS_OK)
        fail("offer", &failure);
    say(json_pack("{s:s, s:s}", "type", "offer", "sdp", sdp));
    make_source(peer, 0, 1);
}

static void take_description(struct peer *peer, const char *type, const char *sdp)
{
    enum sdp_direction directions[TRACKS] = {SDP_SENDRECV, SDP_SENDRECV};
    struct failure failure;
    const char *answer;

    if (strcmp(type, "answer") == 0) {
        if (endpoint_set_answer(peer->endpoint, sdp, &failure) != STATUS_OK)
            fail("answer", &failure);
        return;
    }
    if (endpoint_make_answer(peer->endpoint, sdp, directions, TRACKS, &answer, &failure) !=
        STATUS_OK)
        fail("offer", &failure);
    if (!peer->source)
        make_source(peer, 0, 1);
    say(json_pack("{s:s, s:s}", "type", "answer", "sdp", answer));
}

static void take_line(struct peer *peer, const char *line)
{
    json_t *message = json_loads(line, 0, NULL);
    const char *sdp = json_string_value(json_object_get(message, "sdp"));
    const char *type = json_string_value(json_object_get(message, "type"));
    const char *candidate = json_string_value(json_object_get(message, "candidate"));

    if (sdp && type)
        take_description(peer, type, sdp);
    if (candidate && *candidate)
        endpoint_add_candidate(peer->endpoint, candidate);
    if (json_object_get(message, "stop"))
        loop_stop(peer->loop);
    json_decref(message);
}

static void on_stdin(void *arg, int fd, int events)
{
    struct peer *peer = arg;
    char *end;
    ssize_t got = read(fd, peer->line + peer->line_size, sizeof peer->line - 1 - peer->line_size);

    (void)events;
    if (got <= 0) {
        loop_stop(peer->loop);
        return;
    }
    peer->line_size += (size_t)got;
    peer->line[peer->line_size] = '\0';
    while ((end = strchr(peer->line, '\n'))) {
        *end = '\0';
        take_line(peer, peer->line);
        peer->line_size -= (size_t)(end + 1 - peer->line);
        memmove(peer->line, end + 1, peer->line_size + 1);
    }
}

static void on_tick(void *arg, int64_t now_us)
{
    struct peer *peer = arg;

    timer_wheel_advance(peer->wheel, now_us);
    ice_agent_run_timers();
    endpoint_on_timer(peer->endpoint, now_us);
    if (peer->end_us != 0 && now_us > peer->end_us)
        loop_stop(peer->loop);
}

static void print_counts(struct peer *peer)
{
    struct endpoint_track_stats audio, video;
    struct endpoint_stats all;

    endpoint_track_stats(peer->endpoint, 0, &audio);
    endpoint_track_stats(peer->endpoint, 1, &video);
    endpoint_stats(peer->endpoint, &all);
    say(json_pack("{s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:s}}", "counts", "framesReceived",
                  (json_int_t)peer->frames, "videoPacketsReceived",
                  (json_int_t)video.packets_received, "videoRepairPacketsReceived",
                  (json_int_t)(video.retransmitted_packets_received + video.duplicates),
                  "audioPacketsReceived", (json_int_t)audio.packets_received, "framesSent",
                  (json_int_t)media_source_video_number(peer->source), "videoPacketsSent",
                  (json_int_t)video.packets_sent, "audioPacketsSent",
                  (json_int_t)audio.packets_sent, "keyFrameRequests",
                  (json_int_t)peer->key_requests, "takenOver", all.taken_over, "suite",
                  all.srtp_suite));
}

int main(int argc, char **argv)
{
    struct peer peer = {0};
    struct clip_settings clip = clip_settings_default();
    struct failure failure = {0};
    struct loop_timer *tick;

    if (argc != 3)
        return 2;
    peer.offerer = strcmp(argv[1], "offer") == 0;
    peer.run_us = strtol(argv[2], NULL, 10) * US_PER_S;
    peer.loop = loop_create();
    peer.wheel = timer_wheel_create(clock_monotonic_us());
    peer.metrics = metrics_create();
    if (media_crypto_start() != STATUS_OK ||
        certificate_create("endpoint_peer", NULL, 2, &peer.certificate) != STATUS_OK ||
        video_clip_create(&clip, &peer.video, &failure) != STATUS_OK ||
        audio_clip_create(&clip, &peer.audio, &failure) != STATUS_OK)
        fail("start", &failure);
    if (endpoint_create(
            &(struct endpoint_config){.certificate = peer.certificate,
                                      .address = "127.0.0.1",
                                      .cname = "endpoint-peer",
                                      .arg = &peer,
                                      .events = {.on_candidate = on_candidate,
                                                 .on_state = on_state,
                                                 .on_media = on_media,
                                                 .on_key_frame_request = on_key_frame_request,
                                                 .on_socket = on_socket}},
            clock_monotonic_us(), &peer.endpoint, &failure) != STATUS_OK)
        fail("endpoint", &failure);
    tick = loop_timer_create(peer.loop, on_tick, &peer);
    loop_timer_start(tick, US_PER_MS, US_PER_MS);
    struct loop_watch *input = loop_watch_create(peer.loop, 0, LOOP_READ, on_stdin, &peer);
    if (peer.offerer)
        send_offer(&peer);
    loop_run(peer.loop);
    if (peer.source)
        print_counts(&peer);
    media_source_destroy(peer.source);
    endpoint_destroy(peer.endpoint);
    loop_watch_destroy(input);
    loop_timer_destroy(tick);
    metrics_destroy(peer.metrics);
    video_clip_destroy(peer.video);
    audio_clip_destroy(peer.audio);
    certificate_destroy(peer.certificate);
    timer_wheel_destroy(peer.wheel);
    loop_destroy(peer.loop);
    return 0;
}
