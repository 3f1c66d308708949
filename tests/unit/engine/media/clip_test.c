#include "engine/media/clip.h"

#include <math.h>

#include "common/webrtc/codec/opus_codec.h"
#include "common/webrtc/codec/vp8_codec.h"
#include "engine/media/audio_level.h"
#include "engine/media/picture_mark.h"
#include "engine/media/quality.h"
#include "engine/media/sound_mark.h"
#include "media_files.h"

static struct video_clip *make_video(const struct clip_settings *settings)
{
    struct video_clip *clip = NULL;
    struct failure failure = {0};
    ck_assert_msg(video_clip_create(settings, &clip, &failure) == STATUS_OK, "%s", failure.message);
    return clip;
}

static struct audio_clip *make_audio(const struct clip_settings *settings)
{
    struct audio_clip *clip = NULL;
    struct failure failure = {0};
    ck_assert_msg(audio_clip_create(settings, &clip, &failure) == STATUS_OK, "%s", failure.message);
    return clip;
}

/* Small and slow, to be quick: most tests need no more. */
static struct clip_settings small_settings(void)
{
    struct clip_settings settings = clip_settings_default();
    settings.width = 320;
    settings.height = 180;
    settings.fps = 10;
    settings.video_bitrate_bps = 150000;
    settings.stream = 77;
    return settings;
}

START_TEST(a_loop_in_groups_of_five_seconds)
{
    struct clip_settings settings = small_settings();
    struct video_clip *clip = make_video(&settings);
    ck_assert_uint_eq(clip->width, 320);
    ck_assert_uint_eq(clip->height, 180);
    ck_assert_uint_eq(clip->frame_count, 200);
    ck_assert_int_eq(clip->loop_us, 20000000);
    ck_assert_uint_eq(clip->stream, 77);
    ck_assert(clip->marked);
    for (size_t i = 0; i < clip->frame_count; i++) {
        ck_assert_int_eq(clip->frames[i].key_frame, i % 50 == 0);
        ck_assert_int_eq(clip->frames[i].at_us, 100000 * (int64_t)i);
    }
    ck_assert_uint_eq(video_clip_next_key_frame(clip, 0), 0);
    ck_assert_uint_eq(video_clip_next_key_frame(clip, 1), 50);
    ck_assert_uint_eq(video_clip_next_key_frame(clip, 150), 150);
    ck_assert_uint_eq(video_clip_next_key_frame(clip, 151), 0);
    ck_assert_uint_eq(video_clip_next_key_frame(clip, 200), 0);
    ck_assert_uint_eq(video_clip_nth_key_frame(clip, 0), 0);
    ck_assert_uint_eq(video_clip_nth_key_frame(clip, 3), 150);
    ck_assert_uint_eq(video_clip_nth_key_frame(clip, 4), 0);
    ck_assert_uint_eq(video_clip_nth_key_frame(clip, 4000000001), 50);
    ck_assert_uint_eq(video_clip_frame_at(clip, 0), 0);
    ck_assert_uint_eq(video_clip_frame_at(clip, 99999), 0);
    ck_assert_uint_eq(video_clip_frame_at(clip, 100000), 1);
    ck_assert_uint_eq(video_clip_frame_at(clip, 19999999), 199);
    video_clip_destroy(clip);
}
END_TEST

/* The bitrate within 10 %, no frame above four times the average, good pictures, readable marks. */
static void check_stream(uint16_t width, uint16_t height, uint16_t fps, uint32_t bitrate_bps,
                         double psnr_min)
{
    struct clip_settings settings = clip_settings_default();
    settings.width = width;
    settings.height = height;
    settings.fps = fps;
    settings.video_bitrate_bps = bitrate_bps;
    settings.stream = 5;
    struct video_clip *clip = make_video(&settings);
    ck_assert_uint_eq(clip->bitrate_asked_bps, bitrate_bps);
    ck_assert_double_le(fabs((double)clip->bitrate_bps - bitrate_bps), 0.1 * bitrate_bps);
    ck_assert_uint_le(clip->frame_size_max, 4 * clip->frame_size_mean);
    ck_assert_uint_le(clip->key_frame_size_mean, 3 * clip->frame_size_mean + 400);

    struct clip_source *source;
    struct vp8_decoder *decoder;
    ck_assert_int_eq(clip_source_create(clip, &source), STATUS_OK);
    ck_assert_int_eq(vp8_decoder_create(1280, &decoder), STATUS_OK);
    double psnr = 0;
    for (size_t i = 0; i < clip->frame_count; i++) {
        const struct i420 *exact;
        struct vp8_decoded decoded;
        struct picture_mark mark;
        ck_assert_int_eq(clip_source_picture(source, i, &exact), STATUS_OK);
        ck_assert_int_eq(
            vp8_decoder_decode(decoder, clip->frames[i].data, clip->frames[i].size, &decoded),
            STATUS_OK);
        ck_assert(picture_mark_read(&decoded.picture, &mark));
        ck_assert_uint_eq(mark.frame, i);
        ck_assert_uint_eq(mark.stream, 5);
        psnr += quality_psnr_db(quality_mse(exact, &decoded.picture, I420_Y));
    }
    ck_assert_double_ge(psnr / (double)clip->frame_count, psnr_min);
    clip_source_destroy(source);
    vp8_decoder_destroy(decoder);
    video_clip_destroy(clip);
}

START_TEST(small_pictures)
{
    check_stream(320, 180, 15, 150000, 30);
}
END_TEST

START_TEST(middle_pictures)
{
    check_stream(640, 360, 15, 500000, 32);
}
END_TEST

START_TEST(large_pictures)
{
    check_stream(1280, 720, 15, 1500000, 32);
}
END_TEST

START_TEST(very_low_bitrates_keep_their_marks)
{
    check_stream(320, 180, 15, 60000, 24);
}
END_TEST

/* A PLI is answered by jumping to the next group: the decoder must show exactly what it shows
 * when it gets there without a jump. */
START_TEST(jumping_to_a_key_frame_shows_the_same_pictures)
{
    struct clip_settings settings = small_settings();
    struct video_clip *clip = make_video(&settings);
    struct vp8_decoder *straight, *jumping;
    ck_assert_int_eq(vp8_decoder_create(640, &straight), STATUS_OK);
    ck_assert_int_eq(vp8_decoder_create(640, &jumping), STATUS_OK);
    struct vp8_decoded a, b;
    for (size_t i = 0; i < 20; i++)
        ck_assert_int_eq(
            vp8_decoder_decode(jumping, clip->frames[i].data, clip->frames[i].size, &b), STATUS_OK);
    for (size_t i = 0; i < 120; i++) {
        ck_assert_int_eq(
            vp8_decoder_decode(straight, clip->frames[i].data, clip->frames[i].size, &a),
            STATUS_OK);
        if (i < 100)
            continue;
        ck_assert_int_eq(
            vp8_decoder_decode(jumping, clip->frames[i].data, clip->frames[i].size, &b), STATUS_OK);
        ck_assert(i420_equal(&a.picture, &b.picture));
    }
    vp8_decoder_destroy(straight);
    vp8_decoder_destroy(jumping);
    video_clip_destroy(clip);
}
END_TEST

START_TEST(speech_at_the_settings_asked_for)
{
    struct clip_settings settings = clip_settings_default();
    struct audio_clip *clip = make_audio(&settings);
    ck_assert_uint_eq(clip->packet_count, CLIP_LOOP_S * CLIP_PACKETS_PER_S);
    ck_assert(clip->marked);
    ck_assert_uint_gt(clip->delay_samples, 0);
    ck_assert_uint_ge(clip->bitrate_bps, 16000); /* variable: pauses cost less */
    ck_assert_uint_le(clip->bitrate_bps, 35200);
    size_t loud = 0, voiced = 0, silent = 0;
    for (size_t i = 0; i < clip->packet_count; i++) {
        const struct clip_packet *packet = &clip->packets[i];
        ck_assert(packet->send);
        ck_assert_uint_eq(audio_packet_samples(packet->data, packet->size), 960);
        loud += packet->level < 40;
        voiced += packet->voice;
        silent += packet->level > 60;
    }
    ck_assert_uint_ge(loud, 100);
    ck_assert_uint_ge(voiced, 100);
    ck_assert_uint_ge(silent, 300);
    audio_clip_destroy(clip);
}
END_TEST

START_TEST(dtx_leaves_silence_out_and_fec_adds_redundancy)
{
    struct clip_settings settings = clip_settings_default();
    settings.audio_dtx = true;
    struct audio_clip *clip = make_audio(&settings);
    size_t left_out = 0;
    for (size_t i = 0; i < clip->packet_count; i++) {
        left_out += !clip->packets[i].send;
        if (!clip->packets[i].send)
            ck_assert_uint_le(clip->packets[i].size, 2);
    }
    ck_assert_uint_ge(left_out, 150);
    ck_assert_uint_le(left_out, 700);
    audio_clip_destroy(clip);

    settings.audio_dtx = false;
    settings.audio_fec = true;
    clip = make_audio(&settings);
    size_t redundant = 0;
    for (size_t i = 0; i < clip->packet_count; i++)
        redundant += audio_packet_has_redundancy(clip->packets[i].data, clip->packets[i].size);
    ck_assert_uint_ge(redundant, 100);
    audio_clip_destroy(clip);
}
END_TEST

/* Three rounds of the loop: a chirp each second, at its place, across the seams. */
START_TEST(most_speech_is_whole_seconds_further)
{
    struct clip_packet packets[4 * CLIP_PACKETS_PER_S] = {0};
    struct audio_clip clip = {.packets = packets, .packet_count = 4 * CLIP_PACKETS_PER_S};

    ck_assert_uint_eq(audio_clip_speech_from(&clip, 7), 7); /* nobody speaks */
    for (size_t i = 60; i < 80; i++)
        packets[i].voice = true;
    for (size_t i = 160; i < 190; i++)
        packets[i].voice = true;
    ck_assert_uint_eq(audio_clip_speech_from(&clip, 7), 157);
    ck_assert_uint_eq(audio_clip_speech_from(&clip, 157), 157);
    ck_assert_uint_eq(audio_clip_speech_from(&clip, 185), 135); /* around the end: 25 of 30 */
    clip.packet_count--;
    ck_assert_uint_eq(audio_clip_speech_from(&clip, 7), 7);
}
END_TEST

START_TEST(the_sound_goes_round_without_a_break)
{
    struct clip_settings settings = clip_settings_default();
    struct audio_clip *clip = make_audio(&settings);
    struct audio_decoder *decoder;
    struct sound_mark_detector *detector = sound_mark_detector_create();
    ck_assert_int_eq(audio_decoder_create(1, &decoder), STATUS_OK);
    size_t chirps = 0;
    for (size_t i = 0; i < 3 * clip->packet_count; i++) {
        const struct clip_packet *packet = &clip->packets[i % clip->packet_count];
        int16_t pcm[AUDIO_PACKET_SAMPLES_MAX];
        size_t samples;
        struct sound_mark_found found;
        ck_assert_int_eq(audio_decoder_decode(decoder, packet->data, packet->size, pcm, &samples),
                         STATUS_OK);
        if (i % clip->packet_count < 2 && i > 2) /* the loop begins and ends in silence */
            ck_assert_uint_ge(audio_level(pcm, samples), 45);
        if (sound_mark_detector_push(detector, pcm, samples, &found)) {
            double offset = sound_mark_offset(found.position - (double)clip->delay_samples);
            ck_assert_double_le(fabs(offset), 24); /* half a millisecond */
            chirps++;
        }
    }
    ck_assert_uint_eq(chirps, 3 * CLIP_LOOP_S);
    audio_decoder_destroy(decoder);
    sound_mark_detector_destroy(detector);
    audio_clip_destroy(clip);
}
END_TEST

/* Pictures of a file that is used as it is: what ffmpeg-made bars decode to, in any order. */
static void check_bars(const char *path)
{
    struct clip_settings settings = clip_settings_default();
    settings.video_path = path;
    struct video_clip *clip = make_video(&settings);
    ck_assert_uint_eq(clip->width, 256);
    ck_assert_uint_eq(clip->height, 144);
    ck_assert_uint_eq(clip->frame_count, 12);
    ck_assert_uint_eq(clip->bitrate_asked_bps, 0);
    ck_assert(!clip->marked);
    ck_assert_int_eq(clip->frames[0].at_us, 0);
    ck_assert_int_eq(clip->frames[11].at_us, 1100000);
    ck_assert_int_eq(clip->loop_us, 1200000);
    ck_assert_double_eq_tol(clip->fps, 10, 0.01);
    for (size_t i = 0; i < 12; i++)
        ck_assert_int_eq(clip->frames[i].key_frame, i % 6 == 0);
    ck_assert_uint_eq(video_clip_next_key_frame(clip, 3), 6);

    struct i420 pictures[12];
    struct vp8_decoder *decoder;
    ck_assert_int_eq(vp8_decoder_create(640, &decoder), STATUS_OK);
    for (size_t i = 0; i < 12; i++) {
        struct vp8_decoded decoded;
        ck_assert_int_eq(
            vp8_decoder_decode(decoder, clip->frames[i].data, clip->frames[i].size, &decoded),
            STATUS_OK);
        ck_assert_int_eq(i420_init(&pictures[i], 256, 144), STATUS_OK);
        i420_copy(&pictures[i], &decoded.picture);
    }
    vp8_decoder_destroy(decoder);
    static const size_t order[] = {0, 1, 2, 2, 5, 3, 11, 7, 7, 6, 8, 0, 11};
    struct clip_source *source;
    ck_assert_int_eq(clip_source_create(clip, &source), STATUS_OK);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const struct i420 *picture;
        ck_assert_int_eq(clip_source_picture(source, order[i], &picture), STATUS_OK);
        ck_assert(i420_equal(picture, &pictures[order[i]]));
    }
    const struct i420 *picture = NULL;
    ck_assert_int_eq(clip_source_picture(source, 12, &picture), STATUS_NOT_FOUND);
    for (size_t i = 0; i < 12; i++)
        i420_finish(&pictures[i]);
    clip_source_destroy(source);
    video_clip_destroy(clip);
}

START_TEST(vp8_files_are_used_as_they_are)
{
    check_bars(VECTOR("bars.ivf"));
    check_bars(VECTOR("bars.webm"));
    check_bars(VECTOR("bars-live.webm"));
}
END_TEST

START_TEST(opus_files_are_used_as_they_are)
{
    static const char *const paths[] = {VECTOR("tone.opus"), VECTOR("bars.webm")};
    for (size_t i = 0; i < 2; i++) {
        struct clip_settings settings = clip_settings_default();
        settings.audio_path = paths[i];
        struct audio_clip *clip = make_audio(&settings);
        ck_assert_uint_eq(clip->packet_count, 61);
        ck_assert(!clip->marked);
        ck_assert_uint_eq(clip->bitrate_asked_bps, 0);
        for (size_t k = 5; k < 55; k++) {
            ck_assert(clip->packets[k].send);
            ck_assert(clip->packets[k].voice);
            ck_assert_uint_ge(clip->packets[k].level, 18); /* a sine at -18 dB, by ffmpeg */
            ck_assert_uint_le(clip->packets[k].level, 24);
        }
        audio_clip_destroy(clip);
    }
}
END_TEST

START_TEST(pictures_from_a_file_are_encoded)
{
    char path[256];
    scratch_path(path, sizeof(path), ".y4m");
    FILE *file = fopen(path, "wb");
    fprintf(file, "YUV4MPEG2 W160 H120 F30:1 Ip\n");
    struct i420 picture;
    ck_assert_int_eq(i420_init(&picture, 160, 120), STATUS_OK);
    for (unsigned i = 0; i < 45; i++) {
        fprintf(file, "FRAME\n");
        i420_fill(&picture, 100, 110, (uint8_t)(120 + i % 8));
        for (unsigned y = 0; y < 120; y++)
            for (unsigned x = 0; x < 160; x++)
                picture.memory[y * 160 + x] = (uint8_t)(40 + (x + i * 3) % 160);
        fwrite(picture.memory, 1, i420_packed_size(160, 120), file);
    }
    fclose(file);

    struct clip_settings settings = clip_settings_default();
    settings.video_path = path;
    settings.video_bitrate_bps = 200000;
    struct video_clip *clip = make_video(&settings);
    ck_assert_uint_eq(clip->frame_count, 45);
    ck_assert_uint_eq(clip->width, 160);
    ck_assert_int_eq(clip->loop_us, 1500000);
    ck_assert_int_eq(clip->frames[30].at_us, 1000000);
    ck_assert(!clip->marked);
    struct clip_source *source;
    const struct i420 *exact;
    ck_assert_int_eq(clip_source_create(clip, &source), STATUS_OK);
    ck_assert_int_eq(clip_source_picture(source, 44, &exact), STATUS_OK);
    ck_assert(i420_equal(exact, &picture)); /* the last one drawn above */
    clip_source_destroy(source);
    video_clip_destroy(clip);
    i420_finish(&picture);
    unlink(path);
}
END_TEST

START_TEST(sound_from_a_file_is_encoded_in_whole_seconds)
{
    enum { RATE = 16000, SAMPLES = RATE * 3 / 2 };
    char path[256];
    scratch_path(path, sizeof(path), ".wav");
    static uint8_t wav[44 + 2 * SAMPLES] = "RIFF\0\0\0\0WAVEfmt \20\0\0\0\1\0\1\0";
    store_little_u32(wav + 24, RATE);
    store_little_u16(wav + 34, 16);
    memcpy(wav + 36, "data", 4);
    store_little_u32(wav + 40, 2 * SAMPLES);
    for (int i = 0; i < SAMPLES; i++)
        store_little_u16(wav + 44 + 2 * i,
                         (uint16_t)(int16_t)lrint(8000 * sin(2 * M_PI * 300 * i / RATE)));
    write_file(path, wav, sizeof(wav));

    struct clip_settings settings = clip_settings_default();
    settings.audio_path = path;
    struct audio_clip *clip = make_audio(&settings);
    ck_assert_uint_eq(clip->packet_count, 100);
    ck_assert(!clip->marked);
    ck_assert_uint_eq(clip->packets[30].level, 15); /* 8000 / √2 of 32768 */
    ck_assert(clip->packets[30].voice);
    ck_assert_uint_eq(clip->packets[90].level, 127);
    ck_assert(!clip->packets[90].voice);
    audio_clip_destroy(clip);
    unlink(path);
}
END_TEST

static void video_refused(const char *path, const void *data, size_t size, enum status status,
                          const char *reason)
{
    struct clip_settings settings = clip_settings_default();
    struct video_clip *clip = NULL;
    struct failure failure = {0};
    settings.video_path = path;
    if (data)
        write_file(path, data, size);
    ck_assert_int_eq(video_clip_create(&settings, &clip, &failure), status);
    ck_assert_msg(strstr(failure.message, path) && strstr(failure.message, reason), "%s",
                  failure.message);
    ck_assert_ptr_null(clip);
}

START_TEST(unusable_video_files_say_why)
{
    char path[256];
    size_t size;
    uint8_t *bars = load_vector(VECTOR("bars.ivf"), &size);
    scratch_path(path, sizeof(path), ".ivf");
    video_refused("/nonexistent/a.ivf", NULL, 0, STATUS_NOT_FOUND, "cannot be opened");
    video_refused("/nonexistent/a.y4m", NULL, 0, STATUS_NOT_FOUND, "cannot be opened");
    video_refused("film.mp4", NULL, 0, STATUS_UNSUPPORTED, "end in .ivf, .webm or .y4m");
    video_refused(path, "", 0, STATUS_MALFORMED, "the file is empty");
    video_refused(path, bars, 32, STATUS_MALFORMED, "no VP8 frame in it");
    store_little_u32(bars + 16, 4000000); /* four million frames a second */
    video_refused(path, bars, size, STATUS_MALFORMED, "12 frames in ");
    store_little_u32(bars + 16, 1000);
    bars[44] |= 1; /* the first frame is an inter frame now */
    video_refused(path, bars, size, STATUS_MALFORMED, "does not begin with a key frame");
    bars[44] &= 0xfe;
    memset(bars + 44 + 6, 0, 4);
    video_refused(path, bars, size, STATUS_MALFORMED, "");
    free(bars);
    unlink(path);
}
END_TEST

START_TEST(unusable_audio_files_say_why)
{
    char path[256];
    struct clip_settings settings = clip_settings_default();
    struct audio_clip *clip = NULL;
    struct failure failure = {0};
    settings.audio_path = VECTOR("bars.ivf");
    ck_assert_int_eq(audio_clip_create(&settings, &clip, &failure), STATUS_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(failure.message, "end in .opus, .webm or .wav"));
    scratch_path(path, sizeof(path), ".opus");
    write_file(path, "not Ogg at all, not even a bit", 30);
    settings.audio_path = path;
    ck_assert_int_eq(audio_clip_create(&settings, &clip, &failure), STATUS_MALFORMED);
    ck_assert_ptr_nonnull(strstr(failure.message, path));
    ck_assert_ptr_null(clip);
    unlink(path);
}
END_TEST

START_TEST(impossible_settings_are_refused)
{
    struct clip_settings settings;
    struct video_clip *clip = NULL;
    struct failure failure;
#define REFUSED(change)                                                                            \
    settings = clip_settings_default();                                                            \
    settings.change;                                                                               \
    ck_assert_int_eq(video_clip_create(&settings, &clip, &failure), STATUS_INVALID)
    REFUSED(width = 254);
    REFUSED(width = 641);
    REFUSED(width = 1922);
    REFUSED(height = 142);
    REFUSED(height = 361);
    REFUSED(fps = 0);
    REFUSED(fps = 12);
    REFUSED(fps = 65);
    REFUSED(video_bitrate_bps = 0);
#undef REFUSED
    ck_assert_ptr_null(clip);
    struct audio_clip *audio = NULL;
    settings = clip_settings_default();
    settings.audio_bitrate_bps = 5;
    ck_assert_int_eq(audio_clip_create(&settings, &audio, &failure), STATUS_INVALID);
    ck_assert_ptr_null(audio);
    video_clip_destroy(NULL);
    audio_clip_destroy(NULL);
    clip_source_destroy(NULL);
}
END_TEST

START_TEST(endings_tell_what_a_file_is)
{
    struct clip_file_parts parts;
    ck_assert(clip_file_parts("a.ivf", &parts) && parts.video && !parts.audio);
    ck_assert(clip_file_parts("dir.x/A.WebM", &parts) && parts.video && parts.audio);
    ck_assert(clip_file_parts("b.y4m", &parts) && parts.video && !parts.audio);
    ck_assert(clip_file_parts("c.wav", &parts) && !parts.video && parts.audio);
    ck_assert(clip_file_parts("d.opus", &parts) && !parts.video && parts.audio);
    ck_assert(!clip_file_parts("e.mp4", &parts));
    ck_assert(!clip_file_parts(".ivf", &parts));
    ck_assert(!clip_file_parts("", &parts));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/clip");
    TCase *cases = tcase_create("clip");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_loop_in_groups_of_five_seconds);
    tcase_add_test(cases, small_pictures);
    tcase_add_test(cases, middle_pictures);
    tcase_add_test(cases, large_pictures);
    tcase_add_test(cases, very_low_bitrates_keep_their_marks);
    tcase_add_test(cases, jumping_to_a_key_frame_shows_the_same_pictures);
    tcase_add_test(cases, speech_at_the_settings_asked_for);
    tcase_add_test(cases, dtx_leaves_silence_out_and_fec_adds_redundancy);
    tcase_add_test(cases, most_speech_is_whole_seconds_further);
    tcase_add_test(cases, the_sound_goes_round_without_a_break);
    tcase_add_test(cases, vp8_files_are_used_as_they_are);
    tcase_add_test(cases, opus_files_are_used_as_they_are);
    tcase_add_test(cases, pictures_from_a_file_are_encoded);
    tcase_add_test(cases, sound_from_a_file_is_encoded_in_whole_seconds);
    tcase_add_test(cases, unusable_video_files_say_why);
    tcase_add_test(cases, unusable_audio_files_say_why);
    tcase_add_test(cases, impossible_settings_are_refused);
    tcase_add_test(cases, endings_tell_what_a_file_is);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
