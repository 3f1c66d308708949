#include "engine/run/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "engine/run/start_time.h"
#include "engine/run/supervisor_private.h"

#define PREPARE_LIMIT_US (60 * US_PER_S)
#define CLOSE_LIMIT_US (30 * US_PER_S)
#define START_DELAY_US (100 * US_PER_MS)
#define CHECK_EVERY_US (250 * US_PER_MS)

static int64_t wait_for_start_us(const struct run_settings *settings)
{
    int64_t wait_us = settings->start_at_us - clock_realtime_us();

    return wait_us > 0 ? wait_us : 0;
}

int64_t supervisor_wall_limit_us(const struct supervision *supervision)
{
    const struct run_settings *settings = supervision->settings;

    return PREPARE_LIMIT_US + wait_for_start_us(settings) + settings->duration_us +
           supervision->grace_us + CLOSE_LIMIT_US;
}

void supervisor_note(struct supervisor *supervisor, const char *text)
{
    if (supervisor->run->message[0] == '\0')
        snprintf(supervisor->run->message, sizeof supervisor->run->message, "%s", text);
}

/* ---- the begin ---- */

static void begin(struct supervisor *supervisor, int64_t realtime_us)
{
    struct supervision *run = supervisor->run;

    run->start_realtime_us = realtime_us;
    run->start_us = realtime_us - clock_realtime_offset_us();
    supervisor->progress.start_us = run->start_us;
    supervisor->progress.duration_us = run->settings->duration_us;
    supervisor_send_all(supervisor, SHARD_START, run->start_us);
}

/* Too late for the instant: begin at once all the same. */
static void on_start_timer(void *arg, int64_t now_us)
{
    struct supervisor *supervisor = arg;
    int64_t at_us = supervisor->run->settings->start_at_us, realtime_us = clock_realtime_us();
    int64_t wait_us = start_time_wait_us(at_us, realtime_us);

    (void)now_us;
    if (supervisor->stopping)
        return;
    if (wait_us > 0)
        loop_timer_start(supervisor->start_timer, wait_us, 0);
    else
        begin(supervisor, at_us > realtime_us ? at_us : realtime_us);
}

static void await_start(struct supervisor *supervisor)
{
    int64_t wait_us = supervisor->run->settings->start_at_us - clock_realtime_us();

    supervisor->run->start_late = wait_us < 0;
    if (wait_us < 0)
        progress_say(&supervisor->progress,
                     "late: ready %.3f s after the instant of --start-at; beginning now",
                     (double)-wait_us / US_PER_S);
    else
        progress_say(&supervisor->progress, "ready; beginning in %.1f s",
                     (double)wait_us / US_PER_S);
    on_start_timer(supervisor, 0);
}

void supervisor_ready(struct supervisor *supervisor)
{
    supervisor->prepared = true;
    if (supervisor->run->settings->start_at_us != 0)
        await_start(supervisor);
    else
        begin(supervisor, clock_realtime_us() + START_DELAY_US);
}

/* ---- time and signals ---- */

static void on_check(void *arg, int64_t now_us)
{
    struct supervisor *supervisor = arg;
    struct supervision *run = supervisor->run;
    struct shard_counts sum;

    supervisor_check_server(supervisor);
    supervisor_sample_target(supervisor, now_us);
    supervisor_check_hold(supervisor, now_us);
    supervisor_sum_counts(supervisor, &sum);
    progress_show(&supervisor->progress, &sum, supervisor->target_cpu, now_us);
    if (supervisor->stop_at_us != 0 && now_us >= supervisor->stop_at_us)
        supervisor_stop_shards(supervisor);
    if (!supervisor->prepared && now_us >= supervisor->prepare_limit_us &&
        run->prepared == STATUS_OK) {
        run->prepared = STATUS_TIMED_OUT;
        supervisor_note(supervisor, "the platform was not prepared within 60 s");
        supervisor_end_shards(supervisor);
    }
    if (now_us >= supervisor->wall_limit_us && !run->wall_time_over) {
        run->wall_time_over = true;
        supervisor_note(supervisor, "the run did not end within its longest wall time");
        supervisor_end_shards(supervisor);
    }
}

static void on_signal(void *arg, int signal_number)
{
    struct supervisor *supervisor = arg;

    if (supervisor->run->interrupted) {
        supervisor_end_shards(supervisor); /* asked twice: at once */
        return;
    }
    supervisor->run->interrupted = true;
    supervisor->run->signal_number = signal_number;
    progress_say(&supervisor->progress,
                 "interrupted: closing sessions and writing what there is (again: at once)");
    if (supervisor->run->start_us == 0)
        supervisor_end_shards(supervisor);
    else
        supervisor_stop_shards(supervisor);
}

static enum status watch_all(struct supervisor *supervisor, struct failure *failure)
{
    enum status status;

    supervisor->loop = loop_create();
    if (!supervisor->loop)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    supervisor->check_timer = loop_timer_create(supervisor->loop, on_check, supervisor);
    supervisor->start_timer = loop_timer_create(supervisor->loop, on_start_timer, supervisor);
    if (!supervisor->check_timer || !supervisor->start_timer ||
        loop_on_signal(supervisor->loop, SIGINT, on_signal, supervisor) != STATUS_OK ||
        loop_on_signal(supervisor->loop, SIGTERM, on_signal, supervisor) != STATUS_OK)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    status = supervisor_watch_shards(supervisor, failure);
    if (status != STATUS_OK)
        return status;
    loop_timer_start(supervisor->check_timer, CHECK_EVERY_US, CHECK_EVERY_US);
    return supervisor_watch_target(supervisor, failure);
}

static void supervisor_close(struct supervisor *supervisor)
{
    supervisor_close_shards(supervisor);
    progress_close(&supervisor->progress);
    if (supervisor->watch)
        supervisor->run->target_cores = target_watch_cores(supervisor->watch);
    target_watch_destroy(supervisor->watch);
    embedded_server_stop(supervisor->server);
    cpu_quota_destroy(supervisor->quota);
    loop_timer_destroy(supervisor->check_timer);
    loop_timer_destroy(supervisor->start_timer);
    loop_destroy(supervisor->loop);
    free(supervisor->children);
}

enum status supervisor_run(struct supervision *run, struct failure *failure)
{
    struct supervisor supervisor = {.run = run};
    enum status status;

    run->shard_count = run->settings->workers;
    supervisor.children = calloc(run->shard_count, sizeof *supervisor.children);
    run->target_seconds = calloc(SUPERVISOR_SECONDS_MAX, sizeof *run->target_seconds);
    if (!supervisor.children || !run->target_seconds) {
        free(supervisor.children);
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    }
    progress_open(&supervisor.progress, stderr, run->settings->quiet);
    supervisor.prepare_limit_us = clock_monotonic_us() + PREPARE_LIMIT_US;
    supervisor.wall_limit_us = clock_monotonic_us() + supervisor_wall_limit_us(run);
    supervisor.target_cpu = -1;
    status = supervisor_start_server(&supervisor, failure);
    if (status == STATUS_OK)
        supervisor_measure_path(&supervisor);
    if (status == STATUS_OK)
        status = supervisor_start_shards(&supervisor, failure);
    if (status == STATUS_OK)
        status = watch_all(&supervisor, failure);
    if (status == STATUS_OK)
        loop_run(supervisor.loop);
    run->end_us = clock_monotonic_us();
    run->end_realtime_us = clock_realtime_us();
    supervisor_close(&supervisor);
    return status;
}

void supervision_finish(struct supervision *supervision)
{
    free(supervision->target_seconds);
    supervision->target_seconds = NULL;
}
