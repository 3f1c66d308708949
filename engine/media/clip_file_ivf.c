#include "engine/media/clip_file_ivf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SIZE = 32,
    FRAME_HEADER_SIZE = 12,
    WRITE_TICKS_PER_S = 1000,
};

/* Header fields: signature 4, version 2, header size 2, codec 4, width 2, height 2, ticks per
 * second 4, ticks per time unit 4, frames 4, unused 4; little endian. */
struct header {
    uint16_t size, width, height;
    uint32_t rate, scale;
};

static enum status read_header(const uint8_t *data, size_t size, const char *name,
                               struct header *ret_header, struct failure *failure)
{
    if (size < HEADER_SIZE || memcmp(data, "DKIF", 4) != 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: no IVF header", name);
    if (memcmp(data + 8, "VP80", 4) != 0)
        return failure_set(failure, STATUS_UNSUPPORTED, "%s: the codec is not VP8", name);
    struct header header = {
        .size = load_little_u16(data + 6),
        .width = load_little_u16(data + 12),
        .height = load_little_u16(data + 14),
        .rate = load_little_u32(data + 16),
        .scale = load_little_u32(data + 20),
    };
    if (header.size < HEADER_SIZE || header.size > size)
        return failure_set(failure, STATUS_MALFORMED, "%s: IVF header of %u bytes", name,
                           header.size);
    if (header.rate == 0 || header.scale == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: time base %u/%u", name, header.scale,
                           header.rate);
    *ret_header = header;
    return STATUS_OK;
}

/* CLIP_FILE_TIME_MAX_US + 1 when it is later than that. */
static int64_t ticks_to_us(uint64_t ticks, const struct header *header)
{
    double us = (double)ticks * header->scale * 1e6 / header->rate;
    return us > (double)CLIP_FILE_TIME_MAX_US ? CLIP_FILE_TIME_MAX_US + 1 : (int64_t)(us + 0.5);
}

static enum status read_frames(const uint8_t *data, size_t size, const char *name,
                               const struct header *header, struct clip_spans *frames,
                               struct failure *failure)
{
    size_t at = header->size;
    while (at < size) {
        size_t number = frames->count + frames->left_out;
        if (size - at < FRAME_HEADER_SIZE ||
            load_little_u32(data + at) > size - at - FRAME_HEADER_SIZE)
            return failure_set(failure, STATUS_MALFORMED, "%s: cut off in frame %zu", name, number);
        size_t frame_size = load_little_u32(data + at);
        int64_t at_us = ticks_to_us(load_little_u64(data + at + 4), header);
        at += FRAME_HEADER_SIZE;
        enum status status = clip_spans_add(frames, at, frame_size, at_us);
        if (status != STATUS_OK)
            return failure_set(failure, status, "%s: frame %zu: %s", name, number,
                               status_text(status));
        at += frame_size;
    }
    return STATUS_OK;
}

enum status clip_file_ivf_read(const uint8_t *data, size_t size, const char *name,
                               size_t frame_limit, struct clip_file_ivf *ret_ivf,
                               struct failure *failure)
{
    struct header header = {0};
    enum status status = read_header(data, size, name, &header, failure);
    if (status != STATUS_OK)
        return status;

    struct clip_file_ivf ivf = {.width = header.width, .height = header.height};
    clip_spans_init(&ivf.frames, frame_limit);
    status = read_frames(data, size, name, &header, &ivf.frames, failure);
    if (status != STATUS_OK) {
        clip_spans_finish(&ivf.frames);
        return status;
    }
    *ret_ivf = ivf;
    return STATUS_OK;
}

struct ivf_writer {
    FILE *file;
    uint16_t width, height;
    uint32_t frames;
};

static bool write_header(struct ivf_writer *writer)
{
    uint8_t header[HEADER_SIZE] = "DKIF";
    store_little_u16(header + 6, HEADER_SIZE);
    memcpy(header + 8, "VP80", 4);
    store_little_u16(header + 12, writer->width);
    store_little_u16(header + 14, writer->height);
    store_little_u32(header + 16, WRITE_TICKS_PER_S);
    store_little_u32(header + 20, 1);
    store_little_u32(header + 24, writer->frames);
    return fwrite(header, 1, sizeof(header), writer->file) == sizeof(header);
}

enum status ivf_writer_create(const char *path, uint16_t width, uint16_t height,
                              struct ivf_writer **ret_writer)
{
    struct ivf_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return STATUS_NO_MEMORY;
    writer->width = width;
    writer->height = height;
    writer->file = fopen(path, "wbe");
    if (!writer->file || !write_header(writer)) {
        ivf_writer_destroy(writer);
        return STATUS_IO;
    }
    *ret_writer = writer;
    return STATUS_OK;
}

enum status ivf_writer_add(struct ivf_writer *writer, const uint8_t *frame, size_t size,
                           int64_t at_us)
{
    if (size > UINT32_MAX || at_us < 0)
        return STATUS_INVALID;
    uint8_t header[FRAME_HEADER_SIZE];
    store_little_u32(header, (uint32_t)size);
    store_little_u64(header + 4, (uint64_t)at_us * WRITE_TICKS_PER_S / 1000000);
    if (fwrite(header, 1, sizeof(header), writer->file) != sizeof(header) ||
        fwrite(frame, 1, size, writer->file) != size)
        return STATUS_IO;
    writer->frames++;
    return STATUS_OK;
}

enum status ivf_writer_destroy(struct ivf_writer *writer)
{
    if (!writer)
        return STATUS_OK;
    bool complete = writer->file && fseek(writer->file, 0, SEEK_SET) == 0 && write_header(writer);
    if (writer->file && fclose(writer->file) != 0)
        complete = false;
    free(writer);
    return complete ? STATUS_OK : STATUS_IO;
}
