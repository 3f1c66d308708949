#include "engine/media/sound_mark.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/codec/opus_codec.h"
#include "engine/media/test_speech.h"

enum { FRAME = AUDIO_FRAME_SAMPLES, SECONDS = 20, FRAMES = SECONDS * 50 };

static int16_t pcm[FRAMES * FRAME];

struct heard {
    size_t count;
    double worst_samples; /* from the chirps' places, absolute */
    double weakest;
};

/* Listen to everything; `delay` is taken off each position. */
static struct heard listen(const int16_t *sound, size_t frames, double delay)
{
    struct heard heard = {.weakest = 1};
    struct sound_mark_detector *detector = sound_mark_detector_create();
    for (size_t i = 0; i < frames; i++) {
        struct sound_mark_found found;
        if (!sound_mark_detector_push(detector, sound + i * FRAME, FRAME, &found))
            continue;
        double offset = fabs(sound_mark_offset(found.position - delay));
        heard.count++;
        heard.worst_samples = fmax(heard.worst_samples, offset);
        heard.weakest = fmin(heard.weakest, found.match);
    }
    sound_mark_detector_destroy(detector);
    return heard;
}

START_TEST(a_clean_chirp_is_found_to_the_sample)
{
    memset(pcm, 0, sizeof(pcm));
    sound_mark_add(pcm, FRAMES * FRAME);
    struct heard heard = listen(pcm, FRAMES, 0);
    ck_assert_uint_eq(heard.count, SECONDS);
    ck_assert_double_le(heard.worst_samples, 1.5);
    ck_assert_double_ge(heard.weakest, 0.97);
}
END_TEST

START_TEST(positions_follow_shifts_of_any_size)
{
    static int16_t shifted[3 * 50 * FRAME];
    for (int shift = -700; shift <= 700; shift += 97) {
        memset(pcm, 0, sizeof(pcm));
        sound_mark_add(pcm, 3 * 48000);
        for (int i = 0; i < 3 * 48000; i++)
            shifted[i] = i - shift >= 0 && i - shift < 3 * 48000 ? pcm[i - shift] : 0;
        struct heard heard = listen(shifted, 3 * 50, shift);
        ck_assert_uint_eq(heard.count, 3);
        ck_assert_double_le(heard.worst_samples, 2);
    }
}
END_TEST

START_TEST(speech_alone_is_never_taken_for_a_chirp)
{
    for (uint32_t seed = 0; seed < 12; seed++) {
        ck_assert_int_eq(test_speech_render(seed, pcm, FRAMES, NULL), STATUS_OK);
        ck_assert_uint_eq(listen(pcm, FRAMES, 0).count, 0);
    }
    for (size_t i = 0; i < FRAMES * FRAME; i++) /* nor is loud noise */
        pcm[i] = (int16_t)(random() >> 16);
    ck_assert_uint_eq(listen(pcm, FRAMES, 0).count, 0);
}
END_TEST

static struct heard through_opus(uint32_t seed, uint32_t bitrate_bps, bool dtx)
{
    static int16_t decoded[FRAMES * FRAME];
    struct audio_encoder_settings settings = {
        .channels = 1, .bitrate_bps = bitrate_bps, .dtx = dtx, .complexity = 5, .speech = true};
    struct audio_encoder *encoder;
    struct audio_decoder *decoder;
    ck_assert_int_eq(audio_encoder_create(&settings, &encoder), STATUS_OK);
    ck_assert_int_eq(audio_decoder_create(1, &decoder), STATUS_OK);
    ck_assert_int_eq(test_speech_render(seed, pcm, FRAMES, NULL), STATUS_OK);
    sound_mark_add(pcm, FRAMES * FRAME);
    for (size_t i = 0; i < FRAMES; i++) {
        uint8_t packet[AUDIO_PACKET_SIZE_MAX];
        int16_t out[AUDIO_PACKET_SAMPLES_MAX];
        size_t size, samples;
        ck_assert_int_eq(audio_encoder_encode(encoder, pcm + i * FRAME, packet, &size), STATUS_OK);
        if (size > 2)
            ck_assert_int_eq(audio_decoder_decode(decoder, packet, size, out, &samples), STATUS_OK);
        else
            ck_assert_int_eq(audio_decoder_conceal(decoder, out), STATUS_OK);
        memcpy(decoded + i * FRAME, out, FRAME * sizeof(*out));
    }
    double delay = (double)audio_encoder_delay_samples(encoder);
    audio_encoder_destroy(encoder);
    audio_decoder_destroy(decoder);
    return listen(decoded, FRAMES, delay);
}

/* Less than 1 ms is asked; 0.2 ms (10 samples) is kept. */
START_TEST(survives_opus_over_speech)
{
    static const uint32_t bitrates[] = {12000, 16000, 24000, 32000, 64000};
    for (size_t i = 0; i < sizeof(bitrates) / sizeof(bitrates[0]); i++) {
        struct heard heard = through_opus(20 + (uint32_t)i, bitrates[i], false);
        ck_assert_uint_eq(heard.count, SECONDS);
        ck_assert_double_le(heard.worst_samples, 10);
        ck_assert_double_ge(heard.weakest, 0.7);
    }
}
END_TEST

START_TEST(survives_dtx)
{
    for (uint32_t seed = 30; seed < 33; seed++) {
        struct heard heard = through_opus(seed, 24000, true);
        ck_assert_uint_eq(heard.count, SECONDS);
        ck_assert_double_le(heard.worst_samples, 10);
    }
}
END_TEST

START_TEST(offsets_are_the_short_way_around)
{
    ck_assert_double_eq(sound_mark_offset(SOUND_MARK_PHASE_SAMPLES), 0);
    ck_assert_double_eq(sound_mark_offset(SOUND_MARK_PHASE_SAMPLES + 5 * 48000), 0);
    ck_assert_double_eq(sound_mark_offset(SOUND_MARK_PHASE_SAMPLES - 3), -3);
    ck_assert_double_eq(sound_mark_offset(SOUND_MARK_PHASE_SAMPLES + 3), 3);
    ck_assert_double_eq(sound_mark_offset(0), -SOUND_MARK_PHASE_SAMPLES);
    ck_assert_double_eq(sound_mark_offset(47999), 47999 - SOUND_MARK_PHASE_SAMPLES - 48000);
    ck_assert_double_eq(sound_mark_offset(-48000 + SOUND_MARK_PHASE_SAMPLES + 7), 7);
}
END_TEST

START_TEST(reset_sets_the_axis)
{
    memset(pcm, 0, 48000 * sizeof(*pcm));
    sound_mark_add(pcm, 48000);
    struct sound_mark_detector *detector = sound_mark_detector_create();
    struct sound_mark_found found = {0};
    for (size_t i = 0; i < 12; i++) /* leave in the middle of the chirp */
        ck_assert(!sound_mark_detector_push(detector, pcm + i * FRAME, FRAME, &found));
    sound_mark_detector_reset(detector, 1000000);
    size_t count = 0;
    for (size_t i = 0; i < 50; i++)
        count += sound_mark_detector_push(detector, pcm + i * FRAME, FRAME, &found);
    ck_assert_uint_eq(count, 1);
    ck_assert_double_eq_tol(found.position, 1000000 + SOUND_MARK_PHASE_SAMPLES, 2);
    sound_mark_detector_destroy(detector);
    sound_mark_detector_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/sound_mark");
    TCase *cases = tcase_create("sound_mark");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_clean_chirp_is_found_to_the_sample);
    tcase_add_test(cases, positions_follow_shifts_of_any_size);
    tcase_add_test(cases, speech_alone_is_never_taken_for_a_chirp);
    tcase_add_test(cases, survives_opus_over_speech);
    tcase_add_test(cases, survives_dtx);
    tcase_add_test(cases, offsets_are_the_short_way_around);
    tcase_add_test(cases, reset_sets_the_axis);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
