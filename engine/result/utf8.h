/* Is this UTF-8 (RFC 3629)? For texts that come from platforms. Used by engine/result and
 * engine/conform. */
#ifndef CASELOAD_UTF8_H
#define CASELOAD_UTF8_H

#include <stddef.h>

/* Bytes of the character at `terminated`, 1 for its final zero; 0: there is none. */
size_t utf8_character_size(const char *terminated);

#endif
