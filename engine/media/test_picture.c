#include "engine/media/test_picture.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "engine/media/sound_mark.h"

enum {
    /* The scene is laid out on a canvas of 640×360 with 8 steps per pixel, whatever the size. */
    CANVAS_HEIGHT = 360 * 8,
    CANVAS_WIDTH = 640 * 8,
    WAVE_ONE = 1024, /* amplitude of wave() */
    TEXTURE_SIDE = 128,
    GRAIN_SIZE = 16384,
    GRAIN_MAX = 6, /* luma stays below 256 - GRAIN_MAX before grain is added */
};

/* Textures are in -64…63 around zero. */
struct texture {
    int8_t values[TEXTURE_SIDE][TEXTURE_SIDE];
};

struct test_picture {
    uint16_t fps;
    struct i420 background;
    struct texture skin, cloth;
    uint8_t grain[GRAIN_SIZE + I420_SIDE_MAX + 8];
    /* Drawn from the seed: who sits there. */
    uint8_t skin_y, cloth_y, cloth_u, cloth_v, hair_y;
    unsigned phases[8]; /* of the movements, 0…65535 */
};

/* Colour and place of one ellipse, in canvas steps. */
struct blob {
    int x, y, radius_x, radius_y;
    uint8_t luma, u, v;
    const struct texture *texture; /* NULL: plain */
    int texture_gain;              /* in 64ths */
    int shade;                     /* luma lost from the left edge to the right */
};

/* A parabola's sine: period 65536, -WAVE_ONE…WAVE_ONE. */
static int wave(unsigned phase)
{
    int x = (int)(phase & 0x7fff);
    int half = (int)((int64_t)x * (0x8000 - x) * 4 * WAVE_ONE / (0x8000LL * 0x8000));
    return phase & 0x8000 ? -half : half;
}

/* wave() of a movement of which `period_ms` divides the loop. */
static int swing(const struct test_picture *source, unsigned which, unsigned time_ms,
                 unsigned period_ms)
{
    unsigned phase = (unsigned)((uint64_t)(time_ms % period_ms) * 65536 / period_ms);
    return wave(phase + source->phases[which]);
}

/* Noise, smoothed `rounds` times with its neighbours so that it has grain of some size. */
static void make_texture(struct random_stream *random, unsigned rounds, struct texture *texture)
{
    int values[TEXTURE_SIDE][TEXTURE_SIDE], smooth[TEXTURE_SIDE][TEXTURE_SIDE];
    for (unsigned y = 0; y < TEXTURE_SIDE; y++)
        for (unsigned x = 0; x < TEXTURE_SIDE; x++)
            values[y][x] = ((int)random_below(random, 128) - 64) * 16;
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned y = 0; y < TEXTURE_SIDE; y++)
            for (unsigned x = 0; x < TEXTURE_SIDE; x++)
                smooth[y][x] = (values[y][x] * 2 + values[y][(x + 1) % TEXTURE_SIDE] +
                                values[(y + 1) % TEXTURE_SIDE][x]) *
                               5 / 16;
        memcpy(values, smooth, sizeof(values));
    }
    for (unsigned y = 0; y < TEXTURE_SIDE; y++)
        for (unsigned x = 0; x < TEXTURE_SIDE; x++) {
            int value = values[y][x] / 16;
            texture->values[y][x] = (int8_t)(value < -64 ? -64 : value > 63 ? 63 : value);
        }
}

static void make_grain(struct random_stream *random, uint8_t *grain, size_t size)
{
    for (size_t i = 0; i < size; i++) /* triangular: the sum of two */
        grain[i] = (uint8_t)(random_below(random, GRAIN_MAX / 2 + 1) +
                             random_below(random, GRAIN_MAX / 2 + 1));
}

/* Canvas steps to samples of a plane of this height. */
static int scaled(int steps, unsigned plane_height)
{
    return (int)((int64_t)steps * plane_height / CANVAS_HEIGHT);
}

static void fill_box(struct i420 *picture, int left, int top, int right, int bottom, uint8_t luma,
                     uint8_t u, uint8_t v)
{
    const uint8_t values[I420_PLANES] = {luma, u, v};
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        int width = i420_plane_width(picture, plane), height = i420_plane_height(picture, plane);
        int x0 = scaled(left, (unsigned)height), x1 = scaled(right, (unsigned)height);
        int y0 = scaled(top, (unsigned)height), y1 = scaled(bottom, (unsigned)height);
        x1 = x1 > width ? width : x1;
        y1 = y1 > height ? height : y1;
        for (int y = y0; y < y1; y++)
            if (x1 > x0)
                memset(picture->planes[plane] + (size_t)y * picture->strides[plane] + x0,
                       values[plane], (size_t)(x1 - x0));
    }
}

/* Shelves with books of all widths and colours. */
static void draw_bookcase(struct i420 *picture, struct random_stream *random)
{
    const int shelf_height = CANVAS_HEIGHT / 4;
    for (int shelf = 0; shelf < 4; shelf++) {
        int top = shelf * shelf_height, x = 0;
        fill_box(picture, 0, top, CANVAS_WIDTH * 2, top + shelf_height, 52, 120, 136);
        while (x < CANVAS_WIDTH + CANVAS_WIDTH / 2) { /* wider pictures too */
            int width = 60 + (int)random_below(random, 160);
            int height = shelf_height * (60 + (int)random_below(random, 30)) / 100;
            uint8_t luma = (uint8_t)(50 + random_below(random, 130));
            uint8_t u = (uint8_t)(108 + random_below(random, 40));
            uint8_t v = (uint8_t)(108 + random_below(random, 40));
            if (random_below(random, 8) != 0) /* else: a gap */
                fill_box(picture, x, top + shelf_height - height, x + width - 12,
                         top + shelf_height - 24, luma, u, v);
            x += width;
        }
        fill_box(picture, 0, top + shelf_height - 24, CANVAS_WIDTH * 2, top + shelf_height, 96, 116,
                 140);
    }
}

/* The softness of a lens out of focus: each sample becomes the mean of a small square. */
static void soften_background(struct i420 *picture)
{
    int reach = picture->height / 180;
    uint8_t line[I420_SIDE_MAX];
    for (int pass = 0; pass < 2; pass++) {
        bool across = pass == 0;
        int lines = across ? picture->height : picture->width;
        int length = across ? picture->width : picture->height;
        size_t step = across ? 1 : picture->strides[I420_Y];
        for (int n = 0; n < lines; n++) {
            uint8_t *samples =
                picture->planes[I420_Y] + (size_t)n * (across ? picture->strides[I420_Y] : 1);
            for (int i = 0; i < length; i++) {
                int sum = 0, count = 0;
                for (int k = i - reach; k <= i + reach; k++)
                    if (k >= 0 && k < length) {
                        sum += samples[(size_t)k * step];
                        count++;
                    }
                line[i] = (uint8_t)(sum / count);
            }
            for (int i = 0; i < length; i++)
                samples[(size_t)i * step] = line[i];
        }
    }
}

/* Light from the upper left, and the texture of paper and wood. */
static void light_background(struct i420 *picture, const struct texture *texture)
{
    for (unsigned y = 0; y < picture->height; y++) {
        uint8_t *row = picture->planes[I420_Y] + y * picture->strides[I420_Y];
        for (unsigned x = 0; x < picture->width; x++) {
            int value = row[x] + texture->values[y % TEXTURE_SIDE][x % TEXTURE_SIDE] / 14;
            value += 24 - (int)(x * 20 / picture->width) - (int)(y * 28 / picture->height);
            row[x] = (uint8_t)(value < 16 ? 16 : value > 220 ? 220 : value);
        }
    }
}

static void draw_person_from_seed(struct test_picture *source, struct random_stream *random)
{
    source->skin_y = (uint8_t)(110 + random_below(random, 70));
    source->cloth_y = (uint8_t)(60 + random_below(random, 90));
    source->cloth_u = (uint8_t)(100 + random_below(random, 56));
    source->cloth_v = (uint8_t)(100 + random_below(random, 56));
    source->hair_y = (uint8_t)(30 + random_below(random, 60));
    for (unsigned i = 0; i < 8; i++)
        source->phases[i] = (unsigned)random_below(random, 65536);
}

enum status test_picture_create(uint16_t width, uint16_t height, uint16_t fps, uint32_t seed,
                                struct test_picture **ret_source)
{
    if (width < 160 || height < 90 || width % 2 != 0 || height % 2 != 0 || fps == 0 || fps > 120)
        return STATUS_INVALID;
    struct test_picture *source = calloc(1, sizeof(*source));
    if (!source)
        return STATUS_NO_MEMORY;
    enum status status = i420_init(&source->background, width, height);
    if (status != STATUS_OK) {
        free(source);
        return status;
    }

    struct random_stream random;
    random_stream_init(&random, random_mix(random_hash_text("test_picture"), seed));
    source->fps = fps;
    draw_person_from_seed(source, &random);
    make_texture(&random, 6, &source->skin);
    make_texture(&random, 3, &source->cloth);
    make_grain(&random, source->grain, sizeof(source->grain));
    i420_fill(&source->background, 120, 124, 132);
    draw_bookcase(&source->background, &random);
    soften_background(&source->background);
    light_background(&source->background, &source->skin);
    *ret_source = source;
    return STATUS_OK;
}

void test_picture_destroy(struct test_picture *source)
{
    if (!source)
        return;
    i420_finish(&source->background);
    free(source);
}

static unsigned square_root(unsigned value)
{
    unsigned root = 0;
    for (unsigned bit = 1u << 15; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= value)
            root |= bit;
    return root;
}

/* First and last + 1 sample of row `y`, cut at the plane's edges; false when it is empty. */
static bool blob_span(int x, int y, int radius_x, int radius_y, int row, int width, int *ret_first,
                      int *ret_end)
{
    int dy = row - y;
    if (radius_y <= 0 || dy <= -radius_y || dy >= radius_y)
        return false;
    unsigned part = square_root((unsigned)((int64_t)(radius_y * radius_y - dy * dy) * 65536 * 16 /
                                           ((int64_t)radius_y * radius_y)));
    int half = (int)((int64_t)radius_x * part / 1024);
    int first = x - half < 0 ? 0 : x - half, end = x + half > width ? width : x + half;
    *ret_first = first;
    *ret_end = end;
    return first < end;
}

static void draw_luma_span(uint8_t *row, int first, int end, int x, int radius_x, int dy,
                           const struct blob *blob)
{
    if (!blob->texture) {
        memset(row + first, blob->luma, (size_t)(end - first));
        return;
    }
    const int8_t *texture = blob->texture->values[(unsigned)dy % TEXTURE_SIDE];
    int slope = radius_x > 0 ? blob->shade * 256 / (2 * radius_x) : 0; /* luma/256 per sample */
    int light = (blob->luma << 8) - slope * (first - x);
    for (int i = first; i < end; i++, light -= slope) {
        int value =
            (light >> 8) + texture[(unsigned)(i - x) % TEXTURE_SIDE] * blob->texture_gain / 64;
        row[i] = (uint8_t)(value < 16 ? 16 : value > 235 ? 235 : value);
    }
}

static void draw_blob(struct i420 *picture, const struct blob *blob)
{
    const uint8_t values[I420_PLANES] = {blob->luma, blob->u, blob->v};
    for (enum i420_plane plane = 0; plane < I420_PLANES; plane++) {
        int width = i420_plane_width(picture, plane), height = i420_plane_height(picture, plane);
        int x = scaled(blob->x, (unsigned)height), y = scaled(blob->y, (unsigned)height);
        int radius_x = scaled(blob->radius_x, (unsigned)height);
        int radius_y = scaled(blob->radius_y, (unsigned)height);
        int top = y - radius_y < 0 ? 0 : y - radius_y;
        int bottom = y + radius_y > height ? height : y + radius_y;
        for (int row = top; row < bottom; row++) {
            int first, end;
            if (!blob_span(x, y, radius_x, radius_y, row, width, &first, &end))
                continue;
            uint8_t *samples = picture->planes[plane] + (size_t)row * picture->strides[plane];
            if (plane == I420_Y)
                draw_luma_span(samples, first, end, x, radius_x, row - y, blob);
            else
                memset(samples + first, values[plane], (size_t)(end - first));
        }
    }
}

/* Where the head is at this time, in canvas steps. */
struct pose {
    int x, y;
    bool blinking;
    int mouth; /* opening */
};

static struct pose pose_at(const struct test_picture *source, unsigned time_ms)
{
    struct pose pose = {
        .x = CANVAS_WIDTH / 2 + swing(source, 0, time_ms, 5000) * 200 / WAVE_ONE +
             swing(source, 1, time_ms, 1250) * 30 / WAVE_ONE,
        .y = 1330 + swing(source, 2, time_ms, 2500) * 60 / WAVE_ONE +
             swing(source, 3, time_ms, 1000) * 16 / WAVE_ONE,
        .blinking = (time_ms + source->phases[4] % 2000) % 2500 < 140,
    };
    /* Syllables four a second while the slow swing says that it is our turn. */
    bool talking = swing(source, 5, time_ms, 4000) > -WAVE_ONE / 3;
    int syllable = swing(source, 6, time_ms, 250) + swing(source, 7, time_ms, 400) / 2;
    pose.mouth = 20 + (talking && syllable > 0 ? syllable * 70 / WAVE_ONE : 0);
    return pose;
}

static void draw_head(const struct test_picture *source, const struct pose *pose,
                      struct i420 *picture)
{
    int x = pose->x, y = pose->y;
    uint8_t skin = source->skin_y;
    const struct blob blobs[] = {
        /* hair, neck, face */
        {x, y - 130, 560, 720, source->hair_y, 122, 134, &source->cloth, 26, 10},
        {x, y + 620, 240, 420, (uint8_t)(skin - 24), 112, 148, &source->skin, 6, 30},
        {x, y, 480, 640, skin, 112, 150, &source->skin, 8, 40},
        {x, y - 560, 500, 240, source->hair_y, 122, 134, &source->cloth, 26, 10},
        /* eyes with pupils, nose, mouth */
        {x - 180, y - 120, 84, pose->blinking ? 10 : 46, 220, 128, 128, NULL, 0, 0},
        {x + 180, y - 120, 84, pose->blinking ? 10 : 46, 220, 128, 128, NULL, 0, 0},
        {x - 176, y - 118, 34, pose->blinking ? 6 : 36, 34, 128, 128, NULL, 0, 0},
        {x + 184, y - 118, 34, pose->blinking ? 6 : 36, 34, 128, 128, NULL, 0, 0},
        {x, y + 80, 60, 130, (uint8_t)(skin - 14), 112, 150, &source->skin, 7, 60},
        {x, y + 330, 170, pose->mouth, 60, 118, 168, NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++)
        draw_blob(picture, &blobs[i]);
}

/* For 1.25 s of every 5 s a hand comes up and waves: a burst of work for the encoder. */
static void draw_hand(const struct test_picture *source, unsigned time_ms, struct i420 *picture)
{
    unsigned within = (time_ms + source->phases[6] % 4000) % 5000;
    if (within >= 1250)
        return;
    int lift = wave(within * 32768 / 1250);
    struct blob hand = {
        .x = CANVAS_WIDTH * 3 / 4 + swing(source, 7, time_ms, 500) * 360 / WAVE_ONE,
        .y = CANVAS_HEIGHT + 200 - lift * 1500 / WAVE_ONE,
        .radius_x = 230,
        .radius_y = 300,
        .luma = source->skin_y,
        .u = 112,
        .v = 150,
        .texture = &source->skin,
        .texture_gain = 9,
        .shade = 40,
    };
    draw_blob(picture, &hand);
}

/* Add the camera's grain to the luma plane, eight samples in one addition: none can carry over,
 * because luma is at most 235 and grain at most GRAIN_MAX. */
static void add_grain(const struct test_picture *source, uint32_t frame, struct i420 *picture)
{
    for (unsigned y = 0; y < picture->height; y++) {
        uint64_t draw = random_mix(frame, y);
        const uint8_t *grain = source->grain + draw % GRAIN_SIZE;
        uint8_t *row = picture->planes[I420_Y] + y * picture->strides[I420_Y];
        unsigned x = 0;
        for (; x + 8 <= picture->width; x += 8) {
            uint64_t samples, noise;
            memcpy(&samples, row + x, 8);
            memcpy(&noise, grain + x, 8);
            samples += noise;
            memcpy(row + x, &samples, 8);
        }
        for (; x < picture->width; x++)
            row[x] = (uint8_t)(row[x] + grain[x]);
    }
}

void test_picture_render(struct test_picture *source, uint32_t frame, struct i420 *picture)
{
    uint64_t time_us = (uint64_t)frame * 1000000 / source->fps;
    unsigned time_ms = (unsigned)(time_us / 1000 % TEST_PICTURE_LOOP_MS);
    struct pose pose = pose_at(source, time_ms);

    i420_copy(picture, &source->background);
    struct blob body = {
        .x = CANVAS_WIDTH / 2 + (pose.x - CANVAS_WIDTH / 2) / 2,
        .y = CANVAS_HEIGHT + 160,
        .radius_x = 1250,
        .radius_y = 1020,
        .luma = source->cloth_y,
        .u = source->cloth_u,
        .v = source->cloth_v,
        .texture = &source->cloth,
        .texture_gain = 22,
        .shade = 30,
    };
    draw_blob(picture, &body);
    draw_head(source, &pose, picture);
    draw_hand(source, time_ms, picture);

    /* The lamp: lit in the one frame whose interval holds the begin of a chirp. */
    uint64_t into_second_us = time_us % 1000000;
    bool lit = into_second_us <= SOUND_MARK_PHASE_US &&
               SOUND_MARK_PHASE_US < into_second_us + 1000000 / source->fps;
    struct blob lamp = {.x = CANVAS_WIDTH - 500,
                        .y = 500,
                        .radius_x = 160,
                        .radius_y = 160,
                        .luma = lit ? 235 : 40,
                        .u = 128,
                        .v = 128};
    draw_blob(picture, &lamp);
    add_grain(source, frame, picture);
}
