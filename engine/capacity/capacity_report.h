/* report.html and plots/ of a capacity folder from its capacity.json alone. Used after a search, by
 * `merge` of staircases, and by `caseload report`. */
#ifndef CASELOAD_CAPACITY_REPORT_H
#define CASELOAD_CAPACITY_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "common/base/status.h"
#include "engine/result/plot.h"

/* Without gnuplot the report has no plots and says so. NOT_FOUND, MALFORMED: no capacity folder. */
MUST_CHECK enum status capacity_report_write(const char *folder, struct failure *failure);
/* There is a capacity.json. */
bool capacity_report_is_for(const char *folder);

/* capacity_plot.c: what the report shows of the plots. */
#define USL_POINTS_MIN 5   /* loads: three parameters and something to be wrong by */
#define USL_BEYOND_MAX 1.5 /* of the largest load: nothing is said beyond */

struct usl_fit {
    bool fitted;
    char why[200]; /* of no fit */
    double gamma, gamma_error, alpha, alpha_error, beta, beta_error;
    double peak; /* sessions at once; 0: none within USL_BEYOND_MAX */
};

struct capacity_plots {
    struct plot panels, usl;
    double knee; /* sessions at once; 0: none seen */
    struct usl_fit fit;
};

MUST_CHECK enum status capacity_plots_make(const json_t *capacity, const char *folder,
                                           struct capacity_plots *ret_plots,
                                           struct failure *failure);
void capacity_plots_finish(struct capacity_plots *plots);

#endif
