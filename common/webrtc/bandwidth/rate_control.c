#include "common/webrtc/bandwidth/rate_control.h"

#include <math.h>
#include <string.h>

#include "common/base/clock.h"

/* Draft §5.5. */
#define DECREASE_FACTOR 0.85
#define RISE_PER_S 1.08
#define RISE_SPAN_MAX_US US_PER_S
#define RESPONSE_EXTRA_US (100 * US_PER_MS) /* of the detector, on top of the round trip */
#define HEADROOM_FACTOR 1.5                 /* over what arrives: more was never tried */
#define HEADROOM_EXTRA_BPS 10000
#define PACKET_BITS (1200 * 8)
/* Mean and spread of the capacity, kilobits: how fast they follow, and their bounds. */
#define CAPACITY_WEIGHT 0.05F
#define SPREAD_MIN 0.4F
#define SPREAD_MAX 2.5F
#define DEVIATIONS 3
#define BACK_OFF_FACTOR 0.8

void rate_control_init(struct rate_control *control, uint32_t start_bps, uint32_t min_bps,
                       uint32_t max_bps)
{
    memset(control, 0, sizeof *control);
    control->state = RATE_INCREASE;
    control->bps = start_bps;
    control->min_bps = min_bps;
    control->max_bps = max_bps;
    control->capacity_spread = SPREAD_MIN;
}

static void set(struct rate_control *control, double bps)
{
    if (bps > control->max_bps)
        bps = control->max_bps;
    control->bps = bps > control->min_bps ? (uint32_t)bps : control->min_bps;
}

/* -- What the path carries, learnt when it was full -- */

static float capacity_deviation(const struct rate_control *control)
{
    return sqrtf(control->capacity_spread * control->capacity_kbps);
}

static void learn_capacity(struct rate_control *control, uint32_t acknowledged_bps)
{
    float kbps = (float)acknowledged_bps / 1000;

    if (control->capacity_kbps == 0 ||
        kbps < control->capacity_kbps - DEVIATIONS * capacity_deviation(control)) {
        control->capacity_kbps = kbps; /* unknown, or the path has changed */
        return;
    }
    float error = control->capacity_kbps - kbps;
    control->capacity_kbps -= CAPACITY_WEIGHT * error;
    float spread = (1 - CAPACITY_WEIGHT) * control->capacity_spread +
                   CAPACITY_WEIGHT * error * error / fmaxf(control->capacity_kbps, 1);
    control->capacity_spread = fminf(fmaxf(spread, SPREAD_MIN), SPREAD_MAX);
}

static void doubt_capacity(struct rate_control *control, uint32_t acknowledged_bps)
{
    if (control->capacity_kbps > 0 &&
        (float)acknowledged_bps / 1000 >
            control->capacity_kbps + DEVIATIONS * capacity_deviation(control))
        control->capacity_kbps = 0;
}

/* -- Up and down -- */

static double risen(const struct rate_control *control, const struct rate_observation *observation,
                    int64_t span_us)
{
    double seconds = (double)span_us / US_PER_S;
    double steep = control->bps * pow(RISE_PER_S, seconds);

    if (control->capacity_kbps == 0)
        return steep;
    double response_s = (double)(observation->round_trip_us + RESPONSE_EXTRA_US) / US_PER_S;
    double gentle = control->bps + PACKET_BITS / 2.0 * seconds / response_s;
    return gentle < steep ? gentle : steep;
}

static void increase(struct rate_control *control, const struct rate_observation *observation,
                     int64_t now_us)
{
    int64_t span_us = control->updated_us == 0 ? 0 : now_us - control->updated_us;
    double bps;

    if (observation->has_acknowledged)
        doubt_capacity(control, observation->acknowledged_bps);
    bps = risen(control, observation, span_us < RISE_SPAN_MAX_US ? span_us : RISE_SPAN_MAX_US);
    if (observation->has_acknowledged) {
        double most = observation->acknowledged_bps * HEADROOM_FACTOR + HEADROOM_EXTRA_BPS;
        if (bps > most)
            bps = most > control->bps ? most : control->bps;
        if (!control->decreased && observation->acknowledged_bps > bps)
            bps = observation->acknowledged_bps;
    }
    set(control, bps);
}

/* The queue that was seen still has to drain; it must not be punished twice. */
static void decrease(struct rate_control *control, const struct rate_observation *observation,
                     int64_t now_us)
{
    double bps = DECREASE_FACTOR * control->bps;
    bool again = control->decreased &&
                 now_us - control->decreased_us < observation->round_trip_us + RESPONSE_EXTRA_US;

    if (observation->has_acknowledged) {
        bps = DECREASE_FACTOR * observation->acknowledged_bps;
        learn_capacity(control, observation->acknowledged_bps);
    } else if (again) {
        return;
    }
    if (bps < control->bps)
        set(control, bps);
    control->decreased = true;
    control->decreased_us = now_us;
}

/* Draft §5.5, the table of states. */
static enum rate_state next_state(enum rate_state state, enum bandwidth_signal signal)
{
    if (signal == BANDWIDTH_OVERUSE)
        return RATE_DECREASE;
    if (signal == BANDWIDTH_UNDERUSE)
        return RATE_HOLD;
    return state == RATE_DECREASE ? RATE_HOLD : RATE_INCREASE;
}

void rate_control_update(struct rate_control *control, const struct rate_observation *observation,
                         int64_t now_us)
{
    control->state = next_state(control->state, observation->signal);
    if (control->state == RATE_INCREASE)
        increase(control, observation, now_us);
    else if (control->state == RATE_DECREASE)
        decrease(control, observation, now_us);
    control->updated_us = now_us;
}

void rate_control_back_off(struct rate_control *control, int64_t now_us)
{
    set(control, control->bps * BACK_OFF_FACTOR);
    control->decreased = true;
    control->updated_us = control->decreased_us = now_us;
}
