/* A short name for a content, to tell equal texts from different ones: 64-bit FNV-1a. No protection
 * against anybody who wants two contents to have one name. */
#ifndef CASELOAD_BASE_DIGEST_H
#define CASELOAD_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_TEXT_SIZE 32

/* The digest of nothing; chain calls of digest_add for a content in parts. */
#define DIGEST_EMPTY UINT64_C(14695981039346656037)
uint64_t digest_add(uint64_t digest, const void *data, size_t size);
/* "fnv1a64:af63dc4c8601ec8c" into `text`, DIGEST_TEXT_SIZE bytes. */
void digest_format(uint64_t digest, char *text);

#endif
