/* YUV4MPEG2: reading pictures out of users' files, one at a time and in any order. */
#ifndef CASELOAD_CLIP_FILE_Y4M_H
#define CASELOAD_CLIP_FILE_Y4M_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/status.h"
#include "common/webrtc/codec/i420.h"

struct clip_file_y4m {
    int fd; /* owned; -1: not open */
    uint16_t width, height;
    uint32_t rate_numerator, rate_denominator; /* frames per second, 1 to 120 */
    off_t *offsets;                            /* owned: where each frame's samples begin */
    size_t frame_count;
    size_t left_out; /* beyond the limit; counted up to CLIP_FRAMES_MAX */
};

/* Opens and indexes at most `seconds_max` of the file. `name` is for messages. The file must not
 * change while it is used; a frame that is gone then is an IO error. */
MUST_CHECK enum status clip_file_y4m_open(const char *path, unsigned seconds_max,
                                          struct clip_file_y4m *ret_y4m, struct failure *failure);
/* The same for an open file; takes `fd` over, also on failure. */
MUST_CHECK enum status clip_file_y4m_read(int fd, const char *name, unsigned seconds_max,
                                          struct clip_file_y4m *ret_y4m, struct failure *failure);
void clip_file_y4m_finish(struct clip_file_y4m *y4m);
/* `picture` owns its memory (i420_init) and has the file's size. Several threads may read. */
MUST_CHECK enum status clip_file_y4m_picture(const struct clip_file_y4m *y4m, size_t frame,
                                             struct i420 *picture);
/* When a frame is due. */
int64_t clip_file_y4m_time_us(const struct clip_file_y4m *y4m, size_t frame);

#endif
