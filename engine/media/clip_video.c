#include <assert.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/webrtc/codec/vp8_codec.h"
#include "common/webrtc/codec/vp8_payload.h"
#include "engine/media/clip.h"
#include "engine/media/clip_file_ivf.h"
#include "engine/media/clip_file_webm.h"
#include "engine/media/clip_origin.h"

enum {
    ENCODED_SIZE_MAX = 256 << 20,
    /* Between the last frame of a file and the first of the next round, when nothing says. */
    INTERVAL_DEFAULT_US = 33333,
    /* Files whose frames are closer than this on average are damaged, not fast. */
    INTERVAL_MIN_US = 4000,
};

void video_clip_destroy(struct video_clip *clip)
{
    if (!clip)
        return;
    if (clip->origin) {
        clip_file_y4m_finish(&clip->origin->y4m);
        buffer_finish(&clip->origin->encoded);
        free(clip->origin->file);
        free(clip->origin);
    }
    free(clip->frames);
    free(clip);
}

static struct video_clip *clip_allocate(void)
{
    struct video_clip *clip = calloc(1, sizeof(*clip));
    if (clip)
        clip->origin = calloc(1, sizeof(*clip->origin));
    if (!clip || !clip->origin) {
        free(clip);
        return NULL;
    }
    clip->origin->y4m.fd = -1;
    buffer_init(&clip->origin->encoded, ENCODED_SIZE_MAX);
    return clip;
}

/* What the frames amount to, once all are there. */
static void measure(struct video_clip *clip)
{
    uint64_t total = 0, key_total = 0;
    size_t keys = 0;
    for (size_t i = 0; i < clip->frame_count; i++) {
        const struct clip_frame *frame = &clip->frames[i];
        total += frame->size;
        key_total += frame->key_frame ? frame->size : 0;
        keys += frame->key_frame;
        if (frame->size > clip->frame_size_max)
            clip->frame_size_max = frame->size;
    }
    clip->frame_size_mean = (uint32_t)(total / clip->frame_count);
    clip->key_frame_size_mean = (uint32_t)(key_total / keys);
    double bitrate_bps = (double)total * 8e6 / (double)clip->loop_us;
    clip->bitrate_bps = bitrate_bps < UINT32_MAX ? (uint32_t)bitrate_bps : UINT32_MAX;
    clip->fps = (double)clip->frame_count * 1e6 / (double)clip->loop_us;
}

/* Encode all pictures that the clip's source gives; frame times and count are set already. */
static enum status encode_pictures(struct video_clip *clip, struct clip_source *source,
                                   struct vp8_encoder *encoder)
{
    struct buffer *encoded = &clip->origin->encoded;
    int64_t next_key_us = 0;
    for (size_t i = 0; i < clip->frame_count; i++) {
        const struct i420 *picture;
        struct vp8_encoded frame;
        enum status status = clip_source_picture(source, i, &picture);
        bool key_frame = clip->frames[i].at_us >= next_key_us;
        if (key_frame)
            next_key_us += CLIP_GOP_S * US_PER_S;
        if (status == STATUS_OK)
            status = vp8_encoder_encode(encoder, picture, key_frame, &frame);
        if (status != STATUS_OK)
            return status;
        buffer_append(encoded, frame.data, frame.size);
        clip->frames[i].size = (uint32_t)frame.size;
        clip->frames[i].key_frame = frame.key_frame;
        clip->frames[i].temporal = frame.temporal;
        clip->frames[i].layer_sync = frame.layer_sync;
        clip->frames[i].non_reference = frame.non_reference;
    }
    if (encoded->failed)
        return STATUS_TOO_LARGE;
    size_t offset = 0; /* the buffer does not move any more */
    for (size_t i = 0; i < clip->frame_count; i++) {
        clip->frames[i].data = encoded->data + offset;
        offset += clip->frames[i].size;
    }
    return STATUS_OK;
}

static enum status encode(struct video_clip *clip, uint16_t fps, uint32_t bitrate_bps,
                          bool temporal)
{
    struct vp8_encoder_settings settings =
        vp8_encoder_defaults(clip->width, clip->height, fps, bitrate_bps);
    settings.temporal = temporal;
    clip->temporal_layers = temporal ? VP8_TEMPORAL_LAYERS : 1;
    struct vp8_encoder *encoder = NULL;
    struct clip_source *source = NULL;
    enum status status = vp8_encoder_create(&settings, &encoder);
    if (status == STATUS_OK)
        status = clip_source_create(clip, &source);
    if (status == STATUS_OK)
        status = encode_pictures(clip, source, encoder);
    clip_source_destroy(source);
    vp8_encoder_destroy(encoder);
    clip->bitrate_asked_bps = bitrate_bps;
    return status;
}

static enum status create_synthetic(const struct clip_settings *settings, struct video_clip *clip,
                                    struct failure *failure)
{
    unsigned fps = settings->fps;
    if (settings->width < 256 || settings->width > 1920 || settings->width % 2 != 0 ||
        settings->height < 144 || settings->height > 1080 || settings->height % 2 != 0)
        return failure_set(failure, STATUS_INVALID,
                           "synthetic video of %u×%u: sides must be even, 256×144 to 1920×1080",
                           settings->width, settings->height);
    if (fps < 5 || fps > 60 || fps % 5 != 0)
        return failure_set(failure, STATUS_INVALID,
                           "synthetic video at %u frames/s: 5 to 60, a multiple of 5", fps);

    clip->width = settings->width;
    clip->height = settings->height;
    clip->marked = true;
    clip->origin->kind = CLIP_ORIGIN_SYNTHETIC;
    clip->origin->fps = settings->fps;
    clip->origin->seed = settings->seed;
    clip->frame_count = (size_t)fps * CLIP_LOOP_S;
    clip->loop_us = CLIP_LOOP_S * US_PER_S;
    clip->frames = calloc(clip->frame_count, sizeof(*clip->frames));
    if (!clip->frames)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for synthetic video");
    for (size_t i = 0; i < clip->frame_count; i++)
        clip->frames[i].at_us = (int64_t)i * US_PER_S / fps;

    enum status status =
        encode(clip, settings->fps, settings->video_bitrate_bps, settings->temporal);
    if (status != STATUS_OK)
        return failure_set(failure, status, "synthetic video %u×%u at %u bit/s: %s",
                           settings->width, settings->height, settings->video_bitrate_bps,
                           status_text(status));
    return STATUS_OK;
}

static enum status create_from_pictures(const struct clip_settings *settings,
                                        struct video_clip *clip, struct failure *failure)
{
    const char *path = settings->video_path;
    struct clip_file_y4m *y4m = &clip->origin->y4m;
    enum status status = clip_file_y4m_open(path, CLIP_LOOP_S, y4m, failure);
    if (status != STATUS_OK)
        return status;

    clip->width = y4m->width;
    clip->height = y4m->height;
    clip->origin->kind = CLIP_ORIGIN_PICTURES;
    clip->frame_count = y4m->frame_count;
    clip->frames_left_out = y4m->left_out;
    clip->loop_us = clip_file_y4m_time_us(y4m, y4m->frame_count);
    clip->frames = calloc(clip->frame_count, sizeof(*clip->frames));
    if (!clip->frames)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: no memory", path);
    for (size_t i = 0; i < clip->frame_count; i++)
        clip->frames[i].at_us = clip_file_y4m_time_us(y4m, i);

    uint16_t fps =
        (uint16_t)((y4m->rate_numerator + y4m->rate_denominator / 2) / y4m->rate_denominator);
    status = encode(clip, fps, settings->video_bitrate_bps, settings->temporal);
    if (status != STATUS_OK)
        return failure_set(failure, status, "%s: encoding at %u bit/s: %s", path,
                           settings->video_bitrate_bps, status_text(status));
    return STATUS_OK;
}

/* Turn a file's spans into the clip's frames; their bytes stay where they are. */
static enum status take_frames(struct video_clip *clip, const struct clip_spans *spans,
                               const char *path, struct failure *failure)
{
    if (spans->count == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: no VP8 frame in it", path);
    clip->frames = calloc(spans->count, sizeof(*clip->frames));
    if (!clip->frames)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: no memory", path);
    clip->frame_count = spans->count;
    clip->frames_left_out = spans->left_out;

    int64_t start_us = spans->items[0].at_us;
    for (size_t i = 0; i < spans->count; i++) {
        const struct clip_span *span = &spans->items[i];
        struct vp8_frame_header header = {0};
        const uint8_t *data = clip->origin->file + span->offset;
        if (!vp8_frame_header_parse(data, span->size, &header))
            return failure_set(failure, STATUS_MALFORMED, "%s: frame %zu is not VP8", path, i);
        if (i == 0 && !header.key_frame)
            return failure_set(failure, STATUS_MALFORMED, "%s: does not begin with a key frame",
                               path);
        if (i == 0) {
            clip->width = header.width;
            clip->height = header.height;
        }
        clip->frames[i] = (struct clip_frame){.data = data,
                                              .size = span->size,
                                              .key_frame = header.key_frame,
                                              .at_us = span->at_us - start_us};
    }
    int64_t interval_us = clip_spans_interval_us(spans);
    clip->loop_us = clip->frames[spans->count - 1].at_us +
                    (interval_us > 0 ? interval_us : INTERVAL_DEFAULT_US);
    if (clip->loop_us / (int64_t)clip->frame_count < INTERVAL_MIN_US)
        return failure_set(failure, STATUS_MALFORMED, "%s: %zu frames in %lld ms", path,
                           clip->frame_count, (long long)(clip->loop_us / US_PER_MS));
    if (clip->width == 0 || clip->height == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: pictures without a size", path);
    return STATUS_OK;
}

static enum status create_from_frames(const char *path, bool webm, struct video_clip *clip,
                                      struct failure *failure)
{
    size_t size = 0;
    enum status status = clip_file_load(path, &clip->origin->file, &size, failure);
    if (status != STATUS_OK)
        return status;

    clip->origin->kind = CLIP_ORIGIN_FRAMES;
    const uint8_t *data = clip->origin->file;
    if (webm) {
        struct clip_file_webm parts;
        status = clip_file_webm_read(data, size, path, CLIP_FRAMES_MAX, &parts, failure);
        if (status != STATUS_OK)
            return status;
        status = take_frames(clip, &parts.frames, path, failure);
        clip_file_webm_finish(&parts);
    } else {
        struct clip_file_ivf ivf;
        status = clip_file_ivf_read(data, size, path, CLIP_FRAMES_MAX, &ivf, failure);
        if (status != STATUS_OK)
            return status;
        status = take_frames(clip, &ivf.frames, path, failure);
        clip_spans_finish(&ivf.frames);
    }
    return status;
}

enum status video_clip_create(const struct clip_settings *settings, struct video_clip **ret_clip,
                              struct failure *failure)
{
    int64_t begin_us = clock_monotonic_us();
    struct video_clip *clip = clip_allocate();
    if (!clip)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for a video clip");
    clip->stream = settings->stream;
    clip->spatial = settings->spatial;
    clip->temporal_layers = 1;

    const char *path = settings->video_path;
    enum status status;
    if (!path)
        status = create_synthetic(settings, clip, failure);
    else if (clip_file_ends(path, ".y4m"))
        status = create_from_pictures(settings, clip, failure);
    else if (clip_file_ends(path, ".ivf") || clip_file_ends(path, ".webm"))
        status = create_from_frames(path, clip_file_ends(path, ".webm"), clip, failure);
    else
        status = failure_set(failure, STATUS_UNSUPPORTED,
                             "%s: video files end in .ivf, .webm or .y4m", path);
    if (status != STATUS_OK) {
        video_clip_destroy(clip);
        return status;
    }
    assert(clip->frames[0].key_frame);
    measure(clip);
    clip->encode_us = clock_monotonic_us() - begin_us;
    *ret_clip = clip;
    return STATUS_OK;
}
