/* WAV with 16-bit PCM: reading users' sound, writing what probes heard. */
#ifndef CASELOAD_CLIP_FILE_WAV_H
#define CASELOAD_CLIP_FILE_WAV_H

#include <stdint.h>

#include "engine/media/clip_file.h"

#define WAV_CHANNELS_MAX 8
#define WAV_RATE_MIN_HZ 8000
#define WAV_RATE_MAX_HZ 192000

struct clip_file_wav {
    unsigned channels, rate_hz;
    const uint8_t *samples; /* inside the file's bytes: little-endian 16 bit, interleaved */
    size_t frames;          /* samples per channel */
};

/* `name` is for messages. */
MUST_CHECK enum status clip_file_wav_read(const uint8_t *data, size_t size, const char *name,
                                          struct clip_file_wav *ret_wav, struct failure *failure);

/* Mixed to one channel at 48 kHz (`pcm`, `count` samples; what the file does not fill is silence).
 * Returns how many samples of the file's own rate did not fit. */
MUST_CHECK enum status clip_file_wav_render(const struct clip_file_wav *wav, int16_t *pcm,
                                            size_t count, size_t *ret_left_out);
/* Samples at 48 kHz that the whole file gives. */
size_t clip_file_wav_length(const struct clip_file_wav *wav);

struct wav_writer;

/* 48 kHz, one channel; replaces the file. */
MUST_CHECK enum status wav_writer_create(const char *path, struct wav_writer **ret_writer);
/* TOO_LARGE: the format ends at 4 GiB. */
MUST_CHECK enum status wav_writer_add(struct wav_writer *writer, const int16_t *pcm, size_t count);
/* Completes the header and closes; IO: the file is not complete. NULL is allowed. */
enum status wav_writer_destroy(struct wav_writer *writer);

#endif
