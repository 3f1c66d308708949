#include "engine/run/session_plan.h"

#include <stdlib.h>

struct session_plan {
    struct session_plan_settings settings;
    uint64_t planned;
    /* open model */
    struct arrival arrival;
    uint64_t arrival_index; /* of the next global arrival */
    bool has_next;
    struct planned_start next;
    /* closed model */
    uint64_t share, first_given; /* places of this shard; how many had their first start */
    uint64_t next_index;
    uint64_t places_free; /* freed by sessions that ended */
    int64_t freed_us;     /* when the latest of them did */
};

uint64_t session_plan_share(uint64_t sessions, unsigned shard_index, unsigned shard_count)
{
    return sessions / shard_count + (shard_index < sessions % shard_count);
}

static void find_next_arrival(struct session_plan *plan)
{
    const struct session_plan_settings *settings = &plan->settings;
    int64_t offset_us;

    plan->has_next = false;
    while (arrival_next(&plan->arrival, &offset_us)) {
        uint64_t index = plan->arrival_index++;
        if (index % settings->shard_count != settings->shard_index)
            continue;
        plan->next = (struct planned_start){.index = index, .offset_us = offset_us};
        plan->has_next = true;
        return;
    }
}

struct session_plan *session_plan_create(const struct session_plan_settings *settings)
{
    struct session_plan *plan = calloc(1, sizeof *plan);

    if (!plan)
        return NULL;
    plan->settings = *settings;
    plan->share =
        session_plan_share(settings->sessions, settings->shard_index, settings->shard_count);
    plan->next_index = settings->shard_index;
    if (settings->rate_per_s > 0) {
        arrival_init(&plan->arrival,
                     &(struct arrival_settings){.kind = settings->arrivals,
                                                .shape = settings->shape,
                                                .rate_per_s = settings->rate_per_s,
                                                .ramp_us = settings->ramp_us,
                                                .duration_us = settings->duration_us,
                                                .seed = settings->seed});
        find_next_arrival(plan);
    }
    return plan;
}

void session_plan_destroy(struct session_plan *plan)
{
    free(plan);
}

static bool open_due(struct session_plan *plan, int64_t offset_us, uint64_t running,
                     struct planned_start *ret_start)
{
    if (!plan->has_next || plan->next.offset_us > offset_us)
        return false;
    *ret_start = plan->next;
    ret_start->dropped = plan->settings.sessions > 0 && running >= plan->share;
    find_next_arrival(plan);
    return true;
}

/* The first start of this shard's place `first_given`, whose number among all places is its session
 * index. */
static int64_t first_start_us(const struct session_plan *plan)
{
    uint64_t place = plan->first_given * plan->settings.shard_count + plan->settings.shard_index;

    return arrival_closed_start_us(place, plan->settings.sessions, plan->settings.ramp_us);
}

/* Of a start that belongs to the run: what is late is started, what is intended after it is not. */
static int64_t within(const struct session_plan *plan, int64_t offset_us)
{
    return offset_us < plan->settings.duration_us ? offset_us : INT64_MAX;
}

/* When the next place begins, and when a free one is taken again; INT64_MAX: never. */
static int64_t next_first_us(const struct session_plan *plan)
{
    return plan->first_given < plan->share ? within(plan, first_start_us(plan)) : INT64_MAX;
}

static int64_t next_freed_us(const struct session_plan *plan)
{
    return plan->places_free > 0 ? within(plan, plan->freed_us) : INT64_MAX;
}

static bool closed_due(struct session_plan *plan, int64_t offset_us,
                       struct planned_start *ret_start)
{
    int64_t first_us = next_first_us(plan), freed_us = next_freed_us(plan);
    bool is_first = first_us <= offset_us && first_us != INT64_MAX;

    if (is_first)
        plan->first_given++;
    else if (freed_us != INT64_MAX)
        plan->places_free--;
    else
        return false;
    *ret_start = (struct planned_start){.index = plan->next_index,
                                        .offset_us = is_first ? first_us : freed_us};
    plan->next_index += plan->settings.shard_count;
    return true;
}

bool session_plan_due(struct session_plan *plan, int64_t offset_us, uint64_t running,
                      struct planned_start *ret_start)
{
    bool due = plan->settings.rate_per_s > 0 ? open_due(plan, offset_us, running, ret_start)
                                             : closed_due(plan, offset_us, ret_start);

    plan->planned += due;
    return due;
}

int64_t session_plan_next_us(const struct session_plan *plan)
{
    if (plan->settings.rate_per_s > 0)
        return plan->has_next ? plan->next.offset_us : INT64_MAX;
    int64_t freed_us = next_freed_us(plan);
    return freed_us != INT64_MAX ? freed_us : next_first_us(plan);
}

void session_plan_ended(struct session_plan *plan, int64_t offset_us)
{
    if (plan->settings.rate_per_s > 0)
        return;
    plan->places_free++;
    plan->freed_us = offset_us;
}

uint64_t session_plan_planned(const struct session_plan *plan)
{
    return plan->planned;
}
