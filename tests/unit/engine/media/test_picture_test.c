#include "engine/media/test_picture.h"

#include <check.h>
#include <stdlib.h>

#include "engine/media/quality.h"

static uint64_t hash_picture(const struct i420 *picture)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < i420_packed_size(picture->width, picture->height); i++)
        hash = (hash ^ picture->memory[i]) * 0x100000001b3;
    return hash;
}

static uint64_t hash_of(uint16_t width, uint16_t height, uint32_t seed, uint32_t frame)
{
    struct test_picture *source;
    struct i420 picture;
    ck_assert_int_eq(test_picture_create(width, height, 15, seed, &source), STATUS_OK);
    ck_assert_int_eq(i420_init(&picture, width, height), STATUS_OK);
    i420_fill(&picture, 99, 99, 99); /* every sample must be painted */
    test_picture_render(source, frame, &picture);
    uint64_t hash = hash_picture(&picture);
    test_picture_destroy(source);
    i420_finish(&picture);
    return hash;
}

/* Recorded from this code: another compiler, optimisation or machine must paint the same. */
START_TEST(pictures_are_the_same_everywhere)
{
    ck_assert_uint_eq(hash_of(320, 180, 1, 0), 0x3f63b1a905e27e07u);
    ck_assert_uint_eq(hash_of(640, 360, 7, 123), 0xd593fad2851d18a9u);
    ck_assert_uint_eq(hash_of(1280, 720, 3, 299), 0xb69672984b0a1255u);
    ck_assert_uint_eq(hash_of(198, 200, 3, 77), 0x1b721ae88601ce1eu); /* more tall than the scene */
}
END_TEST

START_TEST(frame_and_seed_make_a_difference_asking_twice_does_not)
{
    ck_assert_uint_eq(hash_of(320, 180, 5, 40), hash_of(320, 180, 5, 40));
    ck_assert_uint_ne(hash_of(320, 180, 5, 40), hash_of(320, 180, 5, 41));
    ck_assert_uint_ne(hash_of(320, 180, 5, 40), hash_of(320, 180, 6, 40));
}
END_TEST

START_TEST(order_of_rendering_does_not_matter)
{
    struct test_picture *source;
    struct i420 first, again;
    ck_assert_int_eq(test_picture_create(320, 180, 30, 2, &source), STATUS_OK);
    ck_assert_int_eq(i420_init(&first, 320, 180), STATUS_OK);
    ck_assert_int_eq(i420_init(&again, 320, 180), STATUS_OK);
    test_picture_render(source, 17, &first);
    for (uint32_t frame = 590; frame < 610; frame++)
        test_picture_render(source, frame, &again);
    test_picture_render(source, 17, &again);
    ck_assert(i420_equal(&first, &again));
    test_picture_destroy(source);
    i420_finish(&first);
    i420_finish(&again);
}
END_TEST

START_TEST(sizes_show_the_same_scene)
{
    struct test_picture *large_source, *small_source;
    struct i420 large, small, halved;
    ck_assert_int_eq(test_picture_create(640, 360, 15, 4, &large_source), STATUS_OK);
    ck_assert_int_eq(test_picture_create(320, 180, 15, 4, &small_source), STATUS_OK);
    ck_assert_int_eq(i420_init(&large, 640, 360), STATUS_OK);
    ck_assert_int_eq(i420_init(&small, 320, 180), STATUS_OK);
    ck_assert_int_eq(i420_init(&halved, 320, 180), STATUS_OK);
    test_picture_render(large_source, 33, &large);
    test_picture_render(small_source, 33, &small);
    i420_copy(&halved, &small);
    for (unsigned y = 0; y < 180; y++)
        for (unsigned x = 0; x < 320; x++) {
            const uint8_t *at = large.planes[I420_Y] + 2 * y * 640 + 2 * x;
            halved.planes[I420_Y][y * 320 + x] = (uint8_t)((at[0] + at[1] + at[640] + at[641]) / 4);
        }
    ck_assert_double_ge(quality_psnr_db(quality_mse(&small, &halved, I420_Y)), 22);
    test_picture_destroy(large_source);
    test_picture_destroy(small_source);
    i420_finish(&large);
    i420_finish(&small);
    i420_finish(&halved);
}
END_TEST

/* The lamp is lit in the frame that is due 200 ms into each second, and in no other. */
START_TEST(the_lamp_is_lit_with_the_chirp)
{
    static const uint16_t rates[] = {5, 10, 15, 20, 25, 30, 60};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct test_picture *source;
        struct i420 picture;
        ck_assert_int_eq(test_picture_create(320, 180, rates[i], 1, &source), STATUS_OK);
        ck_assert_int_eq(i420_init(&picture, 320, 180), STATUS_OK);
        for (uint32_t frame = 0; frame < 3u * rates[i]; frame++) {
            test_picture_render(source, frame, &picture);
            uint8_t lamp = picture.planes[I420_Y][31 * 320 + 288];
            if (frame % rates[i] == rates[i] / 5u)
                ck_assert_uint_ge(lamp, 230);
            else
                ck_assert_uint_le(lamp, 60);
        }
        test_picture_destroy(source);
        i420_finish(&picture);
    }
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
    struct test_picture *source = NULL;
    ck_assert_int_eq(test_picture_create(158, 90, 15, 1, &source), STATUS_INVALID);
    ck_assert_int_eq(test_picture_create(161, 90, 15, 1, &source), STATUS_INVALID);
    ck_assert_int_eq(test_picture_create(160, 91, 15, 1, &source), STATUS_INVALID);
    ck_assert_int_eq(test_picture_create(160, 88, 15, 1, &source), STATUS_INVALID);
    ck_assert_int_eq(test_picture_create(160, 90, 0, 1, &source), STATUS_INVALID);
    ck_assert_int_eq(test_picture_create(160, 90, 121, 1, &source), STATUS_INVALID);
    ck_assert_int_eq(test_picture_create(4098, 90, 15, 1, &source), STATUS_INVALID);
    ck_assert_ptr_null(source);
    test_picture_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/test_picture");
    TCase *cases = tcase_create("test_picture");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, pictures_are_the_same_everywhere);
    tcase_add_test(cases, frame_and_seed_make_a_difference_asking_twice_does_not);
    tcase_add_test(cases, order_of_rendering_does_not_matter);
    tcase_add_test(cases, sizes_show_the_same_scene);
    tcase_add_test(cases, the_lamp_is_lit_with_the_chirp);
    tcase_add_test(cases, impossible_sizes_are_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
