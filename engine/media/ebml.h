/* A bounded walk over EBML elements (RFC 8794), the syntax of Matroska and WebM. Pure; pointers go
 * into the caller's bytes. */
#ifndef CASELOAD_EBML_H
#define CASELOAD_EBML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ebml_cursor {
    const uint8_t *data; /* borrowed */
    size_t at, end;      /* at <= end */
    bool failed;         /* an element did not parse or does not fit; the walk is over */
};

struct ebml_element {
    uint32_t id;             /* with its length marker, as specifications print it */
    bool unknown_size;       /* goes on until an element that cannot be inside comes */
    struct ebml_cursor body; /* an unknown size: up to the end of the parent */
    size_t begin;            /* where its identifier is, in the same data */
};

struct ebml_cursor ebml_cursor(const uint8_t *data, size_t size);
/* The next element, and step behind it (an unknown size: behind its header). False at the end and
 * on failure. */
bool ebml_next(struct ebml_cursor *cursor, struct ebml_element *ret_element);
/* Values of an element; 0 when it is longer than 8 bytes. */
uint64_t ebml_unsigned(const struct ebml_element *element);
/* Does a text element say this? Trailing zero bytes do not count. */
bool ebml_text_is(const struct ebml_element *element, const char *text);
/* A variable-length number without its marker (track numbers in blocks); false: it does not fit. */
bool ebml_number(struct ebml_cursor *cursor, uint64_t *ret_value);

#endif
