/* The plots of a run: data (.csv), script (.gp) and drawing (.svg) in plots/, and the drawing again
 * for the report's page, in colours that follow its light or dark theme. Used by
 * engine/result and engine/capacity. */
#ifndef CASELOAD_PLOT_H
#define CASELOAD_PLOT_H

#include "common/base/buffer.h"
#include "engine/result/report_source.h"
#include "engine/result/result_file.h"

enum plot_id { PLOT_JOIN, PLOT_PERCENTILES, PLOT_TIMELINE, PLOT_LOAD, PLOT_COUNT };

struct plot {
    const char *name, *title, *caption;
    struct buffer svg; /* inline drawing; empty when there is none */
    char why[400];     /* why there is none; "" when there is one */
};

/* Texts are borrowed; release `svg` with buffer_finish. */
void plot_init(struct plot *plot, const char *name, const char *title, const char *caption);
/* FOLDER/NAME.gp with what every script begins with (size, colours as variables, commas, …): append
 * to file->stream and commit. */
MUST_CHECK enum status plot_script_open(struct result_file *file, const char *folder,
                                        const struct plot *plot, int height,
                                        struct failure *failure);
/* Run NAME.gp and take its NAME.svg; what keeps gnuplot from it is told in plot->why. */
MUST_CHECK enum status plot_draw(const char *folder, struct plot *plot, struct failure *failure);

struct plot_set {
    struct plot plots[PLOT_COUNT];
};

/* Writes and draws all. A plot without data, or without gnuplot, is missing and says why; only a
 * disk that does not take the files is a failure. */
MUST_CHECK enum status plot_set_make(const struct report_source *source, struct plot_set *ret_set,
                                     struct failure *failure);
void plot_set_finish(struct plot_set *set);

#endif
