/* Opus in Ogg (RFC 3533, RFC 7845): reading the packets of users' .opus files. */
#ifndef CASELOAD_CLIP_FILE_OGG_H
#define CASELOAD_CLIP_FILE_OGG_H

#include <stdint.h>

#include "common/base/buffer.h"
#include "engine/media/clip_file.h"

struct clip_file_ogg {
    unsigned channels;         /* 1 or 2 */
    struct buffer bytes;       /* the packets, joined from their pages */
    struct clip_spans packets; /* offsets into `bytes`; every packet lasts 20 ms */
};

/* Keep at most `packet_limit` packets of the first Opus stream. `name` is for messages. */
MUST_CHECK enum status clip_file_ogg_read(const uint8_t *data, size_t size, const char *name,
                                          size_t packet_limit, struct clip_file_ogg *ret_ogg,
                                          struct failure *failure);
void clip_file_ogg_finish(struct clip_file_ogg *ogg);

/* The checksum of a page of `size` bytes (its own field counted as zero), RFC 3533 §6. */
uint32_t ogg_page_checksum(const uint8_t *page, size_t size);

#endif
