#include "engine/calibrate/calibration.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_agent.h"
#include "engine/calibrate/call_pairs.h"
#include "engine/measure/metric_delta.h"
#include "engine/run/media_kit.h"
#include "engine/run/process_usage.h"

#define JOIN_PAUSE_US (50 * US_PER_MS) /* between two pairs: 40 joins a second */
#define CONNECT_LIMIT_US (10 * US_PER_S)
#define SETTLE_US (2 * US_PER_S)
#define ICE_TICK_US (10 * US_PER_MS)
#define FRAMES_SHARE_MIN 0.98 /* a hold's edges cut a frame of each sender */
#define RESOLUTION 25         /* steps end when the interval is a 25th of the load */
#define NICENESS (-10)
#define CALIBRATION_STEPS_S (CALIBRATION_WALL_S - 60) /* no step begins later */
#define HOLDS_MAX 3                                   /* of one number, until one is fit */

struct rig {
    const struct calibration_settings *settings;
    struct calibration *result;
    struct loop *loop;
    struct timer_wheel *wheel;
    struct metrics *metrics;
    struct media_kit *kit;
    struct reflector *reflector;
    struct call_pairs *pairs;
    struct loop_timer *tick, *ice_tick, *end;
    struct metric_delta slip, latency, sent, received, drops;
    cpu_set_t cores_before;
    int priority_before;
    int64_t begin_us;
};

/* ---- the loop ---- */

static void on_pace(void *arg, int64_t now_us)
{
    struct rig *rig = arg;

    media_kit_pace(rig->kit, now_us);
}

static void on_ice_tick(void *arg, int64_t now_us)
{
    (void)arg, (void)now_us;
    ice_agent_run_timers();
}

static void on_end(void *arg, int64_t now_us)
{
    struct rig *rig = arg;

    (void)now_us;
    loop_stop(rig->loop);
}

static void run_for(struct rig *rig, int64_t duration_us)
{
    loop_timer_start(rig->end, duration_us, 0);
    loop_run(rig->loop);
}

/* ---- making and unmaking ---- */

/* The generator takes the last core that it may use, the reflector the one before. */
static void choose_cores(struct calibration *result)
{
    cpu_set_t set;

    result->generator_core = result->reflector_core = -1;
    if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 2)
        return;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &set))
            continue;
        result->reflector_core = result->generator_core;
        result->generator_core = core;
    }
}

static void take_core(struct rig *rig, int core)
{
    cpu_set_t set;

    rig->priority_before = getpriority(PRIO_PROCESS, 0);
    setpriority(PRIO_PROCESS, 0, NICENESS); /* without the privilege it stays as it is */
    sched_getaffinity(0, sizeof rig->cores_before, &rig->cores_before);
    if (core < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void give_core_back(const struct rig *rig)
{
    setpriority(PRIO_PROCESS, 0, rig->priority_before);
    if (CPU_COUNT(&rig->cores_before) > 0)
        sched_setaffinity(0, sizeof rig->cores_before, &rig->cores_before);
}

static enum status make_loop(struct rig *rig, struct failure *failure)
{
    rig->loop = loop_create();
    rig->wheel = rig->loop ? timer_wheel_create(clock_monotonic_us()) : NULL;
    rig->metrics = metrics_create();
    if (!rig->wheel || !rig->metrics)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    rig->tick = loop_timer_create(rig->loop, on_pace, rig);
    rig->ice_tick = loop_timer_create(rig->loop, on_ice_tick, rig);
    rig->end = loop_timer_create(rig->loop, on_end, rig);
    if (!rig->tick || !rig->ice_tick || !rig->end)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    return STATUS_OK;
}

static enum status make_rig(struct rig *rig, struct failure *failure)
{
    const struct calibration_settings *settings = rig->settings;
    struct media_kit_settings kit = {.mode = MEDIA_FULL,
                                     .clip = clip_settings_default(),
                                     .io_uring = settings->io_uring,
                                     .light = settings->light,
                                     .burst = settings->burst,
                                     .address = "127.0.0.1",
                                     .run = 1,
                                     .seed = 1};
    enum status status = make_loop(rig, failure);

    if (settings->light && status == STATUS_OK)
        status = address_range_parse(ADDRESS_RANGE_DEFAULT, &kit.addresses, failure);
    choose_cores(rig->result);
    if (status == STATUS_OK)
        status = reflector_start(rig->result->reflector_core, &rig->reflector, failure);
    if (status == STATUS_OK)
        status = media_kit_create(&kit, rig->loop, rig->wheel, rig->metrics, &rig->kit, failure);
    if (status != STATUS_OK)
        return status;
    rig->result->io_uring = media_kit_context(rig->kit)->ring != NULL;
    rig->pairs = call_pairs_create(media_kit_context(rig->kit), rig->reflector);
    if (!rig->pairs)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    take_core(rig, rig->result->generator_core);
    loop_timer_start(rig->tick, US_PER_MS, US_PER_MS);
    loop_timer_start(rig->ice_tick, ICE_TICK_US, ICE_TICK_US);
    loop_keep_pace(rig->loop, US_PER_MS, on_pace, rig);
    return STATUS_OK;
}

static void unmake_rig(struct rig *rig)
{
    give_core_back(rig);
    call_pairs_destroy(rig->pairs);
    media_kit_destroy(rig->kit);
    reflector_stop(rig->reflector);
    metric_delta_finish(&rig->slip);
    metric_delta_finish(&rig->latency);
    metric_delta_finish(&rig->sent);
    metric_delta_finish(&rig->received);
    metric_delta_finish(&rig->drops);
    metrics_destroy(rig->metrics);
    loop_timer_destroy(rig->tick);
    loop_timer_destroy(rig->ice_tick);
    loop_timer_destroy(rig->end);
    timer_wheel_destroy(rig->wheel);
    loop_destroy(rig->loop);
}

/* ---- one step ---- */

static enum status reach(struct rig *rig, uint64_t participants, struct failure *failure)
{
    int64_t limit_us;

    /* Too many before may have cost some their consent: nobody of them goes on. */
    if (call_pairs_connected(rig->pairs) < 2 * call_pairs_count(rig->pairs))
        while (call_pairs_count(rig->pairs) > 0)
            call_pairs_remove(rig->pairs);
    while (2 * call_pairs_count(rig->pairs) > participants)
        call_pairs_remove(rig->pairs);
    while (2 * call_pairs_count(rig->pairs) < participants) {
        enum status status = call_pairs_add(rig->pairs, failure);
        if (status != STATUS_OK)
            return status;
        run_for(rig, JOIN_PAUSE_US);
    }
    limit_us = clock_monotonic_us() + CONNECT_LIMIT_US;
    while (call_pairs_connected(rig->pairs) < participants && clock_monotonic_us() < limit_us)
        run_for(rig, JOIN_PAUSE_US);
    run_for(rig, SETTLE_US);
    return STATUS_OK;
}

static unsigned open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* itself, "." and ".." */
}

/* One second: a window of health. */
static void hold_second(struct rig *rig, struct health *health)
{
    struct health_window window = {0};
    struct histogram slip = {0};
    int64_t from_us = clock_monotonic_us(), cpu_us = clock_thread_cpu_us();

    loop_take_max_lag_us(rig->loop);
    run_for(rig, US_PER_S);
    media_kit_second(rig->kit);
    window.cpu =
        (double)(clock_thread_cpu_us() - cpu_us) / (double)(clock_monotonic_us() - from_us);
    window.loop_lag_us = loop_take_max_lag_us(rig->loop);
    if (metric_delta_histogram(&rig->slip, rig->metrics, METRIC_SEND_SLIP, &slip))
        window.send_slip_p99_us = histogram_quantile(&slip, 0.99);
    window.kernel_drops =
        (uint64_t)metric_delta_sum(&rig->drops, rig->metrics, METRIC_KERNEL_DROPS);
    histogram_finish(&slip);
    health_add(health, &window);
}

/* What has gathered since the last look is not this step's. */
static void look_away(struct rig *rig)
{
    struct histogram gained = {0};

    metric_delta_histogram(&rig->slip, rig->metrics, METRIC_SEND_SLIP, &gained);
    metric_delta_histogram(&rig->latency, rig->metrics, METRIC_FRAME_LATENCY, &gained);
    metric_delta_sum(&rig->sent, rig->metrics, METRIC_RTP_SENT);
    metric_delta_sum(&rig->received, rig->metrics, METRIC_RTP_RECEIVED);
    metric_delta_sum(&rig->drops, rig->metrics, METRIC_KERNEL_DROPS);
    histogram_finish(&gained);
}

static void note_traffic(struct rig *rig, double seconds, struct calibration_step *step)
{
    double due = (double)step->participants * media_kit_context(rig->kit)->video->fps * seconds;
    struct histogram latency = {0};

    if (metric_delta_histogram(&rig->latency, rig->metrics, METRIC_FRAME_LATENCY, &latency)) {
        step->frames_share = (double)latency.count / due;
        step->latency_p50_us = (double)histogram_quantile(&latency, 0.5);
        step->latency_p99_us = (double)histogram_quantile(&latency, 0.99);
    }
    histogram_finish(&latency);
    step->packets_sent =
        (double)metric_delta_sum(&rig->sent, rig->metrics, METRIC_RTP_SENT) / seconds;
    step->packets_received =
        (double)metric_delta_sum(&rig->received, rig->metrics, METRIC_RTP_RECEIVED) / seconds;
}

static void hold(struct rig *rig, struct calibration_step *step)
{
    int64_t begin_us = clock_monotonic_us(), far_us = reflector_cpu_us(rig->reflector);
    struct process_usage usage;
    double seconds;

    look_away(rig);
    do
        hold_second(rig, &step->health);
    while (clock_monotonic_us() - begin_us < rig->settings->hold_us);
    seconds = (double)(clock_monotonic_us() - begin_us) / US_PER_S;
    note_traffic(rig, seconds, step);
    step->reflector_cpu = (double)(reflector_cpu_us(rig->reflector) - far_us) / US_PER_S / seconds;
    if (process_usage_read(getpid(), &usage) == STATUS_OK)
        step->rss_bytes = usage.rss_bytes;
    step->descriptors = open_descriptors();
    step->fit = step->health.unfit == 0 && step->frames_share >= FRAMES_SHARE_MIN &&
                call_pairs_connected(rig->pairs) == step->participants;
}

static void say_step(const struct calibration_step *step)
{
    printf("  %5llu participants  %3.0f %% of a core  left late p99 %4.1f ms  %6.0f packets/s each "
           "way  frames %5.1f %%  %s\n",
           (unsigned long long)step->participants, 100 * health_cpu_mean(&step->health),
           (double)step->health.send_slip_p99_max_us / US_PER_MS, step->packets_sent,
           100 * step->frames_share, step->fit ? "fit" : "not fit");
    fflush(stdout);
}

/* ---- the search ---- */

static uint64_t even(uint64_t value)
{
    return value & ~1ULL;
}

/* The next number to try: half as many more while all is well, then halfway. 0: near enough. */
static uint64_t next_load(const struct calibration *result,
                          const struct calibration_settings *settings)
{
    uint64_t more = even(result->fit * 3 / 2);

    if (result->fit == 0 && result->unfit == 0)
        return settings->from;
    if (result->unfit == 0)
        return result->fit == settings->to ? 0 : more < settings->to ? more : settings->to;
    if (result->unfit - result->fit <= 2 ||
        (result->unfit - result->fit) * RESOLUTION <= result->unfit)
        return 0;
    return even((result->fit + result->unfit) / 2);
}

/* A host that stands still for a moment spoils a hold; the load spoils them all. */
static void hold_until_sure(struct rig *rig, struct calibration_step *step)
{
    struct calibration_step tries[HOLDS_MAX];
    unsigned fit = 0, unfit = 0;

    for (unsigned i = 0; fit < 1 && unfit < HOLDS_MAX; i++) {
        tries[i] = *step;
        hold(rig, &tries[i]);
        fit += tries[i].fit;
        unfit += !tries[i].fit;
        if (fit > 0 || unfit == HOLDS_MAX)
            *step = tries[i];
        if (!rig->settings->quiet)
            say_step(&tries[i]);
    }
}

static enum status take_steps(struct rig *rig, struct failure *failure)
{
    const struct calibration_settings *settings = rig->settings;
    struct calibration *result = rig->result;
    enum status status = STATUS_OK;
    uint64_t load;

    while (status == STATUS_OK && result->step_count < CALIBRATION_STEPS_MAX &&
           (load = next_load(result, settings)) > 0 &&
           clock_monotonic_us() - rig->begin_us < CALIBRATION_STEPS_S * US_PER_S) {
        struct calibration_step *step = &result->steps[result->step_count++];
        step->participants = load;
        if ((status = reach(rig, load, failure)) != STATUS_OK)
            break;
        hold_until_sure(rig, step);
        if (step->fit)
            result->fit = load;
        else
            result->unfit = load;
        if (settings->once)
            break;
    }
    return status;
}

enum status calibration_run(const struct calibration_settings *settings,
                            struct calibration *ret_calibration, struct failure *failure)
{
    struct rig rig = {
        .settings = settings, .result = ret_calibration, .begin_us = clock_monotonic_us()};
    struct process_usage usage;
    enum status status;

    memset(ret_calibration, 0, sizeof *ret_calibration);
    status = make_rig(&rig, failure);
    if (status == STATUS_OK && process_usage_read(getpid(), &usage) == STATUS_OK)
        ret_calibration->empty_rss_bytes = usage.rss_bytes;
    if (status == STATUS_OK)
        status = take_steps(&rig, failure);
    unmake_rig(&rig);
    return status;
}

const struct calibration_step *calibration_best(const struct calibration *calibration)
{
    const struct calibration_step *best = NULL;

    for (size_t i = 0; i < calibration->step_count; i++)
        if (calibration->steps[i].fit &&
            (!best || calibration->steps[i].participants > best->participants))
            best = &calibration->steps[i];
    return best;
}
