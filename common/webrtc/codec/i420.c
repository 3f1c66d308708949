#include "common/webrtc/codec/i420.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status i420_init(struct i420 *picture, uint16_t width, uint16_t height)
{
    if (width == 0 || height == 0 || width > I420_SIDE_MAX || height > I420_SIDE_MAX)
        return STATUS_INVALID;

    uint8_t *memory = malloc(i420_packed_size(width, height));
    if (!memory)
        return STATUS_NO_MEMORY;

    size_t luma = (size_t)width * height;
    size_t chroma_width = (width + 1u) / 2, chroma_height = (height + 1u) / 2;
    *picture = (struct i420){
        .width = width,
        .height = height,
        .planes = {memory, memory + luma, memory + luma + chroma_width * chroma_height},
        .strides = {width, chroma_width, chroma_width},
        .memory = memory,
    };
    return STATUS_OK;
}

void i420_finish(struct i420 *picture)
{
    free(picture->memory);
    *picture = (struct i420){0};
}

uint16_t i420_plane_width(const struct i420 *picture, enum i420_plane plane)
{
    return plane == I420_Y ? picture->width : (uint16_t)((picture->width + 1u) / 2);
}

uint16_t i420_plane_height(const struct i420 *picture, enum i420_plane plane)
{
    return plane == I420_Y ? picture->height : (uint16_t)((picture->height + 1u) / 2);
}

size_t i420_packed_size(uint16_t width, uint16_t height)
{
    return (size_t)width * height + 2 * ((size_t)(width + 1u) / 2) * ((size_t)(height + 1u) / 2);
}

void i420_copy(struct i420 *to, const struct i420 *from)
{
    assert(to->width == from->width && to->height == from->height);
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        size_t width = i420_plane_width(from, plane), height = i420_plane_height(from, plane);
        for (size_t row = 0; row < height; row++)
            memcpy(to->planes[plane] + row * to->strides[plane],
                   from->planes[plane] + row * from->strides[plane], width);
    }
}

void i420_fill(struct i420 *picture, uint8_t y, uint8_t u, uint8_t v)
{
    const uint8_t values[I420_PLANES] = {y, u, v};
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        size_t width = i420_plane_width(picture, plane), height = i420_plane_height(picture, plane);
        for (size_t row = 0; row < height; row++)
            memset(picture->planes[plane] + row * picture->strides[plane], values[plane], width);
    }
}

bool i420_equal(const struct i420 *a, const struct i420 *b)
{
    if (a->width != b->width || a->height != b->height)
        return false;
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        size_t width = i420_plane_width(a, plane), height = i420_plane_height(a, plane);
        for (size_t row = 0; row < height; row++)
            if (memcmp(a->planes[plane] + row * a->strides[plane],
                       b->planes[plane] + row * b->strides[plane], width) != 0)
                return false;
    }
    return true;
}
