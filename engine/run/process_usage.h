/* What a process and this host use, read from /proc. */
#ifndef CASELOAD_PROCESS_USAGE_H
#define CASELOAD_PROCESS_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/status.h"

struct process_usage {
    int64_t cpu_us;     /* user and system time since its start, all threads */
    uint64_t rss_bytes; /* resident now */
};

/* NOT_FOUND: no such process any more. */
MUST_CHECK enum status process_usage_read(pid_t pid, struct process_usage *ret_usage);

#define THREAD_USAGE_MAX 128

/* What each thread of a process had used when it was last looked at. Zeroed memory: never. */
struct thread_usage {
    size_t count;
    struct {
        pid_t id;
        int64_t cpu_us;
    } threads[THREAD_USAGE_MAX];
};

/* What the busiest thread used since the last call; the first call tells since the threads began. 0
 * when there is no such process. Threads beyond THREAD_USAGE_MAX are not looked at. */
int64_t thread_usage_busiest_us(pid_t pid, struct thread_usage *usage);

#endif
