#include "engine/measure/health.h"

#include <assert.h>

const char *health_reason_text(enum health_reason reason)
{
    static const char *const texts[] = {
#define X(name, text) text,
        HEALTH_LIST(X)
#undef X
    };
    assert(reason < HEALTH_REASON_COUNT);
    return texts[reason];
}

unsigned health_judge(const struct health_window *window)
{
    bool refusing =
        (double)window->probe_refused > HEALTH_PROBE_REFUSED_MAX * (double)window->probe_frames;
    return (window->cpu > HEALTH_CPU_MAX ? 1U << HEALTH_CPU : 0) |
           (window->send_slip_p99_us > HEALTH_SEND_SLIP_MAX_US ? 1U << HEALTH_SLIP : 0) |
           (window->event_wait_p99_us > HEALTH_EVENT_WAIT_MAX_US ? 1U << HEALTH_QUEUE : 0) |
           (window->kernel_drops > 0 ? 1U << HEALTH_DROPS : 0) |
           (window->late_starts > 0 ? 1U << HEALTH_LATE : 0) |
           (refusing ? 1U << HEALTH_PROBES : 0) |
           (window->network_refused > 0 ? 1U << HEALTH_NETWORK : 0);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void health_add(struct health *health, const struct health_window *window)
{
    unsigned reasons = health_judge(window);
    health->windows++;
    health->unfit += reasons != 0;
    for (unsigned i = 0; i < HEALTH_REASON_COUNT; i++) {
        health->by_reason[i] += reasons >> i & 1;
    }
    health->cpu_sum += window->cpu;
    health->cpu_max = window->cpu > health->cpu_max ? window->cpu : health->cpu_max;
    health->send_slip_p99_max_us = larger(health->send_slip_p99_max_us, window->send_slip_p99_us);
    health->loop_lag_max_us = larger(health->loop_lag_max_us, window->loop_lag_us);
    health->kernel_drops += window->kernel_drops;
    health->late_starts += window->late_starts;
    health->probe_frames += window->probe_frames;
    health->probe_refused += window->probe_refused;
}

void health_merge(struct health *into, const struct health *from)
{
    into->windows += from->windows;
    into->unfit += from->unfit;
    for (unsigned i = 0; i < HEALTH_REASON_COUNT; i++) {
        into->by_reason[i] += from->by_reason[i];
    }
    into->cpu_sum += from->cpu_sum;
    into->cpu_max = from->cpu_max > into->cpu_max ? from->cpu_max : into->cpu_max;
    into->send_slip_p99_max_us = larger(into->send_slip_p99_max_us, from->send_slip_p99_max_us);
    into->loop_lag_max_us = larger(into->loop_lag_max_us, from->loop_lag_max_us);
    into->kernel_drops += from->kernel_drops;
    into->late_starts += from->late_starts;
    into->probe_frames += from->probe_frames;
    into->probe_refused += from->probe_refused;
}

bool health_fit(const struct health *health)
{
    double allowed = HEALTH_UNFIT_SHARE_MAX * (double)health->windows;

    if (health->windows >= HEALTH_ONE_UNFIT_WINDOWS && allowed < 1)
        allowed = 1;
    return health->windows > 0 && (double)health->unfit <= allowed;
}

double health_cpu_mean(const struct health *health)
{
    return health->windows > 0 ? health->cpu_sum / (double)health->windows : 0;
}
