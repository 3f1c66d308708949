#include "common/webrtc/codec/i420.h"

#include <check.h>
#include <string.h>

START_TEST(planes_of_odd_sizes_are_rounded_up)
{
    struct i420 picture;
    ck_assert_int_eq(i420_init(&picture, 7, 5), STATUS_OK);
    ck_assert_uint_eq(i420_plane_width(&picture, I420_Y), 7);
    ck_assert_uint_eq(i420_plane_width(&picture, I420_U), 4);
    ck_assert_uint_eq(i420_plane_height(&picture, I420_V), 3);
    ck_assert_uint_eq(i420_packed_size(7, 5), 35 + 2 * 12);
    ck_assert_ptr_eq(picture.planes[I420_U], picture.memory + 35);
    ck_assert_ptr_eq(picture.planes[I420_V], picture.memory + 35 + 12);
    i420_fill(&picture, 1, 2, 3); /* every byte of the allocation and none behind it */
    for (size_t i = 0; i < 59; i++)
        ck_assert_uint_eq(picture.memory[i], i < 35 ? 1 : i < 47 ? 2 : 3);
    i420_finish(&picture);
    ck_assert_ptr_null(picture.memory);
    i420_finish(&picture);
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
    struct i420 picture = {.width = 77};
    ck_assert_int_eq(i420_init(&picture, 0, 10), STATUS_INVALID);
    ck_assert_int_eq(i420_init(&picture, 10, I420_SIDE_MAX + 1), STATUS_INVALID);
    ck_assert_uint_eq(picture.width, 77);
}
END_TEST

START_TEST(copies_between_strides_and_compares)
{
    struct i420 picture, other;
    ck_assert_int_eq(i420_init(&picture, 16, 8), STATUS_OK);
    ck_assert_int_eq(i420_init(&other, 16, 8), STATUS_OK);
    for (size_t i = 0; i < i420_packed_size(16, 8); i++)
        picture.memory[i] = (uint8_t)(i * 7);

    uint8_t wide[3][8 * 64];
    memset(wide, 0xee, sizeof(wide));
    struct i420 view = {
        .width = 16, .height = 8, .planes = {wide[0], wide[1], wide[2]}, .strides = {64, 64, 64}};
    i420_copy(&view, &picture);
    ck_assert_uint_eq(wide[0][15], picture.memory[15]);
    ck_assert_uint_eq(wide[0][16], 0xee); /* the gap is left alone */
    ck_assert(i420_equal(&view, &picture));
    i420_copy(&other, &view);
    ck_assert(i420_equal(&other, &picture));
    other.planes[I420_V][31] ^= 1; /* the very last sample */
    ck_assert(!i420_equal(&other, &picture));
    other.width = 14;
    ck_assert(!i420_equal(&other, &picture));
    i420_finish(&picture);
    i420_finish(&other);
    i420_finish(&view); /* a view owns nothing */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/codec/i420");
    TCase *cases = tcase_create("i420");
    tcase_add_test(cases, planes_of_odd_sizes_are_rounded_up);
    tcase_add_test(cases, impossible_sizes_are_refused);
    tcase_add_test(cases, copies_between_strides_and_compares);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
