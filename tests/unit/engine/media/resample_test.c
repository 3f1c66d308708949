#include "engine/media/resample.h"

#include <check.h>
#include <math.h>
#include <string.h>

enum { COUNT = 48000 };

static int16_t in[192000], out[COUNT];

static void sine(double hz, unsigned rate, size_t count)
{
    for (size_t i = 0; i < count; i++)
        in[i] = (int16_t)lrint(10000 * sin(2 * M_PI * hz * (double)i / rate));
}

/* Largest distance from a sine of the same amplitude, away from the ends. */
static double worst_error(double hz, double amplitude)
{
    double worst = 0;
    for (size_t i = 2000; i < COUNT - 2000; i++)
        worst = fmax(worst, fabs(out[i] - amplitude * sin(2 * M_PI * hz * (double)i / 48000)));
    return worst;
}

START_TEST(tones_keep_pitch_phase_and_loudness)
{
    static const unsigned rates[] = {8000, 11025, 16000, 22050, 32000, 44100, 96000, 192000};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        sine(1000, rates[i], rates[i]);
        resample(in, rates[i], rates[i], out, COUNT, 48000);
        ck_assert_msg(worst_error(1000, 10000) < 100, "%u Hz: %f", rates[i],
                      worst_error(1000, 10000));
    }
}
END_TEST

START_TEST(what_the_lower_rate_cannot_carry_is_removed)
{
    sine(30000, 96000, 96000); /* would fold to 18 kHz */
    resample(in, 96000, 96000, out, COUNT, 48000);
    ck_assert_double_le(worst_error(0, 0), 300);
}
END_TEST

START_TEST(equal_rates_are_copied_and_padded)
{
    sine(700, 48000, 1000);
    memset(out, 1, sizeof(out));
    resample(in, 1000, 48000, out, 1500, 48000);
    ck_assert_mem_eq(in, out, 1000 * sizeof(*out));
    for (size_t i = 1000; i < 1500; i++)
        ck_assert_int_eq(out[i], 0);
    ck_assert_int_ne(out[1500], 0);
}
END_TEST

START_TEST(silence_follows_the_end_of_the_input)
{
    sine(500, 24000, 2400);
    resample(in, 2400, 24000, out, 48000, 48000);
    for (size_t i = 4800 + 50; i < 48000; i++)
        ck_assert_int_eq(out[i], 0);
    resample(in, 0, 24000, out, 100, 48000);
    for (size_t i = 0; i < 100; i++)
        ck_assert_int_eq(out[i], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/resample");
    TCase *cases = tcase_create("resample");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, tones_keep_pitch_phase_and_loudness);
    tcase_add_test(cases, what_the_lower_rate_cannot_carry_is_removed);
    tcase_add_test(cases, equal_rates_are_copied_and_padded);
    tcase_add_test(cases, silence_follows_the_end_of_the_input);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
