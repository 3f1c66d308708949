#include "engine/media/freeze_detector.h"

/* d >= max(3·avg, avg + 150 ms), with avg = sum / count, without rounding it. */
static bool is_freeze(const struct freeze_detector *detector, int64_t duration_us)
{
    int64_t count = detector->count;

    return count > 0 && duration_us * count >= FREEZE_FACTOR * detector->sum_us &&
           (duration_us - FREEZE_ADDED_US) * count >= detector->sum_us;
}

static void remember(struct freeze_detector *detector, int64_t duration_us)
{
    if (detector->count == FREEZE_HISTORY)
        detector->sum_us -= detector->durations_us[detector->at];
    else
        detector->count++;
    detector->durations_us[detector->at] = duration_us;
    detector->sum_us += duration_us;
    detector->at = (detector->at + 1) % FREEZE_HISTORY;
}

static void judge(struct freeze_detector *detector, int64_t duration_us)
{
    if (duration_us > detector->longest_us)
        detector->longest_us = duration_us;
    if (duration_us > FREEZE_PAUSE_US) {
        detector->pauses++;
        detector->pause_us += duration_us;
        return; /* nothing was to be seen: no part of the average */
    }
    if (is_freeze(detector, duration_us)) {
        detector->freezes++;
        detector->freeze_us += duration_us;
    }
    detector->watched_us += duration_us;
    remember(detector, duration_us);
}

bool freeze_detector_would_freeze(const struct freeze_detector *detector, int64_t duration_us)
{
    return duration_us > FREEZE_PAUSE_US || is_freeze(detector, duration_us);
}

void freeze_detector_frame(struct freeze_detector *detector, int64_t rendered_us)
{
    if (detector->started && rendered_us < detector->last_us)
        rendered_us = detector->last_us;
    if (detector->started)
        judge(detector, rendered_us - detector->last_us);
    detector->started = true;
    detector->last_us = rendered_us;
}

void freeze_detector_break(struct freeze_detector *detector)
{
    detector->started = false;
    detector->at = detector->count = 0;
    detector->sum_us = 0;
}
