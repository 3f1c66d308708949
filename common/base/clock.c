#include "common/base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

static int64_t read_clock_us(clockid_t id)
{
    struct timespec now;
    int error = clock_gettime(id, &now);
    assert(error == 0);
    (void)error;
    return now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

int64_t clock_realtime_us(void)
{
    return read_clock_us(CLOCK_REALTIME);
}

int64_t clock_process_cpu_us(void)
{
    return read_clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t clock_thread_cpu_us(void)
{
    return read_clock_us(CLOCK_THREAD_CPUTIME_ID);
}

int64_t clock_realtime_offset_us(void)
{
    /* The tightest of a few brackets: one may have been interrupted by the scheduler. */
    int64_t offset_us = 0;
    int64_t best_width_us = TIME_NEVER;
    for (int i = 0; i < 4; i++) {
        int64_t before_us = clock_monotonic_us();
        int64_t realtime_us = clock_realtime_us();
        int64_t after_us = clock_monotonic_us();
        if (after_us - before_us < best_width_us) {
            best_width_us = after_us - before_us;
            offset_us = realtime_us - before_us - best_width_us / 2;
        }
    }
    return offset_us;
}

void clock_format_utc(int64_t realtime_us, char *text, size_t size)
{
    assert(size >= 25);
    int64_t since_epoch_ms = realtime_us / US_PER_MS - (realtime_us % US_PER_MS < 0);
    int64_t milliseconds = (since_epoch_ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((since_epoch_ms - milliseconds) / 1000);
    struct tm utc;
    if (!gmtime_r(&seconds, &utc) || utc.tm_year < -1900 || utc.tm_year > 9999 - 1900) {
        snprintf(text, size, "(not a date)"); /* RFC 3339 has four digits for the year */
        return;
    }
    size_t length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, size - length, ".%03dZ", (int)milliseconds);
}
