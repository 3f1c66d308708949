#include "engine/media/quality.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "engine/media/test_picture.h"

/* A picture and a damaged copy, from integers only: the same everywhere. */
static void make_pair(uint16_t width, uint16_t height, int divisor, struct i420 *a, struct i420 *b)
{
    struct test_picture *source;
    ck_assert_int_eq(test_picture_create(width, height, 15, 1, &source), STATUS_OK);
    ck_assert_int_eq(i420_init(a, width, height), STATUS_OK);
    ck_assert_int_eq(i420_init(b, width, height), STATUS_OK);
    test_picture_render(source, 5, a);
    test_picture_destroy(source);
    uint32_t noise = 1;
    for (size_t i = 0; i < i420_packed_size(width, height); i++) {
        noise = noise * 1664525u + 1013904223u;
        int amplitude = i < (size_t)width * height ? 24 : 8;
        a->memory[i] = (uint8_t)(a->memory[i] / divisor);
        int value = a->memory[i] + (int)(noise >> 16) % (amplitude / divisor + 1);
        b->memory[i] = (uint8_t)(value > 255 ? 255 : value);
    }
}

static void check(uint16_t width, uint16_t height, int divisor, const double *psnr,
                  const double *ssim)
{
    struct i420 a, b;
    struct quality quality;
    make_pair(width, height, divisor, &a, &b);
    quality_compare(&a, &b, &quality);
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        if (isinf(psnr[plane])) /* damage that rounds to nothing */
            ck_assert(isinf(quality.psnr_db[plane]));
        else
            ck_assert_double_eq_tol(quality.psnr_db[plane], psnr[plane], 0.006);
        ck_assert_double_eq_tol(quality.ssim[plane], ssim[plane], 0.000002);
    }
    ck_assert_double_eq_tol(quality.psnr_all_db, psnr[3], 0.006);
    ck_assert_double_eq_tol(quality.ssim_all, ssim[3], 0.000002);
    i420_finish(&a);
    i420_finish(&b);
}

/* What ffmpeg 5.1's psnr and ssim filters print for the same pictures (plain C code). */
START_TEST(numbers_are_those_of_ffmpeg)
{
    check(320, 180, 1, (double[]){25.21, 34.59, 34.56, 26.72},
          (double[]){0.832274, 0.946103, 0.949168, 0.870728});
    check(198, 118, 1, (double[]){25.20, 34.55, 34.62, 26.72},
          (double[]){0.888520, 0.955656, 0.957456, 0.911199});
    check(320, 180, 12, (double[]){45.91, INFINITY, INFINITY, 47.67},
          (double[]){0.978990, 1.000000, 1.000000, 0.985993}); /* nearly black */
}
END_TEST

START_TEST(identical_pictures)
{
    struct i420 a, b;
    struct quality quality;
    make_pair(320, 180, 1, &a, &b);
    quality_compare(&a, &a, &quality);
    ck_assert(isinf(quality.psnr_db[I420_Y]) && isinf(quality.psnr_all_db));
    ck_assert_double_eq(quality.ssim[I420_V], 1);
    ck_assert_double_eq(quality.ssim_all, 1);
    i420_finish(&a);
    i420_finish(&b);
}
END_TEST

START_TEST(psnr_by_hand)
{
    struct i420 a, b;
    ck_assert_int_eq(i420_init(&a, 16, 16), STATUS_OK);
    ck_assert_int_eq(i420_init(&b, 16, 16), STATUS_OK);
    i420_fill(&a, 0, 128, 128);
    i420_fill(&b, 255, 128, 130);
    struct quality quality;
    quality_compare(&a, &b, &quality);
    ck_assert_double_eq(quality.mse[I420_Y], 65025);
    ck_assert_double_eq(quality.psnr_db[I420_Y], 0);
    ck_assert(isinf(quality.psnr_db[I420_U]));
    ck_assert_double_eq_tol(quality.psnr_db[I420_V], 42.11, 0.005);
    ck_assert_double_eq_tol(quality.psnr_all_db, 10 * log10(1.5 / (1 + 4 * 0.25 / 65025)), 1e-9);
    i420_finish(&a);
    i420_finish(&b);
}
END_TEST

START_TEST(worse_pictures_measure_worse)
{
    struct i420 a, b;
    make_pair(320, 180, 1, &a, &b);
    double last_psnr = INFINITY, last_ssim = 1.1;
    for (unsigned damage = 0; damage < 6; damage++) {
        i420_copy(&b, &a);
        for (size_t i = 0; i < 320 * 180; i += 7 - damage)
            b.memory[i] = (uint8_t)(b.memory[i] ^ (1u << damage));
        double psnr = quality_psnr_db(quality_mse(&a, &b, I420_Y));
        double ssim = quality_ssim(&a, &b, I420_Y);
        ck_assert_double_lt(psnr, last_psnr);
        ck_assert_double_lt(ssim, last_ssim);
        last_psnr = psnr;
        last_ssim = ssim;
    }
    i420_finish(&a);
    i420_finish(&b);
}
END_TEST

START_TEST(too_small_for_a_window)
{
    struct i420 a;
    ck_assert_int_eq(i420_init(&a, 7, 40), STATUS_OK);
    i420_fill(&a, 1, 2, 3);
    ck_assert(isnan(quality_ssim(&a, &a, I420_Y)));
    i420_finish(&a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/quality");
    TCase *cases = tcase_create("quality");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, numbers_are_those_of_ffmpeg);
    tcase_add_test(cases, identical_pictures);
    tcase_add_test(cases, psnr_by_hand);
    tcase_add_test(cases, worse_pictures_measure_worse);
    tcase_add_test(cases, too_small_for_a_window);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
