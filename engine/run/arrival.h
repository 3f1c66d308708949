/* When sessions start (open model): a pure generator of intended start times. Draws are global:
 * every shard generates the same sequence and keeps the sessions k with k mod N == i. */
#ifndef CASELOAD_ARRIVAL_H
#define CASELOAD_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/random.h"
#include "common/base/status.h"

enum arrival_kind { ARRIVAL_CONSTANT, ARRIVAL_POISSON };

struct arrival_settings {
    enum arrival_kind kind;
    double rate_per_s;   /* after the ramp; > 0 */
    int64_t ramp_us;     /* the rate rises linearly from 0 during this time; 0: at once */
    int64_t duration_us; /* no start at or after this */
    uint64_t seed;
};

struct arrival {
    struct arrival_settings settings;
    struct random_stream random;
    double expected; /* the integral of the rate up to the last start */
    bool started;
};

void arrival_init(struct arrival *arrival, const struct arrival_settings *settings);
/* The next start, microseconds after the begin of the run, never decreasing; false: no more. */
bool arrival_next(struct arrival *arrival, int64_t *ret_offset_us);

/* "constant" or "poisson". */
MUST_CHECK enum status arrival_kind_parse(const char *text, enum arrival_kind *ret_kind);

/* When slot `index` of `count` sessions that are to run at once (closed model) starts first: spread
 * evenly over `ramp_us`. */
int64_t arrival_closed_start_us(uint64_t index, uint64_t count, int64_t ramp_us);

#endif
