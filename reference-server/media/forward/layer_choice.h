/* Which encoding and temporal layer a slot shows under its target. Pure: measured options and a
 * target in, a choice out. */
#ifndef CASELOAD_LAYER_CHOICE_H
#define CASELOAD_LAYER_CHOICE_H

#include <stdbool.h>

#include "reference-server/media/forward/layer_meter.h"

/* A choice is kept while it takes at most so many percent of the target, and a better one must fit
 * with so much to spare: measured rates move with key frames and with the picture. */
#define LAYER_STAY_PERCENT 105
#define LAYER_RISE_PERCENT 115
/* After going down it stays there at least so long. */
#define LAYER_RISE_HOLD_US 2000000

struct layer_choice {
    struct layer_pick pick;
    bool lowered;
    int64_t lowered_us;
};

/* Whatever comes first, all of it. */
void layer_choice_init(struct layer_choice *choice);
/* True: the pick is another one now: the lowest option when none fits (what does not carry that
 * either is for video_pause.h). What has not been measured yet is too much for every limited
 * target, but for the lowest option. Without options the pick stays. */
bool layer_choice_make(struct layer_choice *choice, const struct layer_option *options,
                       size_t count, uint64_t target_bps, int64_t now_us);

#endif
