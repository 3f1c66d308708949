/* Reads what a /metrics page says: OpenMetrics 1.0 and the older Prometheus text format 0.0.4, as
 * far as both are lines of NAME{LABEL="VALUE",…} NUMBER [TIME]. From strangers: bounded, and a line
 * that is none is counted and left out. Pure. */
#ifndef CASELOAD_OPEN_METRICS_H
#define CASELOAD_OPEN_METRICS_H

#include <stddef.h>

#define OPEN_METRICS_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define OPEN_METRICS_NAME_SIZE 128
#define OPEN_METRICS_LABELS_MAX 12
#define OPEN_METRICS_LABEL_SIZE 64 /* longer names and values are cut */

struct open_metrics_sample {
    char name[OPEN_METRICS_NAME_SIZE];
    size_t label_count; /* those beyond the maximum are left out */
    struct {
        char name[OPEN_METRICS_LABEL_SIZE], value[OPEN_METRICS_LABEL_SIZE];
    } labels[OPEN_METRICS_LABELS_MAX];
    double value; /* may be infinite or not a number */
};

/* The value of a label; "" when there is none of that name. */
const char *open_metrics_label(const struct open_metrics_sample *sample, const char *name);

/* The sample lives during the call. */
typedef void open_metrics_fn(void *arg, const struct open_metrics_sample *sample);
/* Tells every sample of `text`; returns how many lines were none. Comments and empty lines are
 * passed over; nothing is read behind "# EOF" or OPEN_METRICS_BYTES_MAX. */
size_t open_metrics_read(const char *text, size_t size, open_metrics_fn *on_sample, void *arg);

#endif
