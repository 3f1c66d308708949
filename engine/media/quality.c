#include "engine/media/quality.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum {
    /* SSIM windows are 2×2 of these blocks, one block apart. */
    BLOCK = 4,
    WINDOW_SAMPLES = 64,
    PEAK = 255,
    BLOCKS_MAX = I420_SIDE_MAX / BLOCK,
};

/* What a window needs of its samples a and b. */
struct sums {
    uint32_t a, b, squares, products; /* squares: of both together */
};

double quality_mse(const struct i420 *a, const struct i420 *b, enum i420_plane plane)
{
    size_t width = i420_plane_width(a, plane), height = i420_plane_height(a, plane);
    uint64_t total = 0;
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row_a = a->planes[plane] + y * a->strides[plane];
        const uint8_t *row_b = b->planes[plane] + y * b->strides[plane];
        uint32_t row = 0; /* at most 4096 × 255² */
        for (size_t x = 0; x < width; x++) {
            int difference = row_a[x] - row_b[x];
            row += (uint32_t)(difference * difference);
        }
        total += row;
    }
    return (double)total / ((double)width * (double)height);
}

double quality_psnr_db(double mse)
{
    return mse > 0 ? 10 * log10((double)PEAK * PEAK / mse) : INFINITY;
}

static struct sums sum_block(const uint8_t *a, size_t stride_a, const uint8_t *b, size_t stride_b)
{
    struct sums sums = {0};
    for (size_t y = 0; y < BLOCK; y++) {
        for (size_t x = 0; x < BLOCK; x++) {
            uint32_t in_a = a[x], in_b = b[x];
            sums.a += in_a;
            sums.b += in_b;
            sums.squares += in_a * in_a + in_b * in_b;
            sums.products += in_a * in_b;
        }
        a += stride_a;
        b += stride_b;
    }
    return sums;
}

/* (2·µaµb + C1)(2·σab + C2) / (µa² + µb² + C1)(σa² + σb² + C2), with means left as sums of 64 and
 * variances (over 63) as 64·63 times themselves. C2 is (0.03·255)² in these units; C1 is
 * (0.01·255)² times 64 and not 64², as in the implementation that ffmpeg's filter takes over. */
static double window_ssim(const struct sums *sums)
{
    const double c1 = floor(0.01 * 0.01 * PEAK * PEAK * WINDOW_SAMPLES + 0.5);
    const double c2 =
        floor(0.03 * 0.03 * PEAK * PEAK * WINDOW_SAMPLES * (WINDOW_SAMPLES - 1) + 0.5);
    double a = sums->a, b = sums->b;
    double variances = (double)sums->squares * WINDOW_SAMPLES - a * a - b * b;
    double covariance = (double)sums->products * WINDOW_SAMPLES - a * b;
    return (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2));
}

static void add_sums(struct sums *into, const struct sums *block)
{
    into->a += block->a;
    into->b += block->b;
    into->squares += block->squares;
    into->products += block->products;
}

/* The windows over two rows of blocks. */
static double sum_windows(const struct sums *upper, const struct sums *lower, size_t blocks)
{
    double total = 0;
    for (size_t i = 0; i + 1 < blocks; i++) {
        struct sums window = upper[i];
        add_sums(&window, &upper[i + 1]);
        add_sums(&window, &lower[i]);
        add_sums(&window, &lower[i + 1]);
        total += window_ssim(&window);
    }
    return total;
}

double quality_ssim(const struct i420 *a, const struct i420 *b, enum i420_plane plane)
{
    size_t across = i420_plane_width(a, plane) / BLOCK;
    size_t down = i420_plane_height(a, plane) / BLOCK;
    if (across < 2 || down < 2)
        return NAN;

    struct sums rows[2][BLOCKS_MAX];
    size_t stride_a = a->strides[plane], stride_b = b->strides[plane];
    double total = 0;
    for (size_t y = 0; y < down; y++) {
        const uint8_t *row_a = a->planes[plane] + y * BLOCK * stride_a;
        const uint8_t *row_b = b->planes[plane] + y * BLOCK * stride_b;
        for (size_t x = 0; x < across; x++)
            rows[y % 2][x] = sum_block(row_a + x * BLOCK, stride_a, row_b + x * BLOCK, stride_b);
        if (y > 0)
            total += sum_windows(rows[(y + 1) % 2], rows[y % 2], across);
    }
    return total / ((double)(across - 1) * (double)(down - 1));
}

void quality_compare(const struct i420 *a, const struct i420 *b, struct quality *ret_quality)
{
    assert(a->width == b->width && a->height == b->height);
    struct quality quality = {0};
    double samples = 0, errors = 0, ssim = 0;
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        double size = (double)i420_plane_width(a, plane) * (double)i420_plane_height(a, plane);
        quality.mse[plane] = quality_mse(a, b, plane);
        quality.psnr_db[plane] = quality_psnr_db(quality.mse[plane]);
        quality.ssim[plane] = quality_ssim(a, b, plane);
        errors += quality.mse[plane] * size;
        ssim += quality.ssim[plane] * size;
        samples += size;
    }
    quality.psnr_all_db = quality_psnr_db(errors / samples);
    quality.ssim_all = ssim / samples;
    *ret_quality = quality;
}
