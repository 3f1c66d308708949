/* VP8 encoding and decoding of whole frames; with vp8_codec.c the only place that knows libvpx.
 * Used by clips and probes; knows nothing of RTP. One thread per codec object. */
#ifndef CASELOAD_VP8_CODEC_H
#define CASELOAD_VP8_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/codec/i420.h"

struct vp8_encoder;
struct vp8_decoder;

/* Constant bitrate, real time, one thread, no frame ever dropped, key frames only on request (and
 * the first frame). */
#define VP8_TEMPORAL_LAYERS 3

struct vp8_encoder_settings {
    uint16_t width, height;
    uint16_t fps;                         /* 1 to 120 */
    uint32_t bitrate_bps;                 /* 10,000 to 50,000,000 */
    uint8_t quantizer_min, quantizer_max; /* libvpx's scale of 0 to 63, min <= max */
    int8_t speed;                         /* -16 (fastest) to 16; see VP8E_SET_CPUUSED */
    uint16_t key_frame_percent; /* largest key frame in percent of the average frame; 0: no limit */
    bool temporal; /* three temporal layers, a quarter, a half and all of the frames (L1T3) */
};

/* Settings for `width`×`height` as browsers use them: quantizer 2 to 56, key frames at most three
 * times the average frame. */
struct vp8_encoder_settings vp8_encoder_defaults(uint16_t width, uint16_t height, uint16_t fps,
                                                 uint32_t bitrate_bps);

struct vp8_encoded {
    const uint8_t *data; /* owned by the encoder, valid until its next call */
    size_t size;
    bool key_frame;
    uint8_t quantizer; /* 0 to 63 */
    /* With temporal layers, as RFC 7741 §4.2 says them: */
    uint8_t temporal;   /* TID */
    bool layer_sync;    /* Y: builds on layer 0 alone */
    bool non_reference; /* N: nothing builds on it */
};

MUST_CHECK enum status vp8_encoder_create(const struct vp8_encoder_settings *settings,
                                          struct vp8_encoder **ret_encoder);
void vp8_encoder_destroy(struct vp8_encoder *encoder);
/* `picture` must have the size of the settings. */
MUST_CHECK enum status vp8_encoder_encode(struct vp8_encoder *encoder, const struct i420 *picture,
                                          bool key_frame, struct vp8_encoded *ret_frame);
/* From the next frame on. */
MUST_CHECK enum status vp8_encoder_set_bitrate(struct vp8_encoder *encoder, uint32_t bitrate_bps);

struct vp8_decoded {
    bool shown;          /* false: an invisible frame, there is no picture */
    struct i420 picture; /* a view, valid until the decoder's next call */
    bool damaged;        /* decoded with errors the decoder noticed */
    uint8_t quantizer;   /* y_ac_qi, 0 to 127: W3C's qpSum adds these */
};

/* `side_max`: key frames whose width or height is larger are refused before memory is taken. */
MUST_CHECK enum status vp8_decoder_create(uint16_t side_max, struct vp8_decoder **ret_decoder);
void vp8_decoder_destroy(struct vp8_decoder *decoder);
/* MALFORMED: not decodable (an inter frame before any key frame too); TOO_LARGE: see above. Bytes
 * behind the frame's last partition are ignored. */
MUST_CHECK enum status vp8_decoder_decode(struct vp8_decoder *decoder, const uint8_t *frame,
                                          size_t size, struct vp8_decoded *ret_decoded);

#endif
