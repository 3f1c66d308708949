/* May one receiver receive one sender just now, and what does a packet that comes say about it?
 * Pure. Used by media sinks.
 *
 * What the platform decides is seen late by whoever tells us, so packets that come while there is
 * no permission are suspects first: a permission that follows soon explains them. */
#ifndef CASELOAD_PERMISSION_H
#define CASELOAD_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

/* So long a permission may come after the packets that it permits, when nobody is late. */
#define PERMISSION_EARLY_US 500000

enum permission_verdict {
    PERMISSION_GIVEN,
    PERMISSION_GRACE,   /* no longer, but it was on its way */
    PERMISSION_SUSPECT, /* not (yet): permission_judge tells */
};

/* Earlier permissions that are remembered: what was cut off by the end of one is judged a little
 * later, and another may have been given (and refused) by then. */
#define PERMISSION_PAST 3

/* Zeroed memory: never permitted. */
struct permission {
    bool given;
    int64_t since_us; /* of the last permission */
    int64_t ended_us; /* 0: never permitted */
    struct {
        int64_t since_us, ended_us; /* ended 0: none */
    } past[PERMISSION_PAST];        /* newest first */
    int64_t grace_us;
    bool cut_explained;       /* the one frame that its end cut in the middle has been seen */
    int64_t last_after_us;    /* arrival of the last packet since it ended; 0: none */
    uint32_t suspects;        /* packets */
    int64_t first_suspect_us; /* arrival of the first */
    uint64_t forbidden;       /* packets that were violations */
};

/* Suspects that came at most `grace_us` before `at_us` are explained by it. */
void permission_give(struct permission *permission, int64_t at_us, int64_t grace_us);
/* From `at_us` on; what was captured before, or arrives within `grace_us` after, is on its way. */
void permission_end(struct permission *permission, int64_t at_us, int64_t grace_us);
enum permission_verdict permission_packets(struct permission *permission, uint32_t packets,
                                           int64_t capture_us, int64_t arrival_us);
/* Was a packet that came at `at_us` (perhaps) permitted? With a permission's grace at both ends. */
bool permission_covers(const struct permission *permission, int64_t at_us);
/* A frame that never became whole, its last packet at `arrival_us`: does the last end of this
 * permission explain it? Only with the grace around the end, and only one frame: a frame is cut
 * only once. */
bool permission_explains_cut(struct permission *permission, int64_t arrival_us);
/* Suspects that nothing has explained within `patience_us` are violations: how many, and (untouched
 * when none) when the first came. `now_us` INT64_MAX: judge them all. */
uint32_t permission_judge(struct permission *permission, int64_t now_us, int64_t patience_us,
                          int64_t *ret_first_us);

#endif
