/* When sessions start (open model): a pure generator of intended start times. Draws are global:
 * every shard generates the same sequence and keeps the sessions k with k mod N == i. */
#ifndef CASELOAD_ARRIVAL_H
#define CASELOAD_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/random.h"
#include "common/base/status.h"
#include "engine/run/arrival_shape.h"

/* How starts are spaced where the rate is given: evenly, or as a Poisson process. */
enum arrival_kind { ARRIVAL_CONSTANT, ARRIVAL_POISSON };

struct arrival_settings {
    enum arrival_kind kind;
    const struct arrival_shape *shape; /* borrowed; NULL: a constant rate */
    double rate_per_s;                 /* where the shape's level is 1, after the ramp; > 0 */
    int64_t ramp_us;     /* the rate rises linearly from 0 during this time; 0: at once */
    int64_t duration_us; /* no start at or after this */
    uint64_t seed;
};

/* A stretch of time over which the rate is constant, or rises with the ramp. */
struct arrival_piece {
    int64_t begin_us, end_us;
    double rate_per_s; /* without the ramp */
    double before;     /* the integral of the rate up to its begin */
    size_t step;       /* of the shape */
    int64_t turn_us;   /* when the shape's present period began */
};

struct arrival {
    struct arrival_settings settings;
    struct random_stream random;
    struct arrival_piece piece;
    double expected; /* the integral of the rate up to the last start */
    bool started;
};

void arrival_init(struct arrival *arrival, const struct arrival_settings *settings);
/* The next start, microseconds after the begin of the run, never decreasing; false: no more. */
bool arrival_next(struct arrival *arrival, int64_t *ret_offset_us);

/* When slot `index` of `count` sessions that are to run at once (closed model) starts first: spread
 * evenly over `ramp_us`. */
int64_t arrival_closed_start_us(uint64_t index, uint64_t count, int64_t ramp_us);

#endif
