/* What --arrivals says, and a story's load.arrivals: the spacing of starts and how their rate goes
 * over time.
 *
 *     constant | poisson
 *     [poisson+]burst[:SHARE[,WINDOW[,PERIOD]]]   burst:50%,5m,1h
 *     [poisson+]day:FILE.csv                      (arrival_day.h) */
#ifndef CASELOAD_ARRIVAL_PATTERN_H
#define CASELOAD_ARRIVAL_PATTERN_H

#include <stdbool.h>

#include "common/base/status.h"
#include "engine/run/arrival.h"

struct arrival_pattern {
    enum arrival_kind kind;
    struct arrival_shape shape;
    double own_rate_per_s; /* of the busiest moment, as a day's file says; 0: given elsewhere */
    double compress;       /* of a day; 1 otherwise */
    char text[96];         /* as results show it: without folders */
};

/* `folder` is where a file is looked for that is not there as named; NULL: nowhere. `compress` is
 * for days only, 0: as the file says. The failure names the text or the file and its line. */
MUST_CHECK enum status arrival_pattern_parse(const char *text, double compress, const char *folder,
                                             struct arrival_pattern *ret_pattern,
                                             struct failure *failure);

#endif
