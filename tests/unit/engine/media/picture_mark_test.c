#include "engine/media/picture_mark.h"

#include <check.h>
#include <string.h>

#include "common/webrtc/codec/vp8_codec.h"
#include "engine/media/test_picture.h"

static void make(struct i420 *picture, uint16_t width, uint16_t height)
{
    ck_assert_int_eq(i420_init(picture, width, height), STATUS_OK);
    i420_fill(picture, 128, 128, 128);
}

START_TEST(every_frame_number_and_stream_reads_back)
{
    struct i420 picture;
    make(&picture, 320, 180);
    for (unsigned i = 0; i < 65536; i += 7) {
        struct picture_mark mark = {(uint16_t)i, (uint8_t)(i * 13 >> 4)}, read;
        picture_mark_draw(&picture, mark);
        ck_assert(picture_mark_read(&picture, &read));
        ck_assert_uint_eq(read.frame, mark.frame);
        ck_assert_uint_eq(read.stream, mark.stream);
    }
    i420_finish(&picture);
}
END_TEST

START_TEST(all_sizes_have_room_for_blocks_of_eight)
{
    static const uint16_t sizes[][2] = {{256, 144},   {320, 180}, {640, 360}, {1280, 720},
                                        {1920, 1080}, {322, 182}, {641, 363}, {4096, 2160}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct i420 picture;
        make(&picture, sizes[i][0], sizes[i][1]);
        ck_assert(picture_mark_fits(sizes[i][0], sizes[i][1]));
        ck_assert_uint_ge(picture_mark_height(sizes[i][1]), 8);
        struct picture_mark read;
        picture_mark_draw(&picture, (struct picture_mark){0xbeef, 0x5a});
        ck_assert(picture_mark_read(&picture, &read));
        ck_assert_uint_eq(read.frame, 0xbeef);
        ck_assert_uint_eq(read.stream, 0x5a);
        i420_finish(&picture);
    }
    ck_assert(!picture_mark_fits(255, 144));
    ck_assert(!picture_mark_fits(256, 143));
}
END_TEST

START_TEST(pictures_without_a_strip_have_no_mark)
{
    struct i420 picture;
    struct picture_mark read;
    make(&picture, 320, 180);
    ck_assert(!picture_mark_read(&picture, &read));
    i420_fill(&picture, 16, 128, 128);
    ck_assert(!picture_mark_read(&picture, &read));
    i420_fill(&picture, 235, 128, 128);
    ck_assert(!picture_mark_read(&picture, &read));

    struct test_picture *source;
    ck_assert_int_eq(test_picture_create(320, 180, 15, 1, &source), STATUS_OK);
    for (uint32_t frame = 0; frame < 300; frame += 3) {
        test_picture_render(source, frame, &picture);
        ck_assert(!picture_mark_read(&picture, &read));
    }
    test_picture_destroy(source);
    i420_finish(&picture);

    make(&picture, 160, 120); /* too small for one */
    ck_assert(!picture_mark_read(&picture, &read));
    i420_finish(&picture);
}
END_TEST

static void copy_rows(struct i420 *to, const struct i420 *from, unsigned first, unsigned end)
{
    memcpy(to->planes[I420_Y] + first * to->strides[I420_Y],
           from->planes[I420_Y] + first * from->strides[I420_Y],
           (end - first) * to->strides[I420_Y]);
}

START_TEST(one_damaged_strip_does_not_matter_a_torn_picture_does)
{
    struct i420 picture, other;
    struct picture_mark read;
    make(&picture, 640, 360);
    make(&other, 640, 360);
    unsigned strip = picture_mark_height(360);
    picture_mark_draw(&picture, (struct picture_mark){1000, 3});
    picture_mark_draw(&other, (struct picture_mark){1001, 3});

    memset(picture.planes[I420_Y], 128, strip * picture.strides[I420_Y]);
    ck_assert(picture_mark_read(&picture, &read)); /* from the bottom */
    ck_assert_uint_eq(read.frame, 1000);
    copy_rows(&picture, &other, 0, 100); /* a new top above an old bottom */
    ck_assert(!picture_mark_read(&picture, &read));
    copy_rows(&picture, &other, 360 - strip, 360);
    ck_assert(picture_mark_read(&picture, &read));
    ck_assert_uint_eq(read.frame, 1001);
    i420_finish(&picture);
    i420_finish(&other);
}
END_TEST

START_TEST(a_flipped_block_is_noticed)
{
    struct i420 picture;
    struct picture_mark read;
    make(&picture, 320, 180);
    unsigned strip = picture_mark_height(180), block = 320 / PICTURE_MARK_BLOCKS;
    for (unsigned flipped = 2; flipped < PICTURE_MARK_BLOCKS; flipped++) {
        picture_mark_draw(&picture, (struct picture_mark){12345, 67});
        for (unsigned y = 0; y < 180; y++) /* the same block in both strips */
            for (unsigned x = 0; x < block && (y < strip || y >= 180 - strip); x++) {
                uint8_t *at = &picture.planes[I420_Y][y * 320 + flipped * block + x];
                *at = (uint8_t)(251 - *at);
            }
        ck_assert(!picture_mark_read(&picture, &read));
    }
    i420_finish(&picture);
}
END_TEST

/* The coarsest coding that WebRTC senders use: every frame at quantizer 56 (of 63). */
START_TEST(survives_vp8_at_quantizer_56)
{
    static const uint16_t sizes[][2] = {{320, 180}, {640, 360}, {1280, 720}};
    for (size_t size = 0; size < 3; size++) {
        uint16_t width = sizes[size][0], height = sizes[size][1];
        struct vp8_encoder_settings settings = vp8_encoder_defaults(width, height, 15, 20000);
        settings.quantizer_min = settings.quantizer_max = 56;
        struct vp8_encoder *encoder;
        struct vp8_decoder *decoder;
        struct test_picture *source;
        struct i420 picture;
        make(&picture, width, height);
        ck_assert_int_eq(vp8_encoder_create(&settings, &encoder), STATUS_OK);
        ck_assert_int_eq(vp8_decoder_create(1280, &decoder), STATUS_OK);
        ck_assert_int_eq(test_picture_create(width, height, 15, 9, &source), STATUS_OK);
        for (uint32_t i = 0; i < 60; i++) {
            struct picture_mark mark = {(uint16_t)(i * 1093), (uint8_t)(i * 37)}, read;
            struct vp8_encoded frame;
            struct vp8_decoded decoded;
            test_picture_render(source, i, &picture);
            picture_mark_draw(&picture, mark);
            ck_assert_int_eq(vp8_encoder_encode(encoder, &picture, i % 20 == 0, &frame), STATUS_OK);
            ck_assert_uint_eq(frame.quantizer, 56);
            ck_assert_int_eq(vp8_decoder_decode(decoder, frame.data, frame.size, &decoded),
                             STATUS_OK);
            ck_assert_msg(picture_mark_read(&decoded.picture, &read), "%u×%u frame %u", width,
                          height, i);
            ck_assert_uint_eq(read.frame, mark.frame);
            ck_assert_uint_eq(read.stream, mark.stream);
        }
        test_picture_destroy(source);
        vp8_encoder_destroy(encoder);
        vp8_decoder_destroy(decoder);
        i420_finish(&picture);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/picture_mark");
    TCase *cases = tcase_create("picture_mark");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, every_frame_number_and_stream_reads_back);
    tcase_add_test(cases, all_sizes_have_room_for_blocks_of_eight);
    tcase_add_test(cases, pictures_without_a_strip_have_no_mark);
    tcase_add_test(cases, one_damaged_strip_does_not_matter_a_torn_picture_does);
    tcase_add_test(cases, a_flipped_block_is_noticed);
    tcase_add_test(cases, survives_vp8_at_quantizer_56);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
