/* What the target used in one second of a run, as far as somebody saw it. Plain data. */
#ifndef CASELOAD_TARGET_SECOND_H
#define CASELOAD_TARGET_SECOND_H

#include <stdint.h>

/* Below zero: not known. */
struct target_second {
    int64_t at_us;      /* end of the second */
    double cpu;         /* cores */
    double busiest;     /* of its threads, share of a core */
    double throttled;   /* share of its quota's periods in which it was held back */
    double packets;     /* received by its media or its host, per second */
    double drops;       /* of them dropped for want of time or room, per second */
    double loop_lag_us; /* longest turn of its signalling loop */
    double rss_bytes;
};

/* X(member), of everything but the time */
#define TARGET_SECOND_LIST(X)                                                                      \
    X(cpu) X(busiest) X(throttled) X(packets) X(drops) X(loop_lag_us) X(rss_bytes)

static inline struct target_second target_second_unknown(int64_t at_us)
{
    return (struct target_second){.at_us = at_us,
                                  .cpu = -1,
                                  .busiest = -1,
                                  .throttled = -1,
                                  .packets = -1,
                                  .drops = -1,
                                  .loop_lag_us = -1,
                                  .rss_bytes = -1};
}

#endif
