/* Ratios of two sums, each defined once here: what thresholds and summaries call "freeze.ratio". */
#ifndef CASELOAD_DERIVED_H
#define CASELOAD_DERIVED_H

#include <stddef.h>

#include "engine/measure/metrics.h"

/* X(name without ".ratio", numerator, denominator, meaning) */
#define DERIVED_LIST(X)                                                                            \
    X("freeze", FREEZE_US, VIDEO_US, "share of the time with video in which it stood still")       \
    X("frame.loss", FRAMES_LOST, FRAMES_EXPECTED, "video frames never completed")                  \
    X("audio.loss", AUDIO_LOST, AUDIO_EXPECTED, "audio packets never received")                    \
    X("audio.concealment", AUDIO_CONCEALED, AUDIO_SAMPLES, "audio samples made up by the player")  \
    X("rtp.retransmission", RTP_RETRANSMITTED, RTP_RECEIVED, "packets that came as repairs")       \
    X("isolation.unattributed", UNATTRIBUTED_PACKETS, RTP_RECEIVED,                                \
      "packets that belong to no stamped frame")

struct derived {
    const char *name, *meaning;
    enum metric numerator, denominator;
};

/* NULL: no ratio of that name (without ".ratio"). */
const struct derived *derived_find(const char *name);
/* False: the denominator is zero or was never recorded for that tag. */
bool derived_value(const struct derived *derived, const struct metrics *metrics, const char *tag,
                   double *ret_ratio, uint64_t *ret_samples);

/* Walk every ratio that has a denominator, in all ("") and by tag; `name` ends in ".ratio". */
typedef void derived_visit_fn(void *arg, const char *name, const char *meaning, const char *tag,
                              double value);
void derived_visit(const struct metrics *metrics, derived_visit_fn *visit, void *arg);

#endif
