#include <stdlib.h>

#include "common/webrtc/codec/vp8_codec.h"
#include "engine/media/clip.h"
#include "engine/media/clip_origin.h"
#include "engine/media/picture_mark.h"
#include "engine/media/test_picture.h"

/* A file may have few key frames; decoding towards a frame ends after this many. */
enum { DECODE_MAX = 1800 };

struct clip_source {
    const struct video_clip *clip;
    struct test_picture *synthetic; /* owned, by kind of origin */
    struct vp8_decoder *decoder;    /* owned, by kind of origin */
    struct i420 picture;            /* owned, or the decoder's view */
    size_t next;                    /* frame that the decoder takes next; 0: any key frame */
    bool shown;                     /* the last decoded frame gave a picture */
};

static enum status prepare(struct clip_source *source)
{
    const struct video_clip *clip = source->clip;
    const struct clip_video_origin *origin = clip->origin;
    enum status status = STATUS_OK;
    if (origin->kind == CLIP_ORIGIN_FRAMES)
        return vp8_decoder_create(I420_SIDE_MAX, &source->decoder);
    if (origin->kind == CLIP_ORIGIN_SYNTHETIC)
        status = test_picture_create(clip->width, clip->height, origin->fps, origin->seed,
                                     &source->synthetic);
    if (status == STATUS_OK)
        status = i420_init(&source->picture, clip->width, clip->height);
    return status;
}

enum status clip_source_create(const struct video_clip *clip, struct clip_source **ret_source)
{
    struct clip_source *source = calloc(1, sizeof(*source));
    if (!source)
        return STATUS_NO_MEMORY;
    source->clip = clip;
    enum status status = prepare(source);
    if (status != STATUS_OK) {
        clip_source_destroy(source);
        return status;
    }
    *ret_source = source;
    return STATUS_OK;
}

void clip_source_destroy(struct clip_source *source)
{
    if (!source)
        return;
    test_picture_destroy(source->synthetic);
    vp8_decoder_destroy(source->decoder);
    i420_finish(&source->picture);
    free(source);
}

static size_t key_frame_before(const struct video_clip *clip, size_t frame)
{
    while (!clip->frames[frame].key_frame) /* ends at frame 0 at the latest */
        frame--;
    return frame;
}

static enum status decode_next(struct clip_source *source)
{
    const struct clip_frame *frame = &source->clip->frames[source->next];
    struct vp8_decoded decoded;
    enum status status = vp8_decoder_decode(source->decoder, frame->data, frame->size, &decoded);
    if (status != STATUS_OK) {
        source->next = 0;
        return status;
    }
    source->next++;
    source->shown = decoded.shown;
    if (decoded.shown)
        source->picture = decoded.picture;
    return STATUS_OK;
}

static enum status decode_up_to(struct clip_source *source, size_t frame)
{
    size_t key = key_frame_before(source->clip, frame);
    bool repeat = source->next == frame + 1; /* it is the one decoded last */
    if (!repeat && (source->next <= key || source->next > frame))
        source->next = key;
    if (frame + 1 - source->next > DECODE_MAX)
        return STATUS_BUDGET;
    while (source->next <= frame) {
        enum status status = decode_next(source);
        if (status != STATUS_OK)
            return status;
    }
    return source->shown ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status clip_source_picture(struct clip_source *source, size_t frame,
                                const struct i420 **ret_picture)
{
    const struct video_clip *clip = source->clip;
    const struct clip_video_origin *origin = clip->origin;
    if (frame >= clip->frame_count)
        return STATUS_NOT_FOUND;

    enum status status = STATUS_OK;
    switch (origin->kind) {
    case CLIP_ORIGIN_SYNTHETIC:
        test_picture_render(source->synthetic, (uint32_t)frame, &source->picture);
        picture_mark_draw(&source->picture, (struct picture_mark){(uint16_t)frame, clip->stream});
        break;
    case CLIP_ORIGIN_PICTURES:
        status = clip_file_y4m_picture(&origin->y4m, frame, &source->picture);
        break;
    case CLIP_ORIGIN_FRAMES:
        status = decode_up_to(source, frame);
        break;
    }
    if (status == STATUS_OK)
        *ret_picture = &source->picture;
    return status;
}
