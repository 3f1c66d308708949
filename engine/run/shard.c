#include "engine/run/shard.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_agent.h"
#include "engine/media/probe.h"
#include "engine/run/client_addresses.h"
#include "engine/run/own_cores.h"
#include "engine/run/shard_private.h"

#define WHEEL_TICK_US (1 * US_PER_MS)
#define ICE_TICK_US (10 * US_PER_MS)
#define PROBE_TICK_US (50 * US_PER_MS)
#define NICENESS (-10)

void shard_tell(struct shard *shard, enum shard_message_kind kind, enum status status,
                const char *text)
{
    struct shard_message message = {.kind = kind, .status = status, .counts = shard->counts};

    snprintf(message.text, sizeof message.text, "%s", text ? text : "");
    shard_link_send(shard->task->link, &message);
}

static void tell_begun(struct shard *shard, int64_t now_us)
{
    struct shard_message message = {.kind = SHARD_BEGUN, .at_us = now_us};

    shard_link_send(shard->task->link, &message);
}

void shard_fail(struct shard *shard, enum status status, const char *message)
{
    if (shard->status == STATUS_OK) {
        shard->status = status;
        snprintf(shard->message, sizeof shard->message, "%s", message);
    }
}

/* ---- phases ---- */

static void count_from_here(struct shard *shard, int64_t now_us)
{
    loop_take_max_lag_us(shard->loop);
    shard->last_second_us = now_us;
    shard->last_cpu_us = clock_process_cpu_us();
    shard->last_loop_cpu_us = clock_thread_cpu_us();
}

/* Seconds are counted from the begin on: what the preparation cost is in none of them. */
static void on_start_timer(void *arg, int64_t now_us)
{
    struct shard *shard = arg;

    if (!shard->begun) {
        shard->begun = true;
        tell_begun(shard, now_us);
        count_from_here(shard, now_us);
        shard_recorder_begin(shard->recorder, shard->start_us);
        script_begin(shard->script, shard->start_us);
        loop_timer_start(shard->second_tick, US_PER_S, US_PER_S);
    }
    shard_start_due(shard, now_us);
}

static void begin_drain(struct shard *shard, int64_t grace_us)
{
    if (shard->phase >= SHARD_DRAINING)
        return;
    shard->phase = SHARD_DRAINING;
    shard->drain_until_us = clock_monotonic_us() + grace_us;
    loop_timer_stop(shard->start_timer);
}

/* Called every tick while running or draining: does the time or the last session end the shard? */
static void check_end(struct shard *shard, int64_t now_us)
{
    const struct run_settings *settings = shard->task->settings;

    if (shard->phase == SHARD_RUNNING && now_us >= shard->start_us + settings->duration_us) {
        shard_start_due(shard, now_us); /* what was due before the end, but is late */
        begin_drain(shard, settings->hold.length_us ? 0 : script_story(shard->script)->grace_us);
    }
    if (shard->phase != SHARD_DRAINING)
        return;
    if (script_sessions_running(shard->script) > 0) {
        if (now_us < shard->drain_until_us)
            return;
        script_cut(shard->script);
    }
    shard->phase = SHARD_DONE;
    loop_stop(shard->loop);
}

static void on_link(void *arg, int fd, int events)
{
    struct shard *shard = arg;
    struct shard_message message;
    enum status status;

    (void)events;
    while ((status = shard_link_receive(fd, &message)) == STATUS_OK) {
        if (message.kind == SHARD_START && shard->phase == SHARD_READY) {
            shard->start_us = message.at_us;
            shard->phase = SHARD_RUNNING;
            loop_timer_start(
                shard->start_timer,
                shard->start_us > clock_monotonic_us() ? shard->start_us - clock_monotonic_us() : 0,
                0);
        } else if (message.kind == SHARD_STOP) {
            begin_drain(shard, 0);
        } else if (message.kind == SHARD_HOLD_END) {
            shard->hold_may_end = true;
        }
    }
    if (status != STATUS_AGAIN) {
        /* The parent is gone: nobody wants the results any more. */
        shard_fail(shard, STATUS_CLOSED, "the parent process ended");
        loop_stop(shard->loop);
    }
}

/* ---- ticks ---- */

/* Also between two callbacks of a long turn: what is due leaves, what has come is taken. */
static void on_pace(void *arg, int64_t now_us)
{
    struct shard *shard = arg;

    media_kit_pace(shard->kit, now_us);
}

static void on_wheel_tick(void *arg, int64_t now_us)
{
    struct shard *shard = arg;

    if (now_us - shard->last_tick_us > WHEEL_TICK_US)
        recent_max_note(&shard->media->late, now_us, now_us - shard->last_tick_us - WHEEL_TICK_US);
    shard->last_tick_us = now_us;
    on_pace(shard, now_us);
    check_end(shard, now_us);
}

static void on_ice_tick(void *arg, int64_t now_us)
{
    (void)arg;
    (void)now_us;
    ice_agent_run_timers();
}

static void on_probe_tick(void *arg, int64_t now_us)
{
    struct shard *shard = arg;

    (void)now_us;
    shard_recorder_probes(shard->recorder, shard->media->probes);
}

/* A hold ends with a second, and the run with it: what comes behind is not judged. */
static void follow_hold(struct shard *shard)
{
    if (shard->phase != SHARD_RUNNING ||
        !(shard->hold_may_end || shard_recorder_hold_due(shard->recorder)))
        return;
    shard_recorder_end_hold(shard->recorder);
    begin_drain(shard, 0);
}

static void on_second(void *arg, int64_t now_us)
{
    struct shard *shard = arg;
    int64_t cpu_us = clock_process_cpu_us(), loop_cpu_us = clock_thread_cpu_us();
    int64_t lag_us = loop_take_max_lag_us(shard->loop);
    double passed_us = (double)(now_us - shard->last_second_us);

    shard_update_counts(shard);
    shard->counts.cpu = (double)(cpu_us - shard->last_cpu_us) / passed_us;
    shard->counts.loop_cpu = (double)(loop_cpu_us - shard->last_loop_cpu_us) / passed_us;
    shard->last_cpu_us = cpu_us;
    shard->last_loop_cpu_us = loop_cpu_us;
    shard->last_second_us = now_us;
    metric_record(shard->metrics, METRIC_LOOP_LAG, lag_us, 0, 0);
    media_kit_second(shard->kit);
    if (shard->begun)
        shard_recorder_second(shard->recorder, &shard->counts, now_us, lag_us);
    follow_hold(shard);
    shard_tell(shard, SHARD_SECOND, STATUS_OK, NULL);
}

/* ---- making and unmaking ---- */

static enum status make_media(struct shard *shard, struct failure *failure)
{
    const struct shard_task *task = shard->task;
    const struct run_settings *settings = task->settings;
    struct media_kit_settings kit = {
        .mode = settings->media,
        .clip = settings->clip,
        .probe_share = settings->probe_share,
        .io_uring = settings->io_uring,
        .light = settings->light,
        .burst = settings->burst,
        .address = client_addresses_local(settings),
        .network = settings->has_network ? &settings->network : NULL,
        .run = task->run,
        .seed = settings->seed,
        .evidence_folder = task->evidence_folder,
        .keep_keys = settings->keep_keys,
        /* Senders are unique over all shards: 2^32 / 1024 numbers each. */
        .first_sender = task->index << 22,
    };

    if (settings->light)
        kit.addresses = address_range_share(settings->client_addresses, task->index, task->count);
    enum status status =
        media_kit_create(&kit, shard->loop, shard->wheel, shard->metrics, &shard->kit, failure);
    if (status == STATUS_OK)
        shard->media = media_kit_context(shard->kit);
    return status;
}

static enum status make_timers(struct shard *shard, struct failure *failure)
{
    shard->wheel_tick = loop_timer_create(shard->loop, on_wheel_tick, shard);
    shard->ice_tick = loop_timer_create(shard->loop, on_ice_tick, shard);
    shard->probe_tick = loop_timer_create(shard->loop, on_probe_tick, shard);
    shard->second_tick = loop_timer_create(shard->loop, on_second, shard);
    shard->start_timer = loop_timer_create(shard->loop, on_start_timer, shard);
    shard->link_watch =
        loop_watch_create(shard->loop, shard->task->link, LOOP_READ, on_link, shard);
    if (!shard->wheel_tick || !shard->ice_tick || !shard->probe_tick || !shard->second_tick ||
        !shard->start_timer || !shard->link_watch)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    loop_timer_start(shard->wheel_tick, WHEEL_TICK_US, WHEEL_TICK_US);
    loop_keep_pace(shard->loop, WHEEL_TICK_US, on_pace, shard);
    loop_timer_start(shard->ice_tick, ICE_TICK_US, ICE_TICK_US);
    loop_timer_start(shard->second_tick, US_PER_S, US_PER_S);
    if (shard->media->probes)
        loop_timer_start(shard->probe_tick, PROBE_TICK_US, PROBE_TICK_US);
    shard->last_tick_us = clock_monotonic_us();
    count_from_here(shard, shard->last_tick_us);
    return STATUS_OK;
}

static enum status shard_make(struct shard *shard, struct failure *failure)
{
    enum status status;

    shard->loop = loop_create();
    shard->wheel = timer_wheel_create(clock_monotonic_us());
    shard->metrics = metrics_create();
    if (!shard->loop || !shard->wheel || !shard->metrics)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    if ((status = make_media(shard, failure)) != STATUS_OK ||
        (status = shard_recorder_create(shard->task, shard->metrics, &shard->recorder, failure)) !=
            STATUS_OK)
        return status;
    if ((status = shard_make_script(shard, failure)) != STATUS_OK ||
        (status = shard_make_plan(shard, failure)) != STATUS_OK)
        return status;
    return make_timers(shard, failure);
}

static void shard_unmake(struct shard *shard)
{
    script_destroy(shard->script);
    session_plan_destroy(shard->plan);
    shard_recorder_destroy(shard->recorder);
    media_kit_destroy(shard->kit);
    loop_timer_destroy(shard->wheel_tick);
    loop_timer_destroy(shard->ice_tick);
    loop_timer_destroy(shard->probe_tick);
    loop_timer_destroy(shard->second_tick);
    loop_timer_destroy(shard->start_timer);
    loop_watch_destroy(shard->link_watch);
    metrics_destroy(shard->metrics);
    timer_wheel_destroy(shard->wheel);
    loop_destroy(shard->loop);
}

/* Everybody closes; then the last counters are known and go to disk. */
static void shard_end(struct shard *shard)
{
    struct failure failure = {0};
    enum status status;

    script_finish(shard->script);
    media_kit_second(shard->kit);
    if (shard->media->probes) {
        probe_pool_stop(shard->media->probes);
        shard_recorder_probes(shard->recorder, shard->media->probes);
    }
    shard_update_counts(shard);
    status = shard_recorder_write(shard->recorder, &shard->counts, script_people(shard->script),
                                  &failure);
    if (status != STATUS_OK)
        shard_fail(shard, status, failure.message);
}

enum status shard_run(const struct shard_task *task)
{
    struct shard shard = {.task = task};
    struct failure failure = {0};
    enum status status;

    /* Ctrl-C reaches the whole process group: the parent decides what it means. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Media is due by the clock: where we may (root, CAP_SYS_NICE), this loop comes before whoever
     * else runs here, the embedded server and the probes' threads included. Best effort. */
    setpriority(PRIO_PROCESS, 0, NICENESS);
    status = shard_make(&shard, &failure);
    if (task->settings->pin)
        own_cores_claim(task->index); /* this thread: the probes', made before, may go anywhere */
    if (status == STATUS_OK) {
        script_prepare(shard.script, task->sessions_at_once);
        loop_run(shard.loop);
        status = shard.status;
        if (shard.start_us != 0)
            shard_end(&shard);
        if (status == STATUS_OK)
            status = shard.status;
        shard_tell(&shard, SHARD_FINISHED, status, shard.message);
    } else {
        shard_tell(&shard, SHARD_PREPARED, status, failure.message);
    }
    shard_unmake(&shard);
    return status;
}
