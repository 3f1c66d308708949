#include "engine/run/process_usage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

enum status process_usage_read(pid_t pid, struct process_usage *ret_usage)
{
    char path[64], line[1024];
    const char *after_name;
    unsigned long user_ticks, system_ticks;
    long resident_pages, ticks_per_s = sysconf(_SC_CLK_TCK);
    FILE *file;
    size_t size;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file)
        return STATUS_NOT_FOUND;
    size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[size] = '\0';
    /* The second field, the name in parentheses, may hold anything: go on behind its end. */
    after_name = strrchr(line, ')');
    if (!after_name || sscanf(after_name + 1,
                              " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d "
                              "%*d %*d %*d %*u %*u %ld",
                              &user_ticks, &system_ticks, &resident_pages) != 3)
        return STATUS_MALFORMED;
    ret_usage->cpu_us = (int64_t)(user_ticks + system_ticks) * US_PER_S / ticks_per_s;
    ret_usage->rss_bytes = (uint64_t)resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return STATUS_OK;
}
