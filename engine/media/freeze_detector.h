/* Freezes and pauses of one video as W3C webrtc-stats defines them (freezeCount,
 * totalFreezesDuration, pauseCount, totalPausesDuration), from the times at which its frames were
 * rendered. Pure. Used by media sinks. */
#ifndef CASELOAD_FREEZE_DETECTOR_H
#define CASELOAD_FREEZE_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

#define FREEZE_HISTORY 30       /* durations in the average */
#define FREEZE_ADDED_US 150000  /* a freeze is at least the average and this … */
#define FREEZE_FACTOR 3         /* … and at least so many averages */
#define FREEZE_PAUSE_US 5000000 /* longer intervals are pauses */

/* Zeroed memory has seen no frame. */
struct freeze_detector {
    bool started;
    int64_t last_us;
    int64_t durations_us[FREEZE_HISTORY];
    unsigned at, count; /* of durations_us */
    int64_t sum_us;     /* of durations_us */
    uint32_t freezes, pauses;
    int64_t freeze_us, pause_us;
    int64_t watched_us; /* all intervals but pauses: the freeze ratio's denominator */
    int64_t longest_us; /* the longest interval, pauses included */
};

/* A frame was rendered; times never decrease (an earlier one counts as the last). The interval to
 * the frame before is a pause when longer than FREEZE_PAUSE_US, else a freeze when it reaches the
 * threshold that the durations before it give; the first interval has none to be judged by. */
void freeze_detector_frame(struct freeze_detector *detector, int64_t rendered_us);
/* Would an interval so long be a freeze (or a pause) now? */
bool freeze_detector_would_freeze(const struct freeze_detector *detector, int64_t duration_us);
/* The video ends or becomes another: the next interval is nobody's, and the average starts anew. */
void freeze_detector_break(struct freeze_detector *detector);

#endif
