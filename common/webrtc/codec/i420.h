/* A planar 4:2:0 picture with 8 bits per sample: what encoders take, decoders give and quality
 * compares. Either owns its memory (i420_init) or is a view of somebody else's. */
#ifndef CASELOAD_I420_H
#define CASELOAD_I420_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* Longest side that anything here accepts. */
#define I420_SIDE_MAX 4096

enum i420_plane { I420_Y, I420_U, I420_V, I420_PLANES };

struct i420 {
    uint16_t width, height; /* of the luma plane */
    uint8_t *planes[I420_PLANES];
    size_t strides[I420_PLANES]; /* bytes from one row to the next */
    uint8_t *memory;             /* owned; NULL: a view */
};

/* Allocates; the content is undefined. INVALID: a side is 0 or above I420_SIDE_MAX. */
MUST_CHECK enum status i420_init(struct i420 *picture, uint16_t width, uint16_t height);
/* Zeroed memory and views may be finished too. */
void i420_finish(struct i420 *picture);

/* Size of one plane; chroma is half of luma, rounded up. */
uint16_t i420_plane_width(const struct i420 *picture, enum i420_plane plane);
uint16_t i420_plane_height(const struct i420 *picture, enum i420_plane plane);
/* Bytes of all planes without gaps between rows. */
size_t i420_packed_size(uint16_t width, uint16_t height);

/* Sizes must be equal. */
void i420_copy(struct i420 *to, const struct i420 *from);
void i420_fill(struct i420 *picture, uint8_t y, uint8_t u, uint8_t v);
bool i420_equal(const struct i420 *a, const struct i420 *b);

#endif
