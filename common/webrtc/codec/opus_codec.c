#include "common/webrtc/codec/opus_codec.h"

#include <stdlib.h>

#include <opus.h>

struct audio_encoder {
    OpusEncoder *codec;
};

struct audio_decoder {
    OpusDecoder *codec;
};

static bool settings_valid(const struct audio_encoder_settings *settings)
{
    return (settings->channels == 1 || settings->channels == 2) && settings->bitrate_bps >= 6000 &&
           settings->bitrate_bps <= 510000 && settings->loss_percent <= 100 &&
           settings->complexity <= 10;
}

static bool configure(OpusEncoder *codec, const struct audio_encoder_settings *settings)
{
    int signal = settings->speech ? OPUS_SIGNAL_VOICE : OPUS_SIGNAL_MUSIC;
    return opus_encoder_ctl(codec, OPUS_SET_BITRATE((opus_int32)settings->bitrate_bps)) ==
               OPUS_OK &&
           opus_encoder_ctl(codec, OPUS_SET_DTX(settings->dtx)) == OPUS_OK &&
           opus_encoder_ctl(codec, OPUS_SET_INBAND_FEC(settings->fec)) == OPUS_OK &&
           opus_encoder_ctl(codec, OPUS_SET_PACKET_LOSS_PERC(settings->loss_percent)) == OPUS_OK &&
           opus_encoder_ctl(codec, OPUS_SET_COMPLEXITY(settings->complexity)) == OPUS_OK &&
           opus_encoder_ctl(codec, OPUS_SET_SIGNAL(signal)) == OPUS_OK;
}

enum status audio_encoder_create(const struct audio_encoder_settings *settings,
                                 struct audio_encoder **ret_encoder)
{
    if (!settings_valid(settings))
        return STATUS_INVALID;
    struct audio_encoder *encoder = calloc(1, sizeof(*encoder));
    if (!encoder)
        return STATUS_NO_MEMORY;

    int error = OPUS_OK;
    int application = settings->speech ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_AUDIO;
    encoder->codec = opus_encoder_create(AUDIO_RATE_HZ, settings->channels, application, &error);
    if (!encoder->codec || !configure(encoder->codec, settings)) {
        audio_encoder_destroy(encoder);
        return error == OPUS_ALLOC_FAIL ? STATUS_NO_MEMORY : STATUS_INTERNAL;
    }
    *ret_encoder = encoder;
    return STATUS_OK;
}

void audio_encoder_destroy(struct audio_encoder *encoder)
{
    if (!encoder)
        return;
    if (encoder->codec)
        opus_encoder_destroy(encoder->codec);
    free(encoder);
}

enum status audio_encoder_encode(struct audio_encoder *encoder, const int16_t *pcm, uint8_t *packet,
                                 size_t *ret_size)
{
    int size = opus_encode(encoder->codec, pcm, AUDIO_FRAME_SAMPLES, packet, AUDIO_PACKET_SIZE_MAX);
    if (size <= 0)
        return STATUS_INTERNAL;
    *ret_size = (size_t)size;
    return STATUS_OK;
}

size_t audio_encoder_delay_samples(const struct audio_encoder *encoder)
{
    opus_int32 samples = 0;
    opus_encoder_ctl(encoder->codec, OPUS_GET_LOOKAHEAD(&samples));
    return (size_t)samples;
}

enum status audio_decoder_create(uint8_t channels, struct audio_decoder **ret_decoder)
{
    if (channels != 1 && channels != 2)
        return STATUS_INVALID;
    struct audio_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return STATUS_NO_MEMORY;

    int error = OPUS_OK;
    decoder->codec = opus_decoder_create(AUDIO_RATE_HZ, channels, &error);
    if (!decoder->codec) {
        free(decoder);
        return error == OPUS_ALLOC_FAIL ? STATUS_NO_MEMORY : STATUS_INTERNAL;
    }
    *ret_decoder = decoder;
    return STATUS_OK;
}

void audio_decoder_destroy(struct audio_decoder *decoder)
{
    if (!decoder)
        return;
    opus_decoder_destroy(decoder->codec);
    free(decoder);
}

enum status audio_decoder_decode(struct audio_decoder *decoder, const uint8_t *packet, size_t size,
                                 int16_t *pcm, size_t *ret_samples)
{
    /* libopus takes an empty packet for a lost one. */
    if (size == 0 || size > INT32_MAX)
        return STATUS_MALFORMED;
    int samples =
        opus_decode(decoder->codec, packet, (opus_int32)size, pcm, AUDIO_PACKET_SAMPLES_MAX, 0);
    if (samples <= 0)
        return STATUS_MALFORMED;
    *ret_samples = (size_t)samples;
    return STATUS_OK;
}

enum status audio_decoder_conceal(struct audio_decoder *decoder, int16_t *pcm)
{
    int samples = opus_decode(decoder->codec, NULL, 0, pcm, AUDIO_FRAME_SAMPLES, 0);
    return samples == AUDIO_FRAME_SAMPLES ? STATUS_OK : STATUS_INTERNAL;
}

enum status audio_decoder_recover(struct audio_decoder *decoder, const uint8_t *packet, size_t size,
                                  int16_t *pcm)
{
    if (size == 0 || size > INT32_MAX)
        return STATUS_MALFORMED;
    int samples =
        opus_decode(decoder->codec, packet, (opus_int32)size, pcm, AUDIO_FRAME_SAMPLES, 1);
    return samples == AUDIO_FRAME_SAMPLES ? STATUS_OK : STATUS_MALFORMED;
}

bool audio_packet_has_redundancy(const uint8_t *packet, size_t size)
{
    enum { CELT_ONLY = 0x80 };
    if (size == 0 || size > INT32_MAX || packet[0] & CELT_ONLY)
        return false;
    unsigned char table;
    const unsigned char *frames[48];
    opus_int16 sizes[48];
    int count = opus_packet_parse(packet, (opus_int32)size, &table, frames, sizes, NULL);
    if (count != 1 || sizes[0] == 0)
        return false;
    /* One flag of voice activity per 20 ms comes first, then this one (mono; in stereo the middle
     * channel's). */
    int flags = opus_packet_get_samples_per_frame(packet, AUDIO_RATE_HZ) / AUDIO_FRAME_SAMPLES;
    return frames[0][0] >> (7 - (flags > 0 ? flags : 1)) & 1;
}

size_t audio_packet_samples(const uint8_t *packet, size_t size)
{
    if (size == 0 || size > INT32_MAX)
        return 0;
    /* Parsing also checks the frame lengths inside, which counting the samples does not. */
    unsigned char table;
    const unsigned char *frames[48];
    opus_int16 sizes[48];
    if (opus_packet_parse(packet, (opus_int32)size, &table, frames, sizes, NULL) <= 0)
        return 0;
    int samples = opus_packet_get_nb_samples(packet, (opus_int32)size, AUDIO_RATE_HZ);
    return samples > 0 ? (size_t)samples : 0;
}
