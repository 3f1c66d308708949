#include "common/webrtc/bandwidth/delay_trend.h"

#include <math.h>
#include <string.h>

#include "common/base/clock.h"

/* The slope is judged by what it would add to the delay within this time, once enough groups were
 * seen to believe it. */
#define HORIZON_MS 240.0F
enum { GROUPS_FOR_FULL_TRUST = DELAY_TREND_POINTS * 3 };

#define SMOOTHING 0.9F
/* Draft §5.4: the threshold of m(i), its bounds and how it follows |m|, per millisecond. */
#define THRESHOLD_START_MS 12.5F
#define THRESHOLD_MIN_MS 6.0F
#define THRESHOLD_MAX_MS 600.0F
#define THRESHOLD_RISE 0.01F
#define THRESHOLD_FALL                                                                             \
    0.04F /* not the draft's 0.00018: a threshold that a burst has raised would stay */
#define THRESHOLD_IGNORE_MS 15.0F /* further away than this: a change of the path, no noise */
#define THRESHOLD_STEP_MAX_MS 100.0F
#define OVERUSE_TIME_MS 10.0F /* draft §5.4: overuse_time_th */
/* A slope alone is no overuse: a scheduler's hiccup has one too. There must be a queue, measured
 * above the lowest delay of the last 10–20 s (short enough for clocks that drift apart). */
#define QUEUE_MIN_MS 8.0F
#define LOWEST_PERIOD_US (10 * US_PER_S)

void delay_trend_init(struct delay_trend *trend)
{
    memset(trend, 0, sizeof *trend);
    trend->threshold_ms = THRESHOLD_START_MS;
}

static void add_point(struct delay_trend *trend, int64_t arrival_us)
{
    trend->points[trend->next] = (struct delay_point){(uint32_t)arrival_us, trend->smoothed_ms};
    trend->next = (uint8_t)((trend->next + 1) % DELAY_TREND_POINTS);
    trend->count += trend->count < DELAY_TREND_POINTS;
    trend->compared += trend->compared < GROUPS_FOR_FULL_TRUST;
}

/* Of the line of least squares: ms of delay per ms of time. */
static float slope(const struct delay_trend *trend, uint32_t now_us)
{
    float sum_x = 0, sum_y = 0, above = 0, below = 0;

    for (unsigned i = 0; i < trend->count; i++) {
        sum_x += (float)(int32_t)(trend->points[i].at_us - now_us) / 1000;
        sum_y += trend->points[i].delay_ms;
    }
    float mean_x = sum_x / trend->count, mean_y = sum_y / trend->count;
    for (unsigned i = 0; i < trend->count; i++) {
        float x = (float)(int32_t)(trend->points[i].at_us - now_us) / 1000 - mean_x;
        above += x * (trend->points[i].delay_ms - mean_y);
        below += x * x;
    }
    return below > 0 ? above / below : 0;
}

static void note_lowest(struct delay_trend *trend, int64_t arrival_us)
{
    if (arrival_us - trend->lowest_since_us > LOWEST_PERIOD_US) {
        trend->former_lowest_ms = trend->lowest_ms;
        trend->lowest_ms = trend->smoothed_ms;
        trend->lowest_since_us = arrival_us;
    }
    trend->lowest_ms = fminf(trend->lowest_ms, trend->smoothed_ms);
}

static bool has_queue(const struct delay_trend *trend)
{
    float lowest_ms = fminf(trend->lowest_ms, trend->former_lowest_ms);

    return trend->smoothed_ms - lowest_ms >= QUEUE_MIN_MS;
}

static void adapt_threshold(struct delay_trend *trend, float step_ms)
{
    float distance_ms = fabsf(trend->trend_ms) - trend->threshold_ms;

    if (distance_ms > THRESHOLD_IGNORE_MS)
        return;
    float rate = distance_ms > 0 ? THRESHOLD_RISE : THRESHOLD_FALL;
    trend->threshold_ms += distance_ms * fminf(rate * fminf(step_ms, THRESHOLD_STEP_MAX_MS), 1);
    trend->threshold_ms = fminf(fmaxf(trend->threshold_ms, THRESHOLD_MIN_MS), THRESHOLD_MAX_MS);
}

/* Above the threshold for long enough, more than once, and not on its way down already. */
static void judge_rise(struct delay_trend *trend, float trend_ms, float step_ms)
{
    trend->overuse_ms += trend->overuses == 0 ? step_ms / 2 : step_ms;
    trend->overuses += trend->overuses < UINT8_MAX;
    if (trend->overuse_ms <= OVERUSE_TIME_MS || trend->overuses < 2 || trend_ms < trend->trend_ms ||
        !has_queue(trend))
        return;
    trend->overuse_ms = 0;
    trend->overuses = 0;
    trend->signal = BANDWIDTH_OVERUSE;
}

static void judge(struct delay_trend *trend, float trend_ms, float step_ms)
{
    if (trend_ms > trend->threshold_ms) {
        judge_rise(trend, trend_ms, step_ms);
    } else {
        trend->overuse_ms = 0;
        trend->overuses = 0;
        trend->signal = trend_ms < -trend->threshold_ms ? BANDWIDTH_UNDERUSE : BANDWIDTH_NORMAL;
    }
    trend->trend_ms = trend_ms;
    adapt_threshold(trend, step_ms);
}

enum bandwidth_signal delay_trend_update(struct delay_trend *trend, int64_t arrival_us,
                                         int64_t variation_us)
{
    bool first = trend->compared == 0;
    float step_ms = first ? 0 : (float)(arrival_us - trend->updated_us) / 1000;

    trend->updated_us = arrival_us;
    trend->delay_ms += (float)variation_us / 1000;
    trend->smoothed_ms = SMOOTHING * trend->smoothed_ms + (1 - SMOOTHING) * trend->delay_ms;
    if (first)
        trend->lowest_since_us = arrival_us;
    note_lowest(trend, arrival_us);
    add_point(trend, arrival_us);
    float trust = (float)trend->compared / GROUPS_FOR_FULL_TRUST;
    judge(trend, slope(trend, (uint32_t)arrival_us) * HORIZON_MS * trust, step_ms);
    return trend->signal;
}
