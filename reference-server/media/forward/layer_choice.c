#include "reference-server/media/forward/layer_choice.h"

#define NOT_FOUND SIZE_MAX

void layer_choice_init(struct layer_choice *choice)
{
    *choice = (struct layer_choice){.pick = {LAYER_ANY, LAYER_TEMPORALS_MAX - 1}};
}

/* `bps` is at most `percent` of the target, or the other way round for a percentage above 100. */
static bool fits(const struct layer_option *option, uint64_t target_bps, unsigned percent)
{
    if (target_bps == LAYER_UNLIMITED)
        return true;
    return option->measured && option->bps <= target_bps / 100 * percent;
}

static size_t find(const struct layer_option *options, size_t count, struct layer_pick pick)
{
    for (size_t i = 0; i < count; i++)
        if (options[i].pick.encoding == pick.encoding && options[i].pick.temporal == pick.temporal)
            return i;
    return NOT_FOUND;
}

/* The best that fits, leaving room when that is asked for; the lowest when none does. */
static size_t find_best(const struct layer_option *options, size_t count, uint64_t target_bps,
                        bool with_room)
{
    unsigned percent = with_room ? 10000 / LAYER_RISE_PERCENT : 100;

    for (size_t i = count; i-- > 1;)
        if (fits(&options[i], target_bps, percent))
            return i;
    return 0;
}

static bool take(struct layer_choice *choice, struct layer_pick pick)
{
    bool changed = choice->pick.encoding != pick.encoding || choice->pick.temporal != pick.temporal;

    choice->pick = pick;
    return changed;
}

bool layer_choice_make(struct layer_choice *choice, const struct layer_option *options,
                       size_t count, uint64_t target_bps, int64_t now_us)
{
    size_t now, best;

    if (count == 0)
        return false;
    now = find(options, count, choice->pick);
    if (now == NOT_FOUND)
        return take(choice, options[find_best(options, count, target_bps, false)].pick);
    if (now > 0 && !fits(&options[now], target_bps, LAYER_STAY_PERCENT)) {
        choice->lowered = true;
        choice->lowered_us = now_us;
        best = find_best(options, now, target_bps, false);
        return take(choice, options[best].pick);
    }
    best = find_best(options, count, target_bps, true);
    if (best <= now || (choice->lowered && now_us - choice->lowered_us < LAYER_RISE_HOLD_US))
        return false;
    return take(choice, options[best].pick);
}
