#include "engine/run/arrival_shape.h"

#include <math.h>
#include <stdbool.h>

#include "common/base/clock.h"

void arrival_shape_burst(struct arrival_shape *shape, double share, int64_t window_us,
                         int64_t period_us)
{
    double period = (double)period_us, window = (double)window_us;

    shape->count = 2;
    shape->period_us = period_us;
    shape->steps[0] = (struct arrival_step){0, share * period / window};
    shape->steps[1] = (struct arrival_step){window_us, (1 - share) * period / (period - window)};
}

int64_t arrival_shape_length_us(const struct arrival_shape *shape)
{
    return shape->count > 0 && shape->period_us == 0 ? shape->steps[shape->count - 1].from_us : 0;
}

/* From the begin of the steps up to `until_us`, which is within the period. */
static double expected_of_steps(const struct arrival_shape *shape, int64_t until_us)
{
    double sum = 0;

    for (size_t i = 0; i < shape->count && shape->steps[i].from_us < until_us; i++) {
        bool last = i + 1 == shape->count;
        int64_t end_us =
            last || shape->steps[i + 1].from_us > until_us ? until_us : shape->steps[i + 1].from_us;
        sum += shape->steps[i].level * (double)(end_us - shape->steps[i].from_us) / US_PER_S;
    }
    return sum;
}

static double expected_until(const struct arrival_shape *shape, int64_t until_us)
{
    if (shape->count == 0)
        return (double)until_us / US_PER_S;
    if (shape->period_us == 0)
        return expected_of_steps(shape, until_us);
    return (double)(until_us / shape->period_us) * expected_of_steps(shape, shape->period_us) +
           expected_of_steps(shape, until_us % shape->period_us);
}

double arrival_shape_expected(const struct arrival_shape *shape, int64_t from_us, int64_t to_us)
{
    return expected_until(shape, to_us) - expected_until(shape, from_us);
}

/* A window that moves over steps holds most when one of its ends is at the edge of a step. */
double arrival_shape_most(const struct arrival_shape *shape, int64_t span_us)
{
    /* Of a shape that repeats, far enough from its begin that no window reaches before it. */
    int64_t base_us =
        shape->period_us > 0 ? (span_us / shape->period_us + 1) * shape->period_us : 0;
    double most = shape->count == 0 ? arrival_shape_expected(shape, 0, span_us) : 0;

    for (size_t i = 0; i < shape->count; i++) {
        int64_t edge_us = base_us + shape->steps[i].from_us;
        int64_t from_us = edge_us > span_us ? edge_us - span_us : 0;
        most = fmax(most, arrival_shape_expected(shape, edge_us, edge_us + span_us));
        most = fmax(most, arrival_shape_expected(shape, from_us, edge_us));
    }
    return most;
}
