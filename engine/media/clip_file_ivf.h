/* IVF, libvpx's plain container of VP8 frames: reading users' files, writing what probes received.
 */
#ifndef CASELOAD_CLIP_FILE_IVF_H
#define CASELOAD_CLIP_FILE_IVF_H

#include <stdint.h>

#include "engine/media/clip_file.h"

struct clip_file_ivf {
    uint16_t width, height; /* as the header says; key frames may say otherwise */
    struct clip_spans frames;
};

/* Keep at most `frame_limit` frames. `name` is for messages. Finish the result's `frames`. */
MUST_CHECK enum status clip_file_ivf_read(const uint8_t *data, size_t size, const char *name,
                                          size_t frame_limit, struct clip_file_ivf *ret_ivf,
                                          struct failure *failure);

struct ivf_writer;

/* Replaces the file. IO when it cannot be made. */
MUST_CHECK enum status ivf_writer_create(const char *path, uint16_t width, uint16_t height,
                                         struct ivf_writer **ret_writer);
/* `at_us` from the begin of the stream, >= 0. */
MUST_CHECK enum status ivf_writer_add(struct ivf_writer *writer, const uint8_t *frame, size_t size,
                                      int64_t at_us);
/* Completes the header and closes; IO: the file is not complete. The writer is gone either way;
 * NULL is allowed. */
enum status ivf_writer_destroy(struct ivf_writer *writer);

#endif
