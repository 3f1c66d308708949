#include "common/webrtc/bandwidth/arrival_groups.h"

#include <stdlib.h>
#include <string.h>

void arrival_groups_init(struct arrival_groups *groups)
{
    memset(groups, 0, sizeof *groups);
}

static struct arrival_group begin(int64_t sent_us, int64_t arrival_us)
{
    return (struct arrival_group){true, sent_us, sent_us, arrival_us, arrival_us};
}

/* Draft §5.2: sent together, or held up together and then let go at once. */
static bool belongs(const struct arrival_group *group, int64_t sent_us, int64_t arrival_us)
{
    int64_t sent_delta_us = sent_us - group->last_sent_us;
    int64_t arrival_delta_us = arrival_us - group->last_arrival_us;

    if (sent_us - group->first_sent_us <= ARRIVAL_BURST_US)
        return true;
    return arrival_delta_us <= ARRIVAL_BURST_US && arrival_delta_us < sent_delta_us &&
           arrival_us - group->first_arrival_us < ARRIVAL_BURST_MAX_US;
}

static void extend(struct arrival_group *group, int64_t sent_us, int64_t arrival_us)
{
    if (sent_us > group->last_sent_us)
        group->last_sent_us = sent_us;
    if (arrival_us > group->last_arrival_us)
        group->last_arrival_us = arrival_us;
}

/* False: the two clocks do not tell the same story, or there is nothing to compare. */
static bool compare(const struct arrival_groups *groups, struct arrival_variation *ret_variation)
{
    const struct arrival_group *later = &groups->present, *earlier = &groups->former;
    int64_t arrival_delta_us = later->last_arrival_us - earlier->last_arrival_us;
    int64_t variation_us = arrival_delta_us - (later->last_sent_us - earlier->last_sent_us);

    if (!earlier->open || arrival_delta_us < 0)
        return false;
    ret_variation->arrival_us = later->last_arrival_us;
    ret_variation->variation_us = variation_us;
    return true;
}

bool arrival_groups_add(struct arrival_groups *groups, int64_t sent_us, int64_t arrival_us,
                        struct arrival_variation *ret_variation)
{
    struct arrival_group *present = &groups->present;

    if (!present->open) {
        *present = begin(sent_us, arrival_us);
        return false;
    }
    int64_t jump_us = (arrival_us - present->last_arrival_us) - (sent_us - present->last_sent_us);
    if (llabs(jump_us) > ARRIVAL_JUMP_MAX_US) {
        arrival_groups_init(groups);
        *present = begin(sent_us, arrival_us);
        return false;
    }
    if (sent_us < present->first_sent_us)
        return false;
    if (belongs(present, sent_us, arrival_us)) {
        extend(present, sent_us, arrival_us);
        return false;
    }
    bool compared = compare(groups, ret_variation);
    groups->former = *present;
    *present = begin(sent_us, arrival_us);
    return compared;
}
