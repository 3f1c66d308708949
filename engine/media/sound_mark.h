/* An audible chirp once per second of the audio clip, and the matched filter that finds it again
 * in what was decoded: the witness of the audio stamps. Pure. */
#ifndef CASELOAD_SOUND_MARK_H
#define CASELOAD_SOUND_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* Linear sweep, in samples at 48 kHz. It begins SOUND_MARK_PHASE_SAMPLES into every second: a whole
 * packet (20 ms) and, at any frame rate that is a multiple of 5, the instant of a video frame, in
 * which the test picture lights its lamp. */
#define SOUND_MARK_LOW_HZ 1000
#define SOUND_MARK_HIGH_HZ 3000
#define SOUND_MARK_SAMPLES 1920 /* 40 ms */
#define SOUND_MARK_PERIOD_SAMPLES 48000
#define SOUND_MARK_PHASE_SAMPLES 9600 /* 200 ms */
#define SOUND_MARK_PHASE_US 200000

/* Mix the chirps into one second or several: `pcm[0]` is the first sample of a second. Whatever
 * sounds at the same time is lowered. */
void sound_mark_add(int16_t *pcm, size_t samples);

/* Where `position` (a sample of the clip's axis) lies from the nearest place where a chirp
 * begins: negative before it. */
double sound_mark_offset(double position);

struct sound_mark_detector;

struct sound_mark_found {
    double position; /* of the chirp's first sample in what was pushed; resolution < 0.1 ms */
    double match;    /* 0 to 1 */
};

/* NULL: no memory. */
struct sound_mark_detector *sound_mark_detector_create(void);
void sound_mark_detector_destroy(struct sound_mark_detector *detector);
/* Forget what was heard; the next sample pushed has the given position. */
void sound_mark_detector_reset(struct sound_mark_detector *detector, int64_t position);
/* Push `samples` (a multiple of 960, at most 5760) mono samples. Returns true and fills `ret_found`
 * when a chirp has become certain: at the latest 60 ms after its end. */
bool sound_mark_detector_push(struct sound_mark_detector *detector, const int16_t *pcm,
                              size_t samples, struct sound_mark_found *ret_found);

#endif
