#include "engine/run/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

#define TERMINAL_EVERY_US (US_PER_S / 2)
#define PLAIN_EVERY_US (10 * US_PER_S)

void progress_open(struct progress *progress, FILE *out, bool quiet)
{
    const char *ci = getenv("CI");

    *progress = (struct progress){.out = quiet ? NULL : out};
    progress->terminal = isatty(fileno(out)) && !(ci && strcmp(ci, "true") == 0);
}

static void end_line(struct progress *progress)
{
    if (progress->line_open)
        fputc('\n', progress->out);
    progress->line_open = false;
}

void progress_show(struct progress *progress, const struct shard_counts *counts, double target_cpu,
                   int64_t now_us)
{
    int64_t every_us = progress->terminal ? TERMINAL_EVERY_US : PLAIN_EVERY_US;
    int64_t elapsed_us = now_us - progress->start_us;
    char target[32] = "", latency[40] = "";

    if (!progress->out || progress->start_us == 0 || now_us - progress->last_us < every_us)
        return;
    progress->last_us = now_us;
    if (target_cpu >= 0)
        snprintf(target, sizeof target, ", server %.0f %%", target_cpu * 100);
    if (counts->frame_latency_p95_us > 0)
        snprintf(latency, sizeof latency, ", frame p95 %.1f ms",
                 (double)counts->frame_latency_p95_us / US_PER_MS);
    fprintf(progress->out,
            "%s%3lld of %lld s: %llu sessions running, %llu completed, %llu failed, %llu "
            "participants%s; CPU generator %.0f %%%s%s",
            progress->terminal ? "\r\033[K" : "", (long long)(elapsed_us / US_PER_S),
            (long long)(progress->duration_us / US_PER_S), (unsigned long long)counts->running,
            (unsigned long long)counts->completed, (unsigned long long)counts->failed,
            (unsigned long long)counts->participants, latency, counts->loop_cpu * 100, target,
            progress->terminal ? "" : "\n");
    progress->line_open = progress->terminal;
    fflush(progress->out);
}

void progress_say(struct progress *progress, const char *format, ...)
{
    va_list arguments;

    if (!progress->out)
        return;
    end_line(progress);
    va_start(arguments, format);
    vfprintf(progress->out, format, arguments);
    va_end(arguments);
    fputc('\n', progress->out);
    fflush(progress->out);
}

void progress_close(struct progress *progress)
{
    if (progress->out)
        end_line(progress);
}
