/* What the report is made from: the files of a run folder, read back. Used by engine/result,
 * engine/capacity and engine/conform. */
#ifndef CASELOAD_REPORT_SOURCE_H
#define CASELOAD_REPORT_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

#define REPORT_WORST_MAX 10 /* sessions shown */

/* One line of timeline.csv, as far as the plots need it; negative: unknown. */
struct report_second {
    double second, offered, running, participants;
    double sent_mbps, received_mbps;
    double latency_p50_ms, latency_p95_ms, latency_p99_ms;
    double generator_cpu, generator_cpu_max, target_cpu;
};

struct report_source {
    const char *folder;    /* borrowed */
    json_t *run, *summary; /* objects */
    json_t
        *requirements; /* array of objects: lines of kind "requirement", each with its "checks" */
    json_t *worst;     /* array: failed and cut sessions first, then those that joined slowest */
    uint64_t session_lines;
    struct report_second *seconds; /* owned */
    size_t second_count;
};

/* NOT_FOUND, MALFORMED name the file. */
MUST_CHECK enum status report_source_load(const char *folder, struct report_source *ret_source,
                                          struct failure *failure);
void report_source_finish(struct report_source *source);

/* Members by path of plain names ("sessions.completed"); 0, "" or NULL when missing. */
const json_t *report_get(const json_t *object, const char *path);
double report_number(const json_t *object, const char *path);
const char *report_text(const json_t *object, const char *path);
bool report_flag(const json_t *object, const char *path);
/* A metric of the summary, in all (tag "") or by tag; NULL: not measured. */
const json_t *report_metric(const struct report_source *source, const char *name, const char *tag);
/* A ratio's value; negative: not known. */
double report_ratio(const struct report_source *source, const char *name, const char *tag);

#endif
