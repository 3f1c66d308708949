#include "engine/media/probe_video.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/codec/vp8_codec.h"
#include "engine/media/clip_file_ivf.h"
#include "engine/media/picture_mark.h"
#include "engine/media/quality.h"

struct probe_video {
    struct probe_video_settings settings;
    struct vp8_decoder *decoder;
    bool chained; /* the frame after `last_number` can be decoded */
    uint32_t last_number;
    unsigned since_quality; /* decoded frames since the last comparison */

    const struct video_clip *source_clip; /* of `source` */
    struct clip_source *source;

    char *save_path; /* owned */
    struct ivf_writer *writer;
    int64_t first_capture_us; /* of what is saved */
    bool save_failed;
};

enum status probe_video_create(const struct probe_video_settings *settings,
                               struct probe_video **ret_video)
{
    struct probe_video *video = calloc(1, sizeof(*video));
    if (!video)
        return STATUS_NO_MEMORY;
    video->settings = *settings;
    enum status status = vp8_decoder_create(I420_SIDE_MAX, &video->decoder);
    if (status == STATUS_OK && settings->save_path) {
        video->save_path = strdup(settings->save_path);
        status = video->save_path ? STATUS_OK : STATUS_NO_MEMORY;
    }
    if (status != STATUS_OK) {
        probe_video_destroy(video);
        return status;
    }
    *ret_video = video;
    return STATUS_OK;
}

enum status probe_video_destroy(struct probe_video *video)
{
    if (!video)
        return STATUS_OK;
    bool failed = video->save_failed;
    if (ivf_writer_destroy(video->writer) != STATUS_OK)
        failed = true;
    clip_source_destroy(video->source);
    vp8_decoder_destroy(video->decoder);
    free(video->save_path);
    free(video);
    return failed ? STATUS_IO : STATUS_OK;
}

static const struct video_clip *find_clip(const struct probe_video *video, uint8_t stream)
{
    for (size_t i = 0; i < video->settings.clip_count; i++)
        if (video->settings.clips[i]->stream == stream)
            return video->settings.clips[i];
    return NULL;
}

/* The exact source of a frame; NULL when there is none. Streams change their clip seldom (another
 * encoding of a sender), so one source at a time is kept. */
static const struct i420 *find_source(struct probe_video *video, const struct video_clip *clip,
                                      size_t frame)
{
    if (clip != video->source_clip) {
        clip_source_destroy(video->source);
        video->source = NULL;
        video->source_clip = clip;
        if (clip_source_create(clip, &video->source) != STATUS_OK)
            video->source_clip = NULL;
    }
    const struct i420 *picture;
    if (!video->source || clip_source_picture(video->source, frame, &picture) != STATUS_OK)
        return NULL;
    return picture;
}

static void compare(struct probe_video *video, const struct video_clip *clip,
                    const struct i420 *picture, struct probe_video_result *result)
{
    if (video->since_quality++ % video->settings.quality_every != 0)
        return;
    const struct i420 *source = find_source(video, clip, result->source_frame);
    if (!source || source->width != picture->width || source->height != picture->height)
        return;
    struct quality quality;
    quality_compare(source, picture, &quality);
    result->compared = true;
    result->psnr_db = fmin(quality.psnr_db[I420_Y], PSNR_DB_MAX);
    result->psnr_all_db = fmin(quality.psnr_all_db, PSNR_DB_MAX);
    result->ssim = quality.ssim[I420_Y];
}

/* Frames from the stamp to the strip, the short way around the loop. */
static int32_t loop_difference(const struct video_clip *clip, uint16_t mark, uint16_t stamp)
{
    int32_t length = (int32_t)clip->frame_count;
    int32_t difference = (int32_t)mark - stamp;
    if (difference > length / 2)
        return difference - length;
    return difference < -length / 2 ? difference + length : difference;
}

static void read_mark(const struct video_clip *clip, const struct i420 *picture,
                      struct probe_video_result *result)
{
    result->marked = clip->marked;
    struct picture_mark mark;
    if (!clip->marked || !picture_mark_read(picture, &mark))
        return;
    result->mark_ok = true;
    result->mark_frame = mark.frame;
    result->mark_stream = mark.stream;
    result->difference_frames = loop_difference(clip, mark.frame, result->source_frame);
    result->agrees =
        mark.stream == result->stream && abs(result->difference_frames) <= PROBE_VIDEO_AGREE_FRAMES;
}

static void save(struct probe_video *video, const struct probe_video_frame *frame,
                 const struct i420 *picture)
{
    if (!video->save_path || video->save_failed)
        return;
    enum status status = STATUS_OK;
    if (!video->writer) {
        if (!picture) /* nothing shown yet: its size is not known */
            return;
        video->first_capture_us = frame->capture_us;
        status =
            ivf_writer_create(video->save_path, picture->width, picture->height, &video->writer);
    }
    int64_t at_us = frame->capture_us - video->first_capture_us;
    if (status == STATUS_OK)
        status = ivf_writer_add(video->writer, frame->data, frame->size, at_us > 0 ? at_us : 0);
    video->save_failed = status != STATUS_OK;
}

static enum probe_video_outcome decode(struct probe_video *video,
                                       const struct probe_video_frame *frame,
                                       struct vp8_decoded *ret_decoded,
                                       struct probe_video_result *result)
{
    bool follows = video->chained && frame->number == video->last_number + 1 + frame->thinned;
    video->last_number = frame->number;
    video->chained = false;
    if (!frame->key_frame && !follows)
        return PROBE_AWAITS_KEY;

    int64_t begin_us = video->settings.now_us();
    enum status status = vp8_decoder_decode(video->decoder, frame->data, frame->size, ret_decoded);
    result->decoded_us = video->settings.now_us();
    result->decode_us = result->decoded_us - begin_us;
    if (status != STATUS_OK || ret_decoded->damaged)
        return PROBE_UNDECODABLE;
    video->chained = true;
    return ret_decoded->shown ? PROBE_DECODED : PROBE_HIDDEN;
}

void probe_video_take(struct probe_video *video, const struct probe_video_frame *frame,
                      struct probe_video_result *ret_result)
{
    struct probe_video_result result = {
        .stream = frame->stream,
        .source_frame = frame->source_frame,
        .number = frame->number,
        .key_frame = frame->key_frame,
        .capture_us = frame->capture_us,
        .arrival_us = frame->arrival_us,
    };
    struct vp8_decoded decoded;
    result.outcome = decode(video, frame, &decoded, &result);
    if (result.outcome == PROBE_DECODED) {
        const struct i420 *picture = &decoded.picture;
        result.width = picture->width;
        result.height = picture->height;
        result.quantizer = decoded.quantizer;
        const struct video_clip *clip = find_clip(video, frame->stream);
        if (clip) {
            compare(video, clip, picture, &result);
            read_mark(clip, picture, &result);
        }
    }
    if (result.outcome == PROBE_DECODED || result.outcome == PROBE_HIDDEN)
        save(video, frame, result.outcome == PROBE_DECODED ? &decoded.picture : NULL);
    *ret_result = result;
}
