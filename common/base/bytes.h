/* Bounds-checked big-endian cursors over bytes that somebody else owns. A read or write past the
 * end sets `failed`, yields zero (or writes nothing), and every later call does nothing too: parse
 * first, then look at `failed` once. */
#ifndef CASELOAD_BASE_BYTES_H
#define CASELOAD_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_reader {
    const uint8_t *data; /* borrowed */
    size_t size;
    size_t at; /* next byte to read, <= size */
    bool failed;
};

struct byte_writer {
    uint8_t *data; /* borrowed */
    size_t size;
    size_t at; /* next byte to write, <= size */
    bool failed;
};

struct byte_reader byte_reader(const void *data, size_t size);
size_t byte_reader_left(const struct byte_reader *reader);
uint8_t read_u8(struct byte_reader *reader);
uint16_t read_u16(struct byte_reader *reader);
uint32_t read_u24(struct byte_reader *reader);
uint32_t read_u32(struct byte_reader *reader);
uint64_t read_u64(struct byte_reader *reader);
/* A pointer to the next `count` bytes inside the reader's data, or NULL when fewer are left. */
const uint8_t *read_span(struct byte_reader *reader, size_t count);

struct byte_writer byte_writer(void *data, size_t size);
void write_u8(struct byte_writer *writer, uint8_t value);
void write_u16(struct byte_writer *writer, uint16_t value);
void write_u24(struct byte_writer *writer, uint32_t value);
void write_u32(struct byte_writer *writer, uint32_t value);
void write_u64(struct byte_writer *writer, uint64_t value);
void write_bytes(struct byte_writer *writer, const void *data, size_t count);

/* Single values at a known-good place. */
uint16_t load_u16(const uint8_t *at);
uint32_t load_u32(const uint8_t *at);
void store_u16(uint8_t *at, uint16_t value);
void store_u32(uint8_t *at, uint32_t value);

#endif
