#include "engine/media/audio_level.h"

#include <check.h>
#include <math.h>

static void fill(int16_t *pcm, double amplitude)
{
    for (int i = 0; i < 960; i++)
        pcm[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * i / 48));
}

START_TEST(levels_of_sines_are_three_decibels_below_their_peak)
{
    int16_t pcm[960];
    fill(pcm, 32767);
    ck_assert_double_eq_tol(audio_level_dbov(pcm, 960), -3.01, 0.01);
    ck_assert_uint_eq(audio_level(pcm, 960), 3);
    fill(pcm, 3276.7);
    ck_assert_uint_eq(audio_level(pcm, 960), 23);
    fill(pcm, 32.767);
    ck_assert_uint_eq(audio_level(pcm, 960), 63);
}
END_TEST

START_TEST(the_ends_of_the_scale)
{
    int16_t pcm[960] = {0};
    ck_assert_uint_eq(audio_level(pcm, 960), AUDIO_LEVEL_SILENCE);
    ck_assert(isinf(audio_level_dbov(pcm, 960)));
    pcm[5] = 1; /* one bit in 960 samples: -120 dBov */
    ck_assert_uint_eq(audio_level(pcm, 960), 120);
    for (int i = 0; i < 960; i++)
        pcm[i] = i % 2 ? 32767 : -32768;
    ck_assert_uint_eq(audio_level(pcm, 960), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/audio_level");
    TCase *cases = tcase_create("audio_level");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, levels_of_sines_are_three_decibels_below_their_peak);
    tcase_add_test(cases, the_ends_of_the_scale);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
