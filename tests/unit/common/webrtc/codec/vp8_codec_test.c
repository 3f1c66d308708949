#include "common/webrtc/codec/vp8_codec.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 176, HEIGHT = 144, FPS = 15 };

/* Something with edges that moves, and noise so that there is always work. */
static void draw(struct i420 *picture, unsigned number)
{
    uint32_t noise = number * 2654435761u + 1;
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++) {
            noise = noise * 1664525u + 1013904223u;
            unsigned value = ((x + 3 * number) / 16 + y / 16) % 2 ? 180 : 60;
            picture->planes[I420_Y][y * picture->strides[I420_Y] + x] =
                (uint8_t)(value + (noise >> 28));
        }
    for (unsigned i = 0; i < WIDTH / 2 * HEIGHT / 2; i++) {
        picture->planes[I420_U][i] = (uint8_t)(100 + number % 50);
        picture->planes[I420_V][i] = (uint8_t)(i / 100);
    }
}

static double luma_error(const struct i420 *a, const struct i420 *b)
{
    double sum = 0;
    for (unsigned y = 0; y < a->height; y++)
        for (unsigned x = 0; x < a->width; x++) {
            double d = a->planes[0][y * a->strides[0] + x] - b->planes[0][y * b->strides[0] + x];
            sum += d * d;
        }
    return sum / (a->width * a->height);
}

struct fixture {
    struct vp8_encoder *encoder;
    struct vp8_decoder *decoder;
    struct i420 picture;
};

static void setup(struct fixture *fixture, uint32_t bitrate_bps)
{
    struct vp8_encoder_settings settings = vp8_encoder_defaults(WIDTH, HEIGHT, FPS, bitrate_bps);
    ck_assert_int_eq(vp8_encoder_create(&settings, &fixture->encoder), STATUS_OK);
    ck_assert_int_eq(vp8_decoder_create(1280, &fixture->decoder), STATUS_OK);
    ck_assert_int_eq(i420_init(&fixture->picture, WIDTH, HEIGHT), STATUS_OK);
}

static void teardown(struct fixture *fixture)
{
    vp8_encoder_destroy(fixture->encoder);
    vp8_decoder_destroy(fixture->decoder);
    i420_finish(&fixture->picture);
}

START_TEST(pictures_come_back_at_the_bitrate_asked_for)
{
    struct fixture f;
    setup(&f, 200000);
    size_t total = 0, key_frames = 0;
    double worst = 0;
    for (unsigned i = 0; i < 6 * FPS; i++) {
        draw(&f.picture, i);
        struct vp8_encoded frame;
        ck_assert_int_eq(vp8_encoder_encode(f.encoder, &f.picture, i == 40, &frame), STATUS_OK);
        ck_assert_int_eq(frame.key_frame, i == 0 || i == 40); /* on request only */
        ck_assert_uint_eq(frame.data[0] & 1, frame.key_frame ? 0 : 1);
        key_frames += frame.key_frame;
        total += frame.size;

        struct vp8_decoded decoded;
        ck_assert_int_eq(vp8_decoder_decode(f.decoder, frame.data, frame.size, &decoded),
                         STATUS_OK);
        ck_assert(decoded.shown);
        ck_assert(!decoded.damaged);
        ck_assert_uint_eq(decoded.picture.width, WIDTH);
        ck_assert_uint_eq(decoded.picture.height, HEIGHT);
        ck_assert_uint_le(decoded.quantizer, 127);
        if (i >= 10)
            worst = luma_error(&f.picture, &decoded.picture) > worst
                        ? luma_error(&f.picture, &decoded.picture)
                        : worst;
    }
    ck_assert_uint_eq(key_frames, 2);
    ck_assert_double_le(worst, 300); /* 23 dB at the very least */
    double bitrate = (double)total * 8 / 6;
    ck_assert_double_ge(bitrate, 180000);
    ck_assert_double_le(bitrate, 220000);
    teardown(&f);
}
END_TEST

START_TEST(no_frame_bursts_far_above_the_average)
{
    struct fixture f;
    setup(&f, 200000);
    size_t total = 0, largest = 0;
    for (unsigned i = 0; i < 10 * FPS; i++) {
        draw(&f.picture, i);
        struct vp8_encoded frame;
        ck_assert_int_eq(vp8_encoder_encode(f.encoder, &f.picture, i % (5 * FPS) == 0, &frame),
                         STATUS_OK);
        total += frame.size;
        largest = frame.size > largest ? frame.size : largest;
    }
    ck_assert_uint_le(largest, 4 * total / (10 * FPS));
    teardown(&f);
}
END_TEST

START_TEST(bytes_behind_a_frame_change_nothing)
{
    struct fixture f;
    setup(&f, 300000);
    struct vp8_decoder *other;
    ck_assert_int_eq(vp8_decoder_create(1280, &other), STATUS_OK);
    for (unsigned i = 0; i < 20; i++) {
        draw(&f.picture, i);
        struct vp8_encoded frame;
        ck_assert_int_eq(vp8_encoder_encode(f.encoder, &f.picture, false, &frame), STATUS_OK);
        uint8_t *longer = malloc(frame.size + 32);
        memcpy(longer, frame.data, frame.size);
        memset(longer + frame.size, 0xa5, 32);
        struct vp8_decoded plain, with_tail;
        ck_assert_int_eq(vp8_decoder_decode(f.decoder, frame.data, frame.size, &plain), STATUS_OK);
        ck_assert_int_eq(vp8_decoder_decode(other, longer, frame.size + 32, &with_tail), STATUS_OK);
        ck_assert(i420_equal(&plain.picture, &with_tail.picture));
        free(longer);
    }
    vp8_decoder_destroy(other);
    teardown(&f);
}
END_TEST

START_TEST(the_same_pictures_give_the_same_bytes)
{
    struct fixture a, b;
    setup(&a, 150000);
    setup(&b, 150000);
    for (unsigned i = 0; i < 12; i++) {
        draw(&a.picture, i);
        struct vp8_encoded from_a, from_b;
        ck_assert_int_eq(vp8_encoder_encode(a.encoder, &a.picture, i == 6, &from_a), STATUS_OK);
        ck_assert_int_eq(vp8_encoder_encode(b.encoder, &a.picture, i == 6, &from_b), STATUS_OK);
        ck_assert_uint_eq(from_a.size, from_b.size);
        ck_assert_mem_eq(from_a.data, from_b.data, from_a.size);
    }
    teardown(&a);
    teardown(&b);
}
END_TEST

START_TEST(changing_the_bitrate_takes_effect)
{
    struct fixture f;
    setup(&f, 400000);
    size_t totals[2] = {0};
    for (unsigned i = 0; i < 8 * FPS; i++) {
        if (i == 4 * FPS)
            ck_assert_int_eq(vp8_encoder_set_bitrate(f.encoder, 100000), STATUS_OK);
        draw(&f.picture, i);
        struct vp8_encoded frame;
        ck_assert_int_eq(vp8_encoder_encode(f.encoder, &f.picture, false, &frame), STATUS_OK);
        totals[i >= 4 * FPS] += frame.size;
    }
    ck_assert_uint_lt(totals[1] * 2, totals[0]);
    ck_assert_int_eq(vp8_encoder_set_bitrate(f.encoder, 1), STATUS_INVALID);
    teardown(&f);
}
END_TEST

enum { LAYERED_FRAMES = 42 };

/* Whoever lacks the higher layers sees in the rest exactly what those see who have them all. */
START_TEST(layers_decode_without_those_above)
{
    static const uint8_t layers[4] = {0, 2, 1, 2};
    struct vp8_encoder_settings settings = vp8_encoder_defaults(WIDTH, HEIGHT, FPS, 150000);
    struct vp8_decoder *decoders[VP8_TEMPORAL_LAYERS];
    struct vp8_decoded pictures[VP8_TEMPORAL_LAYERS];
    size_t bytes[VP8_TEMPORAL_LAYERS] = {0};
    struct fixture f;
    setup(&f, 150000);
    vp8_encoder_destroy(f.encoder);
    settings.temporal = true;
    ck_assert_int_eq(vp8_encoder_create(&settings, &f.encoder), STATUS_OK);
    for (int i = 0; i < VP8_TEMPORAL_LAYERS; i++)
        ck_assert_int_eq(vp8_decoder_create(1280, &decoders[i]), STATUS_OK);
    for (unsigned i = 0; i < LAYERED_FRAMES; i++) {
        struct vp8_encoded frame;
        unsigned place = i < 21 ? i : i - 21; /* a key frame begins the pattern anew */
        draw(&f.picture, i);
        ck_assert_int_eq(vp8_encoder_encode(f.encoder, &f.picture, i == 21, &frame), STATUS_OK);
        ck_assert_uint_eq(frame.key_frame, place == 0);
        ck_assert_uint_eq(frame.temporal, layers[place % 4]);
        ck_assert_uint_eq(frame.layer_sync, place % 4 == 1 || place % 4 == 2);
        ck_assert_uint_eq(frame.non_reference, frame.temporal == 2);
        bytes[frame.temporal] += frame.size;
        for (int layer = frame.temporal; layer < VP8_TEMPORAL_LAYERS; layer++) {
            ck_assert_int_eq(
                vp8_decoder_decode(decoders[layer], frame.data, frame.size, &pictures[layer]),
                STATUS_OK);
            ck_assert(!pictures[layer].damaged);
        }
        for (int layer = frame.temporal; layer + 1 < VP8_TEMPORAL_LAYERS; layer++)
            ck_assert(luma_error(&pictures[layer].picture,
                                 &pictures[VP8_TEMPORAL_LAYERS - 1].picture) == 0);
    }
    size_t all = bytes[0] + bytes[1] + bytes[2];
    ck_assert_uint_gt(bytes[2], all / 5); /* leaving it out is worth something */
    ck_assert_uint_gt(bytes[0], all / 4);
    for (int i = 0; i < VP8_TEMPORAL_LAYERS; i++)
        vp8_decoder_destroy(decoders[i]);
    teardown(&f);
}
END_TEST

START_TEST(impossible_settings_are_refused)
{
    struct vp8_encoder *encoder = NULL;
    struct vp8_encoder_settings good = vp8_encoder_defaults(640, 360, 15, 500000), bad;
#define REFUSED(change)                                                                            \
    bad = good;                                                                                    \
    bad.change;                                                                                    \
    ck_assert_int_eq(vp8_encoder_create(&bad, &encoder), STATUS_INVALID)
    REFUSED(width = 0);
    REFUSED(height = I420_SIDE_MAX + 1);
    REFUSED(fps = 0);
    REFUSED(fps = 121);
    REFUSED(bitrate_bps = 9999);
    REFUSED(quantizer_min = 57);
    REFUSED(quantizer_max = 64);
    REFUSED(speed = 17);
#undef REFUSED
    ck_assert_ptr_null(encoder);

    struct vp8_decoder *decoder = NULL;
    ck_assert_int_eq(vp8_decoder_create(0, &decoder), STATUS_INVALID);
    ck_assert_int_eq(vp8_decoder_create(I420_SIDE_MAX + 1, &decoder), STATUS_INVALID);
    ck_assert_ptr_null(decoder);
    vp8_encoder_destroy(NULL);
    vp8_decoder_destroy(NULL);
}
END_TEST

START_TEST(a_picture_of_another_size_is_refused)
{
    struct fixture f;
    setup(&f, 150000);
    struct i420 small;
    ck_assert_int_eq(i420_init(&small, 64, 64), STATUS_OK);
    struct vp8_encoded frame;
    ck_assert_int_eq(vp8_encoder_encode(f.encoder, &small, false, &frame), STATUS_INVALID);
    i420_finish(&small);
    teardown(&f);
}
END_TEST

START_TEST(what_is_no_vp8_is_refused)
{
    struct fixture f;
    setup(&f, 150000);
    draw(&f.picture, 0);
    struct vp8_encoded frame;
    struct vp8_decoded decoded;
    ck_assert_int_eq(vp8_encoder_encode(f.encoder, &f.picture, true, &frame), STATUS_OK);
    uint8_t copy[20000];
    size_t size = frame.size;
    ck_assert_uint_le(size, sizeof(copy));
    memcpy(copy, frame.data, size);

    ck_assert_int_eq(vp8_decoder_decode(f.decoder, copy, 0, &decoded), STATUS_MALFORMED);
    ck_assert_int_eq(vp8_decoder_decode(f.decoder, copy, 9, &decoded), STATUS_MALFORMED);
    copy[0] |= 1; /* an inter frame before any key frame */
    ck_assert_int_eq(vp8_decoder_decode(f.decoder, copy, size, &decoded), STATUS_MALFORMED);
    copy[0] &= 0xfe;
    copy[4] ^= 0xff; /* the start code */
    ck_assert_int_eq(vp8_decoder_decode(f.decoder, copy, size, &decoded), STATUS_MALFORMED);
    copy[4] ^= 0xff;
    copy[7] = 0x3f; /* 16,000 pixels wide */
    ck_assert_int_eq(vp8_decoder_decode(f.decoder, copy, size, &decoded), STATUS_TOO_LARGE);
    copy[6] = copy[7] = 0;
    ck_assert_int_eq(vp8_decoder_decode(f.decoder, copy, size, &decoded), STATUS_MALFORMED);
    copy[6] = WIDTH; /* after all that the decoder still works */
    ck_assert_int_eq(vp8_decoder_decode(f.decoder, copy, size, &decoded), STATUS_OK);
    teardown(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/codec/vp8_codec");
    TCase *cases = tcase_create("vp8_codec");
    tcase_set_timeout(cases, 30);
    tcase_add_test(cases, pictures_come_back_at_the_bitrate_asked_for);
    tcase_add_test(cases, no_frame_bursts_far_above_the_average);
    tcase_add_test(cases, bytes_behind_a_frame_change_nothing);
    tcase_add_test(cases, the_same_pictures_give_the_same_bytes);
    tcase_add_test(cases, changing_the_bitrate_takes_effect);
    tcase_add_test(cases, layers_decode_without_those_above);
    tcase_add_test(cases, impossible_settings_are_refused);
    tcase_add_test(cases, a_picture_of_another_size_is_refused);
    tcase_add_test(cases, what_is_no_vp8_is_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
