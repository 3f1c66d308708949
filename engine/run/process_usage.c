#include "engine/run/process_usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

static enum status read_stat(const char *path, struct process_usage *ret_usage)
{
    char line[1024];
    const char *after_name;
    unsigned long user_ticks, system_ticks;
    long resident_pages, ticks_per_s = sysconf(_SC_CLK_TCK);
    FILE *file = fopen(path, "r");
    size_t size;

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

enum status process_usage_read(pid_t pid, struct process_usage *ret_usage)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    return read_stat(path, ret_usage);
}

static int64_t used_before(const struct thread_usage *usage, pid_t id)
{
    for (size_t i = 0; i < usage->count; i++)
        if (usage->threads[i].id == id)
            return usage->threads[i].cpu_us;
    return 0;
}

int64_t thread_usage_busiest_us(pid_t pid, struct thread_usage *usage)
{
    struct thread_usage now = {0};
    struct process_usage thread;
    struct dirent *entry;
    char path[96];
    int64_t busiest_us = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    while (folder && (entry = readdir(folder)) && now.count < THREAD_USAGE_MAX) {
        int id = (int)strtol(entry->d_name, NULL, 10);
        snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, id);
        if (id <= 0 || read_stat(path, &thread) != STATUS_OK)
            continue;
        int64_t used_us = thread.cpu_us - used_before(usage, id);
        busiest_us = used_us > busiest_us ? used_us : busiest_us;
        now.threads[now.count].id = id;
        now.threads[now.count++].cpu_us = thread.cpu_us;
    }
    if (folder)
        closedir(folder);
    *usage = now;
    return busiest_us;
}
