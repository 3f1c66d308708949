/* Is the generator fit to judge anybody? Windows of one second per shard, each fit or not; too many
 * unfit ones make a run inconclusive. Pure. */
#ifndef CASELOAD_HEALTH_H
#define CASELOAD_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define HEALTH_CPU_MAX 0.90             /* of the shard's core */
#define HEALTH_SEND_SLIP_MAX_US 5000    /* p99 */
#define HEALTH_EVENT_WAIT_MAX_US 100000 /* p99; a tenth of the usual limit of a join */
#define HEALTH_PROBE_REFUSED_MAX 0.01
#define HEALTH_UNFIT_SHARE_MAX 0.01 /* of all windows … */
#define HEALTH_ONE_UNFIT_WINDOWS 30 /* … but from so many on, one is allowed (decision 5) */

/* X(name, text): why a window is unfit */
#define HEALTH_LIST(X)                                                                             \
    X(CPU, "processor above 90 % of a core")                                                       \
    X(SLIP, "media left more than 5 ms late (p99)")                                                \
    X(QUEUE, "what the platform told waited more than 100 ms for its script (p99)")                \
    X(DROPS, "the kernel dropped datagrams on our sockets")                                        \
    X(LATE, "a session started late")                                                              \
    X(PROBES, "probes refused more than 1 % of their frames")                                      \
    X(NETWORK, "the emulated network had no room to hold datagrams")

enum health_reason {
#define X(name, text) HEALTH_##name,
    HEALTH_LIST(X)
#undef X
        HEALTH_REASON_COUNT
};
const char *health_reason_text(enum health_reason reason);

/* One window of one shard. */
struct health_window {
    double cpu; /* share of one core that the shard's loop took; probes decode on threads of their
                 * own, and what they cannot take is in probe_refused */
    int64_t send_slip_p99_us;  /* below 100 datagrams: all but the latest one */
    int64_t event_wait_p99_us; /* likewise, of events */
    int64_t loop_lag_us;
    uint64_t kernel_drops, late_starts;
    uint64_t probe_frames, probe_refused; /* offered to probes, of them refused */
    uint64_t network_refused;             /* datagrams that an emulated network could not hold */
};

/* Zeroed memory has seen no window. */
struct health {
    uint64_t windows, unfit;
    uint64_t by_reason[HEALTH_REASON_COUNT]; /* a window may have several */
    double cpu_max, cpu_sum;
    int64_t send_slip_p99_max_us, loop_lag_max_us;
    uint64_t kernel_drops, late_starts, probe_frames, probe_refused;
};

/* Bits 1 << HEALTH_…; 0: fit. */
unsigned health_judge(const struct health_window *window);
void health_add(struct health *health, const struct health_window *window);
void health_merge(struct health *into, const struct health *from);
/* At most 1 % of the windows are unfit, or one of at least 30; and there is a window. */
bool health_fit(const struct health *health);
double health_cpu_mean(const struct health *health);

#endif
