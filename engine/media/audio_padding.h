/* Opus packets as RFC 6716 §3.2 frames them: any packet turned into one of code 3 with bytes in
 * its padding, which every decoder skips. Pure; knows no codec. */
#ifndef CASELOAD_AUDIO_PADDING_H
#define CASELOAD_AUDIO_PADDING_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* A frame count byte and two bytes of padding length, for at most 254 bytes of padding. */
#define AUDIO_PADDING_OVERHEAD 4

/* Write `packet` with `count` (1 to 254) more bytes of padding at its end into `out`; padding that
 * is there already stays in front of them. MALFORMED: not a packet of RFC 6716 §3.4. TOO_LARGE:
 * `out_size` is less than size + count + AUDIO_PADDING_OVERHEAD and it does not fit. */
MUST_CHECK enum status audio_padding_append(const uint8_t *packet, size_t size,
                                            const uint8_t *bytes, size_t count, uint8_t *out,
                                            size_t out_size, size_t *ret_size);

/* The bytes of padding at the end of a packet; NULL when it has none or is malformed. */
const uint8_t *audio_padding_find(const uint8_t *packet, size_t size, size_t *ret_count);

#endif
