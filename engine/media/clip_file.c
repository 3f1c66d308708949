#include "engine/media/clip_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

void clip_spans_init(struct clip_spans *spans, size_t limit)
{
    *spans = (struct clip_spans){.limit = limit};
}

void clip_spans_finish(struct clip_spans *spans)
{
    free(spans->items);
    *spans = (struct clip_spans){0};
}

static enum status grow(struct clip_spans *spans)
{
    if (spans->count < spans->capacity)
        return STATUS_OK;
    size_t capacity = spans->capacity ? spans->capacity * 2 : 256;
    struct clip_span *items = realloc(spans->items, capacity * sizeof(*items));
    if (!items)
        return STATUS_NO_MEMORY;
    spans->items = items;
    spans->capacity = capacity;
    return STATUS_OK;
}

enum status clip_spans_add(struct clip_spans *spans, size_t offset, size_t size, int64_t at_us)
{
    if (size > UINT32_MAX || at_us > CLIP_FILE_TIME_MAX_US)
        return STATUS_TOO_LARGE;
    if (size == 0 || spans->count == spans->limit) {
        spans->left_out++;
        return STATUS_OK;
    }
    enum status status = grow(spans);
    if (status != STATUS_OK)
        return status;
    if (spans->count > 0 && at_us < spans->items[spans->count - 1].at_us)
        at_us = spans->items[spans->count - 1].at_us;
    spans->items[spans->count++] = (struct clip_span){offset, (uint32_t)size, at_us};
    return STATUS_OK;
}

int64_t clip_spans_interval_us(const struct clip_spans *spans)
{
    if (spans->count < 2)
        return 0;
    int64_t length_us = spans->items[spans->count - 1].at_us - spans->items[0].at_us;
    return length_us / (int64_t)(spans->count - 1);
}

static enum status read_all(FILE *file, const char *path, uint8_t **ret_data, size_t *ret_size,
                            struct failure *failure)
{
    struct stat info;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode))
        return failure_set(failure, STATUS_INVALID, "%s: not a regular file", path);
    if (info.st_size == 0)
        return failure_set(failure, STATUS_MALFORMED, "%s: the file is empty", path);
    if (info.st_size > (off_t)CLIP_FILE_SIZE_MAX)
        return failure_set(failure, STATUS_TOO_LARGE, "%s: larger than %u MiB", path,
                           CLIP_FILE_SIZE_MAX >> 20);

    size_t size = (size_t)info.st_size;
    uint8_t *data = malloc(size);
    if (!data)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: no memory for %zu bytes", path, size);
    if (fread(data, 1, size, file) != size) {
        free(data);
        return failure_set(failure, STATUS_IO, "%s: cannot be read to its end", path);
    }
    *ret_data = data;
    *ret_size = size;
    return STATUS_OK;
}

enum status clip_file_load(const char *path, uint8_t **ret_data, size_t *ret_size,
                           struct failure *failure)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return failure_set(failure, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO,
                           "%s: cannot be opened: %s", path, strerror(errno));
    enum status status = read_all(file, path, ret_data, ret_size, failure);
    fclose(file);
    return status;
}

bool clip_file_ends(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

uint16_t load_little_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t load_little_u32(const uint8_t *at)
{
    return load_little_u16(at) | (uint32_t)load_little_u16(at + 2) << 16;
}

uint64_t load_little_u64(const uint8_t *at)
{
    return load_little_u32(at) | (uint64_t)load_little_u32(at + 4) << 32;
}

void store_little_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void store_little_u32(uint8_t *at, uint32_t value)
{
    store_little_u16(at, (uint16_t)value);
    store_little_u16(at + 2, (uint16_t)(value >> 16));
}

void store_little_u64(uint8_t *at, uint64_t value)
{
    store_little_u32(at, (uint32_t)value);
    store_little_u32(at + 4, (uint32_t)(value >> 32));
}
