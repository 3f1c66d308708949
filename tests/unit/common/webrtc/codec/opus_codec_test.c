#include "common/webrtc/codec/opus_codec.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct audio_encoder_settings voice = {
    .channels = 1, .bitrate_bps = 32000, .complexity = 5, .speech = true};

/* A chord that begins and ends softly enough for any encoder; `number` counts 20 ms frames. */
static void sing(int16_t *pcm, unsigned number, unsigned channels, double amplitude)
{
    for (unsigned i = 0; i < AUDIO_FRAME_SAMPLES; i++) {
        double t = (number * (double)AUDIO_FRAME_SAMPLES + i) / AUDIO_RATE_HZ;
        double tremolo = 0.6 + 0.4 * sin(2 * M_PI * 4 * t); /* a steady tone passes for noise */
        double value = tremolo * (sin(2 * M_PI * 420 * t) + 0.5 * sin(2 * M_PI * 1170 * t));
        for (unsigned channel = 0; channel < channels; channel++)
            pcm[i * channels + channel] = (int16_t)(amplitude * (channel ? -value : value));
    }
}

static double energy(const int16_t *pcm, size_t samples)
{
    double sum = 0;
    for (size_t i = 0; i < samples; i++)
        sum += (double)pcm[i] * pcm[i];
    return sum / (double)samples;
}

START_TEST(sound_comes_back_with_the_stated_delay)
{
    enum { FRAMES = 50 };
    struct audio_encoder *encoder;
    struct audio_decoder *decoder;
    ck_assert_int_eq(audio_encoder_create(&voice, &encoder), STATUS_OK);
    ck_assert_int_eq(audio_decoder_create(1, &decoder), STATUS_OK);
    static int16_t in[FRAMES * AUDIO_FRAME_SAMPLES], out[FRAMES * AUDIO_FRAME_SAMPLES];
    for (unsigned i = 0; i < FRAMES; i++) {
        uint8_t packet[AUDIO_PACKET_SIZE_MAX];
        int16_t pcm[AUDIO_PACKET_SAMPLES_MAX];
        size_t size, samples;
        sing(in + i * AUDIO_FRAME_SAMPLES, i, 1, 6000);
        ck_assert_int_eq(audio_encoder_encode(encoder, in + i * AUDIO_FRAME_SAMPLES, packet, &size),
                         STATUS_OK);
        ck_assert_uint_eq(audio_packet_samples(packet, size), AUDIO_FRAME_SAMPLES);
        ck_assert_int_eq(audio_decoder_decode(decoder, packet, size, pcm, &samples), STATUS_OK);
        ck_assert_uint_eq(samples, AUDIO_FRAME_SAMPLES);
        memcpy(out + i * AUDIO_FRAME_SAMPLES, pcm, AUDIO_FRAME_SAMPLES * sizeof(*pcm));
    }
    size_t delay = audio_encoder_delay_samples(encoder);
    ck_assert_uint_gt(delay, 0);
    ck_assert_uint_lt(delay, AUDIO_FRAME_SAMPLES);
    double best = 0;
    size_t best_delay = 0;
    for (size_t lag = 0; lag < 700; lag++) {
        double product = 0, square_in = 0, square_out = 0;
        for (size_t k = 10 * AUDIO_FRAME_SAMPLES; k < 40 * AUDIO_FRAME_SAMPLES; k++) {
            product += (double)in[k] * out[k + lag];
            square_in += (double)in[k] * in[k];
            square_out += (double)out[k + lag] * out[k + lag];
        }
        double match = product / sqrt(square_in * square_out);
        best_delay = match > best ? lag : best_delay;
        best = match > best ? match : best;
    }
    ck_assert_double_ge(best, 0.95);
    ck_assert_int_le(abs((int)best_delay - (int)delay), 24); /* half a millisecond */
    audio_encoder_destroy(encoder);
    audio_decoder_destroy(decoder);
}
END_TEST

START_TEST(stereo_keeps_its_channels_apart)
{
    struct audio_encoder_settings stereo = {
        .channels = 2, .bitrate_bps = 96000, .complexity = 5, .speech = false};
    struct audio_encoder *encoder;
    struct audio_decoder *decoder;
    ck_assert_int_eq(audio_encoder_create(&stereo, &encoder), STATUS_OK);
    ck_assert_int_eq(audio_decoder_create(2, &decoder), STATUS_OK);
    double together = 0, apart = 0;
    for (unsigned i = 0; i < 30; i++) {
        int16_t in[2 * AUDIO_FRAME_SAMPLES], out[2 * AUDIO_PACKET_SAMPLES_MAX];
        uint8_t packet[AUDIO_PACKET_SIZE_MAX];
        size_t size, samples;
        sing(in, i, 2, 6000); /* the second channel is the negative of the first */
        ck_assert_int_eq(audio_encoder_encode(encoder, in, packet, &size), STATUS_OK);
        ck_assert_int_eq(audio_decoder_decode(decoder, packet, size, out, &samples), STATUS_OK);
        for (size_t k = 0; i > 5 && k < samples; k++) {
            together += fabs((double)out[2 * k] + out[2 * k + 1]);
            apart += fabs((double)out[2 * k] - out[2 * k + 1]);
        }
    }
    ck_assert_double_gt(apart, 10 * together);
    audio_encoder_destroy(encoder);
    audio_decoder_destroy(decoder);
}
END_TEST

START_TEST(silence_under_dtx_needs_no_packets)
{
    struct audio_encoder_settings dtx = voice;
    dtx.dtx = true;
    struct audio_encoder *encoder;
    ck_assert_int_eq(audio_encoder_create(&dtx, &encoder), STATUS_OK);
    unsigned tiny_in_sound = 0, tiny_in_silence = 0;
    for (unsigned i = 0; i < 150; i++) {
        int16_t pcm[AUDIO_FRAME_SAMPLES];
        uint8_t packet[AUDIO_PACKET_SIZE_MAX];
        size_t size;
        sing(pcm, i, 1, i < 50 ? 6000 : 0);
        ck_assert_int_eq(audio_encoder_encode(encoder, pcm, packet, &size), STATUS_OK);
        if (size <= 2)
            *(i < 50 ? &tiny_in_sound : &tiny_in_silence) += 1;
    }
    ck_assert_uint_eq(tiny_in_sound, 0);
    ck_assert_uint_ge(tiny_in_silence, 60);
    audio_encoder_destroy(encoder);
}
END_TEST

START_TEST(a_lost_frame_comes_back_from_the_next_packet)
{
    struct audio_encoder_settings fec = voice;
    fec.fec = true;
    fec.loss_percent = 20;
    struct audio_encoder *encoder;
    struct audio_decoder *with_fec, *without;
    ck_assert_int_eq(audio_encoder_create(&fec, &encoder), STATUS_OK);
    ck_assert_int_eq(audio_decoder_create(1, &with_fec), STATUS_OK);
    ck_assert_int_eq(audio_decoder_create(1, &without), STATUS_OK);

    /* A tone that jumps in pitch at the lost frame: making it up cannot know that. */
    const unsigned lost = 25;
    double recovered_error = 0, concealed_error = 0;
    size_t delay = audio_encoder_delay_samples(encoder);
    static int16_t in[30 * AUDIO_FRAME_SAMPLES];
    for (unsigned i = 0; i < 30 * AUDIO_FRAME_SAMPLES; i++)
        in[i] = (int16_t)(8000 * sin(2 * M_PI * (i < lost * AUDIO_FRAME_SAMPLES ? 200 : 900) * i /
                                     AUDIO_RATE_HZ));
    for (unsigned i = 0; i <= lost + 1; i++) {
        uint8_t packet[AUDIO_PACKET_SIZE_MAX];
        int16_t a[AUDIO_PACKET_SAMPLES_MAX], b[AUDIO_PACKET_SAMPLES_MAX];
        size_t size, samples;
        ck_assert_int_eq(
            audio_encoder_encode(encoder, in + (size_t)i * AUDIO_FRAME_SAMPLES, packet, &size),
            STATUS_OK);
        if (i == lost)
            continue;
        if (i == lost + 1) {
            ck_assert(audio_packet_has_redundancy(packet, size));
            ck_assert_int_eq(audio_decoder_recover(with_fec, packet, size, a), STATUS_OK);
            ck_assert_int_eq(audio_decoder_conceal(without, b), STATUS_OK);
            for (size_t k = delay; k < AUDIO_FRAME_SAMPLES; k++) {
                double wanted = in[lost * AUDIO_FRAME_SAMPLES + k - delay];
                recovered_error += (a[k] - wanted) * (a[k] - wanted);
                concealed_error += (b[k] - wanted) * (b[k] - wanted);
            }
        }
        ck_assert_int_eq(audio_decoder_decode(with_fec, packet, size, a, &samples), STATUS_OK);
        ck_assert_int_eq(audio_decoder_decode(without, packet, size, b, &samples), STATUS_OK);
    }
    ck_assert_double_lt(2 * recovered_error, concealed_error);
    audio_encoder_destroy(encoder);
    audio_decoder_destroy(with_fec);
    audio_decoder_destroy(without);
}
END_TEST

START_TEST(without_fec_there_is_no_redundancy)
{
    struct audio_encoder *encoder;
    ck_assert_int_eq(audio_encoder_create(&voice, &encoder), STATUS_OK);
    for (unsigned i = 0; i < 20; i++) {
        int16_t pcm[AUDIO_FRAME_SAMPLES];
        uint8_t packet[AUDIO_PACKET_SIZE_MAX];
        size_t size;
        sing(pcm, i, 1, 6000);
        ck_assert_int_eq(audio_encoder_encode(encoder, pcm, packet, &size), STATUS_OK);
        ck_assert(!audio_packet_has_redundancy(packet, size));
    }
    ck_assert(!audio_packet_has_redundancy((const uint8_t *)"", 0));
    audio_encoder_destroy(encoder);
}
END_TEST

START_TEST(concealment_fades_and_does_not_fail)
{
    struct audio_encoder *encoder;
    struct audio_decoder *decoder;
    ck_assert_int_eq(audio_encoder_create(&voice, &encoder), STATUS_OK);
    ck_assert_int_eq(audio_decoder_create(1, &decoder), STATUS_OK);
    int16_t pcm[AUDIO_PACKET_SAMPLES_MAX];
    for (unsigned i = 0; i < 20; i++) {
        uint8_t packet[AUDIO_PACKET_SIZE_MAX];
        int16_t in[AUDIO_FRAME_SAMPLES];
        size_t size, samples;
        sing(in, i, 1, 6000);
        ck_assert_int_eq(audio_encoder_encode(encoder, in, packet, &size), STATUS_OK);
        ck_assert_int_eq(audio_decoder_decode(decoder, packet, size, pcm, &samples), STATUS_OK);
    }
    double heard = energy(pcm, AUDIO_FRAME_SAMPLES);
    ck_assert_int_eq(audio_decoder_conceal(decoder, pcm), STATUS_OK);
    ck_assert_double_gt(energy(pcm, AUDIO_FRAME_SAMPLES), heard / 10); /* goes on at first */
    for (unsigned i = 0; i < 50; i++)
        ck_assert_int_eq(audio_decoder_conceal(decoder, pcm), STATUS_OK);
    ck_assert_double_lt(energy(pcm, AUDIO_FRAME_SAMPLES), heard / 100);
    audio_encoder_destroy(encoder);
    audio_decoder_destroy(decoder);
}
END_TEST

/* RFC 6716 §3.1 and §3.2: configuration in the top five bits, frame count code in the last two. */
START_TEST(durations_follow_the_table_of_contents)
{
    static const struct {
        uint8_t bytes[4];
        size_t size, samples;
    } cases[] = {
        {{0 << 3 | 0, 1}, 2, 480},      /* SILK 10 ms */
        {{1 << 3 | 0, 1}, 2, 960},      /* SILK 20 ms */
        {{3 << 3 | 0, 1}, 2, 2880},     /* SILK 60 ms */
        {{16 << 3 | 0, 1}, 2, 120},     /* CELT 2.5 ms */
        {{31 << 3 | 0, 1}, 2, 960},     /* CELT 20 ms */
        {{30 << 3 | 1, 1, 1}, 3, 960},  /* two CELT frames of 10 ms of equal size */
        {{31 << 3 | 1, 1, 1}, 3, 1920}, /* two of 20 ms */
        {{31 << 3 | 1, 1}, 2, 0},       /* two equal frames in one byte do not go */
        {{31 << 3 | 2, 2, 1}, 3, 0},    /* first of two frames longer than what is left */
        {{31 << 3 | 3, 3, 1, 2}, 4, 0}, /* three equal frames in two bytes do not go */
        {{31 << 3 | 3, 2, 1, 2}, 4, 1920},
        {{31 << 3 | 3, 0}, 2, 0},       /* no frame at all */
        {{31 << 3 | 3, 7, 1, 1}, 4, 0}, /* 140 ms is too long */
        {{31 << 3}, 1, 960},            /* an empty frame: silence */
        {{0}, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(audio_packet_samples(cases[i].bytes, cases[i].size) == cases[i].samples,
                      "case %zu: %zu samples", i,
                      audio_packet_samples(cases[i].bytes, cases[i].size));
}
END_TEST

START_TEST(nonsense_is_refused)
{
    struct audio_encoder *encoder = NULL;
    struct audio_decoder *decoder = NULL;
    struct audio_encoder_settings bad;
#define REFUSED(change)                                                                            \
    bad = voice;                                                                                   \
    bad.change;                                                                                    \
    ck_assert_int_eq(audio_encoder_create(&bad, &encoder), STATUS_INVALID)
    REFUSED(channels = 0);
    REFUSED(channels = 3);
    REFUSED(bitrate_bps = 5999);
    REFUSED(bitrate_bps = 510001);
    REFUSED(loss_percent = 101);
    REFUSED(complexity = 11);
#undef REFUSED
    ck_assert_ptr_null(encoder);
    ck_assert_int_eq(audio_decoder_create(3, &decoder), STATUS_INVALID);

    ck_assert_int_eq(audio_decoder_create(1, &decoder), STATUS_OK);
    int16_t pcm[AUDIO_PACKET_SAMPLES_MAX];
    size_t samples = 7;
    const uint8_t broken[] = {31 << 3 | 2, 2, 1};
    ck_assert_int_eq(audio_decoder_decode(decoder, broken, 0, pcm, &samples), STATUS_MALFORMED);
    ck_assert_int_eq(audio_decoder_decode(decoder, broken, 3, pcm, &samples), STATUS_MALFORMED);
    ck_assert_int_eq(audio_decoder_recover(decoder, broken, 0, pcm), STATUS_MALFORMED);
    ck_assert_uint_eq(samples, 7);
    audio_decoder_destroy(decoder);
    audio_encoder_destroy(NULL);
    audio_decoder_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/codec/opus_codec");
    TCase *cases = tcase_create("opus_codec");
    tcase_set_timeout(cases, 30);
    tcase_add_test(cases, sound_comes_back_with_the_stated_delay);
    tcase_add_test(cases, stereo_keeps_its_channels_apart);
    tcase_add_test(cases, silence_under_dtx_needs_no_packets);
    tcase_add_test(cases, a_lost_frame_comes_back_from_the_next_packet);
    tcase_add_test(cases, without_fec_there_is_no_redundancy);
    tcase_add_test(cases, concealment_fades_and_does_not_fail);
    tcase_add_test(cases, durations_follow_the_table_of_contents);
    tcase_add_test(cases, nonsense_is_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
