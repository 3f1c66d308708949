/* Does a queue grow on the path? The slope of the delay over the last groups of packets against a
 * threshold that adapts to the path's own restlessness (draft-ietf-rmcat-gcc-02 §5.4; a line of
 * least squares stands where the draft has a Kalman filter). Pure. */
#ifndef CASELOAD_DELAY_TREND_H
#define CASELOAD_DELAY_TREND_H

#include <stdbool.h>
#include <stdint.h>

#define DELAY_TREND_POINTS 20

enum bandwidth_signal {
    BANDWIDTH_NORMAL,
    BANDWIDTH_OVERUSE,  /* a queue builds up */
    BANDWIDTH_UNDERUSE, /* a queue drains */
};

struct delay_point {
    uint32_t at_us; /* modulo 2^32: only differences count */
    float delay_ms;
};

struct delay_trend {
    enum bandwidth_signal signal;
    uint8_t count, next; /* of `points` */
    uint8_t compared;    /* groups since the beginning, at most DELAY_TREND_POINTS * 3 */
    uint8_t overuses;    /* in a row */
    float delay_ms;      /* accumulated variations */
    float smoothed_ms;
    float trend_ms; /* the last one */
    float threshold_ms;
    float overuse_ms;                  /* for how long the trend was above the threshold */
    float lowest_ms, former_lowest_ms; /* of smoothed_ms, in this period and the one before */
    int64_t lowest_since_us;
    int64_t updated_us; /* the last group's arrival */
    struct delay_point points[DELAY_TREND_POINTS];
};

void delay_trend_init(struct delay_trend *trend);
/* The next group of packets (see arrival_groups.h). */
enum bandwidth_signal delay_trend_update(struct delay_trend *trend, int64_t arrival_us,
                                         int64_t variation_us);

#endif
