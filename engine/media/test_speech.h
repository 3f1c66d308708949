/* Synthetic speech: talk spurts and pauses of a conversation (ITU-T P.59), syllables of a voice and
 * of breath in them, a quiet room behind. Not intelligible, but codecs, silence detection and
 * levels see about what a person gives them. The same seed gives the same sound. Pure. */
#ifndef CASELOAD_TEST_SPEECH_H
#define CASELOAD_TEST_SPEECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* Exponentially distributed spurts and pauses with the means of ITU-T P.59 (1.004 s and 1.587 s: a
 * person talks 39 % of the time), no part shorter than TEST_SPEECH_PART_MIN_MS. */
#define TEST_SPEECH_SPURT_MEAN_MS 1004
#define TEST_SPEECH_PAUSE_MEAN_MS 1587
#define TEST_SPEECH_PART_MIN_MS 200
/* Level while talking (ITU-T P.56's usual -26 dBov) and of the room. */
#define TEST_SPEECH_LEVEL_DBOV (-26)
#define TEST_SPEECH_ROOM_DBOV (-72)

/* Fill `frames` × 960 samples at 48 kHz; `voice` (one per frame, may be NULL) tells in which
 * somebody talks. Ends and begins with a pause, so that it can be repeated.
 * NO_MEMORY is the only failure. */
MUST_CHECK enum status test_speech_render(uint32_t seed, int16_t *pcm, size_t frames, bool *voice);

#endif
