#include "engine/media/media_sink.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/recent_max.h"
#include "engine/media/frame_cutter.h"
#include "engine/media/permission.h"
#include "engine/media/probe.h"
#include "engine/media/stamp.h"

/* Metrics are the test's own: every value is kept. */
enum { VALUES_MAX = 4000, RUN = 99, ROLE = 3, ALICE = 11, BOB = 12, GRACE = 500000 };
enum { AUDIO_TRACK = 1, VIDEO_TRACK = 2, S = 1000000, START = 100 * S, FRAME_US = 100000 };

static struct {
    size_t count;
    int64_t sum, values[VALUES_MAX];
} recorded[METRIC_COUNT];

void metric_record(struct metrics *metrics, enum metric metric, int64_t value, unsigned tag_a,
                   unsigned tag_b)
{
    (void)metrics;
    if (metric != METRIC_PROBE_REFUSED) /* the generator's own: nobody's role */
        ck_assert_uint_eq(tag_a, ROLE);
    ck_assert_uint_eq(tag_b, 0);
    ck_assert_uint_lt(recorded[metric].count, VALUES_MAX);
    recorded[metric].values[recorded[metric].count++] = value;
    recorded[metric].sum += value;
}

/* So is the probe pool: it keeps what is handed to it. */
struct probe_stream {
    bool video;
    uint32_t sender;
    char save_path[64];
    bool closed;
    size_t count;
    uint32_t numbers[256];
    size_t sizes[256];
    uint8_t first_bytes[256];
};
static struct probe_stream streams[8];
static size_t stream_count;
static struct probe_pool *const pool = (struct probe_pool *)&streams;
static struct media_sink *sink;
static struct recent_max late;

static enum status open_stream(const struct probe_stream_settings *settings, bool video,
                               struct probe_stream **ret_stream)
{
    if (stream_count == sizeof streams / sizeof streams[0])
        return STATUS_FULL;
    ck_assert_uint_eq(settings->receiver, 1);
    ck_assert_ptr_eq(settings->user, sink);
    struct probe_stream *stream = &streams[stream_count++];
    *stream = (struct probe_stream){.video = video, .sender = settings->sender};
    if (settings->save_path)
        snprintf(stream->save_path, sizeof stream->save_path, "%s", settings->save_path);
    *ret_stream = stream;
    return STATUS_OK;
}

enum status probe_open_video(struct probe_pool *probes,
                             const struct probe_stream_settings *settings,
                             struct probe_stream **ret_stream)
{
    ck_assert_ptr_eq(probes, pool);
    return open_stream(settings, true, ret_stream);
}

enum status probe_open_audio(struct probe_pool *probes,
                             const struct probe_stream_settings *settings,
                             struct probe_stream **ret_stream)
{
    ck_assert_ptr_eq(probes, pool);
    return open_stream(settings, false, ret_stream);
}

void probe_close(struct probe_pool *probes, struct probe_stream *stream)
{
    (void)probes;
    if (stream)
        stream->closed = true;
}

static bool keep(struct probe_stream *stream, uint32_t number, const uint8_t *data, size_t size)
{
    ck_assert_uint_lt(stream->count, 256);
    stream->numbers[stream->count] = number;
    stream->first_bytes[stream->count] = data[0];
    stream->sizes[stream->count++] = size;
    return true;
}

bool probe_submit_video(struct probe_pool *probes, struct probe_stream *stream,
                        const struct probe_video_frame *frame)
{
    ck_assert_ptr_eq(probes, pool);
    ck_assert_int_eq(frame->key_frame, !(frame->data[0] & 1));
    return keep(stream, frame->number, frame->data, frame->size);
}

bool probe_submit_audio(struct probe_pool *probes, struct probe_stream *stream,
                        const struct probe_audio_packet *packet)
{
    ck_assert_ptr_eq(probes, pool);
    return keep(stream, packet->number, packet->data, packet->size);
}

static struct {
    uint32_t sender;
    enum media_first what;
    int64_t at_us;
} firsts[64];
static size_t first_count, forbidden_count, wanted_count;
static uint32_t forbidden_sender;
static char forbidden_what[200];
static int64_t forbidden_us;

static void on_first(void *arg, uint32_t sender, enum media_first what, int64_t at_us)
{
    ck_assert_ptr_eq(arg, &sink);
    ck_assert_uint_lt(first_count, 64);
    firsts[first_count].sender = sender;
    firsts[first_count].what = what;
    firsts[first_count++].at_us = at_us;
}

static void on_forbidden(void *arg, uint32_t sender, const char *what, int64_t at_us)
{
    (void)arg;
    snprintf(forbidden_what, sizeof forbidden_what, "%s", what);
    forbidden_count++;
    forbidden_sender = sender;
    forbidden_us = at_us;
}

static void on_want_key_frame(void *arg, size_t track)
{
    (void)arg;
    ck_assert_uint_eq(track, VIDEO_TRACK);
    wanted_count++;
}

static void begin_with(struct probe_pool *probes, const char *save_prefix)
{
    memset(recorded, 0, sizeof recorded);
    memset(&late, 0, sizeof late);
    first_count = forbidden_count = wanted_count = stream_count = 0;
    media_sink_destroy(sink);
    sink = media_sink_create(&(struct media_sink_config){.role_tag = ROLE,
                                                         .run = RUN,
                                                         .receiver = 1,
                                                         .probes = probes,
                                                         .late = &late,
                                                         .save_prefix = save_prefix,
                                                         .arg = &sink,
                                                         .on_first = on_first,
                                                         .on_forbidden = on_forbidden,
                                                         .on_want_key_frame = on_want_key_frame});
    ck_assert_ptr_nonnull(sink);
}

static void begin(void)
{
    begin_with(NULL, NULL);
}

static void finish(void)
{
    media_sink_finish(sink, 0);
    media_sink_finish(sink, 0); /* once is enough */
    media_sink_destroy(sink);
    sink = NULL;
}

/* ---- packets by hand ---- */

static void give_rtp(size_t track, enum sdp_kind kind, int64_t sequence, uint32_t timestamp,
                     bool marker, const uint8_t *payload, size_t size, bool repaired,
                     int64_t arrival_us)
{
    struct rtp_packet packet = {.marker = marker,
                                .sequence = (uint16_t)sequence,
                                .timestamp = timestamp,
                                .ssrc = 500 + (uint32_t)track,
                                .payload = payload,
                                .payload_size = size};
    struct rtp_extension_values extensions = {0};
    struct endpoint_media media = {.track = track,
                                   .kind = kind,
                                   .packet = &packet,
                                   .extensions = &extensions,
                                   .sequence = sequence,
                                   .arrival_us = arrival_us,
                                   .repaired = repaired};
    media_sink_packet(sink, &media);
}

/* Audio packet `number` of `sender`, captured at START + 20 ms · number. */
static int64_t audio_capture(uint32_t number)
{
    return START + 20000LL * number;
}

static void give_audio(uint32_t sender, uint32_t number, int64_t latency_us)
{
    uint8_t payload[100];
    size_t size;
    struct stamp stamp = {
        .run = RUN, .sender = sender, .number = number, .capture_us = audio_capture(number)};
    ck_assert_int_eq(
        stamp_write_audio(&stamp, (const uint8_t *)"\x78opus", 5, payload, sizeof payload, &size),
        STATUS_OK);
    give_rtp(AUDIO_TRACK, SDP_AUDIO, number, 5000 + 960 * number, false, payload, size, false,
             audio_capture(number) + latency_us);
}

/* Frame `number` of `sender` in three packets, captured at START + 100 ms · number; key frames are
 * the multiples of 50. Packets arrive 1 ms apart. `leave_out` is a bit per packet. */
static int64_t frame_capture(uint32_t number)
{
    return START + (int64_t)FRAME_US * number;
}

static void give_packet(uint32_t sender, uint32_t number, size_t index, bool repaired,
                        int64_t arrival_us)
{
    static uint8_t frame[2500];
    uint8_t payload[FRAME_CUTTER_PAYLOAD_MAX];
    struct frame_cut cut;
    struct stamp stamp = {
        .run = RUN, .sender = sender, .number = number, .capture_us = frame_capture(number)};
    frame[0] = number % 50 != 0;
    frame_cut_begin(&cut, frame, sizeof frame, &stamp,
                    &(struct frame_numbers){.picture_id = (uint16_t)number});
    struct packet_part part;
    size_t size = frame_cut_payload(&cut, index, payload, &part);
    give_rtp(VIDEO_TRACK, SDP_VIDEO, 3 * (int64_t)number + (int64_t)index,
             (uint32_t)(frame_capture(number) * 9 / 100), index == 2, payload, size, repaired,
             arrival_us);
}

static void give_frame_at(uint32_t sender, uint32_t number, int64_t capture_us, int64_t latency_us,
                          unsigned leave_out)
{
    static uint8_t frame[2500];
    struct frame_cut cut;
    struct stamp stamp = {.run = RUN, .sender = sender, .number = number, .capture_us = capture_us};
    frame[0] = number % 50 != 0; /* bit 0: inter frame */
    frame_cut_begin(&cut, frame, sizeof frame, &stamp,
                    &(struct frame_numbers){.picture_id = (uint16_t)number});
    ck_assert_uint_eq(cut.split.count, 3);
    for (size_t i = 0; i < 3; i++) {
        uint8_t payload[FRAME_CUTTER_PAYLOAD_MAX];
        struct packet_part part;
        size_t size = frame_cut_payload(&cut, i, payload, &part);
        if (!(leave_out >> i & 1))
            give_rtp(VIDEO_TRACK, SDP_VIDEO, 3 * (int64_t)number + (int64_t)i,
                     (uint32_t)(capture_us * 9 / 100), i == 2, payload, size, false,
                     capture_us + latency_us - 2000 + 1000 * (int64_t)i);
    }
}

static void give_frame(uint32_t sender, uint32_t number, int64_t latency_us, unsigned leave_out)
{
    give_frame_at(sender, number, frame_capture(number), latency_us, leave_out);
}

static void allow(uint32_t sender, uint32_t video, uint32_t audio)
{
    media_sink_allow(sink, sender, true, START + (int64_t)FRAME_US * video, GRACE);
    media_sink_expect_from(sink, sender, video, audio);
}

static struct media_received report(uint32_t sender)
{
    struct media_received received;
    ck_assert(media_sink_from(sink, sender, &received));
    return received;
}

/* ---- a call without trouble ---- */

START_TEST(everything_arrives)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t second = 0; second < 3; second++) {
        for (uint32_t i = 0; i < 50; i++) {
            give_audio(ALICE, 50 * second + i, 30000);
            if (i % 5 == 0)
                give_frame(ALICE, 10 * second + i / 5, 40000, 0);
        }
        media_sink_second(sink, START + (second + 1) * S + 35000);
    }
    media_sink_expect_to(sink, ALICE, 30, 150);
    media_sink_allow(sink, ALICE, false, START + 3 * S, GRACE);

    struct media_received received = report(ALICE);
    ck_assert_uint_eq(received.sender, ALICE);
    ck_assert_uint_eq(received.frames, 30);
    ck_assert_uint_eq(received.key_frames, 1);
    ck_assert_uint_eq(received.video_packets, 90);
    ck_assert_uint_eq(received.audio_packets, 150);
    ck_assert_uint_eq(received.frames_expected, 30);
    ck_assert_uint_eq(received.frames_lost, 0);
    ck_assert_uint_eq(received.audio_expected, 150);
    ck_assert_uint_eq(received.audio_lost, 0);
    ck_assert_uint_eq(received.freeze_count, 0);
    ck_assert_int_eq(received.longest_gap_us, FRAME_US);
    ck_assert_int_eq(received.last_forbidden_us, 0);

    /* in the order in which they came */
    ck_assert_uint_eq(first_count, 3);
    ck_assert_int_eq(firsts[0].what, MEDIA_FIRST_RTP);
    ck_assert_int_eq(firsts[1].what, MEDIA_FIRST_AUDIO);
    ck_assert_int_eq(firsts[1].at_us, START + 30000);
    ck_assert_int_eq(firsts[2].what, MEDIA_FIRST_KEY_FRAME);
    ck_assert_int_eq(firsts[2].at_us, START + 40000);

    ck_assert_uint_eq(recorded[METRIC_FRAME_LATENCY].count, 30);
    ck_assert_int_eq(recorded[METRIC_FRAME_LATENCY].sum, 30 * 40000);
    ck_assert_uint_eq(recorded[METRIC_AUDIO_LATENCY].count, 150);
    ck_assert_int_eq(recorded[METRIC_AUDIO_LATENCY].sum, 150 * 30000);
    ck_assert_uint_eq(recorded[METRIC_AV_SKEW].count, 3);
    ck_assert_int_eq(recorded[METRIC_AV_SKEW].sum, 3 * 10000);
    ck_assert_uint_eq(recorded[METRIC_AUDIO_JITTER].count, 3);
    ck_assert_int_eq(recorded[METRIC_AUDIO_JITTER].sum, 0);
    ck_assert_uint_eq(recorded[METRIC_VIDEO_JITTER].count, 3);
    ck_assert_int_eq(recorded[METRIC_VIDEO_JITTER].sum, 0);
    ck_assert_uint_eq(recorded[METRIC_VIDEO_FPS].count, 1);
    ck_assert_int_eq(recorded[METRIC_VIDEO_FPS].sum, 10000);

    finish();
    /* 40 ms for the first packet, 2 ms less for each of the next ten, then 20 ms */
    ck_assert_uint_eq(recorded[METRIC_AUDIO_BUFFER_DELAY].count, 150);
    ck_assert_int_eq(recorded[METRIC_AUDIO_BUFFER_DELAY].sum, 310000 + 140 * 20000);
    ck_assert_int_eq(recorded[METRIC_M_MOUTH_EAR].sum, 310000 + 140 * 20000 + 150 * 30000);
    ck_assert_int_eq(recorded[METRIC_FRAMES_EXPECTED].sum, 30);
    ck_assert_int_eq(recorded[METRIC_FRAMES_RECEIVED].sum, 30);
    ck_assert_int_eq(recorded[METRIC_FRAMES_LOST].sum, 0);
    ck_assert_int_eq(recorded[METRIC_AUDIO_EXPECTED].sum, 150);
    ck_assert_int_eq(recorded[METRIC_AUDIO_SAMPLES].sum, 150 * 960);
    ck_assert_int_eq(recorded[METRIC_AUDIO_CONCEALED].sum, 0);
    ck_assert_int_eq(recorded[METRIC_VIDEO_US].sum, 29 * FRAME_US);
    ck_assert_uint_eq(recorded[METRIC_FORBIDDEN_PACKETS].count, 0);
    ck_assert_uint_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].count, 0);
    ck_assert_uint_eq(forbidden_count + wanted_count, 0);
}
END_TEST

/* ---- loss ---- */

/* Sound without picture, and the other way round: a zero would be a value. */
START_TEST(what_was_not_there_has_no_totals)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 50; i++)
        give_audio(ALICE, i, 30000);
    finish();
    ck_assert_int_eq(recorded[METRIC_AUDIO_SAMPLES].sum, 50 * 960);
    ck_assert_uint_eq(recorded[METRIC_AUDIO_LOST].count, 1); /* none, and that was measured */
    ck_assert_uint_eq(recorded[METRIC_FRAMES_RECEIVED].count, 0);
    ck_assert_uint_eq(recorded[METRIC_FRAMES_LOST].count, 0);
    ck_assert_uint_eq(recorded[METRIC_FREEZE_COUNT].count, 0);
    ck_assert_uint_eq(recorded[METRIC_VIDEO_US].count, 0);

    begin();
    allow(ALICE, 0, 0);
    give_frame(ALICE, 0, 40000, 0);
    finish();
    ck_assert_uint_eq(recorded[METRIC_FREEZE_COUNT].count, 1);
    ck_assert_uint_eq(recorded[METRIC_AUDIO_RECEIVED].count, 0);
    ck_assert_uint_eq(recorded[METRIC_AUDIO_CONCEALED].count, 0);

    begin(); /* both were due, nothing came: 0.7 s of it is not forgiven (number_ledger.h) */
    allow(ALICE, 0, 0);
    media_sink_expect_to(sink, ALICE, 30, 150);
    media_sink_allow(sink, ALICE, false, START + 3 * S, GRACE);
    finish();
    ck_assert_int_eq(recorded[METRIC_FRAMES_LOST].sum, 7);
    ck_assert_int_eq(recorded[METRIC_AUDIO_LOST].sum, 35);
    ck_assert_uint_eq(recorded[METRIC_FRAMES_RECEIVED].count, 1);
}
END_TEST

START_TEST(a_lost_audio_packet)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 100; i++)
        if (i != 40)
            give_audio(ALICE, i, 30000);
    media_sink_expect_to(sink, ALICE, 0, 100);
    media_sink_allow(sink, ALICE, false, audio_capture(100), GRACE);
    ck_assert_uint_eq(report(ALICE).audio_expected, 100);
    ck_assert_uint_eq(report(ALICE).audio_lost, 1);
    finish();
    ck_assert_int_eq(recorded[METRIC_AUDIO_LOST].sum, 1);
    ck_assert_int_eq(recorded[METRIC_AUDIO_RECEIVED].sum, 99);
    ck_assert_int_eq(recorded[METRIC_AUDIO_CONCEALED].sum, 960);
    ck_assert_int_eq(recorded[METRIC_AUDIO_CONCEAL_EVENTS].sum, 1);
    ck_assert_int_eq(recorded[METRIC_AUDIO_SAMPLES].sum, 100 * 960);
}
END_TEST

/* Frame 20 never becomes complete: 21 to 25 wait for it half a second and are then received, but
 * not shown until the key frame 50; W3C: one freeze from frame 19 to 50. */
START_TEST(a_lost_frame_freezes_until_the_next_key_frame)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 60; i++)
        give_frame(ALICE, i, 40000, i == 20 ? 2 : 0);
    ck_assert_uint_ge(wanted_count, 1);
    media_sink_expect_to(sink, ALICE, 60, 0);
    media_sink_allow(sink, ALICE, false, frame_capture(60), GRACE);
    struct media_received received = report(ALICE);
    ck_assert_uint_eq(received.frames, 59);
    ck_assert_uint_eq(received.frames_expected, 60);
    ck_assert_uint_eq(received.frames_lost, 1);
    ck_assert_uint_eq(received.freeze_count, 1);
    ck_assert_int_eq(received.freeze_us, 31 * FRAME_US);
    ck_assert_int_eq(received.longest_gap_us, 31 * FRAME_US);
    finish();
    ck_assert_int_eq(recorded[METRIC_FREEZE_COUNT].sum, 1);
    ck_assert_int_eq(recorded[METRIC_FREEZE_US].sum, 31 * FRAME_US);
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 0); /* its stamp came */
    ck_assert_uint_eq(recorded[METRIC_FRAME_LATENCY].count, 59);
}
END_TEST

START_TEST(packets_without_their_stamp_are_unattributed)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 10; i++)
        give_frame(ALICE, i, 40000, i == 5 ? 4 : 0); /* the last packet is missing */
    media_sink_second(sink, START + 10 * S);
    ck_assert_uint_eq(media_sink_unattributed(sink), 2);
    finish();
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 2);
    ck_assert_uint_eq(forbidden_count, 0); /* loss explains it */
}
END_TEST

/* The call ended in the middle of frame 9; that explains it, but no frame lost two seconds before.
 */
START_TEST(the_end_of_a_call_cuts_one_frame)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 30; i++)
        give_frame(ALICE, i, 40000, i == 9 || i == 29 ? 4 : 0);
    media_sink_expect_to(sink, ALICE, 30, 0);
    media_sink_allow(sink, ALICE, false, frame_capture(29) + 50000, GRACE);
    media_sink_second(sink, START + 10 * S);
    ck_assert_uint_eq(media_sink_unattributed(sink), 2);
    finish();
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 2);
}
END_TEST

/* Frame 29 lacks its last two packets when the call ends. The second is asked for again and comes
 * late, the last never does. */
START_TEST(a_repair_behind_the_end_belongs_to_the_call)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 30; i++)
        give_frame(ALICE, i, 40000, i == 29 ? 6 : 0);
    media_sink_allow(sink, ALICE, false, frame_capture(29) + 50000, GRACE);
    give_packet(ALICE, 29, 1, true, frame_capture(29) + 50000 + 2 * GRACE);
    media_sink_second(sink, START + 10 * S);
    finish();
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 2);
    ck_assert_uint_eq(forbidden_count, 0);
}
END_TEST

/* The same with a frame that was long on its way: its media clock tells when it was captured. One
 * of behind the end is a violation. */
START_TEST(a_late_frame_belongs_to_the_call_in_which_it_was_captured)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 29; i++)
        give_frame(ALICE, i, 40000, 0);
    media_sink_allow(sink, ALICE, false, frame_capture(29) + 50000, GRACE);
    give_packet(ALICE, 29, 0, false, frame_capture(29) + 4 * GRACE);
    media_sink_second(sink, START + 10 * S);
    ck_assert_uint_eq(forbidden_count, 0);
    give_packet(ALICE, 40, 0, false, frame_capture(29) + 5 * GRACE); /* 1.1 s after 29 */
    media_sink_second(sink, START + 20 * S);
    ck_assert_uint_eq(forbidden_count, 1);
    finish();
    ck_assert_int_eq(recorded[METRIC_FORBIDDEN_PACKETS].sum, 1);
}
END_TEST

/* Frame 29 is cut by the end of the call, and judged when a join has been tried and refused since.
 */
START_TEST(a_cut_frame_belongs_to_its_call_whatever_came_since)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 30; i++)
        give_frame(ALICE, i, 40000, i == 29 ? 4 : 0);
    for (int64_t i = 0; i < 3; i++) {
        media_sink_allow(sink, ALICE, false, frame_capture(29) + (700 + 400 * i) * 1000, GRACE);
        media_sink_allow(sink, ALICE, true, frame_capture(29) + (1000 + 400 * i) * 1000, GRACE);
    }
    media_sink_allow(sink, ALICE, false, frame_capture(29) + 2 * S, GRACE);
    media_sink_second(sink, START + 10 * S);
    finish();
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 2);
    ck_assert_uint_eq(forbidden_count, 0);
}
END_TEST

START_TEST(what_came_without_a_stamp_is_described)
{
    begin();
    allow(ALICE, 0, 0);
    give_frame(ALICE, 0, 40000, 0);
    media_sink_allow(sink, ALICE, false, START + 50000, GRACE);
    give_packet(ALICE, 29, 1, true, START + 50000 + 2 * GRACE);
    media_sink_second(sink, START + 10 * S);
    ck_assert_uint_eq(forbidden_count, 1);
    ck_assert_uint_eq(forbidden_sender, 0);
    ck_assert_str_eq(forbidden_what, "1 packet(s) of a frame that never became whole without a "
                                     "stamp on track 2, some of them retransmitted, 1000 ms after "
                                     "the last permission, which took 50 ms");
    finish();
}
END_TEST

/* What the sender itself leaves out (it was muted, or its generator stalled) is no freeze. */
START_TEST(an_interval_of_the_senders_making_is_no_freeze)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 20; i++)
        give_frame_at(ALICE, i, frame_capture(i) + (i >= 10 ? 3 * S : 0), 40000, 0);
    ck_assert_uint_eq(report(ALICE).freeze_count, 0);
    finish();
    ck_assert_int_eq(recorded[METRIC_VIDEO_US].sum, 18 * FRAME_US);
}
END_TEST

START_TEST(a_stalled_path_is_a_freeze)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 20; i++)
        give_frame(ALICE, i, i >= 10 && i < 15 ? 40000 + (15 - i) * FRAME_US : 40000, 0);
    ck_assert_uint_eq(report(ALICE).freeze_count, 1);
    ck_assert_int_eq(report(ALICE).freeze_us, 6 * FRAME_US);
    finish();
}
END_TEST

/* ---- permission ---- */

START_TEST(a_stranger_is_forbidden)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 5; i++)
        give_audio(BOB, i, 30000);
    media_sink_second(sink, START + 30000 + PERMISSION_EARLY_US);
    ck_assert_uint_eq(forbidden_count, 0); /* he may be permitted in a moment */
    media_sink_second(sink, START + 30000 + PERMISSION_EARLY_US + 1);
    ck_assert_uint_eq(forbidden_count, 1);
    ck_assert_uint_eq(forbidden_sender, BOB);
    ck_assert_int_eq(forbidden_us, START + 30000);
    ck_assert_uint_eq(report(BOB).forbidden_packets, 5);
    ck_assert(!report(BOB).allowed);
    ck_assert_uint_eq(first_count, 0);
    ck_assert_uint_eq(recorded[METRIC_AUDIO_LATENCY].count, 0);
    ck_assert_int_eq(recorded[METRIC_FORBIDDEN_PACKETS].sum, 5);
    give_frame(BOB, 20, 30000, 0); /* the rest is judged at the end */
    finish();
    ck_assert_uint_eq(forbidden_count, 2);
    ck_assert_int_eq(recorded[METRIC_FORBIDDEN_PACKETS].sum, 5 + 3);
}
END_TEST

/* 9,528 packets were called leaks by a generator that stood still for two seconds and had the
 * permissions in its queues. */
START_TEST(a_late_generator_waits_longer_before_it_accuses)
{
    begin();
    recent_max_note(&late, START, 2 * S);
    give_audio(BOB, 0, 30000);
    media_sink_second(sink, START + 30000 + PERMISSION_EARLY_US + 2 * S);
    ck_assert_uint_eq(forbidden_count, 0);
    media_sink_second(sink, START + 30000 + PERMISSION_EARLY_US + 2 * S + 1);
    ck_assert_uint_eq(forbidden_count, 1);
    finish();

    begin(); /* at the end: only what is older than that is proven */
    recent_max_note(&late, START, 2 * S);
    give_audio(BOB, 0, 30000);
    give_audio(BOB, 1, 30000);
    media_sink_finish(sink, START + 30000 + 2 * S);
    ck_assert_uint_eq(forbidden_count, 0);
    ck_assert_int_eq(recorded[METRIC_UNJUDGED_PACKETS].sum, 2);
    finish();
    begin();
    recent_max_note(&late, START, 2 * S);
    give_audio(BOB, 0, 30000);
    media_sink_finish(sink, START + 30000 + 2 * S + 1);
    ck_assert_uint_eq(forbidden_count, 1);
    ck_assert_int_eq(recorded[METRIC_UNJUDGED_PACKETS].sum, 0);
    finish();
}
END_TEST

START_TEST(one_packet_to_somebody_who_waits_is_enough)
{
    begin();
    give_frame(BOB, 0, 30000, 3); /* only the last packet, with the stamp */
    finish();
    ck_assert_uint_eq(forbidden_count, 1);
    ck_assert_uint_eq(forbidden_sender, BOB);
    begin();
    give_frame(BOB, 0, 30000, 6); /* only the first: nobody knows whose */
    media_sink_second(sink, START + 10 * S);
    media_sink_second(sink, START + 20 * S);
    ck_assert_uint_eq(forbidden_count, 1);
    ck_assert_uint_eq(forbidden_sender, 0);
    ck_assert_uint_eq(media_sink_unattributed(sink), 1);
    finish();
    ck_assert_int_eq(recorded[METRIC_FORBIDDEN_PACKETS].sum, 1);
}
END_TEST

START_TEST(audio_without_a_stamp_is_unattributed)
{
    begin();
    give_rtp(AUDIO_TRACK, SDP_AUDIO, 1, 960, false, (const uint8_t *)"\x78opus", 5, false, START);
    ck_assert_uint_eq(media_sink_unattributed(sink), 1);
    finish();
    ck_assert_uint_eq(forbidden_count, 1);
    begin();
    allow(ALICE, 0, 0);
    give_rtp(AUDIO_TRACK, SDP_AUDIO, 1, 960, false, (const uint8_t *)"\x78opus", 5, false, START);
    finish();
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 1);
    ck_assert_uint_eq(forbidden_count, 0);
}
END_TEST

/* Somebody whom others play is in the call: what carries no stamp is theirs, and only then; who is
 * stamped is judged as ever. */
START_TEST(a_foreign_sender_is_expected)
{
    struct media_foreign foreign;
    const uint8_t opus[] = "\x78opus";

    begin();
    media_sink_expect_foreign(sink, true, START, GRACE);
    give_rtp(AUDIO_TRACK, SDP_AUDIO, 1, 960, false, opus, 5, false, START + 1000);
    give_frame(ALICE, 0, 30000, 4); /* no stamp, and not whole */
    media_sink_second(sink, START + 10 * S);
    media_sink_foreign(sink, &foreign);
    ck_assert_uint_eq(foreign.audio_packets, 1);
    ck_assert_uint_eq(foreign.video_packets, 2);
    ck_assert_uint_eq(foreign.frames, 0);
    ck_assert_uint_eq(media_sink_unattributed(sink), 0);
    ck_assert_uint_eq(forbidden_count, 0);
    media_sink_expect_foreign(sink, false, START + 20 * S, GRACE);
    give_rtp(AUDIO_TRACK, SDP_AUDIO, 2, 1920, false, opus, 5, false, START + 20 * S + GRACE / 2);
    ck_assert_uint_eq(media_sink_unattributed(sink), 0); /* on its way */
    give_rtp(AUDIO_TRACK, SDP_AUDIO, 3, 2880, false, opus, 5, false, START + 22 * S);
    ck_assert_uint_eq(media_sink_unattributed(sink), 1);
    finish();
    ck_assert_uint_eq(forbidden_count, 1);
    begin();
    media_sink_expect_foreign(sink, true, START, GRACE);
    give_frame(BOB, 0, 30000, 0);
    finish();
    ck_assert_uint_eq(forbidden_count, 1);
    ck_assert_uint_eq(forbidden_sender, BOB);
}
END_TEST

START_TEST(padding_is_not_media)
{
    begin();
    give_rtp(AUDIO_TRACK, SDP_AUDIO, 1, 960, false, NULL, 0, false, START);
    give_rtp(VIDEO_TRACK, SDP_VIDEO, 1, 960, false, NULL, 0, false, START);
    finish();
    ck_assert_uint_eq(forbidden_count, 0);
    ck_assert_uint_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].count, 0);
}
END_TEST

/* The platform lets media through before it tells that it does. */
START_TEST(media_that_came_before_the_permission_was_told)
{
    begin();
    give_audio(ALICE, 0, 30000);
    give_frame(ALICE, 0, 35000, 0);
    ck_assert_uint_eq(first_count, 0);
    media_sink_allow(sink, ALICE, true, START + 50000, GRACE);
    media_sink_expect_from(sink, ALICE, 1, 3);
    give_audio(ALICE, 3, 30000);
    ck_assert_uint_eq(first_count, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(firsts[i].sender, ALICE);
    ck_assert_int_eq(firsts[0].at_us, START + 30000);
    ck_assert_int_eq(firsts[1].at_us, START + 30000);
    ck_assert_int_eq(firsts[2].what, MEDIA_FIRST_KEY_FRAME);
    ck_assert_int_eq(firsts[2].at_us, START + 35000);
    finish();
    ck_assert_uint_eq(forbidden_count, 0);
    ck_assert_int_eq(recorded[METRIC_FRAMES_LOST].sum, 0);
}
END_TEST

START_TEST(silence_after_the_end_is_measured)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 50; i++)
        give_audio(ALICE, i, 30000);
    media_sink_allow(sink, ALICE, false, START + 1 * S, GRACE);
    media_sink_expect_to(sink, ALICE, 0, 50); /* told after: as good */
    give_audio(ALICE, 50, 30000);
    give_audio(ALICE, 51, 30000);
    ck_assert_int_eq(report(ALICE).last_forbidden_us, audio_capture(51) + 30000);
    ck_assert_uint_eq(report(ALICE).audio_expected, 50);
    ck_assert_uint_eq(report(ALICE).audio_lost, 0);
    media_sink_second(sink, START + 20 * S);
    ck_assert_uint_eq(forbidden_count, 0);
    give_audio(ALICE, 80, 30000); /* 1.6 s: 600 ms after the end */
    media_sink_second(sink, START + 20 * S);
    ck_assert_uint_eq(forbidden_count, 1);
    ck_assert_uint_eq(recorded[METRIC_AUDIO_LATENCY].count, 50);
    finish();
}
END_TEST

START_TEST(firsts_are_told_once_per_permission)
{
    begin();
    allow(ALICE, 0, 0);
    give_audio(ALICE, 0, 30000);
    give_audio(ALICE, 1, 30000);
    ck_assert_uint_eq(first_count, 2);
    media_sink_allow(sink, ALICE, true, START + 50000, GRACE);
    give_audio(ALICE, 2, 30000);
    ck_assert_uint_eq(first_count, 2);
    media_sink_expect_to(sink, ALICE, 0, 3);
    media_sink_allow(sink, ALICE, false, audio_capture(3), GRACE);
    give_audio(ALICE, 3, 30000); /* on its way */
    media_sink_allow(sink, ALICE, true, audio_capture(10), GRACE);
    media_sink_expect_from(sink, ALICE, 0, 10);
    give_audio(ALICE, 10, 30000);
    ck_assert_uint_eq(first_count, 4);
    ck_assert_int_eq(firsts[3].at_us, audio_capture(10) + 30000);
    ck_assert_uint_eq(report(ALICE).audio_expected, 4);
    ck_assert_uint_eq(report(ALICE).audio_lost, 0);
    finish();
}
END_TEST

/* ---- a call in which the platform chooses ---- */

static void choose_video(bool chosen, uint32_t number)
{
    media_sink_choose(sink, ALICE, SDP_VIDEO, chosen, number, frame_capture(number));
}

START_TEST(only_what_is_chosen_is_expected)
{
    begin();
    media_sink_allow(sink, ALICE, true, START, GRACE); /* permitted all the time */
    media_sink_choose(sink, ALICE, SDP_AUDIO, true, 0, START);
    for (uint32_t i = 0; i < 50; i++)
        give_audio(ALICE, i, 10000);
    media_sink_choose(sink, ALICE, SDP_AUDIO, false, 50, START + S);
    choose_video(true, 50);
    for (uint32_t i = 50; i < 80; i++)
        give_frame(ALICE, i, 20000, i == 60 ? 7 : 0); /* one is lost */
    choose_video(false, 80);
    media_sink_slot(sink, VIDEO_TRACK, BOB);
    choose_video(true, 150); /* 7 s later, and nothing between is missed */
    for (uint32_t i = 150; i < 180; i++)
        give_frame(ALICE, i, 20000, 0);
    media_sink_expect_to(sink, ALICE, 180, 900);
    media_sink_allow(sink, ALICE, false, frame_capture(180), GRACE);
    struct media_received received = report(ALICE);
    ck_assert_uint_eq(received.frames_expected, 60);
    ck_assert_uint_eq(received.frames_lost, 1);
    ck_assert_uint_eq(received.audio_expected, 50);
    ck_assert_uint_eq(received.audio_lost, 0);
    ck_assert_uint_eq(received.freeze_count, 0);
    ck_assert_uint_eq(received.forbidden_packets, 0);
    finish();
}
END_TEST

START_TEST(what_was_chosen_and_never_came_is_lost)
{
    begin();
    media_sink_allow(sink, ALICE, true, START, GRACE);
    choose_video(true, 0);
    choose_video(false, 100); /* ten seconds */
    struct media_received received = report(ALICE);
    ck_assert_uint_ge(received.frames_expected, 70);
    ck_assert_uint_eq(received.frames_lost, received.frames_expected);
    finish();
}
END_TEST

/* Frame `number` without its last packet, as a slot leaves it that another member gets. */
static void give_cut_frame(uint32_t number)
{
    give_frame(ALICE, number, 20000, 4);
    give_frame(BOB, number + 50 - number % 50, 20000, 0); /* the other's key frame */
}

START_TEST(the_end_of_a_choice_cuts_one_frame)
{
    begin();
    media_sink_allow(sink, ALICE, true, START, GRACE);
    media_sink_allow(sink, BOB, true, START, GRACE);
    choose_video(true, 0);
    for (uint32_t i = 0; i < 20; i++)
        give_frame(ALICE, i, 20000, 0);
    give_cut_frame(20);
    media_sink_second(sink, frame_capture(21));
    ck_assert_uint_eq(media_sink_unattributed(sink), 0); /* what cut it may be told yet */
    choose_video(false, 21);
    media_sink_second(sink, frame_capture(40));
    ck_assert_uint_eq(media_sink_unattributed(sink), 0);
    give_frame(BOB, 51, 20000, 4); /* a second one: not its doing */
    give_frame(BOB, 100, 20000, 0);
    media_sink_second(sink, frame_capture(110));
    ck_assert_uint_eq(media_sink_unattributed(sink), 2);
    finish();
}
END_TEST

START_TEST(the_first_of_each_choice_is_told)
{
    begin();
    media_sink_allow(sink, ALICE, true, START, GRACE);
    give_frame(ALICE, 0, 20000, 0); /* just before the choice is told */
    size_t before = first_count;
    choose_video(true, 1);
    ck_assert_uint_eq(first_count, before + 1);
    ck_assert_int_eq(firsts[before].what, MEDIA_FIRST_KEY_FRAME);
    ck_assert_int_eq(firsts[before].at_us, START + 20000);
    choose_video(false, 20);
    choose_video(true, 90);
    ck_assert_uint_eq(first_count, before + 1); /* the last one is too old */
    give_frame(ALICE, 100, 20000, 0);
    ck_assert_uint_eq(first_count, before + 2);
    ck_assert_int_eq(firsts[before + 1].at_us, frame_capture(100) + 20000);
    finish();
}
END_TEST

START_TEST(a_key_frame_that_was_asked_for_is_told)
{
    begin();
    ck_assert(!media_sink_ask_key_frame(sink, ALICE, START)); /* nobody knows her */
    allow(ALICE, 0, 0);
    ck_assert(!media_sink_ask_key_frame(sink, ALICE, START)); /* nothing has come */
    for (uint32_t i = 0; i < 45; i++)
        give_frame(ALICE, i, 30000, 0);
    size_t before = first_count;
    ck_assert(media_sink_ask_key_frame(sink, ALICE, frame_capture(50) + 30000));
    ck_assert_uint_eq(wanted_count, 1);
    for (uint32_t i = 45; i < 55; i++) /* 50 is one, but it began to come before the question */
        give_frame(ALICE, i, 30000, 0);
    ck_assert_uint_eq(first_count, before);
    for (uint32_t i = 55; i < 155; i++) /* 100 and 150 */
        give_frame(ALICE, i, 30000, 0);
    ck_assert_uint_eq(first_count, before + 1);
    ck_assert_int_eq(firsts[before].what, MEDIA_FIRST_REFRESH);
    ck_assert_int_eq(firsts[before].at_us, frame_capture(100) + 30000);
    ck_assert(media_sink_ask_key_frame(sink, ALICE, frame_capture(160)));
    media_sink_allow(sink, ALICE, false, frame_capture(170), GRACE);
    ck_assert(!media_sink_ask_key_frame(sink, ALICE, frame_capture(171)));
    finish();
}
END_TEST

START_TEST(a_leak_long_ago_is_not_the_first_packet)
{
    begin();
    give_audio(BOB, 0, 30000);
    media_sink_second(sink, START + 10 * S);
    ck_assert_uint_eq(forbidden_count, 1);
    media_sink_allow(sink, BOB, true, audio_capture(1000), GRACE);
    give_audio(BOB, 1000, 30000);
    ck_assert_uint_eq(first_count, 2);
    ck_assert_int_eq(firsts[0].at_us, audio_capture(1000) + 30000);
    finish();
}
END_TEST

START_TEST(unstamped_media_just_before_a_permission)
{
    begin();
    give_rtp(AUDIO_TRACK, SDP_AUDIO, 1, 960, false, (const uint8_t *)"\x78opus", 5, false, START);
    media_sink_allow(sink, ALICE, true, START + 100000, GRACE);
    finish();
    ck_assert_uint_eq(forbidden_count, 0);
    ck_assert_int_eq(recorded[METRIC_UNATTRIBUTED_PACKETS].sum, 1);
}
END_TEST

/* ---- slots and senders ---- */

/* A slot goes from Alice to Bob: no freeze, no concealment for what lies between. */
START_TEST(a_slot_changes_hands)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 50; i++)
        give_audio(ALICE, i, 30000);
    for (uint32_t i = 0; i < 10; i++)
        give_frame(ALICE, i, 40000, 0);
    media_sink_slot(sink, AUDIO_TRACK, BOB);
    media_sink_slot(sink, VIDEO_TRACK, BOB);
    media_sink_slot(sink, 31, BOB); /* nothing came there */
    media_sink_allow(sink, BOB, true, frame_capture(49), GRACE);
    for (uint32_t i = 250; i < 300; i++)
        give_audio(BOB, i, 30000);
    for (uint32_t i = 50; i < 60; i++)
        give_frame(BOB, i, 40000, 0);
    ck_assert_uint_eq(report(ALICE).freeze_count, 0);
    ck_assert_uint_eq(report(BOB).freeze_count, 0);
    ck_assert_uint_eq(report(BOB).frames, 10);
    finish();
    ck_assert_int_eq(recorded[METRIC_AUDIO_CONCEALED].sum, 0);
    ck_assert_int_eq(recorded[METRIC_AUDIO_SAMPLES].sum, 100 * 960);
    ck_assert_uint_eq(recorded[METRIC_M_MOUTH_EAR].count, 100);
    ck_assert_int_eq(recorded[METRIC_VIDEO_US].sum, 18 * FRAME_US);
}
END_TEST

/* Frames 10 to 39 do not come, and the platform has said that they would not. */
START_TEST(a_picture_that_is_withheld_is_neither_lost_nor_frozen)
{
    begin();
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 10; i++)
        give_frame(ALICE, i, 40000, 0);
    media_sink_withhold(sink, ALICE, true, 10, frame_capture(10));
    media_sink_withhold(sink, ALICE, true, 11, frame_capture(11)); /* said twice */
    media_sink_second(sink, frame_capture(30));
    media_sink_withhold(sink, ALICE, false, 40, frame_capture(40));
    for (uint32_t i = 50; i < 60; i++) /* from the next key frame on */
        give_frame(ALICE, i, 40000, 0);
    media_sink_expect_to(sink, ALICE, 60, 0);
    media_sink_allow(sink, ALICE, false, frame_capture(60), GRACE);
    ck_assert_uint_eq(report(ALICE).frames_expected, 20);
    ck_assert_uint_eq(report(ALICE).frames_lost, 0);
    ck_assert_uint_eq(report(ALICE).freeze_count, 0);
    finish();
    ck_assert_int_eq(recorded[METRIC_VIDEO_WITHHELD_US].sum, 30 * FRAME_US);
    ck_assert_int_eq(recorded[METRIC_VIDEO_US].sum, 18 * FRAME_US);
}
END_TEST

START_TEST(a_picture_withheld_from_the_beginning_is_not_expected)
{
    begin();
    media_sink_withhold(sink, ALICE, true, 0, START);
    allow(ALICE, 5, 0);
    media_sink_second(sink, frame_capture(15));
    media_sink_expect_to(sink, ALICE, 25, 0);
    media_sink_allow(sink, ALICE, false, frame_capture(25), GRACE);
    media_sink_second(sink, frame_capture(40)); /* nobody would be seen now anyway */
    ck_assert_uint_eq(report(ALICE).frames_expected, 0);
    media_sink_withhold(sink, ALICE, false, 50, frame_capture(50));
    ck_assert_uint_eq(report(ALICE).frames_expected, 0); /* nor expected */
    finish();
}
END_TEST

/* Who comes back to a slot after another was shown in it was not frozen meanwhile. */
START_TEST(a_sender_comes_back_to_a_slot)
{
    begin();
    allow(ALICE, 0, 0);
    allow(BOB, 0, 0);
    for (uint32_t i = 0; i < 60; i++)
        give_frame(i < 10 || i >= 40 ? ALICE : BOB, i, 40000, 0);
    for (uint32_t i = 60; i < 70; i++)
        give_frame(ALICE, i, 40000, 0);
    ck_assert_uint_eq(report(ALICE).freeze_count, 0);
    ck_assert_int_eq(report(ALICE).longest_gap_us, FRAME_US);
    finish();
}
END_TEST

START_TEST(more_senders_than_places)
{
    begin();
    for (uint32_t sender = 1; sender <= MEDIA_SINK_SENDERS_MAX; sender++) {
        media_sink_allow(sink, sender, true, START, GRACE);
        if (sender != 7)
            continue;
        media_sink_expect_from(sink, sender, 0, 0);
        give_audio(sender, 0, 30000);
        media_sink_expect_to(sink, sender, 0, 1);
        media_sink_allow(sink, sender, false, audio_capture(1), GRACE);
    }
    /* 7 has left: the next one takes the place, and 7's counts are recorded */
    media_sink_allow(sink, 1000, true, START, GRACE);
    ck_assert_int_eq(recorded[METRIC_AUDIO_RECEIVED].sum, 1);
    struct media_received received;
    ck_assert(!media_sink_from(sink, 7, &received));
    ck_assert(media_sink_from(sink, 1000, &received));
    /* now all places are permitted: more of them are counted together */
    media_sink_allow(sink, 1001, true, START, GRACE);
    give_audio(1001, 5, 30000);
    give_audio(1002, 5, 30000);
    ck_assert(!media_sink_from(sink, 1001, &received));
    ck_assert_uint_eq(first_count, 2 + 2);
    ck_assert_uint_eq(firsts[3].sender, 0);
    size_t known = 0;
    while (media_sink_received(sink, known, &received))
        known++;
    ck_assert_uint_eq(known, MEDIA_SINK_SENDERS_MAX);
    finish();
    ck_assert_uint_eq(forbidden_count, 0);
}
END_TEST

/* Whose packets wait for an explanation keeps the place until it comes. */
START_TEST(a_suspect_makes_no_room_for_others)
{
    begin();
    for (uint32_t sender = 1; sender < MEDIA_SINK_SENDERS_MAX; sender++) {
        media_sink_allow(sink, sender, true, START, GRACE);
        media_sink_allow(sink, sender, false, audio_capture(1), GRACE);
    }
    give_audio(500, 5, 30000);
    media_sink_allow(sink, 1000, true, audio_capture(5), GRACE);
    ck_assert_uint_eq(forbidden_count, 0);
    media_sink_allow(sink, 500, true, audio_capture(6), GRACE);
    finish();
    ck_assert_uint_eq(forbidden_count, 0);
}
END_TEST

START_TEST(a_new_ssrc_begins_anew)
{
    begin();
    allow(ALICE, 0, 0);
    give_frame(ALICE, 0, 40000, 0);
    give_frame(ALICE, 1, 40000, 0);
    uint8_t payload[] = {0x10, 0x11, 'x'};
    struct rtp_packet packet = {
        .marker = true, .ssrc = 1, .payload = payload, .payload_size = sizeof payload};
    struct endpoint_media media = {
        .track = VIDEO_TRACK, .kind = SDP_VIDEO, .packet = &packet, .arrival_us = START + 2 * S};
    media_sink_packet(sink, &media);
    ck_assert_uint_eq(media_sink_unattributed(sink), 1);
    finish();
}
END_TEST

START_TEST(what_is_no_media_section_is_ignored)
{
    begin();
    give_rtp(ENDPOINT_TRACKS_MAX, SDP_AUDIO, 1, 1, false, (const uint8_t *)"x", 1, false, START);
    give_rtp(3, SDP_APPLICATION, 1, 1, false, (const uint8_t *)"x", 1, false, START);
    ck_assert_uint_eq(media_sink_unattributed(sink), 0);
    finish();
    media_sink_destroy(NULL);
}
END_TEST

/* ---- what probes found ---- */

START_TEST(probes_get_what_may_be_shown_and_heard)
{
    begin_with(pool, "folder/it");
    allow(ALICE, 0, 0);
    for (uint32_t i = 0; i < 20; i++)
        give_frame(ALICE, i, 40000, i == 7 ? 2 : 0);
    give_audio(ALICE, 0, 30000);
    give_audio(ALICE, 2, 20000);
    give_audio(ALICE, 1, 50000); /* out of order, in time */
    for (uint32_t i = 3; i < 50; i++)
        give_audio(ALICE, i, 30000);
    give_audio(BOB, 60, 30000); /* forbidden: nobody decodes it */
    ck_assert_uint_eq(stream_count, 2);
    ck_assert(streams[0].video && !streams[1].video);
    ck_assert_str_eq(streams[0].save_path, "folder/it-11.ivf");
    ck_assert_str_eq(streams[1].save_path, "folder/it-11.wav");
    finish();
    ck_assert(streams[0].closed && streams[1].closed);
    ck_assert_uint_eq(stream_count, 2);
    ck_assert_uint_eq(streams[0].count, 19);
    for (size_t i = 0; i < 19; i++) {
        ck_assert_uint_eq(streams[0].numbers[i], i + (i >= 7));
        ck_assert_uint_eq(streams[0].sizes[i], 2500); /* without the stamp */
    }
    ck_assert_uint_eq(streams[1].count, 50);
    for (size_t i = 0; i < 50; i++) {
        ck_assert_uint_eq(streams[1].numbers[i], i); /* as they are played */
        ck_assert_uint_eq(streams[1].first_bytes[i], 0x7b);
    }
}
END_TEST

START_TEST(probes_that_are_full_are_counted)
{
    begin_with(pool, NULL);
    stream_count = sizeof streams / sizeof streams[0];
    allow(ALICE, 0, 0);
    give_frame(ALICE, 0, 40000, 0);
    ck_assert_int_gt(recorded[METRIC_PROBE_REFUSED].sum, 0);
    ck_assert_uint_eq(report(ALICE).frames, 1);
    finish();
}
END_TEST

START_TEST(probe_results_of_a_closed_sink_are_measured_but_nobody_is_told)
{
    begin();
    allow(ALICE, 0, 0);
    struct probe_video_result video = {.sender = ALICE,
                                       .tag = ROLE,
                                       .outcome = PROBE_DECODED,
                                       .decoded_us = START + 77,
                                       .compared = true,
                                       .psnr_db = 40};
    media_sink_probed_video(NULL, &video);
    media_sink_probed_audio(
        NULL, &(struct probe_audio_result){.sender = ALICE, .tag = ROLE, .heard = true});
    ck_assert_int_eq(recorded[METRIC_VIDEO_DECODED].sum, 1);
    ck_assert_int_eq(recorded[METRIC_VIDEO_PSNR].sum, 40000);
    ck_assert_uint_eq(recorded[METRIC_WITNESS_AUDIO].count, 1);
    ck_assert_uint_eq(first_count, 0);
    finish();
}
END_TEST

START_TEST(probe_results_become_metrics)
{
    begin();
    allow(ALICE, 0, 0);
    struct probe_video_result video = {.sender = ALICE,
                                       .tag = ROLE,
                                       .user = sink,
                                       .outcome = PROBE_DECODED,
                                       .decoded_us = START + 77,
                                       .compared = true,
                                       .psnr_db = 34.5678,
                                       .ssim = 0.987654,
                                       .marked = true,
                                       .mark_ok = true,
                                       .difference_frames = -1};
    media_sink_probed_video(NULL, &video);
    video.outcome = PROBE_UNDECODABLE;
    media_sink_probed_video(NULL, &video);
    video.outcome = PROBE_AWAITS_KEY;
    media_sink_probed_video(NULL, &video);
    struct probe_audio_result audio = {
        .sender = ALICE, .tag = ROLE, .user = sink, .heard = true, .difference_us = -321};
    media_sink_probed_audio(NULL, &audio);
    audio.heard = false;
    media_sink_probed_audio(NULL, &audio);
    ck_assert_int_eq(recorded[METRIC_VIDEO_DECODED].sum, 1);
    ck_assert_int_eq(recorded[METRIC_VIDEO_UNDECODABLE].sum, 1);
    ck_assert_int_eq(recorded[METRIC_VIDEO_PSNR].sum, 34568);
    ck_assert_int_eq(recorded[METRIC_VIDEO_SSIM].sum, 987654);
    ck_assert_int_eq(recorded[METRIC_WITNESS_VIDEO].sum, 1);
    ck_assert_uint_eq(recorded[METRIC_WITNESS_AUDIO].count, 1);
    ck_assert_int_eq(recorded[METRIC_WITNESS_AUDIO].sum, 321);
    ck_assert_uint_eq(first_count, 1);
    ck_assert_int_eq(firsts[0].what, MEDIA_FIRST_DECODED);
    ck_assert_int_eq(firsts[0].at_us, START + 77);
    finish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/media_sink");
    TCase *cases = tcase_create("media_sink");
    tcase_add_test(cases, everything_arrives);
    tcase_add_test(cases, what_was_not_there_has_no_totals);
    tcase_add_test(cases, a_lost_audio_packet);
    tcase_add_test(cases, a_lost_frame_freezes_until_the_next_key_frame);
    tcase_add_test(cases, packets_without_their_stamp_are_unattributed);
    tcase_add_test(cases, the_end_of_a_call_cuts_one_frame);
    tcase_add_test(cases, a_repair_behind_the_end_belongs_to_the_call);
    tcase_add_test(cases, a_late_frame_belongs_to_the_call_in_which_it_was_captured);
    tcase_add_test(cases, a_cut_frame_belongs_to_its_call_whatever_came_since);
    tcase_add_test(cases, what_came_without_a_stamp_is_described);
    tcase_add_test(cases, only_what_is_chosen_is_expected);
    tcase_add_test(cases, what_was_chosen_and_never_came_is_lost);
    tcase_add_test(cases, the_end_of_a_choice_cuts_one_frame);
    tcase_add_test(cases, the_first_of_each_choice_is_told);
    tcase_add_test(cases, a_key_frame_that_was_asked_for_is_told);
    tcase_add_test(cases, an_interval_of_the_senders_making_is_no_freeze);
    tcase_add_test(cases, a_stalled_path_is_a_freeze);
    tcase_add_test(cases, a_stranger_is_forbidden);
    tcase_add_test(cases, a_late_generator_waits_longer_before_it_accuses);
    tcase_add_test(cases, one_packet_to_somebody_who_waits_is_enough);
    tcase_add_test(cases, audio_without_a_stamp_is_unattributed);
    tcase_add_test(cases, a_foreign_sender_is_expected);
    tcase_add_test(cases, padding_is_not_media);
    tcase_add_test(cases, media_that_came_before_the_permission_was_told);
    tcase_add_test(cases, silence_after_the_end_is_measured);
    tcase_add_test(cases, firsts_are_told_once_per_permission);
    tcase_add_test(cases, a_leak_long_ago_is_not_the_first_packet);
    tcase_add_test(cases, unstamped_media_just_before_a_permission);
    tcase_add_test(cases, a_slot_changes_hands);
    tcase_add_test(cases, a_picture_that_is_withheld_is_neither_lost_nor_frozen);
    tcase_add_test(cases, a_picture_withheld_from_the_beginning_is_not_expected);
    tcase_add_test(cases, a_sender_comes_back_to_a_slot);
    tcase_add_test(cases, more_senders_than_places);
    tcase_add_test(cases, a_suspect_makes_no_room_for_others);
    tcase_add_test(cases, a_new_ssrc_begins_anew);
    tcase_add_test(cases, what_is_no_media_section_is_ignored);
    tcase_add_test(cases, probes_get_what_may_be_shown_and_heard);
    tcase_add_test(cases, probes_that_are_full_are_counted);
    tcase_add_test(cases, probe_results_become_metrics);
    tcase_add_test(cases, probe_results_of_a_closed_sink_are_measured_but_nobody_is_told);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
