/* The media plane with the project's own full endpoints (libnice agents, taken-over sockets): what
 * the engine's participants will do with it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/endpoint.h"
#include "common/webrtc/transport/ice_agent.h"
#include "reference-server/media/media_plane.h"

enum { AUDIO, VIDEO, VIDEO_SLOT, AUDIO_SLOT, TRACKS };
enum { PEERS = 3, FDS_MAX = 4, MEDIA_MAX = 2048, WAIT_S = 15 };

struct peer {
    uint64_t participant;
    struct endpoint *endpoint;
    int fds[FDS_MAX];
    struct loop_watch *watches[FDS_MAX];
    size_t key_frame_requests;
    size_t counts[TRACKS];
    uint8_t last_sender[TRACKS];
    int64_t sequences[MEDIA_MAX]; /* of the video slot */
};

static struct loop *loop;
static struct loop_timer *timer;
static struct media_plane *plane;
static struct certificate *certificate;
static struct peer peers[PEERS];
static unsigned connected[PEERS + 1], lost[PEERS + 1];

static void on_connected(void *arg, uint64_t participant)
{
    (void)arg;
    connected[participant]++;
}

static void on_lost(void *arg, uint64_t participant)
{
    (void)arg;
    lost[participant]++;
}

static void on_readable(void *arg, int fd, int events)
{
    (void)events;
    endpoint_readable(((struct peer *)arg)->endpoint, fd);
}

static void on_socket(void *arg, int fd, bool watch)
{
    struct peer *peer = arg;
    size_t i = 0;
    while (i < FDS_MAX &&
           (watch ? peer->watches[i] != NULL : peer->watches[i] == NULL || peer->fds[i] != fd))
        i++;
    ck_assert_uint_lt(i, FDS_MAX);
    if (watch) {
        peer->fds[i] = fd;
        peer->watches[i] = loop_watch_create(loop, fd, LOOP_READ, on_readable, peer);
    } else {
        loop_watch_destroy(peer->watches[i]);
        peer->watches[i] = NULL;
    }
}

static void on_candidate(void *arg, const char *candidate)
{
    (void)arg; /* the server is lite: it waits for our checks */
    (void)candidate;
}

static void on_state(void *arg, enum endpoint_state state, int64_t now_us)
{
    (void)arg;
    (void)state;
    (void)now_us;
}

static void on_media(void *arg, const struct endpoint_media *media)
{
    struct peer *peer = arg;
    size_t size = media->packet->payload_size;
    if (media->track == VIDEO_SLOT && peer->counts[VIDEO_SLOT] < MEDIA_MAX)
        peer->sequences[peer->counts[VIDEO_SLOT]] = media->sequence;
    peer->counts[media->track]++;
    peer->last_sender[media->track] = media->packet->payload[size - 1];
}

static void on_bitrate(void *arg, uint64_t bitrate_bps)
{
    (void)arg;
    (void)bitrate_bps;
}

static void on_key_frame_request(void *arg, size_t track, unsigned encoding)
{
    (void)encoding;
    ck_assert_uint_eq(track, VIDEO);
    ((struct peer *)arg)->key_frame_requests++;
}

static void on_time(void *arg, int64_t now_us)
{
    (void)arg;
    ice_agent_run_timers();
    for (size_t i = 0; i < PEERS; i++)
        if (peers[i].endpoint)
            endpoint_on_timer(peers[i].endpoint, now_us);
    loop_stop(loop);
}

static void turn(void)
{
    loop_timer_start(timer, 2 * US_PER_MS, 0);
    loop_run(loop);
}

#define WAIT(condition)                                                                            \
    do {                                                                                           \
        int64_t give_up_us = clock_monotonic_us() + WAIT_S * US_PER_S;                             \
        while (!(condition) && clock_monotonic_us() < give_up_us)                                  \
            turn();                                                                                \
        ck_assert_msg(condition, "in vain: %s", #condition);                                       \
    } while (0)

static void open_peer(size_t index)
{
    static const struct endpoint_track tracks[TRACKS] = {
        {.kind = SDP_AUDIO, .direction = SDP_SENDONLY},
        {.kind = SDP_VIDEO, .direction = SDP_SENDONLY},
        {.kind = SDP_VIDEO, .direction = SDP_RECVONLY},
        {.kind = SDP_AUDIO, .direction = SDP_RECVONLY}};
    struct peer *peer = &peers[index];
    struct endpoint_config config = {.certificate = certificate,
                                     .address = "127.0.0.1",
                                     .cname = "peer",
                                     .arg = peer,
                                     .events = {.on_candidate = on_candidate,
                                                .on_state = on_state,
                                                .on_media = on_media,
                                                .on_key_frame_request = on_key_frame_request,
                                                .on_bitrate = on_bitrate,
                                                .on_socket = on_socket}};
    struct failure failure = {0};
    const char *offer;
    char *answer;

    memset(peer, 0, sizeof *peer);
    peer->participant = index + 1;
    ck_assert_int_eq(endpoint_create(&config, clock_monotonic_us(), &peer->endpoint, &failure),
                     STATUS_OK);
    ck_assert_msg(endpoint_make_offer(peer->endpoint, tracks, TRACKS, false, &offer, &failure) ==
                      STATUS_OK,
                  "%s", failure.message);
    ck_assert_msg(media_plane_offer(plane, index + 1, (unsigned)index, offer, &answer, &failure) ==
                      STATUS_OK,
                  "%s", failure.message);
    ck_assert_msg(endpoint_set_answer(peer->endpoint, answer, &failure) == STATUS_OK, "%s",
                  failure.message);
    free(answer);
}

static void open_plane(unsigned workers, size_t peer_count)
{
    memset(peers, 0, sizeof peers);
    memset(connected, 0, sizeof connected);
    memset(lost, 0, sizeof lost);
    loop = loop_create();
    timer = loop_timer_create(loop, on_time, NULL);
    ck_assert_int_eq(certificate_create("peer", NULL, 1, &certificate), STATUS_OK);
    struct media_plane_config config = {.loop = loop,
                                        .address = "127.0.0.1",
                                        .workers = workers,
                                        .on_connected = on_connected,
                                        .on_lost = on_lost};
    struct failure failure = {0};
    ck_assert_int_eq(media_plane_create(&config, &plane, &failure), STATUS_OK);
    for (size_t i = 0; i < peer_count; i++) {
        open_peer(i);
        media_plane_set_send(plane, i + 1, true, true);
    }
    for (size_t i = 0; i < peer_count; i++)
        WAIT(connected[i + 1] == 1 && endpoint_state(peers[i].endpoint) == ENDPOINT_CONNECTED);
}

static void close_plane(void)
{
    for (size_t i = 0; i < PEERS; i++)
        endpoint_destroy(peers[i].endpoint);
    media_plane_destroy(plane);
    certificate_destroy(certificate);
    loop_timer_destroy(timer);
    loop_destroy(loop);
}

static void route(uint64_t to, uint64_t from)
{
    struct media_slot slots[MEDIA_SLOTS_MAX];
    ck_assert_uint_eq(
        media_plane_route(plane, to,
                          &(struct media_sources){
                              .video = &from, .video_count = 1, .audio = &from, .audio_count = 1},
                          slots),
        2);
}

static void send_media(struct peer *peer, size_t track, const uint8_t *payload, size_t size,
                       uint32_t timestamp, bool marker)
{
    struct endpoint_outgoing outgoing = {.track = track,
                                         .marker = marker,
                                         .timestamp = timestamp,
                                         .payload = payload,
                                         .payload_size = size,
                                         .has_audio_level = track == AUDIO,
                                         .audio_level = 30};
    ck_assert_int_eq(endpoint_send(peer->endpoint, &outgoing, clock_monotonic_us()), STATUS_OK);
}

/* A frame of three packets and 20 ms of sound; the last byte names the sender. */
static void send_moment(struct peer *peer, unsigned number, bool key_frame)
{
    uint8_t payload[900] = {0x90, 0x80, 0x80, (uint8_t)number, key_frame ? 0 : 1};
    payload[sizeof payload - 1] = (uint8_t)peer->participant;
    for (int i = 0; i < 3; i++) {
        payload[0] = i == 0 ? 0x90 : 0x80;
        send_media(peer, VIDEO, payload, sizeof payload, number * 3000, i == 2);
    }
    send_media(peer, AUDIO, payload + sizeof payload - 80, 80, number * 960, false);
}

START_TEST(two_endpoints_see_and_hear_each_other)
{
    open_plane((unsigned)_i, 2);
    route(1, 2);
    route(2, 1);
    WAIT(peers[0].key_frame_requests > 0 && peers[1].key_frame_requests > 0);
    for (unsigned moment = 0; moment < 50; moment++) {
        send_moment(&peers[0], moment, moment == 0);
        send_moment(&peers[1], moment, moment == 0);
        turn();
    }
    for (size_t i = 0; i < 2; i++) {
        WAIT(peers[i].counts[VIDEO_SLOT] == 150 && peers[i].counts[AUDIO_SLOT] == 50);
        ck_assert_uint_eq(peers[i].last_sender[VIDEO_SLOT], 2 - i);
        struct endpoint_stats stats;
        endpoint_stats(peers[i].endpoint, &stats);
        ck_assert_str_eq(stats.srtp_suite, "AEAD_AES_128_GCM");
        ck_assert_uint_eq(stats.unauthentic + stats.replayed + stats.malformed + stats.unknown_ssrc,
                          0);
    }
    size_t asked = peers[0].key_frame_requests;
    for (int i = 0; i < 150; i++) /* the interval after the first request */
        turn();
    endpoint_request_key_frame(peers[1].endpoint, VIDEO_SLOT, clock_monotonic_us());
    WAIT(peers[0].key_frame_requests == asked + 1);
    /* Reports in both directions tell the round trip. */
    struct endpoint_track_stats sent;
    WAIT((endpoint_track_stats(peers[0].endpoint, VIDEO, &sent), sent.round_trip_time_s >= 0));
    ck_assert_double_lt(sent.round_trip_time_s, 1);
    close_plane();
}
END_TEST

START_TEST(a_slot_shows_another_endpoint_without_a_break)
{
    open_plane((unsigned)_i, 3);
    route(2, 1);
    WAIT(peers[0].key_frame_requests > 0);
    for (unsigned moment = 0; moment < 10; moment++)
        send_moment(&peers[0], moment, moment == 0);
    WAIT(peers[1].counts[VIDEO_SLOT] == 30);
    route(2, 3);
    WAIT(peers[2].key_frame_requests > 0);
    for (unsigned moment = 0; moment < 10; moment++)
        send_moment(&peers[2], 500 + moment, moment == 0);
    WAIT(peers[1].counts[VIDEO_SLOT] == 60 && peers[1].counts[AUDIO_SLOT] == 20);
    ck_assert_uint_eq(peers[1].last_sender[VIDEO_SLOT], 3);
    ck_assert_uint_eq(peers[1].last_sender[AUDIO_SLOT], 3);
    for (size_t i = 1; i < 60; i++)
        ck_assert_int_eq(peers[1].sequences[i], peers[1].sequences[i - 1] + 1);
    struct endpoint_track_stats received;
    endpoint_track_stats(peers[1].endpoint, VIDEO_SLOT, &received);
    ck_assert_int_eq(received.packets_lost, 0);
    ck_assert_uint_eq(received.nack_count, 0);
    close_plane();
}
END_TEST

START_TEST(an_endpoint_that_leaves_says_so)
{
    open_plane((unsigned)_i, 2);
    endpoint_destroy(peers[0].endpoint);
    peers[0].endpoint = NULL;
    WAIT(lost[1] == 1);
    media_plane_remove(plane, 1);
    ck_assert_uint_eq(lost[2], 0);
    media_plane_remove(plane, 2); /* and the server says so, too */
    WAIT(endpoint_state(peers[1].endpoint) == ENDPOINT_CLOSED ||
         endpoint_state(peers[1].endpoint) == ENDPOINT_LOST);
    close_plane();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/media_plane_endpoint");
    TCase *cases = tcase_create("media_plane_endpoint");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, two_endpoints_see_and_hear_each_other, 1, 3);
    tcase_add_loop_test(cases, a_slot_shows_another_endpoint_without_a_break, 1, 3);
    tcase_add_loop_test(cases, an_endpoint_that_leaves_says_so, 1, 3);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
