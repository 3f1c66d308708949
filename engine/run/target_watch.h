/* Looks into the target once a second: the embedded server by its process, its quota and its
 * /metrics, another one by --target-metrics URL. What is not shown stays unknown. Runs on the
 * supervisor's loop. */
#ifndef CASELOAD_TARGET_WATCH_H
#define CASELOAD_TARGET_WATCH_H

#include <sys/types.h>

#include "common/base/status.h"
#include "common/net/loop.h"
#include "engine/measure/target_metric.h"
#include "engine/result/target_second.h"
#include "engine/run/cpu_quota.h"

struct target_watch;

struct target_watch_config {
    struct loop *loop;       /* borrowed, like all here */
    const char *metrics_url; /* of the page; NULL: there is none */
    /* As the driver declares its names (target_metrics.h); for the watch's life. */
    const struct target_metric *metrics;
    size_t metric_count;
    const char *ca_pem; /* trust exactly this; NULL: the system's */
    bool insecure;
    pid_t pid;                     /* of the embedded server; 0: somebody else's */
    const struct cpu_quota *quota; /* NULL: none */
    int64_t now_us;
};

/* INVALID: the URL; UNREACHABLE: its host has no address. That the page does not answer is no
 * failure: its numbers are unknown. */
MUST_CHECK enum status target_watch_create(const struct target_watch_config *config,
                                           struct target_watch **ret_watch,
                                           struct failure *failure);
/* Not from inside a callback of the loop. NULL is allowed. */
void target_watch_destroy(struct target_watch *watch);
/* Call often; true about once a second: *ret_second is what was seen since the last time. */
bool target_watch_second(struct target_watch *watch, int64_t now_us,
                         struct target_second *ret_second);
/* Cores of the target's host as its metrics show them; 0: not known. */
unsigned target_watch_cores(const struct target_watch *watch);

#endif
