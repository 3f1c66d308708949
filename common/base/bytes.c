#include "common/base/bytes.h"

#include <string.h>

/* Big-endian value of `count` bytes. */
static uint64_t load(const uint8_t *at, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | at[i];
    return value;
}

static void store(uint8_t *at, size_t count, uint64_t value)
{
    for (size_t i = count; i-- > 0; value >>= 8)
        at[i] = (uint8_t)value;
}

struct byte_reader byte_reader(const void *data, size_t size)
{
    return (struct byte_reader){.data = data, .size = size};
}

size_t byte_reader_left(const struct byte_reader *reader)
{
    return reader->failed ? 0 : reader->size - reader->at;
}

const uint8_t *read_span(struct byte_reader *reader, size_t count)
{
    if (reader->failed || count > reader->size - reader->at) {
        reader->failed = true;
        return NULL;
    }
    /* An empty span of an empty reader is still not NULL: NULL means "fewer are left". */
    static const uint8_t nothing[1];
    const uint8_t *span = reader->data ? reader->data + reader->at : nothing;
    reader->at += count;
    return span;
}

static uint64_t read_value(struct byte_reader *reader, size_t count)
{
    const uint8_t *span = read_span(reader, count);
    return span ? load(span, count) : 0;
}

uint8_t read_u8(struct byte_reader *reader)
{
    return (uint8_t)read_value(reader, 1);
}

uint16_t read_u16(struct byte_reader *reader)
{
    return (uint16_t)read_value(reader, 2);
}

uint32_t read_u24(struct byte_reader *reader)
{
    return (uint32_t)read_value(reader, 3);
}

uint32_t read_u32(struct byte_reader *reader)
{
    return (uint32_t)read_value(reader, 4);
}

uint64_t read_u64(struct byte_reader *reader)
{
    return read_value(reader, 8);
}

struct byte_writer byte_writer(void *data, size_t size)
{
    return (struct byte_writer){.data = data, .size = size};
}

/* The next `count` bytes to fill, or NULL once the writer has failed. */
static uint8_t *claim(struct byte_writer *writer, size_t count)
{
    if (writer->failed || count > writer->size - writer->at) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *place = writer->data + writer->at;
    writer->at += count;
    return place;
}

static void write_value(struct byte_writer *writer, size_t count, uint64_t value)
{
    uint8_t *place = claim(writer, count);
    if (place)
        store(place, count, value);
}

void write_u8(struct byte_writer *writer, uint8_t value)
{
    write_value(writer, 1, value);
}

void write_u16(struct byte_writer *writer, uint16_t value)
{
    write_value(writer, 2, value);
}

void write_u24(struct byte_writer *writer, uint32_t value)
{
    write_value(writer, 3, value);
}

void write_u32(struct byte_writer *writer, uint32_t value)
{
    write_value(writer, 4, value);
}

void write_u64(struct byte_writer *writer, uint64_t value)
{
    write_value(writer, 8, value);
}

void write_bytes(struct byte_writer *writer, const void *data, size_t count)
{
    if (count == 0)
        return;
    uint8_t *place = claim(writer, count);
    if (place)
        memcpy(place, data, count);
}

uint16_t load_u16(const uint8_t *at)
{
    return (uint16_t)load(at, 2);
}

uint32_t load_u32(const uint8_t *at)
{
    return (uint32_t)load(at, 4);
}

void store_u16(uint8_t *at, uint16_t value)
{
    store(at, 2, value);
}

void store_u32(uint8_t *at, uint32_t value)
{
    store(at, 4, value);
}
