#include "engine/media/permission.h"

#include <stdlib.h>
#include <string.h>

static void remember(struct permission *permission)
{
    memmove(permission->past + 1, permission->past,
            (PERMISSION_PAST - 1) * sizeof permission->past[0]);
    permission->past[0].since_us = permission->since_us;
    permission->past[0].ended_us = permission->ended_us;
}

void permission_give(struct permission *permission, int64_t at_us, int64_t grace_us)
{
    if (permission->given)
        return;
    if (permission->ended_us != 0)
        remember(permission);
    permission->given = true;
    permission->since_us = at_us;
    permission->grace_us = grace_us;
    permission->last_after_us = 0;
    /* Suspects from before stay suspects, and are judged. */
    if (permission->first_suspect_us >= at_us - grace_us)
        permission->suspects = 0;
}

void permission_end(struct permission *permission, int64_t at_us, int64_t grace_us)
{
    if (!permission->given)
        return;
    permission->given = false;
    permission->cut_explained = false;
    permission->ended_us = at_us;
    permission->grace_us = grace_us;
}

enum permission_verdict permission_packets(struct permission *permission, uint32_t packets,
                                           int64_t capture_us, int64_t arrival_us)
{
    if (permission->given)
        return PERMISSION_GIVEN;
    if (permission->ended_us != 0 && arrival_us > permission->last_after_us)
        permission->last_after_us = arrival_us;
    if (permission->ended_us != 0 && (capture_us < permission->ended_us ||
                                      arrival_us <= permission->ended_us + permission->grace_us))
        return PERMISSION_GRACE;
    if (permission->suspects == 0)
        permission->first_suspect_us = arrival_us;
    permission->suspects += packets;
    return PERMISSION_SUSPECT;
}

static bool lies_within(int64_t since_us, int64_t ended_us, int64_t grace_us, int64_t at_us)
{
    return ended_us != 0 && at_us >= since_us - grace_us && at_us <= ended_us + grace_us;
}

bool permission_covers(const struct permission *permission, int64_t at_us)
{
    int64_t grace_us = permission->grace_us;

    if (permission->given && at_us >= permission->since_us - grace_us)
        return true;
    if (!permission->given &&
        lies_within(permission->since_us, permission->ended_us, grace_us, at_us))
        return true;
    for (size_t i = 0; i < PERMISSION_PAST; i++)
        if (lies_within(permission->past[i].since_us, permission->past[i].ended_us, grace_us,
                        at_us))
            return true;
    return false;
}

uint32_t permission_judge(struct permission *permission, int64_t now_us, int64_t patience_us,
                          int64_t *ret_first_us)
{
    uint32_t violations = permission->suspects;

    if (violations == 0 || now_us - permission->first_suspect_us <= patience_us)
        return 0;
    permission->suspects = 0;
    permission->forbidden += violations;
    *ret_first_us = permission->first_suspect_us;
    return violations;
}

bool permission_explains_cut(struct permission *permission, int64_t arrival_us)
{
    if (permission->ended_us == 0 || permission->cut_explained ||
        llabs(arrival_us - permission->ended_us) > permission->grace_us)
        return false;
    permission->cut_explained = true;
    return true;
}
