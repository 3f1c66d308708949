/* Which session starts when in one shard: open model (arrivals at their times) or closed model (so
 * many at once, each replaced when it ends). Pure: the shard asks and starts. Session k belongs to
 * shard k mod N. */
#ifndef CASELOAD_SESSION_PLAN_H
#define CASELOAD_SESSION_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/run/arrival.h"

struct session_plan_settings {
    uint64_t sessions; /* closed: at once over all shards; open: cap over all shards, 0: none */
    double rate_per_s; /* > 0: open model */
    enum arrival_kind arrivals;
    const struct arrival_shape
        *shape; /* open model: borrowed for the plan's life; NULL: constant */
    int64_t ramp_us, duration_us;
    uint64_t seed;
    unsigned shard_index, shard_count;
};

struct planned_start {
    uint64_t index;
    int64_t offset_us; /* intended start after the begin of the run */
    bool dropped;      /* open model: the cap is reached, count it and start nothing */
};

struct session_plan;

/* NULL: no memory. */
struct session_plan *session_plan_create(const struct session_plan_settings *settings);
void session_plan_destroy(struct session_plan *plan);

/* The next start due at or before `offset_us`, with `running` sessions of this shard now; false:
 * none yet. Call again until false. */
bool session_plan_due(struct session_plan *plan, int64_t offset_us, uint64_t running,
                      struct planned_start *ret_start);
/* When to ask again at the latest; INT64_MAX: never (closed model: when a session ends). */
int64_t session_plan_next_us(const struct session_plan *plan);
/* Closed model: a session of this shard ended at `offset_us`: its place is free again. */
void session_plan_ended(struct session_plan *plan, int64_t offset_us);
/* Starts so far intended, dropped ones included. */
uint64_t session_plan_planned(const struct session_plan *plan);
/* How many of the sessions that run at once are this shard's. */
uint64_t session_plan_share(uint64_t sessions, unsigned shard_index, unsigned shard_count);

#endif
