/* What the readers of users' media files share: loading a file, and the list of places in it where
 * frames or packets lie. Readers get bytes that anybody may have made: all of them are checked. */
#ifndef CASELOAD_CLIP_FILE_H
#define CASELOAD_CLIP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define CLIP_FILE_SIZE_MAX (256u << 20)
/* Later than this in a file is taken for nonsense. */
#define CLIP_FILE_TIME_MAX_US (24LL * 3600 * 1000000)

/* One frame or packet inside a file's bytes. */
struct clip_span {
    size_t offset;
    uint32_t size; /* > 0 */
    int64_t at_us; /* from the begin of the file's own time axis, never decreasing */
};

struct clip_spans {
    struct clip_span *items; /* owned */
    size_t count, capacity;
    size_t limit;    /* items never exceeded */
    size_t left_out; /* beyond the limit, or empty */
};

void clip_spans_init(struct clip_spans *spans, size_t limit);
void clip_spans_finish(struct clip_spans *spans);
/* Spans of size 0 and those beyond the limit are counted, not kept. A time before that of the last
 * span is raised to it. NO_MEMORY; TOO_LARGE: size or time. */
MUST_CHECK enum status clip_spans_add(struct clip_spans *spans, size_t offset, size_t size,
                                      int64_t at_us);
/* Mean time between spans; 0 with fewer than two. */
int64_t clip_spans_interval_us(const struct clip_spans *spans);

/* The whole file; the caller frees. Messages name the path. */
MUST_CHECK enum status clip_file_load(const char *path, uint8_t **ret_data, size_t *ret_size,
                                      struct failure *failure);

/* Does the name end so (".ivf"), in capitals or not? */
bool clip_file_ends(const char *path, const char *ending);

/* Little-endian values at a known-good place. */
uint16_t load_little_u16(const uint8_t *at);
uint32_t load_little_u32(const uint8_t *at);
uint64_t load_little_u64(const uint8_t *at);
void store_little_u16(uint8_t *at, uint16_t value);
void store_little_u32(uint8_t *at, uint32_t value);
void store_little_u64(uint8_t *at, uint64_t value);

#endif
