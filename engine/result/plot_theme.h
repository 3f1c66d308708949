/* The colours of plots and page: one list, light and dark. gnuplot draws in the light ones; the
 * page and the .svg files name them as CSS variables, so that a reader's theme decides. Blue,
 * orange, green, … keep apart for colour-blind eyes (Okabe and Ito 2008). Used by engine/result
 * and engine/capacity.
 */
#ifndef CASELOAD_PLOT_THEME_H
#define CASELOAD_PLOT_THEME_H

#include <stdbool.h>

#include "common/base/buffer.h"

/* X(variable, light red, green, blue, dark colour) */
#define PLOT_THEME_LIST(X)                                                                         \
    X("plot-blue", 0, 114, 178, "#58b2ee")                                                         \
    X("plot-orange", 213, 94, 0, "#ff9152")                                                        \
    X("plot-green", 0, 158, 115, "#3ccda4")                                                        \
    X("plot-purple", 170, 68, 153, "#dd93d0")                                                      \
    X("plot-axis", 107, 114, 128, "#7d8590")                                                       \
    X("plot-text", 75, 85, 99, "#b1bac4")                                                          \
    X("plot-grid", 215, 219, 224, "#30363d")

/* "--plot-blue:#0072b2;…" for a style sheet. */
void plot_theme_variables(struct buffer *out, bool dark);
/* A gnuplot SVG without its head, with colours as variables and no id that could clash on a page.
 */
void plot_theme_inline(const char *svg, const char *label, struct buffer *out);
/* The same as a file of its own. */
void plot_theme_standalone(const char *svg, const char *label, struct buffer *out);

#endif
