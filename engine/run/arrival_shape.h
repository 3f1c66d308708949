/* How the rate of arrivals goes over time: steps of a level that the run's rate is multiplied with.
 * All zero is the shape of a constant rate. Pure. */
#ifndef CASELOAD_ARRIVAL_SHAPE_H
#define CASELOAD_ARRIVAL_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#define ARRIVAL_STEPS_MAX 1440 /* a day by minutes */

struct arrival_step {
    int64_t from_us; /* since the begin of the run, never falling; the first is 0 */
    double level;    /* from then on, >= 0 */
};

struct arrival_shape {
    size_t count;      /* 0: level 1 all the time */
    int64_t period_us; /* the steps begin anew after so long; 0: the last one lasts */
    struct arrival_step steps[ARRIVAL_STEPS_MAX];
};

/* A burst at the top of the hour: `share` (0…1) of each period's arrivals comes within the first
 * `window_us` of it. 0 < window < period. The mean level is 1. */
void arrival_shape_burst(struct arrival_shape *shape, double share, int64_t window_us,
                         int64_t period_us);

/* When a shape that does not repeat has come to its last step; 0: it has none. */
int64_t arrival_shape_length_us(const struct arrival_shape *shape);

/* Arrivals expected from `from_us` to `to_us` at a rate of one a second. */
double arrival_shape_expected(const struct arrival_shape *shape, int64_t from_us, int64_t to_us);
/* The most that are expected within any `span_us`, again at one a second. */
double arrival_shape_most(const struct arrival_shape *shape, int64_t span_us);

#endif
