#include "common/webrtc/codec/vp8_codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

enum {
    /* How many milliseconds of the bitrate the rate control may run ahead: as browsers set it. */
    RATE_BUFFER_MS = 1000,
    RATE_BUFFER_START_MS = 500,
    RATE_BUFFER_BEST_MS = 600,
    /* A decoder thread count of 1: probes and clips have one thread each. */
    CODEC_THREADS = 1,
    /* How far the quantizer may fall from one frame to the next. Without this the rate control
     * follows a coarse key frame with an inter frame of six times the average. */
    QUANTIZER_FALL_MAX = 3,
};

/* One frame in four is of layer 0 and builds on the one before; layer 1 builds on it and is kept in
 * the golden buffer for the second frame of layer 2. Layers above 0 leave no probabilities behind,
 * so that those who lack them decode the rest alike. */
enum {
    TEMPORAL_PERIOD = 4,
    LAST_ONLY = VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF,
    LEAVES_NOTHING = VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF |
                     VP8_EFLAG_NO_UPD_ENTROPY,
};

static const struct temporal_step {
    uint8_t layer;
    bool sync, non_reference;
    vpx_enc_frame_flags_t flags;
} temporal_steps[TEMPORAL_PERIOD] = {
    {0, false, false, LAST_ONLY | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF},
    {2, true, true, LAST_ONLY | LEAVES_NOTHING},
    {1, true, false,
     LAST_ONLY | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY},
    {2, false, true, VP8_EFLAG_NO_REF_ARF | LEAVES_NOTHING},
};

struct vp8_encoder {
    vpx_codec_ctx_t codec;
    vpx_codec_enc_cfg_t config;
    vpx_codec_pts_t next;
    uint8_t quantizer_min; /* asked for; config.rc_min_quantizer is at least this */
    bool temporal;
    unsigned step; /* of temporal_steps, the next one; begins anew at a key frame */
};

struct vp8_decoder {
    vpx_codec_ctx_t codec;
    uint16_t side_max;
    bool has_key_frame;
};

struct vp8_encoder_settings vp8_encoder_defaults(uint16_t width, uint16_t height, uint16_t fps,
                                                 uint32_t bitrate_bps)
{
    return (struct vp8_encoder_settings){
        .width = width,
        .height = height,
        .fps = fps,
        .bitrate_bps = bitrate_bps,
        .quantizer_min = 2,
        .quantizer_max = 56,
        .speed = -8,
        .key_frame_percent = 300,
    };
}

static bool settings_valid(const struct vp8_encoder_settings *settings)
{
    return settings->width > 0 && settings->width <= I420_SIDE_MAX && settings->height > 0 &&
           settings->height <= I420_SIDE_MAX && settings->fps > 0 && settings->fps <= 120 &&
           settings->bitrate_bps >= 10000 && settings->bitrate_bps <= 50000000 &&
           settings->quantizer_min <= settings->quantizer_max && settings->quantizer_max <= 63 &&
           settings->speed >= -16 && settings->speed <= 16;
}

/* Shares of the bitrate up to and with each layer, in percent, as browsers set them. */
static void set_layer_bitrates(vpx_codec_enc_cfg_t *config)
{
    static const unsigned percent[VP8_TEMPORAL_LAYERS] = {40, 60, 100};

    for (size_t i = 0; i < config->ts_number_layers && config->ts_number_layers > 1; i++)
        config->ts_target_bitrate[i] = config->rc_target_bitrate * percent[i] / 100;
}

static void configure_layers(vpx_codec_enc_cfg_t *config)
{
    config->ts_number_layers = VP8_TEMPORAL_LAYERS;
    config->ts_periodicity = TEMPORAL_PERIOD;
    for (unsigned i = 0; i < TEMPORAL_PERIOD; i++)
        config->ts_layer_id[i] = temporal_steps[i].layer;
    for (unsigned i = 0; i < VP8_TEMPORAL_LAYERS; i++)
        config->ts_rate_decimator[i] = TEMPORAL_PERIOD >> i;
    set_layer_bitrates(config);
}

static enum status configure(vpx_codec_enc_cfg_t *config,
                             const struct vp8_encoder_settings *settings)
{
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), config, 0) != VPX_CODEC_OK)
        return STATUS_INTERNAL;
    config->g_w = settings->width;
    config->g_h = settings->height;
    config->g_timebase = (vpx_rational_t){1, settings->fps};
    config->g_threads = CODEC_THREADS;
    config->g_lag_in_frames = 0;
    config->rc_end_usage = VPX_CBR;
    config->rc_target_bitrate = settings->bitrate_bps / 1000;
    config->rc_dropframe_thresh = 0;
    config->rc_min_quantizer = settings->quantizer_min;
    config->rc_max_quantizer = settings->quantizer_max;
    config->rc_undershoot_pct = 100;
    config->rc_overshoot_pct = 15;
    config->rc_buf_sz = RATE_BUFFER_MS;
    config->rc_buf_initial_sz = RATE_BUFFER_START_MS;
    config->rc_buf_optimal_sz = RATE_BUFFER_BEST_MS;
    config->kf_mode = VPX_KF_DISABLED;
    if (settings->temporal)
        configure_layers(config);
    return STATUS_OK;
}

enum status vp8_encoder_create(const struct vp8_encoder_settings *settings,
                               struct vp8_encoder **ret_encoder)
{
    if (!settings_valid(settings))
        return STATUS_INVALID;
    struct vp8_encoder *encoder = calloc(1, sizeof(*encoder));
    if (!encoder)
        return STATUS_NO_MEMORY;

    enum status status = configure(&encoder->config, settings);
    if (status == STATUS_OK && vpx_codec_enc_init(&encoder->codec, vpx_codec_vp8_cx(),
                                                  &encoder->config, 0) != VPX_CODEC_OK)
        status = STATUS_INTERNAL;
    if (status != STATUS_OK) {
        free(encoder);
        return status;
    }

    if (vpx_codec_control(&encoder->codec, VP8E_SET_CPUUSED, (int)settings->speed) ||
        vpx_codec_control(&encoder->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT,
                          (unsigned)settings->key_frame_percent)) {
        vp8_encoder_destroy(encoder);
        return STATUS_INTERNAL;
    }
    encoder->quantizer_min = settings->quantizer_min;
    encoder->temporal = settings->temporal;
    *ret_encoder = encoder;
    return STATUS_OK;
}

void vp8_encoder_destroy(struct vp8_encoder *encoder)
{
    if (!encoder)
        return;
    vpx_codec_destroy(&encoder->codec);
    free(encoder);
}

/* libvpx takes pointers without const but does not write through them when encoding. */
static void wrap_picture(const struct i420 *picture, vpx_image_t *ret_image)
{
    vpx_img_wrap(ret_image, VPX_IMG_FMT_I420, picture->width, picture->height, 1,
                 picture->planes[I420_Y]);
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        ret_image->planes[plane] = picture->planes[plane];
        ret_image->stride[plane] = (int)picture->strides[plane];
    }
}

/* Keep the next frame's quantizer from falling too far below that of the last. */
static enum status limit_fall(struct vp8_encoder *encoder, int last_quantizer)
{
    int floor = last_quantizer - QUANTIZER_FALL_MAX;
    unsigned minimum = floor > encoder->quantizer_min ? (unsigned)floor : encoder->quantizer_min;
    if (minimum == encoder->config.rc_min_quantizer)
        return STATUS_OK;
    encoder->config.rc_min_quantizer = minimum;
    return vpx_codec_enc_config_set(&encoder->codec, &encoder->config) == VPX_CODEC_OK
               ? STATUS_OK
               : STATUS_INTERNAL;
}

/* The frame that the codec has ready; every picture gives one, because dropping is off and nothing
 * lags behind. */
static enum status take_frame(struct vp8_encoder *encoder, struct vp8_encoded *ret_frame)
{
    vpx_codec_iter_t position = NULL;
    const vpx_codec_cx_pkt_t *packet;
    while ((packet = vpx_codec_get_cx_data(&encoder->codec, &position))) {
        if (packet->kind != VPX_CODEC_CX_FRAME_PKT)
            continue;
        int quantizer = 0;
        vpx_codec_control(&encoder->codec, VP8E_GET_LAST_QUANTIZER_64, &quantizer);
        *ret_frame = (struct vp8_encoded){
            .data = packet->data.frame.buf,
            .size = packet->data.frame.sz,
            .key_frame = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0,
            .quantizer = (uint8_t)quantizer,
        };
        return STATUS_OK;
    }
    return STATUS_INTERNAL;
}

/* The flags of the next frame; its layer is told to the rate control. */
static enum status plan_layer(struct vp8_encoder *encoder, bool key_frame,
                              vpx_enc_frame_flags_t *flags)
{
    if (key_frame || !encoder->temporal)
        encoder->step = 0;
    if (!encoder->temporal)
        return STATUS_OK;
    const struct temporal_step *step = &temporal_steps[encoder->step % TEMPORAL_PERIOD];
    if (!key_frame)
        *flags |= step->flags;
    return vpx_codec_control(&encoder->codec, VP8E_SET_TEMPORAL_LAYER_ID, (int)step->layer) ==
                   VPX_CODEC_OK
               ? STATUS_OK
               : STATUS_INTERNAL;
}

static void describe_layer(struct vp8_encoder *encoder, struct vp8_encoded *encoded)
{
    const struct temporal_step *step = &temporal_steps[encoder->step++ % TEMPORAL_PERIOD];

    if (!encoder->temporal)
        return;
    encoded->temporal = step->layer;
    encoded->layer_sync = step->sync;
    encoded->non_reference = step->non_reference;
}

enum status vp8_encoder_encode(struct vp8_encoder *encoder, const struct i420 *picture,
                               bool key_frame, struct vp8_encoded *ret_frame)
{
    if (picture->width != encoder->config.g_w || picture->height != encoder->config.g_h)
        return STATUS_INVALID;

    vpx_image_t image;
    wrap_picture(picture, &image);
    /* The first frame is a key frame, asked for or not. */
    key_frame |= encoder->next == 0;
    vpx_enc_frame_flags_t flags = key_frame ? VPX_EFLAG_FORCE_KF : 0;
    enum status status = plan_layer(encoder, key_frame, &flags);
    if (status == STATUS_OK && vpx_codec_encode(&encoder->codec, &image, encoder->next, 1, flags,
                                                VPX_DL_REALTIME) != VPX_CODEC_OK)
        status = STATUS_INTERNAL;
    if (status != STATUS_OK)
        return status;
    encoder->next++;

    struct vp8_encoded encoded;
    status = take_frame(encoder, &encoded);
    if (status == STATUS_OK)
        describe_layer(encoder, &encoded);
    /* Only layer 0 says what the picture takes: the others are coarser by design. */
    if (status == STATUS_OK && encoded.temporal == 0)
        status = limit_fall(encoder, encoded.quantizer);
    if (status == STATUS_OK)
        *ret_frame = encoded;
    return status;
}

enum status vp8_encoder_set_bitrate(struct vp8_encoder *encoder, uint32_t bitrate_bps)
{
    if (bitrate_bps < 10000 || bitrate_bps > 50000000)
        return STATUS_INVALID;
    encoder->config.rc_target_bitrate = bitrate_bps / 1000;
    set_layer_bitrates(&encoder->config);
    return vpx_codec_enc_config_set(&encoder->codec, &encoder->config) == VPX_CODEC_OK
               ? STATUS_OK
               : STATUS_INTERNAL;
}

enum status vp8_decoder_create(uint16_t side_max, struct vp8_decoder **ret_decoder)
{
    if (side_max == 0 || side_max > I420_SIDE_MAX)
        return STATUS_INVALID;
    struct vp8_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return STATUS_NO_MEMORY;

    decoder->side_max = side_max;
    vpx_codec_dec_cfg_t config = {.threads = CODEC_THREADS};
    if (vpx_codec_dec_init(&decoder->codec, vpx_codec_vp8_dx(), &config, 0) != VPX_CODEC_OK) {
        free(decoder);
        return STATUS_INTERNAL;
    }
    *ret_decoder = decoder;
    return STATUS_OK;
}

void vp8_decoder_destroy(struct vp8_decoder *decoder)
{
    if (!decoder)
        return;
    vpx_codec_destroy(&decoder->codec);
    free(decoder);
}

/* Look at the frame header (RFC 6386 §9.1) before libvpx does: it would take memory for any size,
 * and for an empty frame it would repeat the last picture. */
static enum status check_header(struct vp8_decoder *decoder, const uint8_t *frame, size_t size)
{
    if (size < 3)
        return STATUS_MALFORMED;
    if (frame[0] & 1)
        return decoder->has_key_frame ? STATUS_OK : STATUS_MALFORMED;
    if (size < 10 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a)
        return STATUS_MALFORMED;
    unsigned width = (frame[6] | frame[7] << 8) & 0x3fff;
    unsigned height = (frame[8] | frame[9] << 8) & 0x3fff;
    if (width == 0 || height == 0)
        return STATUS_MALFORMED;
    return width <= decoder->side_max && height <= decoder->side_max ? STATUS_OK : STATUS_TOO_LARGE;
}

static void view_picture(const vpx_image_t *image, struct i420 *ret_picture)
{
    *ret_picture = (struct i420){.width = (uint16_t)image->d_w, .height = (uint16_t)image->d_h};
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        ret_picture->planes[plane] = image->planes[plane];
        ret_picture->strides[plane] = (size_t)image->stride[plane];
    }
}

enum status vp8_decoder_decode(struct vp8_decoder *decoder, const uint8_t *frame, size_t size,
                               struct vp8_decoded *ret_decoded)
{
    enum status status = check_header(decoder, frame, size);
    if (status != STATUS_OK)
        return status;
    if (size > UINT32_MAX)
        return STATUS_TOO_LARGE;
    if (vpx_codec_decode(&decoder->codec, frame, (unsigned)size, NULL, 0) != VPX_CODEC_OK)
        return STATUS_MALFORMED;
    decoder->has_key_frame = true;

    struct vp8_decoded decoded = {0};
    vpx_codec_iter_t position = NULL;
    const vpx_image_t *image = vpx_codec_get_frame(&decoder->codec, &position);
    if (image && image->d_w <= decoder->side_max && image->d_h <= decoder->side_max) {
        decoded.shown = true;
        view_picture(image, &decoded.picture);
    }
    int quantizer = 0, corrupted = 0;
    vpx_codec_control(&decoder->codec, VPXD_GET_LAST_QUANTIZER, &quantizer);
    vpx_codec_control(&decoder->codec, VP8D_GET_FRAME_CORRUPTED, &corrupted);
    decoded.quantizer = (uint8_t)quantizer;
    decoded.damaged = corrupted != 0;
    *ret_decoded = decoded;
    return STATUS_OK;
}
