#include "engine/media/ebml.h"

#include <string.h>

enum { NUMBER_SIZE_MAX = 8, ID_SIZE_MAX = 4 };

struct ebml_cursor ebml_cursor(const uint8_t *data, size_t size)
{
    return (struct ebml_cursor){.data = data, .end = size};
}

/* Bytes of a number by its first byte (RFC 8794 §4.1): as many as there are leading zero bits,
 * plus one; 0 when there is none of at most `size_max`. */
static unsigned number_size(uint8_t first, unsigned size_max)
{
    for (unsigned size = 1; size <= size_max; size++)
        if (first & (0x100u >> size))
            return size;
    return 0;
}

/* The raw bytes of a number with its marker. */
static bool read_raw(struct ebml_cursor *cursor, unsigned size_max, unsigned *ret_size,
                     uint64_t *ret_value)
{
    size_t left = cursor->end - cursor->at;
    unsigned size = left > 0 ? number_size(cursor->data[cursor->at], size_max) : 0;
    if (size == 0 || size > left)
        return false;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | cursor->data[cursor->at + i];
    cursor->at += size;
    *ret_size = size;
    *ret_value = value;
    return true;
}

/* All value bits of a number of `size` bytes; as an element's size they mean "unknown". */
static uint64_t value_bits(unsigned size)
{
    return ((uint64_t)1 << (7 * size)) - 1;
}

bool ebml_number(struct ebml_cursor *cursor, uint64_t *ret_value)
{
    unsigned size;
    uint64_t raw;
    if (!read_raw(cursor, NUMBER_SIZE_MAX, &size, &raw))
        return false;
    *ret_value = raw & value_bits(size);
    return true;
}

bool ebml_next(struct ebml_cursor *cursor, struct ebml_element *ret_element)
{
    if (cursor->failed || cursor->at == cursor->end)
        return false;

    size_t begin = cursor->at;
    unsigned id_size, size_size;
    uint64_t id, raw;
    if (!read_raw(cursor, ID_SIZE_MAX, &id_size, &id) ||
        !read_raw(cursor, NUMBER_SIZE_MAX, &size_size, &raw)) {
        cursor->failed = true;
        return false;
    }
    uint64_t size = raw & value_bits(size_size);
    bool unknown = size == value_bits(size_size);
    if (unknown)
        size = cursor->end - cursor->at;
    if (size > cursor->end - cursor->at) {
        cursor->failed = true;
        return false;
    }
    *ret_element = (struct ebml_element){
        .id = (uint32_t)id,
        .unknown_size = unknown,
        .body = {.data = cursor->data, .at = cursor->at, .end = cursor->at + (size_t)size},
        .begin = begin,
    };
    if (!unknown)
        cursor->at += (size_t)size;
    return true;
}

uint64_t ebml_unsigned(const struct ebml_element *element)
{
    size_t size = element->body.end - element->body.at;
    if (size > 8)
        return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | element->body.data[element->body.at + i];
    return value;
}

bool ebml_text_is(const struct ebml_element *element, const char *text)
{
    const uint8_t *data = element->body.data + element->body.at;
    size_t size = element->body.end - element->body.at;
    while (size > 0 && data[size - 1] == 0)
        size--;
    return size == strlen(text) && memcmp(data, text, size) == 0;
}
