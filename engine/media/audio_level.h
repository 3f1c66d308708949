/* The audio level of RFC 6464: how loud a packet's sound is, from its samples. Pure. */
#ifndef CASELOAD_AUDIO_LEVEL_H
#define CASELOAD_AUDIO_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#define AUDIO_LEVEL_SILENCE 127

/* Root mean square relative to full scale, in decibels, at most 0; -INFINITY for silence. */
double audio_level_dbov(const int16_t *pcm, size_t samples);
/* The same as RFC 6464 §3 carries it: 0 (loudest) to 127 (silence), in -dBov. */
uint8_t audio_level(const int16_t *pcm, size_t samples);

#endif
