/* The stamp every synthetic frame and packet carries, so that a receiver knows sender, number and
 * capture time without decoding (design: docs/measuring.md). Pure.
 *
 * Video, behind the VP8 frame (decoders ignore it), STAMP_VIDEO_SIZE bytes, big endian:
 *   magic 4, run 4, sender 4, layers 2 (stream 8, spatial 4, temporal 4), source frame 2,
 *   frame number 4, capture µs (monotonic) 8, CRC-32 (IEEE) of the 28 bytes before it 4.
 * Audio, in the padding of a code-3 Opus packet (RFC 6716 §3.2.5), STAMP_AUDIO_SIZE bytes:
 *   0x00 (libopus ≥ 1.5 reads padding as extensions; 0 is padding), magic 3, run 2, sender 4,
 *   number 4, capture µs modulo 2^48 6, CRC-16-CCITT of the 20 bytes before it 2. */
#ifndef CASELOAD_STAMP_H
#define CASELOAD_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define STAMP_VIDEO_SIZE 32
#define STAMP_AUDIO_SIZE 22

struct stamp {
    uint32_t run;                      /* of the whole run; audio carries its low 16 bits */
    uint32_t sender;                   /* participant, unique in the run; never 0 */
    uint8_t stream, spatial, temporal; /* video only */
    uint16_t source_frame;             /* video: index of the picture in the clip's source */
    uint32_t number;    /* frame or packet number of this sender, from 0, without gaps */
    int64_t capture_us; /* monotonic instant at which it was due */
};

void stamp_write_video(const struct stamp *stamp, uint8_t bytes[STAMP_VIDEO_SIZE]);
/* False: no stamp of this run at the end of the frame. */
bool stamp_read_video(const uint8_t *frame, size_t size, uint32_t run, struct stamp *ret_stamp);

/* Turn an Opus packet into one that carries the stamp in its padding. `out` needs
 * size + STAMP_AUDIO_SIZE + 4 bytes. MALFORMED: not an Opus packet; TOO_LARGE. */
MUST_CHECK enum status stamp_write_audio(const struct stamp *stamp, const uint8_t *opus,
                                         size_t size, uint8_t *out, size_t out_size,
                                         size_t *ret_size);
/* `now_us` completes the 48-bit capture time. */
bool stamp_read_audio(const uint8_t *packet, size_t size, uint32_t run, int64_t now_us,
                      struct stamp *ret_stamp);

#endif
