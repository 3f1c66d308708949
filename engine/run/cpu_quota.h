/* A share of the processor for one process: a control group of our own with a CPU quota, version 2
 * or 1, whichever this host has. For the embedded server (--server-cpu), so that it, not the
 * generator beside it, is what a capacity search finds the end of. */
#ifndef CASELOAD_CPU_QUOTA_H
#define CASELOAD_CPU_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/status.h"

/* Short, so that being held back is spread over the time of a frame and not a freeze of its own. */
#define CPU_QUOTA_PERIOD_US 10000

struct cpu_quota;

/* What the kernel counted since the group was made. */
struct cpu_quota_use {
    uint64_t periods, throttled; /* in which it ran, and was held back */
};

/* Makes the group. UNSUPPORTED: this host has no writable one; the message says what to do. */
MUST_CHECK enum status cpu_quota_create(double cores, struct cpu_quota **ret_quota,
                                        struct failure *failure);
/* All threads of a process, and those that it starts later. */
MUST_CHECK enum status cpu_quota_add(struct cpu_quota *quota, pid_t pid, struct failure *failure);
MUST_CHECK enum status cpu_quota_read(const struct cpu_quota *quota, struct cpu_quota_use *ret_use);
/* "cgroup v1, 3 ms of every 10 ms". */
void cpu_quota_describe(const struct cpu_quota *quota, char *text, size_t size);
/* The processes in it must have ended. NULL is allowed. */
void cpu_quota_destroy(struct cpu_quota *quota);

/* Pure: the folder below which a group with a quota can be made, from the texts of /proc/mounts and
 * /proc/self/cgroup. A version 1 hierarchy with the cpu controller is taken before version 2, where
 * that controller is then missing. False: there is neither. */
bool cpu_quota_find(const char *mounts, const char *own, char *ret_folder, size_t size,
                    bool *ret_version_2);

#endif
