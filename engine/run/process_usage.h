/* What a process and this host use, read from /proc. */
#ifndef CASELOAD_PROCESS_USAGE_H
#define CASELOAD_PROCESS_USAGE_H

#include <stdint.h>
#include <sys/types.h>

#include "common/base/status.h"

struct process_usage {
    int64_t cpu_us;     /* user and system time since its start, all threads */
    uint64_t rss_bytes; /* resident now */
};

/* NOT_FOUND: no such process any more. */
MUST_CHECK enum status process_usage_read(pid_t pid, struct process_usage *ret_usage);

#endif
