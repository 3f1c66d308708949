#include "engine/media/media_source.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "engine/media/frame_cutter.h"
#include "engine/media/stamp.h"

/* The endpoint, the metrics and the clock are the test's own: every datagram is kept, with the time
 * at which it left. */
enum { SENT_MAX = 20000, FRAMES = 30, PACKETS = 100, AUDIO = 0, VIDEO = 1, RUN = 77 };

static struct {
    struct endpoint_outgoing outgoing;
    uint8_t payload[1200];
    int64_t at_us;
} * sent;
static size_t sent_count;
static int64_t now_us, slip_max_us, slip_count;
static enum status endpoint_answer;

enum status endpoint_send(struct endpoint *endpoint, const struct endpoint_outgoing *outgoing,
                          int64_t at_us)
{
    (void)endpoint;
    if (endpoint_answer != STATUS_OK)
        return endpoint_answer;
    ck_assert_uint_lt(sent_count, SENT_MAX);
    ck_assert_uint_le(outgoing->payload_size, sizeof sent->payload);
    sent[sent_count].outgoing = *outgoing;
    memcpy(sent[sent_count].payload, outgoing->payload, outgoing->payload_size);
    if (outgoing->shared.size > 0)
        ck_assert_mem_eq(sent[sent_count].payload + outgoing->shared.at, outgoing->shared.data,
                         outgoing->shared.size);
    sent[sent_count++].at_us = at_us;
    return STATUS_OK;
}

static bool takes_encodings;

bool endpoint_takes_encoding(const struct endpoint *endpoint, size_t track, unsigned encoding)
{
    (void)endpoint;
    (void)encoding;
    ck_assert_uint_eq(track, VIDEO);
    return takes_encodings;
}

unsigned metrics_tag(struct metrics *metrics, const char *tag)
{
    (void)metrics;
    return strcmp(tag, "kind=audio") == 0 ? 10 : 11;
}

void metric_record(struct metrics *metrics, enum metric metric, int64_t value, unsigned tag_a,
                   unsigned tag_b)
{
    (void)metrics;
    ck_assert_int_eq(metric, METRIC_SEND_SLIP);
    ck_assert_uint_eq(tag_a, 5);
    ck_assert(tag_b == 10 || tag_b == 11);
    slip_count++;
    if (value > slip_max_us)
        slip_max_us = value;
}

static int64_t clock_of_test(void)
{
    return now_us;
}

/* A video of 30 frames at 15 frames/s with key frames at 0 and 15, and two seconds of audio. */
static uint8_t bytes[6000];
static struct clip_frame frames[FRAMES];
static struct clip_packet packets[PACKETS], quiet[CLIP_PACKETS_PER_S];
static struct video_clip video = {
    .fps = 15, .frames = frames, .frame_count = FRAMES, .loop_us = 2000000, .stream = 3};
static struct audio_clip audio = {.packets = packets, .packet_count = PACKETS, .quiet = quiet};
static struct timer_wheel *wheel;
static struct media_source *source;

static void begin(uint64_t seed, bool burst)
{
    static uint8_t opus[PACKETS][40];
    for (int64_t i = 0; i < FRAMES; i++)
        frames[i] = (struct clip_frame){.data = bytes,
                                        .size = i % 15 ? 2000 : 5000,
                                        .key_frame = i % 15 == 0,
                                        .at_us = i * 1000000 / 15};
    for (size_t i = 0; i < PACKETS; i++) {
        opus[i][0] = 0x78;
        opus[i][1] = (uint8_t)i;
        packets[i] = (struct clip_packet){
            .data = opus[i], .size = 40, .send = true, .level = (uint8_t)i, .voice = i % 2};
    }
    for (size_t i = 0; i < CLIP_PACKETS_PER_S; i++)
        quiet[i] = (struct clip_packet){.data = opus[i], .size = 3, .send = true, .level = 127};
    if (!sent)
        sent = calloc(SENT_MAX, sizeof *sent);
    sent_count = 0;
    slip_max_us = slip_count = 0;
    endpoint_answer = STATUS_OK;
    now_us = 1000000000;
    wheel = timer_wheel_create(now_us);
    source = media_source_create(&(struct media_source_config){.wheel = wheel,
                                                               .role_tag = 5,
                                                               .video = &video,
                                                               .audio = &audio,
                                                               .video_track = VIDEO,
                                                               .audio_track = AUDIO,
                                                               .run = RUN,
                                                               .sender = 9,
                                                               .seed = seed,
                                                               .burst = burst,
                                                               .now_us = clock_of_test});
    ck_assert_ptr_nonnull(source);
}

/* The same clip as three encodings in temporal layers. */
static void begin_simulcast(void)
{
    static const uint8_t pattern[4] = {0, 2, 1, 2};
    static struct video_clip lower[2];
    begin(4, false);
    media_source_destroy(source);
    video.temporal_layers = 3;
    for (size_t i = 0; i < FRAMES; i++) {
        frames[i].temporal = pattern[i % 15 % 4];
        frames[i].layer_sync = i % 15 % 4 == 1;
    }
    for (size_t i = 0; i < 2; i++) {
        lower[i] = video;
        lower[i].stream = (uint8_t)(4 + i);
        lower[i].spatial = (uint8_t)(1 - i);
    }
    video.spatial = 2;
    source = media_source_create(&(struct media_source_config){.wheel = wheel,
                                                               .role_tag = 5,
                                                               .video = &video,
                                                               .lower = {&lower[0], &lower[1]},
                                                               .video_track = VIDEO,
                                                               .audio_track = AUDIO,
                                                               .run = RUN,
                                                               .sender = 9,
                                                               .seed = 4,
                                                               .now_us = clock_of_test});
    ck_assert_ptr_nonnull(source);
}

static void finish_simulcast(void)
{
    video.temporal_layers = 1;
    video.spatial = 0;
    takes_encodings = false;
}

static void finish(void)
{
    media_source_destroy(source);
    timer_wheel_destroy(wheel);
}

static void run(int64_t duration_us)
{
    for (int64_t end_us = now_us + duration_us; now_us < end_us;) {
        now_us += 1000;
        timer_wheel_advance(wheel, now_us);
    }
}

static struct stamp audio_stamp(size_t i)
{
    struct stamp stamp;
    ck_assert(
        stamp_read_audio(sent[i].payload, sent[i].outgoing.payload_size, RUN, now_us, &stamp));
    return stamp;
}

static struct stamp video_stamp(size_t i)
{
    struct stamp stamp;
    ck_assert(stamp_read_video(sent[i].payload, sent[i].outgoing.payload_size, RUN, &stamp));
    return stamp;
}

static bool is_audio(size_t i)
{
    return sent[i].outgoing.track == AUDIO;
}

static bool ends_frame(size_t i)
{
    return !is_audio(i) && sent[i].outgoing.marker;
}

START_TEST(audio_lies_on_a_grid_of_20_ms)
{
    begin(1, false);
    media_source_start(source, true, false, now_us);
    run(4000000);
    ck_assert_uint_ge(sent_count, 199);
    ck_assert_uint_eq(media_source_audio_number(source), sent_count);
    for (size_t i = 0; i < sent_count; i++) {
        struct stamp stamp = audio_stamp(i);
        ck_assert(is_audio(i));
        ck_assert_uint_eq(stamp.number, i);
        ck_assert_uint_eq(stamp.sender, 9);
        ck_assert_int_eq(stamp.capture_us, audio_stamp(0).capture_us + 20000 * (int64_t)i);
        ck_assert_int_ge(sent[i].at_us, stamp.capture_us);
        ck_assert_int_le(sent[i].at_us, stamp.capture_us + 1000);
        ck_assert_uint_eq(sent[i].outgoing.timestamp, sent[0].outgoing.timestamp + 960 * i);
        ck_assert_int_eq(sent[i].outgoing.marker, i == 0);
        /* whole seconds of the clip: position and number agree modulo 50 */
        uint8_t position = sent[i].payload[3]; /* behind TOC, count and padding length */
        ck_assert_uint_eq(position % 50, i % 50);
        ck_assert_uint_eq(sent[i].outgoing.audio_level, position);
        ck_assert_int_eq(sent[i].outgoing.voice, position % 2);
    }
    ck_assert_int_ge(audio_stamp(0).capture_us, 1000000000);
    ck_assert_int_lt(audio_stamp(0).capture_us, 1000020000);
    ck_assert_int_eq(slip_count, (int64_t)sent_count);
    ck_assert_int_le(slip_max_us, 1000);
    finish();
}
END_TEST

START_TEST(video_begins_with_a_key_frame_and_is_paced)
{
    begin(2, false);
    media_source_start(source, false, true, now_us);
    run(4000000);
    size_t frame = 0, first = 0;
    for (size_t i = 0; i < sent_count; i++) {
        if (!ends_frame(i))
            continue;
        struct stamp stamp = video_stamp(i);
        ck_assert_uint_eq(stamp.number, frame);
        ck_assert_uint_eq(stamp.stream, 3);
        ck_assert_uint_eq(stamp.source_frame % 15, frame % 15); /* key frames at 0 and 15 */
        ck_assert_uint_eq(i + 1 - first, frame % 15 ? 2 : 5);
        for (size_t k = first; k <= i; k++) {
            int64_t late_us = sent[k].at_us - stamp.capture_us - 5000 * (int64_t)(k - first);
            ck_assert_int_ge(late_us, 0);
            ck_assert_int_le(late_us, 1000);
            ck_assert_uint_eq(sent[k].outgoing.timestamp, sent[i].outgoing.timestamp);
            if (k > 0) /* one datagram at a time */
                ck_assert_int_gt(sent[k].at_us, sent[k - 1].at_us);
        }
        frame++;
        first = i + 1;
    }
    ck_assert_uint_ge(frame, 59);
    ck_assert_int_le(slip_max_us, 1000);
    finish();
}
END_TEST

START_TEST(in_bursts_a_frame_leaves_at_once)
{
    begin(2, true);
    media_source_start(source, false, true, now_us);
    run(1000000);
    ck_assert_uint_ge(sent_count, 5 + 13 * 2);
    for (size_t i = 1; i < 5; i++)
        ck_assert_int_eq(sent[i].at_us, sent[0].at_us);
    ck_assert_int_le(slip_max_us, 1000);
    finish();
}
END_TEST

START_TEST(timestamps_are_the_capture_times)
{
    begin(3, false);
    media_source_start(source, true, true, now_us);
    run(3000000);
    int64_t audio_us = -1, video_us = -1;
    uint32_t audio_timestamp = 0, video_timestamp = 0;
    for (size_t i = 0; i < sent_count; i++) {
        if (is_audio(i)) {
            int64_t capture_us = audio_stamp(i).capture_us;
            if (audio_us >= 0)
                ck_assert_uint_eq(sent[i].outgoing.timestamp - audio_timestamp,
                                  (capture_us - audio_us) * 48 / 1000);
            audio_us = capture_us;
            audio_timestamp = sent[i].outgoing.timestamp;
        } else if (ends_frame(i)) {
            int64_t capture_us = video_stamp(i).capture_us;
            if (video_us >= 0)
                ck_assert_int_le(labs((int64_t)(sent[i].outgoing.timestamp - video_timestamp) -
                                      (capture_us - video_us) * 90 / 1000),
                                 1);
            video_us = capture_us;
            video_timestamp = sent[i].outgoing.timestamp;
        }
    }
    finish();
}
END_TEST

/* Lip sync: audio and video begin with the same second of their clips, at the same instant. */
START_TEST(both_begin_together)
{
    bool seen[2] = {false, false};
    for (uint64_t seed = 0; seed < 20; seed++) {
        begin(seed, false);
        media_source_start(source, true, true, now_us);
        run(100000);
        size_t a = 0, v = 0;
        while (!is_audio(a))
            a++;
        while (!ends_frame(v))
            v++;
        struct stamp stamp = video_stamp(v);
        ck_assert_int_eq(stamp.capture_us, audio_stamp(a).capture_us);
        ck_assert_uint_eq(stamp.source_frame / 15, sent[a].payload[3] / 50);
        seen[stamp.source_frame / 15] = true;
        finish();
    }
    ck_assert(seen[0] && seen[1]);
}
END_TEST

START_TEST(a_request_brings_a_key_frame_next)
{
    begin(4, false);
    media_source_start(source, false, true, now_us);
    run(200000);
    uint32_t number = media_source_video_number(source);
    media_source_key_frame(source, 0);
    run(100000);
    for (size_t i = 0; i < sent_count; i++)
        if (ends_frame(i) && video_stamp(i).number == number)
            ck_assert_uint_eq(video_stamp(i).source_frame % 15, 0);
    ck_assert_uint_gt(media_source_video_number(source), number);
    size_t last = sent_count - 1;
    while (!ends_frame(last))
        last--;
    ck_assert_uint_eq(video_stamp(last).source_frame % 15, video_stamp(last).number - number);
    finish();
}
END_TEST

START_TEST(stop_and_start_leave_no_gap_in_the_numbers)
{
    begin(5, false);
    media_source_start(source, true, true, now_us);
    run(1002000);
    media_source_stop(source);
    size_t stopped = sent_count;
    uint32_t video_number = media_source_video_number(source);
    uint32_t audio_number = media_source_audio_number(source);
    run(333000);
    ck_assert_uint_eq(sent_count, stopped);
    while (!ends_frame(stopped - 1)) /* the last frame is complete */
        stopped--;
    ck_assert_uint_eq(video_stamp(stopped - 1).number, video_number - 1);
    stopped = sent_count;
    int64_t again_us = now_us;
    media_source_start(source, true, true, now_us);
    media_source_start(source, true, true, now_us + 500); /* nothing new */
    run(200000);
    bool audio_seen = false, video_seen = false;
    for (size_t i = stopped; i < sent_count; i++) {
        if (is_audio(i) && !audio_seen) {
            struct stamp stamp = audio_stamp(i);
            ck_assert_uint_eq(stamp.number, audio_number);
            ck_assert(sent[i].outgoing.marker);
            ck_assert_int_ge(stamp.capture_us, again_us);
            ck_assert_int_lt(stamp.capture_us, again_us + 20000);
            ck_assert_int_eq((stamp.capture_us - audio_stamp(0).capture_us) % 20000, 0);
            ck_assert_uint_eq(sent[i].payload[3] % 50, audio_number % 50);
            audio_seen = true;
        }
        if (ends_frame(i) && !video_seen) {
            ck_assert_uint_eq(video_stamp(i).number, video_number);
            ck_assert_uint_eq(video_stamp(i).source_frame % 15, 0);
            ck_assert_int_lt(video_stamp(i).capture_us, again_us + 66667);
            video_seen = true;
        }
    }
    ck_assert(audio_seen && video_seen);
    finish();
}
END_TEST

START_TEST(one_kind_may_stop_alone)
{
    begin(6, false);
    media_source_start(source, true, true, now_us);
    run(300000);
    media_source_start(source, true, false, now_us);
    size_t before = sent_count;
    run(300000);
    ck_assert_uint_gt(sent_count, before);
    for (size_t i = before; i < sent_count; i++)
        ck_assert(is_audio(i));
    finish();
}
END_TEST

START_TEST(silence_is_not_sent_and_not_numbered)
{
    begin(7, false);
    for (size_t i = 0; i < PACKETS; i++)
        packets[i].send = i % 50 < 25;
    media_source_start(source, true, false, now_us);
    run(2010000);
    ck_assert_uint_ge(sent_count, 50);
    for (size_t i = 0; i < sent_count; i++) {
        ck_assert_uint_eq(audio_stamp(i).number, i);
        ck_assert_int_eq(sent[i].outgoing.marker, i % 25 == 0);
        if (i > 0)
            ck_assert_uint_eq(sent[i].outgoing.timestamp - sent[i - 1].outgoing.timestamp,
                              i % 25 ? 960 : 26 * 960);
    }
    finish();
}
END_TEST

/* A stall of a second: two frames and five packets come late, the others are left out; numbers
 * and the clip go on, the time does not wait. */
/* Who listens sends silence, numbered and timed like speech. */
START_TEST(who_listens_sends_silence)
{
    begin(4, false);
    media_source_talk(source, false);
    media_source_start(source, true, false, now_us);
    run(1000000);
    size_t silent = sent_count;
    media_source_talk(source, true);
    run(1000000);
    ck_assert_uint_ge(silent, 49);
    for (size_t i = 0; i < sent_count; i++) {
        ck_assert_uint_eq(audio_stamp(i).number, i);
        ck_assert_int_eq(sent[i].outgoing.audio_level == 127, i < silent);
        ck_assert_int_eq(audio_stamp(i).capture_us - audio_stamp(0).capture_us, (int64_t)i * 20000);
    }
    finish();
}
END_TEST

START_TEST(who_begins_to_talk_has_something_to_say)
{
    begin(4, false);
    for (size_t i = 0; i < PACKETS; i++)
        packets[i].voice = i >= 50; /* the second second */
    media_source_talk(source, false);
    media_source_start(source, true, false, now_us);
    for (int turn = 0; turn < 5; turn++) {
        run(730000);
        size_t before = sent_count;
        media_source_talk(source, true);
        run(1000000);
        unsigned voiced = 0;
        for (size_t i = before; i < sent_count; i++)
            voiced += sent[i].outgoing.voice;
        ck_assert_uint_ge(voiced, 24); /* by chance it would be 0 now and then */
        for (size_t i = before; i + 1 < sent_count; i++) { /* in its place of the second */
            /* behind the TOC, the count and the length of the padding (RFC 6716 §3.2.5) */
            uint8_t now = sent[i].payload[3], next = sent[i + 1].payload[3];
            ck_assert_uint_eq((now + 1) % 50, next % 50);
        }
        media_source_talk(source, false);
    }
    finish();
}
END_TEST

START_TEST(after_a_stall_it_does_not_burst)
{
    begin(8, false);
    media_source_start(source, true, true, now_us);
    run(500000);
    size_t before = sent_count;
    uint32_t video_number = media_source_video_number(source);
    uint32_t audio_number = media_source_audio_number(source);
    now_us += 1000000;
    timer_wheel_advance(wheel, now_us);
    ck_assert_uint_le(sent_count, before + 1 + 5 + 4);
    run(30000);
    ck_assert_uint_le(media_source_audio_number(source), audio_number + 6 + 2);
    ck_assert_uint_ge(media_source_audio_number(source), audio_number + 6);
    ck_assert_uint_le(media_source_video_number(source), video_number + 3 + 1);
    ck_assert_uint_ge(media_source_video_number(source), video_number + 3);
    struct media_source_counts counts;
    media_source_counts(source, &counts);
    ck_assert_uint_ge(counts.skipped, 44 + 11);
    ck_assert_int_ge(slip_max_us, 900000);
    run(500000);
    uint32_t next = 0;
    for (size_t i = 0; i < sent_count; i++)
        if (ends_frame(i)) {
            ck_assert_uint_eq(video_stamp(i).number, next++);
            ck_assert_uint_eq(video_stamp(i).source_frame % 15, video_stamp(i).number % 15);
        }
    /* in time again */
    ck_assert_int_le(sent[sent_count - 1].at_us, now_us);
    size_t last = sent_count - 1;
    while (!is_audio(last))
        last--;
    ck_assert_int_le(now_us - audio_stamp(last).capture_us, 21000);
    finish();
}
END_TEST

START_TEST(what_the_endpoint_refuses_is_counted)
{
    struct media_source_counts counts;
    begin(9, false);
    endpoint_answer = STATUS_CONFLICT;
    media_source_start(source, true, true, now_us);
    run(200000);
    media_source_counts(source, &counts);
    ck_assert_uint_eq(counts.packets, 0);
    ck_assert_uint_gt(counts.refused, 10);
    finish();
}
END_TEST

START_TEST(seeds_give_phases)
{
    int64_t first_us = -1;
    bool differs = false;
    for (uint64_t seed = 0; seed < 5; seed++) {
        begin(seed, false);
        media_source_start(source, true, false, now_us);
        run(30000);
        differs |= first_us >= 0 && audio_stamp(0).capture_us != first_us;
        first_us = audio_stamp(0).capture_us;
        finish();
    }
    ck_assert(differs);
}
END_TEST

START_TEST(without_clips_nothing_is_sent)
{
    begin(1, false);
    media_source_destroy(source);
    source = media_source_create(&(struct media_source_config){.wheel = wheel, .role_tag = 5});
    media_source_start(source, true, true, now_us);
    run(100000);
    media_source_stop(source);
    ck_assert_uint_eq(sent_count, 0);
    media_source_destroy(NULL);
    finish();
}
END_TEST

START_TEST(encodings_show_the_same_frames_under_the_same_numbers)
{
    size_t count[3] = {0};
    uint32_t last[3] = {0};
    begin_simulcast();
    takes_encodings = true;
    media_source_start(source, false, true, now_us);
    run(2000000);
    media_source_key_frame(source, 1);
    run(1000000);
    for (size_t i = 0; i < sent_count; i++) {
        struct vp8_descriptor vp8;
        const struct endpoint_outgoing *outgoing = &sent[i].outgoing;
        if (!ends_frame(i))
            continue;
        struct stamp stamp = video_stamp(i);
        ck_assert_uint_eq(stamp.spatial, 2 - outgoing->encoding);
        ck_assert_uint_eq(stamp.stream, 3 + outgoing->encoding);
        ck_assert_uint_eq(stamp.number, count[outgoing->encoding]++);
        ck_assert_int_eq(vp8_descriptor_parse(sent[i].payload, outgoing->payload_size, &vp8),
                         STATUS_OK);
        ck_assert(vp8.has_temporal && vp8.has_tl0_pic_idx && vp8.picture_id_15bit);
        ck_assert_uint_eq(vp8.temporal_id, stamp.temporal);
        if (stamp.number > 0)
            ck_assert_uint_eq((uint8_t)(vp8.tl0_pic_idx - last[outgoing->encoding]),
                              stamp.temporal == 0);
        last[outgoing->encoding] = vp8.tl0_pic_idx;
    }
    ck_assert_uint_ge(count[0], 44);
    ck_assert_uint_eq(count[1], count[0]);
    ck_assert_uint_eq(count[2], count[0]);
    finish();
    finish_simulcast();
}
END_TEST

/* Source frames of the three encodings, as they were sent last. */
static void last_positions(uint16_t positions[3])
{
    for (size_t i = 0; i < sent_count; i++)
        if (ends_frame(i))
            positions[sent[i].outgoing.encoding] = video_stamp(i).source_frame;
}

START_TEST(a_key_frame_is_of_the_encoding_that_was_asked)
{
    uint16_t positions[3];
    begin_simulcast();
    takes_encodings = true;
    media_source_start(source, false, true, now_us);
    run(300000);
    last_positions(positions);
    ck_assert_uint_eq(positions[0], positions[1]);
    media_source_key_frame(source, 1);
    run(1000000 / 15);
    last_positions(positions);
    ck_assert_uint_eq(positions[1] % 15, 0);
    ck_assert_uint_ne(positions[0] % 15, 0);
    ck_assert_uint_eq(positions[0], positions[2]);
    finish();
    finish_simulcast();
}
END_TEST

START_TEST(what_the_peer_does_not_take_is_not_sent)
{
    begin_simulcast();
    media_source_start(source, false, true, now_us);
    run(1000000);
    ck_assert_uint_gt(sent_count, 0);
    for (size_t i = 0; i < sent_count; i++)
        ck_assert_uint_eq(sent[i].outgoing.encoding, 0);
    finish();
    finish_simulcast();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/media_source");
    TCase *cases = tcase_create("media_source");
    tcase_add_test(cases, audio_lies_on_a_grid_of_20_ms);
    tcase_add_test(cases, video_begins_with_a_key_frame_and_is_paced);
    tcase_add_test(cases, in_bursts_a_frame_leaves_at_once);
    tcase_add_test(cases, timestamps_are_the_capture_times);
    tcase_add_test(cases, both_begin_together);
    tcase_add_test(cases, a_request_brings_a_key_frame_next);
    tcase_add_test(cases, stop_and_start_leave_no_gap_in_the_numbers);
    tcase_add_test(cases, one_kind_may_stop_alone);
    tcase_add_test(cases, silence_is_not_sent_and_not_numbered);
    tcase_add_test(cases, who_listens_sends_silence);
    tcase_add_test(cases, who_begins_to_talk_has_something_to_say);
    tcase_add_test(cases, after_a_stall_it_does_not_burst);
    tcase_add_test(cases, what_the_endpoint_refuses_is_counted);
    tcase_add_test(cases, seeds_give_phases);
    tcase_add_test(cases, without_clips_nothing_is_sent);
    tcase_add_test(cases, encodings_show_the_same_frames_under_the_same_numbers);
    tcase_add_test(cases, a_key_frame_is_of_the_encoding_that_was_asked);
    tcase_add_test(cases, what_the_peer_does_not_take_is_not_sent);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
