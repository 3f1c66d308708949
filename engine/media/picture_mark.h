/* A strip of black and white blocks along the top and the bottom edge of a picture that says which
 * source frame it is: the witness of the video stamps, readable after any coding. Pure. */
#ifndef CASELOAD_PICTURE_MARK_H
#define CASELOAD_PICTURE_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/webrtc/codec/i420.h"

/* Blocks per strip, left to right: white, black (they calibrate), source frame 16 bits, stream 8
 * bits, CRC-6-ITU 6 bits; most significant bit first, white is 1. The bottom strip is the negative
 * of the top one. */
#define PICTURE_MARK_BLOCKS 32
#define PICTURE_MARK_WIDTH_MIN 256 /* blocks of 8×8 */
#define PICTURE_MARK_HEIGHT_MIN 144

struct picture_mark {
    uint16_t frame;
    uint8_t stream;
};

bool picture_mark_fits(uint16_t width, uint16_t height);
/* Height of either strip in pictures of this height. */
uint16_t picture_mark_height(uint16_t height);
/* The picture must be large enough. */
void picture_mark_draw(struct i420 *picture, struct picture_mark mark);
/* False: no strip, neither strip's CRC fits, or the two strips belong to different frames. */
bool picture_mark_read(const struct i420 *picture, struct picture_mark *ret_mark);

#endif
