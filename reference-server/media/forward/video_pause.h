/* Which pictures a receiver gets when its path does not carry the lowest encoding of all of them:
 * sound first, then the pictures in order of their slots, down to sound alone. Pure: budgets and
 * time in, how many are withheld out. */
#ifndef CASELOAD_VIDEO_PAUSE_H
#define CASELOAD_VIDEO_PAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The budget must lie below what is shown for so long... */
#define VIDEO_PAUSE_AFTER_US 2000000
/* ... and above what would be shown, with something to spare, for so long. */
#define VIDEO_RESUME_AFTER_US 2000000
#define VIDEO_RESUME_PERCENT 115
/* Where nothing can be sent to find out whether the path carries more, a picture is tried again
 * after so long; twice as long after each trial that failed. */
#define VIDEO_TRIAL_AFTER_US 30000000
#define VIDEO_TRIAL_AFTER_MAX_US 240000000
/* A trial that has lasted so long was right. */
#define VIDEO_TRIAL_HOLDS_US 20000000

struct video_pause {
    size_t withheld;         /* of the fed video slots, from the last one on */
    int64_t short_since_us;  /* 0: not short */
    int64_t enough_since_us; /* 0: not enough for one more */
    int64_t changed_us;
    int64_t trial_after_us; /* 0: VIDEO_TRIAL_AFTER_US */
    bool on_trial;
};

struct video_supply {
    uint64_t budget_bps;       /* for pictures; UINT64_MAX: unknown, nothing is withheld */
    const uint64_t *least_bps; /* what the lowest encoding takes, for each fed slot in order */
    size_t count;
    bool can_probe; /* padding is sent: the budget shows by itself when there is more */
    bool calm;      /* no queue builds up */
};

/* True: `withheld` has changed. `now_us` > 0. */
bool video_pause_update(struct video_pause *pause, const struct video_supply *supply,
                        int64_t now_us);

#endif
