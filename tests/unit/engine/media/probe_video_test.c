#include "engine/media/probe_video.h"

#include <math.h>

#include "engine/media/clip_file_ivf.h"
#include "engine/media/quality.h"
#include "media_files.h"

static int64_t test_time_us;

static int64_t test_now(void)
{
    return test_time_us += 250;
}

static struct video_clip *clips[2];

static struct video_clip *make_clip(uint16_t width, uint16_t height, uint8_t stream)
{
    struct clip_settings settings = clip_settings_default();
    settings.width = width;
    settings.height = height;
    settings.fps = 5;
    settings.video_bitrate_bps = 150000;
    settings.stream = stream;
    struct video_clip *clip;
    struct failure failure;
    ck_assert_int_eq(video_clip_create(&settings, &clip, &failure), STATUS_OK);
    return clip;
}

static void setup(void)
{
    clips[0] = make_clip(320, 180, 3);
    clips[1] = make_clip(256, 144, 4);
}

static void teardown(void)
{
    video_clip_destroy(clips[0]);
    video_clip_destroy(clips[1]);
}

static struct probe_video *make_probe(unsigned quality_every, const char *save_path)
{
    const struct probe_video_settings settings = {
        .clips = (const struct video_clip *const *)clips,
        .clip_count = 2,
        .quality_every = quality_every,
        .save_path = save_path,
        .now_us = test_now,
    };
    struct probe_video *video;
    ck_assert_int_eq(probe_video_create(&settings, &video), STATUS_OK);
    return video;
}

/* The frame of a clip as a receiver hands it over. */
static struct probe_video_frame frame_of(const struct video_clip *clip, size_t index,
                                         uint32_t number)
{
    const struct clip_frame *frame = &clip->frames[index % clip->frame_count];
    return (struct probe_video_frame){
        .data = frame->data,
        .size = frame->size,
        .key_frame = frame->key_frame,
        .stream = clip->stream,
        .source_frame = (uint16_t)(index % clip->frame_count),
        .number = number,
        .capture_us = 1000000 + number * 200000LL,
        .arrival_us = 1000000 + number * 200000LL + 30000,
    };
}

static struct probe_video_result take(struct probe_video *video, struct probe_video_frame frame)
{
    struct probe_video_result result;
    probe_video_take(video, &frame, &result);
    return result;
}

START_TEST(good_frames_agree_and_measure_well)
{
    struct probe_video *video = make_probe(1, NULL);
    for (uint32_t i = 0; i < 130; i++) { /* around the end of the loop */
        struct probe_video_result result = take(video, frame_of(clips[0], 75 + i, i));
        ck_assert_int_eq(result.outcome, PROBE_DECODED);
        ck_assert_uint_eq(result.number, i);
        ck_assert_uint_eq(result.source_frame, (75 + i) % 100);
        ck_assert_int_eq(result.arrival_us - result.capture_us, 30000);
        ck_assert_int_eq(result.decode_us, 250);
        ck_assert_uint_eq(result.width, 320);
        ck_assert(result.compared);
        ck_assert_double_ge(result.psnr_db, 20);
        ck_assert_double_le(result.psnr_db, 60);
        ck_assert_double_ge(result.ssim, 0.6);
        ck_assert(result.marked && result.mark_ok && result.agrees);
        ck_assert_int_eq(result.difference_frames, 0);
        ck_assert_uint_eq(result.mark_stream, 3);
    }
    ck_assert_int_eq(probe_video_destroy(video), STATUS_OK);
}
END_TEST

/* A stamp that names another frame than the one shown must be found out. */
START_TEST(wrong_stamps_do_not_agree)
{
    struct probe_video *video = make_probe(1, NULL);
    struct probe_video_frame frame = frame_of(clips[0], 50, 0);
    struct probe_video_result honest = take(video, frame);
    static const struct {
        uint16_t stamped;
        int32_t difference;
        bool agrees;
    } cases[] = {{51, -1, true},  {49, 1, true},    {52, -2, false},
                 {10, 40, false}, {99, -49, false}, {1, 49, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        frame.source_frame = cases[i].stamped;
        struct probe_video_result result = take(video, frame);
        ck_assert_int_eq(result.difference_frames, cases[i].difference);
        ck_assert_int_eq(result.agrees, cases[i].agrees);
        ck_assert_double_lt(result.psnr_db, honest.psnr_db); /* not its source either */
    }
    frame = frame_of(clips[0], 0, 0);
    frame.source_frame = 99; /* the short way around the loop */
    ck_assert_int_eq(take(video, frame).difference_frames, 1);
    probe_video_destroy(video);
}
END_TEST

START_TEST(another_senders_picture_does_not_agree)
{
    struct probe_video *video = make_probe(1, NULL);
    struct probe_video_frame frame = frame_of(clips[0], 0, 0);
    frame.stream = clips[1]->stream; /* the stamp says clip 1, the picture is clip 0's */
    struct probe_video_result result = take(video, frame);
    ck_assert_int_eq(result.outcome, PROBE_DECODED);
    ck_assert(!result.compared); /* sizes differ */
    ck_assert(result.mark_ok);
    ck_assert_uint_eq(result.mark_stream, 3);
    ck_assert(!result.agrees);
    frame.stream = 200; /* no clip that we know */
    result = take(video, frame);
    ck_assert(!result.compared && !result.marked && !result.agrees);
    probe_video_destroy(video);
}
END_TEST

START_TEST(a_gap_waits_for_a_key_frame)
{
    struct probe_video *video = make_probe(1, NULL);
    ck_assert_int_eq(take(video, frame_of(clips[0], 3, 0)).outcome, PROBE_AWAITS_KEY);
    ck_assert_int_eq(take(video, frame_of(clips[0], 25, 1)).outcome, PROBE_DECODED);
    ck_assert_int_eq(take(video, frame_of(clips[0], 26, 2)).outcome, PROBE_DECODED);
    ck_assert_int_eq(take(video, frame_of(clips[0], 28, 4)).outcome, PROBE_AWAITS_KEY);
    ck_assert_int_eq(take(video, frame_of(clips[0], 29, 5)).outcome, PROBE_AWAITS_KEY);
    struct probe_video_result result = take(video, frame_of(clips[0], 50, 9));
    ck_assert_int_eq(result.outcome, PROBE_DECODED);
    ck_assert(result.agrees);
    ck_assert_int_eq(take(video, frame_of(clips[0], 51, 10)).outcome, PROBE_DECODED);
    probe_video_destroy(video);
}
END_TEST

START_TEST(layers_may_change_at_key_frames)
{
    struct probe_video *video = make_probe(1, NULL);
    for (uint32_t i = 0; i < 60; i++) {
        const struct video_clip *clip = clips[i / 25 % 2];
        struct probe_video_result result = take(video, frame_of(clip, i, i));
        ck_assert_int_eq(result.outcome, PROBE_DECODED);
        ck_assert_uint_eq(result.width, clip->width);
        ck_assert(result.compared && result.agrees);
        ck_assert_double_ge(result.psnr_db, 20);
    }
    probe_video_destroy(video);
}
END_TEST

START_TEST(rubbish_is_undecodable_and_breaks_the_chain)
{
    struct probe_video *video = make_probe(1, NULL);
    ck_assert_int_eq(take(video, frame_of(clips[0], 0, 0)).outcome, PROBE_DECODED);
    struct probe_video_frame broken = frame_of(clips[0], 1, 1);
    broken.data = (const uint8_t *)"?";
    broken.size = 1;
    ck_assert_int_eq(take(video, broken).outcome, PROBE_UNDECODABLE);
    ck_assert_int_eq(take(video, frame_of(clips[0], 2, 2)).outcome, PROBE_AWAITS_KEY);
    ck_assert_int_eq(take(video, frame_of(clips[0], 25, 3)).outcome, PROBE_DECODED);
    probe_video_destroy(video);
}
END_TEST

START_TEST(quality_of_every_nth_frame)
{
    struct probe_video *video = make_probe(3, NULL);
    for (uint32_t i = 0; i < 12; i++) {
        struct probe_video_result result = take(video, frame_of(clips[0], i, i));
        ck_assert_int_eq(result.compared, i % 3 == 0);
        ck_assert(result.agrees); /* the strip is read in all */
    }
    probe_video_destroy(video);
}
END_TEST

START_TEST(identical_pictures_have_the_largest_psnr)
{
    struct clip_settings settings = clip_settings_default();
    settings.video_path = VECTOR("bars.webm");
    settings.stream = 4;
    struct failure failure;
    video_clip_destroy(clips[1]);
    ck_assert_int_eq(video_clip_create(&settings, &clips[1], &failure), STATUS_OK);
    struct probe_video *video = make_probe(1, NULL);
    for (uint32_t i = 0; i < 12; i++) {
        struct probe_video_result result = take(video, frame_of(clips[1], i, i));
        ck_assert_int_eq(result.outcome, PROBE_DECODED);
        ck_assert(result.compared && !result.marked);
        ck_assert_double_eq(result.psnr_db, PSNR_DB_MAX);
        ck_assert_double_eq(result.ssim, 1);
    }
    probe_video_destroy(video);
}
END_TEST

START_TEST(what_is_decoded_is_saved)
{
    char path[256];
    scratch_path(path, sizeof(path), ".ivf");
    struct probe_video *video = make_probe(1, path);
    take(video, frame_of(clips[0], 1, 0)); /* not decodable yet: not saved */
    for (uint32_t i = 0; i < 20; i++)
        take(video, frame_of(clips[0], i, i + 1));
    take(video, frame_of(clips[0], 21, 30));
    ck_assert_int_eq(probe_video_destroy(video), STATUS_OK);

    size_t size;
    uint8_t *data = load_vector(path, &size);
    struct clip_file_ivf ivf;
    struct failure failure;
    ck_assert_int_eq(clip_file_ivf_read(data, size, path, 100, &ivf, &failure), STATUS_OK);
    ck_assert_uint_eq(ivf.width, 320);
    ck_assert_uint_eq(ivf.frames.count, 20);
    for (size_t i = 0; i < 20; i++) {
        const struct clip_span *span = &ivf.frames.items[i];
        ck_assert_uint_eq(span->size, clips[0]->frames[i].size);
        ck_assert_mem_eq(data + span->offset, clips[0]->frames[i].data, span->size);
        ck_assert_int_eq(span->at_us, 200000 * (int64_t)i);
    }
    clip_spans_finish(&ivf.frames);
    free(data);
    unlink(path);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_reported)
{
    struct probe_video *video = make_probe(1, "/nonexistent/x.ivf");
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_int_eq(take(video, frame_of(clips[0], i, i)).outcome, PROBE_DECODED);
    ck_assert_int_eq(probe_video_destroy(video), STATUS_IO);
    ck_assert_int_eq(probe_video_destroy(NULL), STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/probe_video");
    TCase *cases = tcase_create("probe_video");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, good_frames_agree_and_measure_well);
    tcase_add_test(cases, wrong_stamps_do_not_agree);
    tcase_add_test(cases, another_senders_picture_does_not_agree);
    tcase_add_test(cases, a_gap_waits_for_a_key_frame);
    tcase_add_test(cases, layers_may_change_at_key_frames);
    tcase_add_test(cases, rubbish_is_undecodable_and_breaks_the_chain);
    tcase_add_test(cases, quality_of_every_nth_frame);
    tcase_add_test(cases, identical_pictures_have_the_largest_psnr);
    tcase_add_test(cases, what_is_decoded_is_saved);
    tcase_add_test(cases, a_file_that_cannot_be_written_is_reported);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
