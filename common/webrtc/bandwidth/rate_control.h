/* The delay-based rate: up by 8 % a second, or by half a packet per response time near a capacity
 * that is known, down to 85 % of what arrives when a queue builds up (AIMD of
 * draft-ietf-rmcat-gcc-02 §5.5). Pure. */
#ifndef CASELOAD_RATE_CONTROL_H
#define CASELOAD_RATE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/webrtc/bandwidth/delay_trend.h"

enum rate_state { RATE_HOLD, RATE_INCREASE, RATE_DECREASE };

struct rate_control {
    enum rate_state state;
    bool decreased; /* ever: until then what arrives unharmed is believed at once */
    uint32_t bps, min_bps, max_bps;
    float capacity_kbps;              /* mean of what arrived when a queue built up; 0: unknown */
    float capacity_spread;            /* variance of it over its mean */
    int64_t updated_us, decreased_us; /* 0: never */
};

struct rate_observation {
    enum bandwidth_signal signal;
    bool has_acknowledged;
    uint32_t acknowledged_bps;
    int64_t round_trip_us;
};

void rate_control_init(struct rate_control *control, uint32_t start_bps, uint32_t min_bps,
                       uint32_t max_bps);
/* Once per feedback. */
void rate_control_update(struct rate_control *control, const struct rate_observation *observation,
                         int64_t now_us);
/* The receiver has fallen silent although packets are under way to it. */
void rate_control_back_off(struct rate_control *control, int64_t now_us);

#endif
