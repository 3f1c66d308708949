/* Private to clip_*.c: where the exact pictures of a video clip come from. */
#ifndef CASELOAD_CLIP_ORIGIN_H
#define CASELOAD_CLIP_ORIGIN_H

#include <stdint.h>

#include "common/base/buffer.h"
#include "engine/media/clip.h"
#include "engine/media/clip_file_y4m.h"

enum clip_origin_kind {
    CLIP_ORIGIN_SYNTHETIC, /* test_picture and picture_mark make them again */
    CLIP_ORIGIN_PICTURES,  /* read again from a .y4m file */
    CLIP_ORIGIN_FRAMES,    /* the clip's own frames, decoded */
};

struct clip_video_origin {
    enum clip_origin_kind kind;
    uint16_t fps; /* synthetic; the size and the stream are the clip's */
    uint32_t seed;
    struct clip_file_y4m y4m; /* pictures; fd is -1 otherwise */
    struct buffer encoded;    /* what we encoded, all frames in a row */
    uint8_t *file;            /* owned: the file that frames point into, or NULL */
};

#endif
