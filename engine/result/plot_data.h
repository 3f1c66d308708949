/* The data behind the plots, as CSV files in plots/. Private to engine/result. */
#ifndef CASELOAD_PLOT_DATA_H
#define CASELOAD_PLOT_DATA_H

#include "engine/result/plot.h"

/* Writes `name` for a plot; `*ret_rows` is how many rows of data it has. */
typedef enum status plot_data_fn(const struct report_source *source, const char *folder,
                                 size_t *ret_rows, struct failure *failure);
plot_data_fn plot_data_join, plot_data_percentiles, plot_data_timeline, plot_data_load;

#endif
