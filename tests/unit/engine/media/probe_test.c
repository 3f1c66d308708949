#include "engine/media/probe.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "common/base/random.h"
#include "media_files.h"

static struct video_clip *video_clip;
static struct audio_clip *audio_clip;

static void setup(void)
{
    struct clip_settings settings = clip_settings_default();
    settings.width = 320;
    settings.height = 180;
    settings.fps = 5;
    settings.video_bitrate_bps = 100000;
    settings.stream = 9;
    struct failure failure;
    ck_assert_int_eq(video_clip_create(&settings, &video_clip, &failure), STATUS_OK);
    ck_assert_int_eq(audio_clip_create(&settings, &audio_clip, &failure), STATUS_OK);
}

static void teardown(void)
{
    video_clip_destroy(video_clip);
    audio_clip_destroy(audio_clip);
}

/* ---- a clock that can hold the helper thread ---- */

static _Atomic bool held;
static sem_t holding, go_on;

static int64_t holding_clock(void)
{
    if (atomic_exchange(&held, false)) {
        sem_post(&holding);
        sem_wait(&go_on);
    }
    return 1;
}

/* ---- what came back ---- */

struct seen {
    size_t videos, audios, decoded, video_agrees, audio_agrees, compared;
    struct probe_video_result last_video;
    struct probe_audio_result last_audio;
};

static void on_video(void *arg, const struct probe_video_result *result)
{
    struct seen *seen = arg;
    seen->videos++;
    seen->decoded += result->outcome == PROBE_DECODED;
    seen->video_agrees += result->agrees;
    seen->compared += result->compared;
    seen->last_video = *result;
}

static void on_audio(void *arg, const struct probe_audio_result *result)
{
    struct seen *seen = arg;
    seen->audios++;
    seen->audio_agrees += result->agrees;
    seen->last_audio = *result;
}

static size_t drain(struct probe_pool *pool, struct seen *seen)
{
    const struct probe_handlers handlers = {on_video, on_audio, seen};
    return probe_pool_drain(pool, &handlers);
}

static struct probe_pool *make_pool(struct probe_settings settings)
{
    struct probe_pool *pool;
    settings.audio_marked = audio_clip->marked;
    settings.audio_delay_samples = audio_clip->delay_samples;
    ck_assert_int_eq(probe_pool_create(&settings, &pool), STATUS_OK);
    ck_assert_int_eq(probe_pool_add_clip(pool, video_clip), STATUS_OK);
    return pool;
}

static struct probe_stream *open_one(struct probe_pool *pool, bool video, uint32_t sender,
                                     const char *save_path)
{
    const struct probe_stream_settings settings = {.receiver = 1000 + sender,
                                                   .sender = sender,
                                                   .tag = 7,
                                                   .user = pool,
                                                   .save_path = save_path};
    struct probe_stream *stream;
    ck_assert_int_eq(video ? probe_open_video(pool, &settings, &stream)
                           : probe_open_audio(pool, &settings, &stream),
                     STATUS_OK);
    return stream;
}

static bool submit_video(struct probe_pool *pool, struct probe_stream *stream, uint32_t number)
{
    const size_t index = number % video_clip->frame_count;
    const struct clip_frame *frame = &video_clip->frames[index];
    uint8_t *copy = copy_bytes(frame->data, frame->size); /* gone after the call */
    bool taken = probe_submit_video(pool, stream,
                                    &(struct probe_video_frame){.data = copy,
                                                                .size = frame->size,
                                                                .key_frame = frame->key_frame,
                                                                .stream = video_clip->stream,
                                                                .source_frame = (uint16_t)index,
                                                                .number = number,
                                                                .capture_us = number * 200000LL,
                                                                .arrival_us = number * 200000LL});
    free(copy);
    return taken;
}

static bool submit_audio(struct probe_pool *pool, struct probe_stream *stream, uint32_t number)
{
    const struct clip_packet *packet = &audio_clip->packets[number % audio_clip->packet_count];
    uint8_t *copy = copy_bytes(packet->data, packet->size);
    bool taken = probe_submit_audio(pool, stream,
                                    &(struct probe_audio_packet){.data = copy,
                                                                 .size = packet->size,
                                                                 .number = number,
                                                                 .capture_us = number * 20000LL,
                                                                 .arrival_us = number * 20000LL});
    free(copy);
    return taken;
}

START_TEST(everything_submitted_comes_back)
{
    struct probe_pool *pool = make_pool((struct probe_settings){0});
    struct probe_stream *video = open_one(pool, true, 5, NULL);
    struct probe_stream *audio = open_one(pool, false, 6, NULL);
    for (uint32_t i = 0; i < 30; i++)
        ck_assert(submit_video(pool, video, i));
    for (uint32_t i = 0; i < 150; i++)
        ck_assert(submit_audio(pool, audio, i));
    probe_pool_stop(pool);
    struct seen seen = {0};
    ck_assert_uint_eq(drain(pool, &seen), 33);
    ck_assert_uint_eq(seen.videos, 30);
    ck_assert_uint_eq(seen.decoded, 30);
    ck_assert_uint_eq(seen.compared, 30);
    ck_assert_uint_eq(seen.video_agrees, 30);
    ck_assert_uint_eq(seen.audios, 3);
    ck_assert_uint_eq(seen.audio_agrees, 3);
    ck_assert_uint_eq(seen.last_video.sender, 5);
    ck_assert_uint_eq(seen.last_video.receiver, 1005);
    ck_assert_ptr_eq(seen.last_video.user, pool);
    ck_assert_ptr_eq(seen.last_audio.user, pool);
    ck_assert_uint_eq(seen.last_audio.tag, 7);
    ck_assert_uint_eq(seen.last_video.number, 29);
    ck_assert_int_gt(seen.last_video.decoded_us, 0);
    ck_assert_uint_eq(seen.last_audio.sender, 6);
    ck_assert_uint_eq(drain(pool, &seen), 0);
    ck_assert(!submit_video(pool, video, 30)); /* it is over */

    struct probe_stats stats;
    probe_pool_stats(pool, &stats);
    ck_assert_uint_eq(stats.submitted, 180);
    ck_assert_uint_eq(stats.refused, 1);
    ck_assert_uint_eq(stats.results_lost + stats.skipped + stats.bad_packets, 0);
    probe_pool_destroy(pool); /* with streams still open */
}
END_TEST

START_TEST(a_full_queue_refuses_and_goes_on_at_a_key_frame)
{
    sem_init(&holding, 0, 0);
    sem_init(&go_on, 0, 0);
    atomic_store(&held, true);
    struct probe_pool *pool =
        make_pool((struct probe_settings){.queue_length = 4, .now_us = holding_clock});
    struct probe_stream *video = open_one(pool, true, 1, NULL);
    ck_assert(submit_video(pool, video, 0));
    sem_wait(&holding); /* the helper is inside the first frame now, and stays there */
    for (uint32_t i = 1; i < 4; i++)
        ck_assert(submit_video(pool, video, i));
    for (uint32_t i = 4; i < 10; i++)
        ck_assert(!submit_video(pool, video, i));
    struct probe_stats stats;
    probe_pool_stats(pool, &stats);
    ck_assert_uint_eq(stats.submitted, 4);
    ck_assert_uint_eq(stats.refused, 1); /* then the rest of the group is of no use */
    ck_assert_uint_eq(stats.skipped, 5);
    sem_post(&go_on);
    probe_pool_stop(pool);
    struct seen seen = {0};
    drain(pool, &seen);
    ck_assert_uint_eq(seen.decoded, 4);
    probe_pool_destroy(pool);

    atomic_store(&held, true);
    pool = make_pool((struct probe_settings){.queue_length = 2, .now_us = holding_clock});
    video = open_one(pool, true, 1, NULL);
    ck_assert(submit_video(pool, video, 0));
    sem_wait(&holding);
    ck_assert(submit_video(pool, video, 1));
    ck_assert(!submit_video(pool, video, 2));
    sem_post(&go_on);
    seen = (struct seen){0};
    while (seen.decoded < 2) /* the helper frees its places */
        drain(pool, &seen);
    ck_assert(!submit_video(pool, video, 3));
    while (!submit_video(pool, video, 25)) { /* a key frame: taken as soon as there is room */
    }
    probe_pool_stop(pool);
    drain(pool, &seen);
    ck_assert_uint_eq(seen.decoded, 3);
    ck_assert_uint_eq(seen.last_video.number, 25);
    probe_pool_destroy(pool);
    sem_destroy(&holding);
    sem_destroy(&go_on);
}
END_TEST

START_TEST(bytes_waiting_are_bounded)
{
    sem_init(&holding, 0, 0);
    sem_init(&go_on, 0, 0);
    atomic_store(&held, true);
    size_t first = video_clip->frames[0].size, second = video_clip->frames[1].size;
    struct probe_pool *pool = make_pool(
        (struct probe_settings){.queue_bytes_max = first + second, .now_us = holding_clock});
    struct probe_stream *video = open_one(pool, true, 1, NULL);
    ck_assert(submit_video(pool, video, 0));
    sem_wait(&holding);
    ck_assert(submit_video(pool, video, 1));
    ck_assert(!submit_video(pool, video, 2));
    sem_post(&go_on);
    probe_pool_destroy(pool);
    sem_destroy(&holding);
    sem_destroy(&go_on);
}
END_TEST

START_TEST(results_that_nobody_takes_are_counted)
{
    struct probe_pool *pool = make_pool((struct probe_settings){.result_length = 4});
    struct probe_stream *video = open_one(pool, true, 1, NULL);
    for (uint32_t i = 0; i < 20; i++)
        ck_assert(submit_video(pool, video, i));
    probe_pool_stop(pool);
    struct seen seen = {0};
    ck_assert_uint_eq(drain(pool, &seen), 4);
    ck_assert_uint_eq(seen.last_video.number, 3);
    struct probe_stats stats;
    probe_pool_stats(pool, &stats);
    ck_assert_uint_eq(stats.results_lost, 16);
    probe_pool_destroy(pool);
}
END_TEST

START_TEST(closed_streams_complete_their_files_and_results_without_a_user)
{
    char video_path[256], audio_path[256];
    scratch_path(video_path, sizeof(video_path), ".ivf");
    scratch_path(audio_path, sizeof(audio_path), ".wav");
    struct probe_pool *pool = make_pool((struct probe_settings){0});
    struct probe_stream *video = open_one(pool, true, 1, video_path);
    struct probe_stream *audio = open_one(pool, false, 2, audio_path);
    for (uint32_t i = 0; i < 12; i++)
        ck_assert(submit_video(pool, video, i));
    for (uint32_t i = 0; i < 60; i++)
        ck_assert(submit_audio(pool, audio, i));
    probe_close(pool, video);
    probe_close(pool, audio);
    probe_close(pool, NULL);
    probe_pool_stop(pool);
    struct seen seen = {0};
    ck_assert_uint_eq(drain(pool, &seen), 13);
    ck_assert_uint_eq(seen.decoded, 12); /* as many as are in the file */
    ck_assert_uint_eq(seen.last_video.number, 11);
    ck_assert_uint_eq(seen.last_video.sender, 1);
    ck_assert_uint_eq(seen.last_video.tag, 7);
    ck_assert_ptr_null(seen.last_video.user);
    ck_assert_uint_eq(seen.audios, 1);
    ck_assert_uint_eq(seen.last_audio.tag, 7);
    ck_assert_ptr_null(seen.last_audio.user);
    struct probe_stats stats;
    probe_pool_stats(pool, &stats);
    ck_assert_uint_eq(stats.save_failures, 0);

    size_t size;
    uint8_t *data = load_vector(video_path, &size);
    ck_assert_uint_eq(load_little_u32(data + 24), 12); /* frames, in the header */
    free(data);
    data = load_vector(audio_path, &size);
    ck_assert_uint_eq(size, 44 + 60 * 960 * 2);
    free(data);
    video = open_one(pool, true, 3, NULL);
    probe_close(pool, video); /* after the helper has ended */
    drain(pool, &seen);
    probe_pool_destroy(pool);
    unlink(video_path);
    unlink(audio_path);
}
END_TEST

START_TEST(a_close_waits_for_room_in_the_queue)
{
    sem_init(&holding, 0, 0);
    sem_init(&go_on, 0, 0);
    atomic_store(&held, true);
    struct probe_pool *pool =
        make_pool((struct probe_settings){.queue_length = 1, .now_us = holding_clock});
    struct probe_stream *first = open_one(pool, true, 1, NULL);
    struct probe_stream *second = open_one(pool, true, 2, NULL);
    ck_assert(submit_video(pool, first, 0));
    sem_wait(&holding);
    probe_close(pool, first);
    probe_close(pool, second);
    struct seen seen = {0};
    drain(pool, &seen);
    sem_post(&go_on);
    do /* the one result arrives, and both streams go */
        drain(pool, &seen);
    while (seen.videos == 0);
    ck_assert_ptr_null(seen.last_video.user);
    probe_pool_destroy(pool);
    sem_destroy(&holding);
    sem_destroy(&go_on);
}
END_TEST

START_TEST(files_that_cannot_be_written_are_counted)
{
    struct probe_pool *pool = make_pool((struct probe_settings){0});
    struct probe_stream *video = open_one(pool, true, 1, "/nonexistent/a.ivf");
    struct probe_stream *audio = open_one(pool, false, 1, "/nonexistent/a.wav");
    submit_video(pool, video, 0);
    submit_audio(pool, audio, 0);
    probe_close(pool, video);
    probe_close(pool, audio);
    probe_pool_stop(pool);
    struct probe_stats stats;
    probe_pool_stats(pool, &stats);
    ck_assert_uint_eq(stats.save_failures, 2);
    probe_pool_destroy(pool);
}
END_TEST

START_TEST(stream_numbers_belong_to_one_clip)
{
    struct probe_pool *pool = make_pool((struct probe_settings){0});
    ck_assert_int_eq(probe_pool_add_clip(pool, video_clip), STATUS_OK); /* the same again */
    struct video_clip others[PROBE_CLIPS_MAX + 1] = {{.stream = 9}};
    ck_assert_int_eq(probe_pool_add_clip(pool, &others[0]), STATUS_EXISTS);
    for (uint8_t i = 1; i < PROBE_CLIPS_MAX; i++) {
        others[i].stream = (uint8_t)(100 + i);
        ck_assert_int_eq(probe_pool_add_clip(pool, &others[i]), STATUS_OK);
    }
    others[0].stream = 200;
    ck_assert_int_eq(probe_pool_add_clip(pool, &others[0]), STATUS_FULL);
    probe_pool_destroy(pool);
    probe_pool_destroy(NULL);
}
END_TEST

/* Streams come and go, frames are refused, results are taken now and then: nothing is lost without
 * being counted. Meant to be run under the thread sanitizer too. */
START_TEST(two_threads_at_work)
{
    enum { STREAMS = 6, ROUNDS = 900 };
    struct probe_pool *pool = make_pool(
        (struct probe_settings){.queue_length = 16, .result_length = 8, .quality_every = 8});
    struct probe_stream *streams[STREAMS] = {0};
    uint32_t numbers[STREAMS] = {0};
    struct seen seen = {0};
    struct random_stream random;
    random_stream_init(&random, 1);
    uint64_t video_taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        unsigned i = (unsigned)random_below(&random, STREAMS);
        bool video = i % 3 != 0;
        if (!streams[i]) {
            streams[i] = open_one(pool, video, i, NULL);
            numbers[i] = 0;
        }
        if (video)
            video_taken += submit_video(pool, streams[i], numbers[i]++);
        else
            submit_audio(pool, streams[i], numbers[i]++);
        if (random_below(&random, 40) == 0) {
            probe_close(pool, streams[i]);
            streams[i] = NULL;
        }
        if (random_below(&random, 5) == 0)
            drain(pool, &seen);
    }
    probe_pool_stop(pool);
    drain(pool, &seen);
    struct probe_stats stats;
    probe_pool_stats(pool, &stats);
    ck_assert_uint_eq(stats.submitted + stats.refused + stats.skipped, ROUNDS);
    ck_assert_uint_ge(seen.videos + seen.audios + stats.results_lost, video_taken);
    ck_assert_uint_eq(seen.video_agrees, seen.decoded);
    ck_assert_uint_eq(stats.bad_packets, 0);
    probe_pool_destroy(pool);
}
END_TEST

START_TEST(destroying_a_busy_pool_throws_its_work_away)
{
    struct probe_pool *pool = make_pool((struct probe_settings){.queue_length = 1024});
    struct probe_stream *video = open_one(pool, true, 1, NULL);
    for (uint32_t i = 0; i < 500; i++)
        submit_video(pool, video, i);
    probe_close(pool, video);
    probe_pool_destroy(pool);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/probe");
    TCase *cases = tcase_create("probe");
    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_test(cases, everything_submitted_comes_back);
    tcase_add_test(cases, a_full_queue_refuses_and_goes_on_at_a_key_frame);
    tcase_add_test(cases, bytes_waiting_are_bounded);
    tcase_add_test(cases, results_that_nobody_takes_are_counted);
    tcase_add_test(cases, closed_streams_complete_their_files_and_results_without_a_user);
    tcase_add_test(cases, a_close_waits_for_room_in_the_queue);
    tcase_add_test(cases, files_that_cannot_be_written_are_counted);
    tcase_add_test(cases, stream_numbers_belong_to_one_clip);
    tcase_add_test(cases, two_threads_at_work);
    tcase_add_test(cases, destroying_a_busy_pool_throws_its_work_away);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
