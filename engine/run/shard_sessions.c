/* The sessions of a shard: the script that plays them, the plan of their starts, what became of
 * them. */
#include <stdio.h>

#include "common/base/clock.h"
#include "engine/run/resource.h"
#include "engine/run/shard_private.h"

/* A start later than this against its intended time is counted as late (generator's fault). */
#define LATE_START_US (100 * US_PER_MS)

/* ---- what the script tells ---- */

static void on_session_end(void *arg, const struct session_result *result)
{
    struct shard *shard = arg;

    switch (result->outcome) {
    case SESSION_COMPLETED:
        shard->counts.completed++;
        break;
    case SESSION_FAILED:
        shard->counts.failed++;
        break;
    case SESSION_CUT:
        shard->counts.cut++;
        break;
    }
    shard_recorder_session(shard->recorder, result, shard->start_us);
    if (shard->phase == SHARD_RUNNING) {
        session_plan_ended(shard->plan, clock_monotonic_us() - shard->start_us);
        /* Not from inside the script's callback: the start timer asks the plan soon. */
        loop_timer_start(shard->start_timer, 0, 0);
    }
}

static void on_prepared(void *arg, enum status status, const char *message)
{
    struct shard *shard = arg;

    shard_tell(shard, SHARD_PREPARED, status, message);
    if (status == STATUS_OK) {
        shard->phase = SHARD_READY;
    } else {
        shard_fail(shard, status, message);
        shard->phase = SHARD_DONE;
        loop_stop(shard->loop);
    }
}

static void on_target_lost(void *arg, const char *message)
{
    struct shard *shard = arg;

    shard_tell(shard, SHARD_TARGET_LOST, STATUS_CLOSED, message);
}

static void on_script_error(void *arg, const char *message)
{
    struct shard *shard = arg;

    shard_tell(shard, SHARD_SCRIPT_ERROR, STATUS_INVALID, message);
}

static void on_trace(void *arg, int64_t at_us, const char *actor, const char *what)
{
    struct shard *shard = arg;
    int64_t from_us = shard->start_us ? shard->start_us : at_us;

    printf("%9.3f s  %-16s %s\n", (double)(at_us - from_us) / US_PER_S, actor, what);
    fflush(stdout);
}

/* ---- making ---- */

enum status shard_make_script(struct shard *shard, struct failure *failure)
{
    const struct run_settings *settings = shard->task->settings;
    char folder[RESOURCE_PATH_SIZE + 16];

    snprintf(folder, sizeof folder, "%s/scenarios", settings->home);
    return script_create(
        &(struct script_config){
            .loop = shard->loop,
            .media = shard->media,
            .metrics = shard->metrics,
            .checks = shard_recorder_checks(shard->recorder),
            .ledger = shard_recorder_ledger(shard->recorder),
            .story_path = settings->story_path,
            .target_path = settings->target_path,
            .scenario_folder = folder,
            .settings = settings->set.items,
            .setting_count = settings->set.count,
            .url = shard->task->url,
            .ca_pem = shard->task->ca_pem,
            .insecure = settings->insecure,
            .fixture = shard->task->fixture,
            .seed = settings->seed,
            .shard_index = shard->task->index,
            .shard_count = shard->task->count,
            .apart = settings->shard_count > 1,
            .timeout_us = settings->timeout_us,
            .capture_session = settings->capture_session,
            .trace = settings->trace,
            .arg = shard,
            .on_session_end = on_session_end,
            .on_prepared = on_prepared,
            .on_trace = on_trace,
            .on_target_lost = on_target_lost,
            .on_script_error = on_script_error,
        },
        &shard->script, failure);
}

enum status shard_make_plan(struct shard *shard, struct failure *failure)
{
    const struct run_settings *settings = shard->task->settings;

    shard->plan =
        session_plan_create(&(struct session_plan_settings){.sessions = settings->sessions,
                                                            .rate_per_s = settings->rate_per_s,
                                                            .arrivals = settings->arrivals.kind,
                                                            .shape = &settings->arrivals.shape,
                                                            .ramp_us = settings->ramp_us,
                                                            .duration_us = settings->duration_us,
                                                            .seed = settings->seed,
                                                            .shard_index = shard->task->index,
                                                            .shard_count = shard->task->count});
    return shard->plan ? STATUS_OK : failure_set(failure, STATUS_NO_MEMORY, "out of memory");
}

/* ---- starts ---- */

static void start_one(struct shard *shard, const struct planned_start *start, int64_t now_us)
{
    int64_t intended_us = shard->start_us + start->offset_us, lag_us = now_us - intended_us;

    if (start->dropped) {
        shard->counts.dropped++;
        return;
    }
    shard->counts.started++;
    shard->counts.late += lag_us > LATE_START_US;
    metric_record(shard->metrics, METRIC_START_LAG, lag_us, 0, 0);
    script_session_start(shard->script, start->index, intended_us);
}

void shard_start_due(struct shard *shard, int64_t now_us)
{
    struct planned_start start;
    int64_t next_us;

    if (shard->phase != SHARD_RUNNING)
        return;
    while (session_plan_due(shard->plan, now_us - shard->start_us,
                            script_sessions_running(shard->script), &start))
        start_one(shard, &start, now_us);
    next_us = session_plan_next_us(shard->plan);
    if (next_us != INT64_MAX) {
        int64_t wait_us = shard->start_us + next_us - clock_monotonic_us();
        loop_timer_start(shard->start_timer, wait_us > 0 ? wait_us : 0, 0);
    }
}

void shard_update_counts(struct shard *shard)
{
    shard->counts.running = script_sessions_running(shard->script);
    shard->counts.participants = script_people(shard->script)->now;
    shard->counts.participants_peak = script_people(shard->script)->peak;
    if (shard->plan)
        shard->counts.planned = session_plan_planned(shard->plan);
}
