#include "engine/run/stall_probe.h"

#include <pthread.h>
#include <sched.h>

#include "common/base/clock.h"
#include "common/base/histogram.h"

#define CORES_MAX 256

struct core {
    pthread_t thread;
    int number;
    bool started;
    int64_t duration_us;
    struct histogram gaps; /* longest gap of each millisecond */
};

static void *watch_core(void *arg)
{
    struct core *core = arg;
    int64_t begin_us = clock_monotonic_us(), last_us = begin_us;
    int64_t window_us = begin_us, longest_us = 0;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(core->number, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    while (last_us - begin_us < core->duration_us) {
        int64_t now_us = clock_monotonic_us();
        if (now_us - last_us > longest_us)
            longest_us = now_us - last_us;
        if (now_us - window_us >= US_PER_MS) {
            histogram_record(&core->gaps, longest_us);
            window_us = now_us;
            longest_us = 0;
        }
        last_us = now_us;
    }
    return NULL;
}

enum status stall_probe_run(int64_t duration_us, struct stall_report *ret_report)
{
    static struct core cores[CORES_MAX];
    struct stall_report report = {0};
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return STATUS_IO;
    for (int i = 0; i < CORES_MAX; i++) {
        if (!CPU_ISSET(i, &allowed))
            continue;
        struct core *core = &cores[report.cores];
        *core = (struct core){.number = i, .duration_us = duration_us};
        core->started = pthread_create(&core->thread, NULL, watch_core, core) == 0;
        report.cores += core->started;
    }
    for (unsigned i = 0; i < report.cores; i++) {
        int64_t p999_us;
        pthread_join(cores[i].thread, NULL);
        p999_us = histogram_quantile(&cores[i].gaps, 0.999);
        if (p999_us > report.p999_us)
            report.p999_us = p999_us;
        if (cores[i].gaps.max > report.max_us)
            report.max_us = cores[i].gaps.max;
        histogram_finish(&cores[i].gaps);
    }
    report.noisy = report.p999_us > STALL_NOISY_US;
    *ret_report = report;
    return report.cores > 0 ? STATUS_OK : STATUS_INTERNAL;
}
