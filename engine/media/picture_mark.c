#include "engine/media/picture_mark.h"

#include <assert.h>
#include <string.h>

enum {
    FRAME_BITS = 16,
    STREAM_BITS = 8,
    CHECK_BITS = 6,
    /* Video range, so that a round trip through a limited-range display keeps them. */
    WHITE = 235,
    BLACK = 16,
    NEUTRAL = 128,
    /* The calibrating blocks must differ by more than coding noise can make up. */
    CONTRAST_MIN = 48,
};

bool picture_mark_fits(uint16_t width, uint16_t height)
{
    return width >= PICTURE_MARK_WIDTH_MIN && height >= PICTURE_MARK_HEIGHT_MIN;
}

uint16_t picture_mark_height(uint16_t height)
{
    unsigned even = (height / 22u + 1u) & ~1u;
    return (uint16_t)(even < 8 ? 8 : even);
}

/* CRC-6-ITU (polynomial x^6 + x + 1) of 24 bits. */
static uint32_t check_bits(uint32_t data)
{
    uint32_t remainder = 0;
    for (int bit = FRAME_BITS + STREAM_BITS - 1; bit >= 0; bit--) {
        uint32_t top = (remainder >> (CHECK_BITS - 1) ^ data >> bit) & 1;
        remainder = (remainder << 1 ^ (top ? 0x03 : 0)) & 0x3f;
    }
    return remainder;
}

/* All blocks of the top strip, the leftmost in the top bit. */
static uint32_t mark_blocks(struct picture_mark mark)
{
    uint32_t data = (uint32_t)mark.frame << STREAM_BITS | mark.stream;
    return 0x80000000u | data << CHECK_BITS | check_bits(data);
}

static void draw_row(uint8_t *row, unsigned block_width, uint32_t blocks)
{
    for (unsigned block = 0; block < PICTURE_MARK_BLOCKS; block++)
        memset(row + block * block_width, blocks << block & 0x80000000u ? WHITE : BLACK,
               block_width);
}

static void draw_strip(struct i420 *picture, unsigned top, uint32_t blocks)
{
    unsigned height = picture_mark_height(picture->height);
    unsigned block_width = picture->width / PICTURE_MARK_BLOCKS;
    for (unsigned y = top; y < top + height; y++)
        draw_row(picture->planes[I420_Y] + y * picture->strides[I420_Y], block_width, blocks);

    unsigned chroma_width = block_width * PICTURE_MARK_BLOCKS / 2;
    for (unsigned y = top / 2; y < (top + height) / 2; y++) {
        memset(picture->planes[I420_U] + y * picture->strides[I420_U], NEUTRAL, chroma_width);
        memset(picture->planes[I420_V] + y * picture->strides[I420_V], NEUTRAL, chroma_width);
    }
}

void picture_mark_draw(struct i420 *picture, struct picture_mark mark)
{
    assert(picture_mark_fits(picture->width, picture->height));
    uint32_t blocks = mark_blocks(mark);
    draw_strip(picture, 0, blocks);
    draw_strip(picture, picture->height - picture_mark_height(picture->height), ~blocks);
}

/* Mean of the middle half of a block: its edges are blurred by coding. */
static unsigned sample_block(const struct i420 *picture, unsigned top, unsigned block)
{
    unsigned height = picture_mark_height(picture->height);
    unsigned width = picture->width / PICTURE_MARK_BLOCKS;
    unsigned x0 = block * width + width / 4, y0 = top + height / 4;
    unsigned sum = 0;
    for (unsigned y = y0; y < y0 + height / 2; y++)
        for (unsigned x = x0; x < x0 + width / 2; x++)
            sum += picture->planes[I420_Y][y * picture->strides[I420_Y] + x];
    return sum / (height / 2 * (width / 2));
}

/* `inverted`: the bottom strip. */
static bool read_strip(const struct i420 *picture, unsigned top, bool inverted,
                       struct picture_mark *ret_mark)
{
    unsigned first = sample_block(picture, top, 0), second = sample_block(picture, top, 1);
    unsigned white = inverted ? second : first, black = inverted ? first : second;
    if (white < black + CONTRAST_MIN)
        return false;

    uint32_t blocks = 0;
    for (unsigned block = 0; block < PICTURE_MARK_BLOCKS; block++) {
        bool bright = sample_block(picture, top, block) * 2 > white + black;
        blocks = blocks << 1 | (bright != inverted);
    }
    uint32_t data = blocks >> CHECK_BITS & 0xffffff;
    struct picture_mark mark = {(uint16_t)(data >> STREAM_BITS), (uint8_t)data};
    if (blocks != mark_blocks(mark))
        return false;
    *ret_mark = mark;
    return true;
}

bool picture_mark_read(const struct i420 *picture, struct picture_mark *ret_mark)
{
    if (!picture_mark_fits(picture->width, picture->height))
        return false;
    unsigned bottom = picture->height - picture_mark_height(picture->height);
    struct picture_mark upper, lower;
    bool has_upper = read_strip(picture, 0, false, &upper);
    bool has_lower = read_strip(picture, bottom, true, &lower);
    if (!has_upper && !has_lower)
        return false;
    if (has_upper && has_lower && (upper.frame != lower.frame || upper.stream != lower.stream))
        return false; /* a torn picture: two frames in one */
    *ret_mark = has_upper ? upper : lower;
    return true;
}
