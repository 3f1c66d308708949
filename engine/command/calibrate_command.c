#include "engine/command/calibrate_command.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "engine/calibrate/ceiling.h"
#include "engine/measure/verdict.h"
#include "engine/result/run_info.h"
#include "engine/run/stall_probe.h"

#define STALL_PROBE_US (1 * US_PER_S)

static int fail(const struct failure *failure)
{
    fprintf(stderr, "caseload doctor: %s\n", failure->message);
    return EXIT_CODE_INTERNAL;
}

static void print_set_up(const struct calibration_settings *settings,
                         const struct calibration *calibration)
{
    printf("%s kind, %s, %s; 1:1, VP8 360p 500 kbit/s and Opus 32 kbit/s; ICE, DTLS, SRTP, RTCP, "
           "every frame's latency.\n",
           settings->light ? "light" : "full",
           settings->light         ? "one socket, sendmmsg and recvmmsg"
           : calibration->io_uring ? "io_uring"
                                   : "system calls",
           settings->burst ? "burst" : "paced");
    printf("The far end is a reflector that forwards without looking inside; loopback: the "
           "sender's core pays the receiver's network stack.\n");
    if (calibration->generator_core >= 0)
        printf("Generator on core %d, reflector on core %d.\n", calibration->generator_core,
               calibration->reflector_core);
    else
        printf("One core only: the reflector shares it, the ceiling is lower than elsewhere.\n");
}

/* Why the first number that was too much was. */
static const char *reason_of(const struct calibration *calibration)
{
    const struct calibration_step *worst = NULL;

    for (size_t i = 0; i < calibration->step_count; i++)
        if (calibration->steps[i].participants == calibration->unfit && !calibration->steps[i].fit)
            worst = &calibration->steps[i];
    for (int reason = 0; worst && reason < HEALTH_REASON_COUNT; reason++)
        if (worst->health.by_reason[reason] > 0)
            return health_reason_text((enum health_reason)reason);
    return "media did not arrive whole";
}

static bool print_noise(void)
{
    struct stall_report report;

    if (stall_probe_run(STALL_PROBE_US, &report) != STATUS_OK)
        return false;
    printf("processor stalls p99.9 %.2f ms, longest %.2f ms%s\n",
           (double)report.p999_us / US_PER_MS, (double)report.max_us / US_PER_MS,
           report.noisy ? ": a noisy host, repeat and take the median" : "");
    return report.noisy;
}

static int keep(const struct calibration_settings *settings, const struct calibration *calibration,
                const struct calibration_step *best)
{
    struct ceiling_key key = {settings->light, calibration->io_uring, settings->burst};
    struct ceiling ceiling = {best->participants, best->packets_sent, clock_realtime_us()};
    struct failure failure = {0};

    if (ceiling_write(&key, &ceiling, &failure) == STATUS_OK)
        return EXIT_CODE_PASSED;
    fprintf(stderr, "caseload doctor: not kept: %s\n", failure.message);
    return EXIT_CODE_PASSED;
}

int calibrate_print(const struct calibration_settings *settings)
{
    static struct calibration calibration;
    const struct calibration_step *best;
    struct failure failure = {0};

    print_noise();
    if (calibration_run(settings, &calibration, &failure) != STATUS_OK)
        return fail(&failure);
    print_set_up(settings, &calibration);
    best = calibration_best(&calibration);
    if (!best) {
        printf("not even %llu participants: %s\n", (unsigned long long)settings->from,
               reason_of(&calibration));
        return EXIT_CODE_INCONCLUSIVE;
    }
    printf("\n%llu participants on one core: %.0f %% of it, %.0f packets/s out and %.0f in, frames "
           "p50 %.1f ms p99 %.1f ms after their capture, media left at most %.1f ms late (p99), "
           "reflector at %.0f %% of a core\n",
           (unsigned long long)best->participants, 100 * health_cpu_mean(&best->health),
           best->packets_sent, best->packets_received, best->latency_p50_us / US_PER_MS,
           best->latency_p99_us / US_PER_MS, (double)best->health.send_slip_p99_max_us / US_PER_MS,
           100 * best->reflector_cpu);
    if (calibration.unfit > 0)
        printf("%llu were too many: %s\n", (unsigned long long)calibration.unfit,
               reason_of(&calibration));
    else
        printf("more were not tried (--to)\n");
    print_noise();
    return keep(settings, &calibration, best);
}

int budget_print(const struct calibration_settings *settings)
{
    static struct calibration calibration;
    const struct calibration_step *step = &calibration.steps[0];
    struct failure failure = {0};
    struct host_card host;
    double each_kb, each_descriptors;

    if (calibration_run(settings, &calibration, &failure) != STATUS_OK)
        return fail(&failure);
    print_set_up(settings, &calibration);
    host_card_read(&host);
    each_kb =
        (double)(step->rss_bytes - calibration.empty_rss_bytes) / 1000 / (double)step->participants;
    each_descriptors = (double)step->descriptors / (double)step->participants;
    printf("\nmeasured on %llu participants with audio and video:\n",
           (unsigned long long)step->participants);
    printf("  %-24s %.0f kB each, beside %.0f MB that all share\n", "resident memory", each_kb,
           (double)calibration.empty_rss_bytes / 1e6);
    printf("  %-24s %.1f each, beside the platform's connection\n", "descriptors",
           each_descriptors);
    printf("  %-24s %.5f of a core each, %.0f packets/s out and %.0f in\n", "processor",
           health_cpu_mean(&step->health) / (double)step->participants,
           step->packets_sent / (double)step->participants,
           step->packets_received / (double)step->participants);
    printf("this host has room for about %.0f by memory, %.0f per process by descriptors (%llu)\n",
           (double)host.memory_bytes / 1000 / each_kb,
           (double)host.files_max / (each_descriptors + 1), (unsigned long long)host.files_max);
    return EXIT_CODE_PASSED;
}
