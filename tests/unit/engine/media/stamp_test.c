#include "engine/media/stamp.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/codec/opus_codec.h"

enum { RUN = 0xcafe1234, OPUS_MAX = 4000 };

static const struct stamp sample = {
    .run = RUN,
    .sender = 0x01020304,
    .stream = 7,
    .spatial = 2,
    .temporal = 3,
    .source_frame = 299,
    .number = 0xfffffffe,
    .capture_us = 0x0123456789abcdef,
};

START_TEST(video_stamp_byte_by_byte)
{
    uint8_t bytes[STAMP_VIDEO_SIZE];
    stamp_write_video(&sample, bytes);
    ck_assert_mem_eq(bytes,
                     "CLV1\xca\xfe\x12\x34\x01\x02\x03\x04\x07\x23\x01\x2b\xff\xff\xff\xfe"
                     "\x01\x23\x45\x67\x89\xab\xcd\xef",
                     28);
}
END_TEST

START_TEST(video_stamp_behind_a_frame)
{
    uint8_t frame[100 + STAMP_VIDEO_SIZE];
    struct stamp stamp;
    memset(frame, 0x5a, sizeof frame);
    stamp_write_video(&sample, frame + 100);
    ck_assert(stamp_read_video(frame, sizeof frame, RUN, &stamp));
    ck_assert_uint_eq(stamp.run, sample.run);
    ck_assert_uint_eq(stamp.sender, sample.sender);
    ck_assert_uint_eq(stamp.stream, 7);
    ck_assert_uint_eq(stamp.spatial, 2);
    ck_assert_uint_eq(stamp.temporal, 3);
    ck_assert_uint_eq(stamp.source_frame, 299);
    ck_assert_uint_eq(stamp.number, 0xfffffffe);
    ck_assert_int_eq(stamp.capture_us, sample.capture_us);
}
END_TEST

START_TEST(video_stamp_that_is_none)
{
    uint8_t frame[STAMP_VIDEO_SIZE + 1];
    struct stamp stamp;
    stamp_write_video(&sample, frame);
    ck_assert(stamp_read_video(frame, STAMP_VIDEO_SIZE, RUN, &stamp));
    ck_assert(!stamp_read_video(frame, STAMP_VIDEO_SIZE, RUN + 1, &stamp));
    ck_assert(!stamp_read_video(frame, STAMP_VIDEO_SIZE - 1, RUN, &stamp));
    frame[STAMP_VIDEO_SIZE] = 0;
    ck_assert(!stamp_read_video(frame, STAMP_VIDEO_SIZE + 1, RUN, &stamp));
    for (unsigned bit = 0; bit < 8 * STAMP_VIDEO_SIZE; bit++) {
        frame[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert(!stamp_read_video(frame, STAMP_VIDEO_SIZE, RUN, &stamp));
        frame[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}
END_TEST

static uint8_t stamped[OPUS_MAX];
static size_t stamped_size;

static void write_audio(const uint8_t *packet, size_t size, int64_t capture_us)
{
    struct stamp stamp = sample;
    stamp.capture_us = capture_us;
    ck_assert_int_eq(
        stamp_write_audio(&stamp, packet, size, stamped, sizeof stamped, &stamped_size), STATUS_OK);
    ck_assert_uint_le(stamped_size, size + STAMP_AUDIO_SIZE + 4);
}

START_TEST(audio_stamp_byte_by_byte)
{
    write_audio((const uint8_t *)"\x78xyz", 4, 0x1122334455667788);
    ck_assert_uint_eq(stamped_size, 3 + 3 + STAMP_AUDIO_SIZE);
    ck_assert_mem_eq(stamped,
                     "\x7b\x41\x16xyz"
                     "\0CLA\x12\x34\x01\x02\x03\x04\xff\xff\xff\xfe\x33\x44\x55\x66\x77\x88",
                     26);
}
END_TEST

START_TEST(audio_capture_time_is_completed_from_the_clock)
{
    static const int64_t captures[] = {0, 1234567890123, (1LL << 48) - 5, 5 + (1LL << 48),
                                       (3LL << 48) + 77};
    struct stamp stamp;
    for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
        write_audio((const uint8_t *)"\x78x", 2, captures[i]);
        for (int64_t late_us = -20; late_us <= 20; late_us += 4) {
            ck_assert(stamp_read_audio(stamped, stamped_size, RUN, captures[i] + late_us, &stamp));
            ck_assert_int_eq(stamp.capture_us, captures[i]);
        }
    }
    ck_assert_uint_eq(stamp.sender, sample.sender);
    ck_assert_uint_eq(stamp.number, sample.number);
}
END_TEST

START_TEST(audio_stamp_that_is_none)
{
    struct stamp stamp;
    write_audio((const uint8_t *)"\x78x", 2, 5);
    ck_assert(!stamp_read_audio(stamped, stamped_size, RUN + 1, 5, &stamp));
    ck_assert(!stamp_read_audio(stamped, stamped_size - 1, RUN, 5, &stamp));
    for (unsigned bit = 8 * (stamped_size - STAMP_AUDIO_SIZE); bit < 8 * stamped_size; bit++) {
        stamped[bit / 8] ^= (uint8_t)(1U << bit % 8);
        ck_assert(!stamp_read_audio(stamped, stamped_size, RUN, 5, &stamp));
        stamped[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    ck_assert(!stamp_read_audio((const uint8_t *)"\x78x", 2, RUN, 5, &stamp));
    ck_assert(!stamp_read_audio((const uint8_t *)"\x7b\x41\x02xab", 6, RUN, 5, &stamp));
    ck_assert_int_eq(stamp_write_audio(&sample, stamped, 0, stamped, 10, &stamped_size),
                     STATUS_MALFORMED);
}
END_TEST

/* ---- libopus decodes a stamped packet to the same samples ---- */

enum { ENCODED = 30, MERGED = 3 };
static uint8_t encoded[ENCODED][AUDIO_PACKET_SIZE_MAX];
static size_t encoded_size[ENCODED];

static void encode_noise(uint32_t bitrate_bps)
{
    struct audio_encoder_settings settings = {
        .channels = 1, .bitrate_bps = bitrate_bps, .complexity = 5, .speech = true};
    struct audio_encoder *encoder;
    int16_t pcm[AUDIO_FRAME_SAMPLES];
    uint32_t state = 1;
    ck_assert_int_eq(audio_encoder_create(&settings, &encoder), STATUS_OK);
    for (size_t i = 0; i < ENCODED; i++) {
        for (size_t s = 0; s < AUDIO_FRAME_SAMPLES; s++) {
            state = state * 1664525 + 1013904223;
            pcm[s] = (int16_t)((int32_t)state >> (17 + i % 5));
        }
        ck_assert_int_eq(audio_encoder_encode(encoder, pcm, encoded[i], &encoded_size[i]),
                         STATUS_OK);
        ck_assert_uint_eq(encoded[i][0] & 3, 0); /* the encoder makes code 0 */
    }
    audio_encoder_destroy(encoder);
}

/* Frames of `count` packets in one, by hand from RFC 6716 §3.2. All have the first one's TOC. */
static size_t merge(unsigned code, const size_t *which, size_t count, uint8_t *packet)
{
    size_t at = 0;
    packet[at++] = (uint8_t)((encoded[which[0]][0] & ~3) | code);
    bool variable = code == 2;
    for (size_t i = 1; i < count; i++)
        variable |= code == 3 && encoded_size[which[i]] != encoded_size[which[0]];
    if (code == 3)
        packet[at++] = (uint8_t)((variable ? 0x80 : 0) | count);
    for (size_t i = 0; variable && i + 1 < count; i++) {
        size_t length = encoded_size[which[i]] - 1;
        packet[at++] = (uint8_t)(length < 252 ? length : 252 + (length & 3));
        if (length >= 252)
            packet[at++] = (uint8_t)((length - (252 + (length & 3))) / 4);
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(packet + at, encoded[which[i]] + 1, encoded_size[which[i]] - 1);
        at += encoded_size[which[i]] - 1;
    }
    return at;
}

static void assert_decodes_alike(struct audio_decoder *plain, struct audio_decoder *marked,
                                 const uint8_t *packet, size_t size, size_t samples)
{
    static int16_t a[2 * AUDIO_PACKET_SAMPLES_MAX], b[2 * AUDIO_PACKET_SAMPLES_MAX];
    struct stamp stamp;
    size_t a_samples, b_samples;
    write_audio(packet, size, 99);
    ck_assert(stamp_read_audio(stamped, stamped_size, RUN, 99, &stamp));
    ck_assert_int_eq(audio_decoder_decode(plain, packet, size, a, &a_samples), STATUS_OK);
    ck_assert_int_eq(audio_decoder_decode(marked, stamped, stamped_size, b, &b_samples), STATUS_OK);
    ck_assert_uint_eq(a_samples, samples);
    ck_assert_uint_eq(b_samples, samples);
    ck_assert_mem_eq(a, b, samples * sizeof a[0]);
    int64_t energy = 0;
    for (size_t i = 0; i < samples; i++)
        energy += abs(a[i]);
    ck_assert_int_gt(energy, 0);
}

static void decode_all(unsigned code, const size_t *step, size_t count)
{
    struct audio_decoder *plain, *marked;
    ck_assert_int_eq(audio_decoder_create(1, &plain), STATUS_OK);
    ck_assert_int_eq(audio_decoder_create(1, &marked), STATUS_OK);
    size_t done = 0;
    for (size_t i = 0; i + MERGED <= ENCODED; i++) {
        size_t which[MERGED];
        uint8_t packet[OPUS_MAX];
        bool same_mode = true;
        for (size_t k = 0; k < count; k++) {
            which[k] = i + step[k];
            same_mode &= encoded[which[k]][0] == encoded[i][0];
        }
        if (!same_mode) /* the encoder changed its bandwidth in between */
            continue;
        size_t size = merge(code, which, count, packet);
        ck_assert_uint_eq(audio_packet_samples(packet, size), count * AUDIO_FRAME_SAMPLES);
        assert_decodes_alike(plain, marked, packet, size, count * AUDIO_FRAME_SAMPLES);
        done++;
    }
    ck_assert_uint_gt(done, 10);
    audio_decoder_destroy(plain);
    audio_decoder_destroy(marked);
}

static const size_t once[] = {0, 0, 0};
static const size_t running[] = {0, 1, 2};
static const uint32_t bitrates[] = {12000, 32000, 128000}; /* SILK, hybrid, CELT; long frames */

START_TEST(decoders_ignore_the_stamp_code_0)
{
    encode_noise(bitrates[_i]);
    decode_all(0, running, 1);
}
END_TEST

START_TEST(decoders_ignore_the_stamp_code_1)
{
    encode_noise(bitrates[_i]);
    decode_all(1, once, 2);
}
END_TEST

START_TEST(decoders_ignore_the_stamp_code_2)
{
    encode_noise(bitrates[_i]);
    decode_all(2, running, 2);
}
END_TEST

START_TEST(decoders_ignore_the_stamp_code_3)
{
    encode_noise(bitrates[_i]);
    decode_all(3, running, 3);
    decode_all(3, once, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/stamp");
    TCase *cases = tcase_create("stamp");
    tcase_add_test(cases, video_stamp_byte_by_byte);
    tcase_add_test(cases, video_stamp_behind_a_frame);
    tcase_add_test(cases, video_stamp_that_is_none);
    tcase_add_test(cases, audio_stamp_byte_by_byte);
    tcase_add_test(cases, audio_capture_time_is_completed_from_the_clock);
    tcase_add_test(cases, audio_stamp_that_is_none);
    tcase_add_loop_test(cases, decoders_ignore_the_stamp_code_0, 0, 3);
    tcase_add_loop_test(cases, decoders_ignore_the_stamp_code_1, 0, 3);
    tcase_add_loop_test(cases, decoders_ignore_the_stamp_code_2, 0, 3);
    tcase_add_loop_test(cases, decoders_ignore_the_stamp_code_3, 0, 3);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
