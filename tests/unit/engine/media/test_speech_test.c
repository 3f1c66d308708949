#include "engine/media/test_speech.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/media/audio_level.h"

enum { SAMPLES = 960, FRAMES = 1000 };

static int16_t pcm[FRAMES * SAMPLES], again[FRAMES * SAMPLES];
static bool voice[FRAMES], voice_again[FRAMES];

START_TEST(the_same_seed_says_the_same)
{
    ck_assert_int_eq(test_speech_render(11, pcm, FRAMES, voice), STATUS_OK);
    ck_assert_int_eq(test_speech_render(11, again, FRAMES, voice_again), STATUS_OK);
    ck_assert_mem_eq(pcm, again, sizeof(pcm));
    ck_assert_mem_eq(voice, voice_again, sizeof(voice));
    ck_assert_int_eq(test_speech_render(12, again, FRAMES, NULL), STATUS_OK);
    ck_assert(memcmp(pcm, again, sizeof(pcm)) != 0);
}
END_TEST

/* ITU-T P.59: 39 % of the time, spurts of 1 s and pauses of 1.6 s on average; over many seeds. */
START_TEST(talks_and_pauses_like_a_conversation)
{
    size_t talking = 0, spurts = 0, total = 0;
    for (uint32_t seed = 0; seed < 40; seed++) {
        ck_assert_int_eq(test_speech_render(seed, pcm, FRAMES, voice), STATUS_OK);
        size_t run = 0, active = 0;
        ck_assert(!voice[0] && !voice[FRAMES - 1]); /* so that it can go round */
        for (size_t i = 0; i < FRAMES; i++) {
            active += voice[i];
            if (i > 0 && voice[i] != voice[i - 1]) {
                ck_assert_uint_ge(run, TEST_SPEECH_PART_MIN_MS / 20);
                spurts += voice[i];
                run = 0;
            }
            run++;
        }
        ck_assert_uint_gt(active, 0); /* nobody is mute for the whole loop */
        talking += active;
        total += FRAMES;
    }
    double share = (double)talking / (double)total;
    ck_assert_double_ge(share, 0.33);
    ck_assert_double_le(share, 0.50);
    double spurt_s = (double)talking * 0.02 / (double)spurts;
    ck_assert_double_ge(spurt_s, 0.85);
    ck_assert_double_le(spurt_s, 1.35);
}
END_TEST

START_TEST(levels_tell_talk_from_the_room)
{
    ck_assert_int_eq(test_speech_render(3, pcm, FRAMES, voice), STATUS_OK);
    double talk = 0, room = 0;
    size_t talk_frames = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        double level = audio_level_dbov(pcm + i * SAMPLES, SAMPLES);
        double power = pow(10, level / 10);
        *(voice[i] ? &talk : &room) += power;
        talk_frames += voice[i];
        if (!voice[i]) {
            ck_assert_double_le(level, TEST_SPEECH_ROOM_DBOV + 2);
            ck_assert_double_ge(level, TEST_SPEECH_ROOM_DBOV - 2);
        }
    }
    ck_assert_double_eq_tol(10 * log10(talk / (double)talk_frames), TEST_SPEECH_LEVEL_DBOV, 1.5);
}
END_TEST

/* Energy of a band by one-pole-free brute force: a DFT of 20 ms at a few frequencies. */
static double band(const int16_t *frame, double from_hz, double to_hz)
{
    double sum = 0;
    for (double hz = from_hz; hz < to_hz; hz += 50) {
        double re = 0, im = 0;
        for (int i = 0; i < SAMPLES; i++) {
            re += frame[i] * cos(2 * M_PI * hz * i / 48000);
            im += frame[i] * sin(2 * M_PI * hz * i / 48000);
        }
        sum += re * re + im * im;
    }
    return sum;
}

START_TEST(voiced_sound_is_low_breath_is_high)
{
    ck_assert_int_eq(test_speech_render(5, pcm, FRAMES, voice), STATUS_OK);
    size_t low = 0, high = 0, examined = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        const int16_t *frame = pcm + i * SAMPLES;
        if (!voice[i] || audio_level(frame, SAMPLES) > 55)
            continue;
        double below = band(frame, 100, 1200), above = band(frame, 3000, 6000);
        low += below > 10 * above;
        high += above > below;
        examined++;
    }
    ck_assert_uint_ge(examined, 50);
    ck_assert_uint_ge(low * 100, examined * 40); /* vowels */
    ck_assert_uint_ge(high * 100, examined * 3); /* consonants */
}
END_TEST

START_TEST(short_stretches_are_just_the_room)
{
    ck_assert_int_eq(test_speech_render(1, pcm, 5, voice), STATUS_OK);
    for (size_t i = 0; i < 5; i++)
        ck_assert(!voice[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/test_speech");
    TCase *cases = tcase_create("test_speech");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, the_same_seed_says_the_same);
    tcase_add_test(cases, talks_and_pauses_like_a_conversation);
    tcase_add_test(cases, levels_tell_talk_from_the_room);
    tcase_add_test(cases, voiced_sound_is_low_breath_is_high);
    tcase_add_test(cases, short_stretches_are_just_the_room);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
