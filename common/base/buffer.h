/* A growing byte buffer whose cap is given at birth. It always keeps one zero byte behind its
 * content, so `(const char *)buffer.data` is a C string. */
#ifndef CASELOAD_BASE_BUFFER_H
#define CASELOAD_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct buffer {
    uint8_t *data; /* owned; NULL while nothing was appended */
    size_t size;
    size_t capacity;
    size_t limit; /* bytes of content never exceeded */
    bool failed;  /* an append did not fit or memory ran out; the content is incomplete */
};

/* `limit` in bytes, > 0. */
void buffer_init(struct buffer *buffer, size_t limit);
void buffer_finish(struct buffer *buffer);
/* Forget the content, keep the memory, clear `failed`. */
void buffer_clear(struct buffer *buffer);
/* Appends do nothing once `failed`; check it once at the end. */
void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* The content as a C string ("" while empty); valid until the next append or finish. */
const char *buffer_string(const struct buffer *buffer);

#endif
