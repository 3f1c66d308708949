/* Opus encoding and decoding at 48 kHz; with opus_codec.c the only place that knows libopus. Used
 * by clips and probes; knows nothing of RTP. One thread per codec object. */
#ifndef CASELOAD_OPUS_CODEC_H
#define CASELOAD_OPUS_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define AUDIO_RATE_HZ 48000
#define AUDIO_FRAME_SAMPLES 960       /* 20 ms, per channel */
#define AUDIO_PACKET_SAMPLES_MAX 5760 /* 120 ms, RFC 6716 §3.4 R5 */
#define AUDIO_PACKET_SIZE_MAX 1275    /* one frame, RFC 6716 §3.4 R2 */

struct audio_encoder;
struct audio_decoder;

struct audio_encoder_settings {
    uint8_t channels;     /* 1 or 2, interleaved */
    uint32_t bitrate_bps; /* 6,000 to 510,000 */
    bool dtx;             /* frames of at most 2 bytes need not be sent */
    bool fec;             /* in-band, for `loss_percent` */
    uint8_t loss_percent; /* 0 to 100; FEC needs some to be used */
    uint8_t complexity;   /* 0 to 10 */
    bool speech;          /* tuned for speech, else for music */
};

MUST_CHECK enum status audio_encoder_create(const struct audio_encoder_settings *settings,
                                            struct audio_encoder **ret_encoder);
void audio_encoder_destroy(struct audio_encoder *encoder);
/* One frame of AUDIO_FRAME_SAMPLES per channel. `packet` holds AUDIO_PACKET_SIZE_MAX bytes. */
MUST_CHECK enum status audio_encoder_encode(struct audio_encoder *encoder, const int16_t *pcm,
                                            uint8_t *packet, size_t *ret_size);
/* Samples by which decoded audio lags behind what was encoded. */
size_t audio_encoder_delay_samples(const struct audio_encoder *encoder);

/* `channels` of the output: 1 or 2; any Opus stream decodes to either. */
MUST_CHECK enum status audio_decoder_create(uint8_t channels, struct audio_decoder **ret_decoder);
void audio_decoder_destroy(struct audio_decoder *decoder);
/* `pcm` holds AUDIO_PACKET_SAMPLES_MAX per channel. */
MUST_CHECK enum status audio_decoder_decode(struct audio_decoder *decoder, const uint8_t *packet,
                                            size_t size, int16_t *pcm, size_t *ret_samples);
/* Make up one lost frame of 20 ms. */
MUST_CHECK enum status audio_decoder_conceal(struct audio_decoder *decoder, int16_t *pcm);
/* The lost 20 ms frame before `packet`, from the redundancy inside `packet` (concealed when it
 * has none); decode `packet` itself afterwards. */
MUST_CHECK enum status audio_decoder_recover(struct audio_decoder *decoder, const uint8_t *packet,
                                             size_t size, int16_t *pcm);

/* Duration in samples at 48 kHz (RFC 6716 §3.1, §3.2); 0: not an Opus packet. */
size_t audio_packet_samples(const uint8_t *packet, size_t size);
/* Does a packet of one frame carry the frame before it once more (LBRR, RFC 6716 §4.2.3)? */
bool audio_packet_has_redundancy(const uint8_t *packet, size_t size);

#endif
