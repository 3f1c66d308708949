#include "reference-server/media/forward/video_pause.h"

static uint64_t need_of(const struct video_supply *supply, size_t shown)
{
    uint64_t bps = 0;

    for (size_t i = 0; i < shown; i++)
        bps += supply->least_bps[i];
    return bps;
}

static bool change(struct video_pause *pause, size_t withheld, int64_t now_us)
{
    if (pause->withheld == withheld)
        return false;
    pause->withheld = withheld;
    pause->short_since_us = pause->enough_since_us = 0;
    pause->changed_us = now_us;
    return true;
}

/* Since when `holds` holds without a break. True: for `long_us`. */
static bool lasts(int64_t *since_us, bool holds, int64_t long_us, int64_t now_us)
{
    if (!holds)
        *since_us = 0;
    else if (*since_us == 0)
        *since_us = now_us;
    return holds && now_us - *since_us >= long_us;
}

/* As many as fit, at least one less than before. */
static bool withhold(struct video_pause *pause, const struct video_supply *supply, size_t shown,
                     int64_t now_us)
{
    do
        shown--;
    while (shown > 0 && need_of(supply, shown) > supply->budget_bps);
    if (pause->on_trial && pause->trial_after_us < VIDEO_TRIAL_AFTER_MAX_US)
        pause->trial_after_us *= 2;
    pause->on_trial = false;
    return change(pause, supply->count - shown, now_us);
}

static bool is_enough(const struct video_supply *supply, size_t shown)
{
    return need_of(supply, shown) <= supply->budget_bps / VIDEO_RESUME_PERCENT * 100;
}

static bool may_try(struct video_pause *pause, const struct video_supply *supply, int64_t now_us)
{
    if (pause->trial_after_us == 0)
        pause->trial_after_us = VIDEO_TRIAL_AFTER_US;
    return !supply->can_probe && supply->calm &&
           now_us - pause->changed_us >= pause->trial_after_us;
}

static void judge_trial(struct video_pause *pause, int64_t now_us)
{
    if (pause->on_trial && now_us - pause->changed_us >= VIDEO_TRIAL_HOLDS_US) {
        pause->on_trial = false;
        pause->trial_after_us = 0;
    }
}

bool video_pause_update(struct video_pause *pause, const struct video_supply *supply,
                        int64_t now_us)
{
    if (supply->budget_bps == UINT64_MAX)
        return change(pause, 0, now_us);
    if (pause->withheld > supply->count)
        return change(pause, supply->count, now_us);
    judge_trial(pause, now_us);
    size_t shown = supply->count - pause->withheld;
    bool is_short = shown > 0 && need_of(supply, shown) > supply->budget_bps;
    if (lasts(&pause->short_since_us, is_short, VIDEO_PAUSE_AFTER_US, now_us))
        return withhold(pause, supply, shown, now_us);
    if (pause->withheld == 0)
        return false;
    if (lasts(&pause->enough_since_us, is_enough(supply, shown + 1), VIDEO_RESUME_AFTER_US, now_us))
        return change(pause, pause->withheld - 1, now_us);
    if (!may_try(pause, supply, now_us))
        return false;
    pause->on_trial = true;
    return change(pause, pause->withheld - 1, now_us);
}
