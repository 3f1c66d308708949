#include "engine/capacity/search.h"

#include <assert.h>
#include <string.h>

/* All trials of one load. */
struct point {
    uint64_t load;
    unsigned counts[TRIAL_OUTCOME_COUNT], holds;
};

enum point_state { POINT_OPEN, POINT_PASSES, POINT_FAILS, POINT_UNFIT };

/* The points in rising order, and the two that enclose the end of passing; -1: there is none. */
struct picture {
    struct point points[SEARCH_TRIALS_MAX];
    size_t count;
    int pass, barrier;
};

const char *trial_outcome_word(enum trial_outcome outcome)
{
    static const char *const words[] = {
#define X(name, word) word,
        TRIAL_OUTCOME_LIST(X)
#undef X
    };
    assert(outcome < TRIAL_OUTCOME_COUNT);
    return words[outcome];
}

enum trial_outcome trial_outcome_by_word(const char *word)
{
    unsigned outcome = 0;

    while (outcome < TRIAL_OUTCOME_COUNT &&
           strcmp(trial_outcome_word((enum trial_outcome)outcome), word) != 0)
        outcome++;
    return (enum trial_outcome)outcome;
}

const char *search_end_word(enum search_end end)
{
    static const char *const words[] = {
#define X(name, word) word,
        SEARCH_END_LIST(X)
#undef X
    };
    assert(end < SEARCH_END_COUNT);
    return words[end];
}

bool search_add(struct search *search, uint64_t load, enum trial_outcome outcome)
{
    if (search->count == SEARCH_TRIALS_MAX || outcome == TRIAL_PARTIAL)
        return false;
    search->trials[search->count++] = (struct trial){load, outcome};
    return true;
}

static unsigned passing_holds(const struct point *point)
{
    return point->counts[TRIAL_PASSED];
}

/* A generator that was unfit once may have been kept from its work by a neighbour: asked again. */
static enum point_state state_of(const struct point *point)
{
    unsigned fail = point->counts[TRIAL_FAILED];
    unsigned pass = point->counts[TRIAL_PASSED] + point->counts[TRIAL_UNSURE];

    if (pass != fail)
        return pass > fail ? POINT_PASSES : POINT_FAILS;
    if (pass > 0)
        return POINT_OPEN;
    return point->counts[TRIAL_UNFIT] >= SEARCH_AGREEING ? POINT_UNFIT : POINT_OPEN;
}

static bool is_confirmed(const struct point *point)
{
    switch (state_of(point)) {
    case POINT_PASSES:
        return passing_holds(point) >= SEARCH_AGREEING;
    case POINT_FAILS:
        return point->counts[TRIAL_FAILED] >= SEARCH_AGREEING;
    case POINT_UNFIT:
        return true;
    default:
        return false;
    }
}

static struct point *point_of(struct picture *picture, uint64_t load)
{
    size_t at = 0;

    while (at < picture->count && picture->points[at].load < load)
        at++;
    if (at == picture->count || picture->points[at].load != load) {
        memmove(&picture->points[at + 1], &picture->points[at],
                (picture->count - at) * sizeof *picture->points);
        picture->points[at] = (struct point){.load = load};
        picture->count++;
    }
    return &picture->points[at];
}

static void look(const struct search *search, struct picture *ret_picture)
{
    struct picture *picture = ret_picture;

    *picture = (struct picture){.pass = -1, .barrier = -1};
    for (size_t i = 0; i < search->count; i++) {
        struct point *point = point_of(picture, search->trials[i].load);
        point->counts[search->trials[i].outcome]++;
        point->holds++;
    }
    for (size_t i = 0; i < picture->count && picture->barrier < 0; i++) {
        if (state_of(&picture->points[i]) == POINT_PASSES)
            picture->pass = (int)i;
        else
            picture->barrier = (int)i;
    }
}

static const struct point *at(const struct picture *picture, int index)
{
    return index >= 0 ? &picture->points[index] : NULL;
}

/* Hold a load once more; false: it is confirmed, or was held often enough. */
static bool again(const struct point *point, uint64_t *ret_load)
{
    *ret_load = point->load;
    return !is_confirmed(point) && point->holds < SEARCH_AT_ONE_LOAD;
}

static uint64_t resolution(uint64_t load)
{
    return load > SEARCH_RESOLUTION ? load / SEARCH_RESOLUTION : 1;
}

static enum search_end end_at(const struct search *search, const struct point *pass,
                              const struct point *barrier)
{
    if ((pass && !is_confirmed(pass)) || (barrier && !is_confirmed(barrier)))
        return SEARCH_INCONCLUSIVE;
    if (!barrier)
        return pass && pass->load == search->to ? SEARCH_NOT_REACHED : SEARCH_INCONCLUSIVE;
    if (state_of(barrier) == POINT_UNFIT)
        return SEARCH_GENERATOR_LIMITED;
    return pass ? SEARCH_FOUND : SEARCH_FAILS_AT_LOWEST;
}

/* The next load by what is known; false: nothing is left to be tried. */
static bool choose(const struct search *search, const struct point *pass,
                   const struct point *barrier, uint64_t *ret_load)
{
    if (!pass && !barrier)
        *ret_load = search->from;
    else if (barrier && state_of(barrier) == POINT_OPEN)
        return again(barrier, ret_load);
    else if (!barrier && pass->load < search->to)
        *ret_load = pass->load > search->to / 2 ? search->to : 2 * pass->load;
    else if (pass && barrier && barrier->load - pass->load > resolution(pass->load))
        *ret_load = pass->load + (barrier->load - pass->load) / 2;
    else
        return (pass && again(pass, ret_load)) || (barrier && again(barrier, ret_load));
    return true;
}

enum search_end search_next(const struct search *search, uint64_t *ret_load)
{
    struct picture picture;
    uint64_t load;

    look(search, &picture);
    const struct point *pass = at(&picture, picture.pass), *barrier = at(&picture, picture.barrier);
    if (!choose(search, pass, barrier, &load))
        return end_at(search, pass, barrier);
    if (search->count >= search->trials_max)
        return SEARCH_INCONCLUSIVE;
    *ret_load = load;
    return SEARCH_GOES_ON;
}

enum search_end search_conclude(const struct search *search)
{
    struct picture picture;

    look(search, &picture);
    const struct point *pass = at(&picture, picture.pass), *barrier = at(&picture, picture.barrier);
    if (pass && passing_holds(pass) == 0)
        return SEARCH_INCONCLUSIVE;
    if (!barrier)
        return pass ? SEARCH_NOT_REACHED : SEARCH_INCONCLUSIVE;
    if (barrier->counts[TRIAL_UNFIT] == barrier->holds)
        return SEARCH_GENERATOR_LIMITED;
    if (state_of(barrier) == POINT_OPEN)
        return SEARCH_INCONCLUSIVE;
    return pass ? SEARCH_FOUND : SEARCH_FAILS_AT_LOWEST;
}

void search_interval(const struct search *search, struct search_interval *ret_interval)
{
    struct picture picture;

    look(search, &picture);
    const struct point *pass = at(&picture, picture.pass), *barrier = at(&picture, picture.barrier);
    *ret_interval = (struct search_interval){0};
    if (pass) {
        ret_interval->pass = pass->load;
        ret_interval->pass_holds = passing_holds(pass);
        ret_interval->pass_confirmed = is_confirmed(pass);
    }
    if (barrier) {
        ret_interval->fail = barrier->load;
        ret_interval->fail_is_generator =
            barrier->counts[TRIAL_FAILED] == 0 && barrier->counts[TRIAL_UNFIT] > 0;
        ret_interval->fail_holds =
            barrier->counts[ret_interval->fail_is_generator ? TRIAL_UNFIT : TRIAL_FAILED];
        ret_interval->fail_confirmed = is_confirmed(barrier);
    }
}
