/* WebM and Matroska (RFC 9559): finding the VP8 frames and Opus packets in users' files. */
#ifndef CASELOAD_CLIP_FILE_WEBM_H
#define CASELOAD_CLIP_FILE_WEBM_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/media/clip_file.h"

struct clip_file_webm {
    bool has_video, has_audio; /* a VP8 track, an Opus track: the first of each */
    uint16_t width, height;    /* as the video track says; 0 when it does not */
    struct clip_spans frames, packets;
};

/* Keep at most `limit` frames and as many packets. `name` is for messages. */
MUST_CHECK enum status clip_file_webm_read(const uint8_t *data, size_t size, const char *name,
                                           size_t limit, struct clip_file_webm *ret_webm,
                                           struct failure *failure);
void clip_file_webm_finish(struct clip_file_webm *webm);

#endif
