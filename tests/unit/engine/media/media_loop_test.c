/* A media source and a media sink with a network in between that the test makes: what the sink says
 * must be what the network did. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "engine/media/media_sink.h"
#include "engine/media/media_source.h"
#include "engine/media/stamp.h"

enum {
    RUN = 5,
    SENDER = 77,
    AUDIO = 0,
    VIDEO = 1,
    FRAMES = 300,
    PACKETS = 1000,
    FLIGHT_MAX = 4096
};
enum { SECOND_US = 1000000, DELAY_US = 12000, TRACKS = 2 };

static struct {
    size_t count;
    int64_t sum, max;
} recorded[METRIC_COUNT];

unsigned metrics_tag(struct metrics *metrics, const char *tag)
{
    (void)metrics;
    return tag ? 1 : 0;
}

void metric_record(struct metrics *metrics, enum metric metric, int64_t value, unsigned tag_a,
                   unsigned tag_b)
{
    (void)metrics;
    (void)tag_a;
    (void)tag_b;
    recorded[metric].count++;
    recorded[metric].sum += value;
    if (value > recorded[metric].max)
        recorded[metric].max = value;
}

/* ---- the network ---- */

struct datagram {
    size_t track;
    int64_t sequence, arrival_us;
    uint32_t timestamp;
    bool marker, repaired;
    size_t size;
    uint8_t payload[1200];
};

static struct {
    double loss;       /* of packets */
    bool repair;       /* what was lost comes again after 40 ms */
    int64_t jitter_us; /* uniform */
    struct random_stream random;
    struct datagram *flight[FLIGHT_MAX];
    size_t flying;
    int64_t next_sequence[TRACKS];
    uint64_t audio_lost, frames_hurt;
    uint32_t hurt_timestamp;
} network;

static int64_t now_us;
static struct media_sink *sink;
static struct media_source *source;
static struct timer_wheel *wheel;
static bool ask_for_key_frames;
static size_t asked;

static void note_loss(const struct datagram *datagram)
{
    if (datagram->track == AUDIO)
        network.audio_lost++;
    else if (network.frames_hurt == 0 || network.hurt_timestamp != datagram->timestamp) {
        network.frames_hurt++;
        network.hurt_timestamp = datagram->timestamp;
    }
}

bool endpoint_takes_encoding(const struct endpoint *endpoint, size_t track, unsigned encoding)
{
    (void)endpoint;
    (void)track;
    (void)encoding;
    return false;
}

enum status endpoint_send(struct endpoint *endpoint, const struct endpoint_outgoing *outgoing,
                          int64_t at_us)
{
    (void)endpoint;
    ck_assert_uint_lt(network.flying, FLIGHT_MAX);
    struct datagram *datagram = malloc(sizeof *datagram);
    *datagram = (struct datagram){.track = outgoing->track,
                                  .sequence = network.next_sequence[outgoing->track]++,
                                  .timestamp = outgoing->timestamp,
                                  .marker = outgoing->marker,
                                  .size = outgoing->payload_size,
                                  .arrival_us = at_us + DELAY_US};
    memcpy(datagram->payload, outgoing->payload, outgoing->payload_size);
    if (network.jitter_us > 0)
        datagram->arrival_us += (int64_t)random_below(&network.random, (uint64_t)network.jitter_us);
    if (random_unit(&network.random) < network.loss) {
        note_loss(datagram);
        datagram->repaired = true;
        datagram->arrival_us += 40000;
        if (!network.repair) {
            free(datagram);
            return STATUS_OK;
        }
    }
    network.flight[network.flying++] = datagram;
    return STATUS_OK;
}

static void arrive(const struct datagram *datagram)
{
    struct rtp_packet packet = {.marker = datagram->marker,
                                .sequence = (uint16_t)datagram->sequence,
                                .timestamp = datagram->timestamp,
                                .ssrc = 100 + (uint32_t)datagram->track,
                                .payload = datagram->payload,
                                .payload_size = datagram->size};
    struct rtp_extension_values extensions = {0};
    struct endpoint_media media = {.track = datagram->track,
                                   .kind = datagram->track == AUDIO ? SDP_AUDIO : SDP_VIDEO,
                                   .packet = &packet,
                                   .extensions = &extensions,
                                   .sequence = datagram->sequence,
                                   .arrival_us = datagram->arrival_us,
                                   .repaired = datagram->repaired};
    media_sink_packet(sink, &media);
}

/* What has arrived by now, in order of arrival. */
static void deliver(void)
{
    for (;;) {
        size_t first = SIZE_MAX;
        for (size_t i = 0; i < network.flying; i++)
            if (network.flight[i]->arrival_us <= now_us &&
                (first == SIZE_MAX ||
                 network.flight[i]->arrival_us < network.flight[first]->arrival_us))
                first = i;
        if (first == SIZE_MAX)
            return;
        arrive(network.flight[first]);
        free(network.flight[first]);
        network.flight[first] = network.flight[--network.flying];
    }
}

/* ---- the two ends ---- */

static uint8_t bytes[6000];
static struct clip_frame frames[FRAMES];
static struct clip_packet packets[PACKETS];
static uint8_t opus[PACKETS][60];
static struct video_clip video = {.fps = 15, .frames = frames, .frame_count = FRAMES};
static struct audio_clip audio = {.packets = packets, .packet_count = PACKETS};

static int64_t clock_of_test(void)
{
    return now_us;
}

static void on_want_key_frame(void *arg, size_t track)
{
    (void)arg;
    ck_assert_uint_eq(track, VIDEO);
    asked++;
    if (ask_for_key_frames)
        media_source_key_frame(source, 0);
}

static void make_clips(void)
{
    for (int64_t i = 0; i < FRAMES; i++)
        frames[i] = (struct clip_frame){.data = i % 75 ? bytes + 1 : bytes,
                                        .size = i % 75 ? 2500 : 5500,
                                        .key_frame = i % 75 == 0,
                                        .at_us = i * 1000000 / 15};
    video.loop_us = (int64_t)FRAMES * 1000000 / 15;
    bytes[1] = 1; /* an interframe's first byte */
    for (size_t i = 0; i < PACKETS; i++) {
        opus[i][0] = 0x78;
        packets[i] = (struct clip_packet){.data = opus[i], .size = sizeof opus[i], .send = true};
    }
}

static void begin(double loss, bool repair, int64_t jitter_us)
{
    memset(recorded, 0, sizeof recorded);
    memset(&network, 0, sizeof network);
    network.loss = loss;
    network.repair = repair;
    network.jitter_us = jitter_us;
    random_stream_init(&network.random, 4);
    make_clips();
    now_us = 500 * (int64_t)SECOND_US;
    asked = 0;
    ask_for_key_frames = true;
    wheel = timer_wheel_create(now_us);
    source = media_source_create(&(struct media_source_config){.wheel = wheel,
                                                               .video = &video,
                                                               .audio = &audio,
                                                               .video_track = VIDEO,
                                                               .audio_track = AUDIO,
                                                               .run = RUN,
                                                               .sender = SENDER,
                                                               .seed = 1,
                                                               .now_us = clock_of_test});
    sink = media_sink_create(&(struct media_sink_config){
        .run = RUN, .receiver = 1, .on_want_key_frame = on_want_key_frame});
    media_sink_allow(sink, SENDER, true, now_us, 500000);
    media_sink_expect_from(sink, SENDER, 0, 0);
    media_source_start(source, true, true, now_us);
}

static void run(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        for (int k = 0; k < 1000; k++) {
            now_us += 1000;
            timer_wheel_advance(wheel, now_us);
            deliver();
        }
        media_sink_second(sink, now_us);
    }
}

static struct media_received end(void)
{
    struct media_received received;
    media_source_stop(source);
    uint32_t video_number = media_source_video_number(source);
    uint32_t audio_number = media_source_audio_number(source);
    now_us += SECOND_US;
    deliver();
    ck_assert_uint_eq(network.flying, 0);
    media_sink_expect_to(sink, SENDER, video_number, audio_number);
    media_sink_allow(sink, SENDER, false, now_us, 500000);
    media_sink_finish(sink, now_us);
    ck_assert(media_sink_from(sink, SENDER, &received));
    ck_assert_uint_eq(received.forbidden_packets, 0);
    media_source_destroy(source);
    media_sink_destroy(sink);
    timer_wheel_destroy(wheel);
    return received;
}

START_TEST(a_good_network)
{
    begin(0, false, 0);
    run(30);
    struct media_received received = end();
    ck_assert_uint_ge(received.frames_expected, 30 * 15 - 1);
    ck_assert_uint_eq(received.frames, received.frames_expected);
    ck_assert_uint_eq(received.frames_lost + received.audio_lost, 0);
    ck_assert_uint_ge(received.audio_expected, 30 * 50 - 1);
    ck_assert_uint_eq(received.freeze_count, 0);
    ck_assert_int_le(received.longest_gap_us, 66667 + 15000); /* a key frame is longer on its way */
    ck_assert_int_eq(recorded[METRIC_AUDIO_CONCEALED].sum, 0);
    ck_assert_int_ge(recorded[METRIC_AUDIO_LATENCY].sum,
                     DELAY_US * (int64_t)recorded[METRIC_AUDIO_LATENCY].count);
    ck_assert_int_le(recorded[METRIC_AUDIO_LATENCY].max, DELAY_US + 1000);
    ck_assert_int_le(recorded[METRIC_FRAME_LATENCY].max, DELAY_US + 33333 + 1000);
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 0);
    ck_assert_uint_ge(recorded[METRIC_VIDEO_FPS].count, 25);
    ck_assert_int_le(recorded[METRIC_VIDEO_FPS].max, 16000);
    ck_assert_int_ge(recorded[METRIC_VIDEO_FPS].sum,
                     (int64_t)recorded[METRIC_VIDEO_FPS].count * 14500);
    ck_assert_int_le(recorded[METRIC_SEND_SLIP].max, 1000);
    ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(loss_that_is_repaired)
{
    begin(0.03, true, 0);
    run(30);
    struct media_received received = end();
    ck_assert_uint_gt(network.frames_hurt, 20);
    ck_assert_uint_eq(received.frames_lost + received.audio_lost, 0);
    ck_assert_uint_eq(received.frames, received.frames_expected);
    ck_assert_int_ge(recorded[METRIC_FRAME_LATENCY].max, DELAY_US + 40000);
    ck_assert_uint_eq(asked, 0);
    ck_assert_uint_eq(received.freeze_count, 0);
    /* audio that comes 40 ms late is too late for a jitter buffer of 20 to 40 ms */
    ck_assert_int_gt(recorded[METRIC_AUDIO_CONCEALED].sum, 0);
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 0);
}
END_TEST

START_TEST(loss_that_stays)
{
    begin(0.02, false, 0);
    run(60);
    struct media_received received = end();
    ck_assert_uint_gt(network.frames_hurt, 30);
    ck_assert_uint_eq(received.audio_lost, network.audio_lost);
    ck_assert_uint_eq(received.frames_lost, network.frames_hurt);
    ck_assert_uint_eq(received.frames + received.frames_lost, received.frames_expected);
    ck_assert_uint_gt(asked, 10);
    ck_assert_uint_gt(received.key_frames, asked / 2);
    ck_assert_uint_gt(received.freeze_count, 10);
    ck_assert_int_gt(received.freeze_us, (int64_t)received.freeze_count * 216000);
    ck_assert_int_eq(recorded[METRIC_AUDIO_CONCEALED].sum, (int64_t)network.audio_lost * 960);
    ck_assert_int_le(recorded[METRIC_AUDIO_CONCEAL_EVENTS].sum, (int64_t)network.audio_lost);
    ck_assert_int_eq(recorded[METRIC_AUDIO_SAMPLES].sum, (int64_t)received.audio_expected * 960);
}
END_TEST

START_TEST(jitter_and_reordering)
{
    begin(0, false, 30000);
    run(30);
    struct media_received received = end();
    ck_assert_uint_eq(received.frames_lost + received.audio_lost, 0);
    ck_assert_uint_eq(received.freeze_count, 0);
    ck_assert_uint_eq(asked, 0);
    ck_assert_uint_eq(received.frames, received.frames_expected);
    /* |D| of two uniform delays of 0 to 30 ms has a mean of 10 ms */
    int64_t mean = recorded[METRIC_AUDIO_JITTER].sum / (int64_t)recorded[METRIC_AUDIO_JITTER].count;
    ck_assert_int_gt(mean, 8000);
    ck_assert_int_lt(mean, 12000);
    /* the buffer has grown to hold nearly all of it back */
    ck_assert_int_lt(recorded[METRIC_AUDIO_CONCEALED].sum, recorded[METRIC_AUDIO_SAMPLES].sum / 20);
}
END_TEST

START_TEST(without_key_frames_it_waits_for_the_clips_own)
{
    begin(0, false, 0);
    ask_for_key_frames = false;
    run(6);
    network.loss = 1;
    run(1);
    network.loss = 0;
    run(8); /* the clip has one every five seconds */
    struct media_received received = end();
    ck_assert_uint_ge(asked, 1);
    ck_assert_uint_eq(received.freeze_count, 1);
    ck_assert_int_ge(received.freeze_us, 1000000);
    ck_assert_uint_ge(received.frames_lost, 14);
    ck_assert_uint_le(received.frames_lost, 16);
}
END_TEST

/* Muted and unmuted by the sender: nothing is lost, frozen or concealed. */
START_TEST(the_sender_pauses)
{
    begin(0, false, 0);
    run(4);
    media_source_stop(source);
    run(3);
    media_source_start(source, true, true, now_us);
    run(4);
    struct media_received received = end();
    ck_assert_uint_eq(received.frames_lost + received.audio_lost, 0);
    ck_assert_uint_eq(received.freeze_count, 0);
    ck_assert_int_eq(recorded[METRIC_AUDIO_CONCEALED].sum, 0);
    ck_assert_uint_le(recorded[METRIC_VIDEO_FPS].count, 8);
    ck_assert_int_ge(recorded[METRIC_VIDEO_FPS].sum,
                     (int64_t)recorded[METRIC_VIDEO_FPS].count * 14000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/media_loop");
    TCase *cases = tcase_create("media_loop");
    tcase_add_test(cases, a_good_network);
    tcase_add_test(cases, loss_that_is_repaired);
    tcase_add_test(cases, loss_that_stays);
    tcase_add_test(cases, jitter_and_reordering);
    tcase_add_test(cases, without_key_frames_it_waits_for_the_clips_own);
    tcase_add_test(cases, the_sender_pauses);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
