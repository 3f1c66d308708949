/* What the files of a shard share: shard.c (its life, phases and ticks) and shard_sessions.c (the
 * sessions it plays). For them only. */
#ifndef CASELOAD_SHARD_PRIVATE_H
#define CASELOAD_SHARD_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/net/loop.h"
#include "engine/run/media_kit.h"
#include "engine/run/session_plan.h"
#include "engine/run/shard.h"
#include "engine/run/shard_link.h"
#include "engine/run/shard_recorder.h"
#include "engine/script/script.h"

enum shard_phase { SHARD_PREPARING, SHARD_READY, SHARD_RUNNING, SHARD_DRAINING, SHARD_DONE };

struct shard {
    const struct shard_task *task;
    struct loop *loop;
    struct timer_wheel *wheel;
    struct loop_timer *wheel_tick, *ice_tick, *probe_tick, *second_tick, *start_timer;
    struct loop_watch *link_watch;
    struct metrics *metrics;
    struct media_kit *kit;
    struct media_context *media; /* the kit's */
    struct script *script;
    struct session_plan *plan;
    struct shard_recorder *recorder;
    struct shard_counts counts;
    enum shard_phase phase;
    bool begun;                       /* the time of the begin has come */
    bool hold_may_end;                /* the parent counted enough of everything */
    int64_t start_us, drain_until_us; /* monotonic */
    int64_t last_second_us, last_cpu_us, last_loop_cpu_us, last_tick_us;
    enum status status;
    char message[400];
};

/* To the parent; `text` may be NULL. */
void shard_tell(struct shard *shard, enum shard_message_kind kind, enum status status,
                const char *text);
/* The first failure stays. */
void shard_fail(struct shard *shard, enum status status, const char *message);

/* ---- shard_sessions.c ---- */

/* After media and recorder. */
MUST_CHECK enum status shard_make_script(struct shard *shard, struct failure *failure);
MUST_CHECK enum status shard_make_plan(struct shard *shard, struct failure *failure);
/* Start what the plan has for `now_us`, while the shard is running, and the timer for the next. */
void shard_start_due(struct shard *shard, int64_t now_us);
void shard_update_counts(struct shard *shard);

#endif
