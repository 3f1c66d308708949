/* What a target's /metrics page says about its load, whatever it calls it: the names that its
 * driver declares, and one table of names (target_metrics.c) for caseload-server, for any process
 * with the usual process_… metrics, and for a host with node_exporter. Pure. */
#ifndef CASELOAD_TARGET_METRICS_H
#define CASELOAD_TARGET_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/measure/target_metric.h"
#include "engine/result/target_second.h"

#define TARGET_CORES_MAX 1024

/* Sums of one page; `…_known`: something of the kind was there. */
struct target_numbers {
    bool cpu_known, host_cpu_known, rss_known, packets_known, drops_known, loop_lag_known;
    double cpu_s;      /* of the process */
    double host_cpu_s; /* of the host: everything but idle and waiting for disks */
    unsigned cores;    /* of the host; 0: not known */
    double rss_bytes, packets, drops, loop_lag_s;
};

/* Samples that are no metric of ours are passed over. A number for which the driver declares
 * `own` metrics (borrowed; NULL and 0: none) is taken from these alone, the others from those that
 * are known everywhere. */
void target_numbers_read(const char *text, size_t size, const struct target_metric *own,
                         size_t own_count, struct target_numbers *ret_numbers);
/* What happened between two pages, `passed_us` apart; counters that went back began anew: unknown.
 * The host's processor counts where it is shown, else that of the process. */
void target_numbers_difference(const struct target_numbers *before,
                               const struct target_numbers *now, int64_t passed_us,
                               struct target_second *ret_second);

#endif
