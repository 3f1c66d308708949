/* The session counts as thresholds name them ("sessions.failed.ratio", "participants.peak.count"):
 * one table for parsing and judging. */
#ifndef CASELOAD_SESSION_MEASURE_H
#define CASELOAD_SESSION_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/measure/run_counts.h"
#include "engine/measure/threshold.h"

/* `name` without stat: "sessions.failed". */
bool session_measure_known(const char *name);
/* Is it counted by story in a mix ("sessions.failed{story=…}")? */
bool session_measure_by_story(const char *name);
/* NULL: that count has no such stat. */
const char *session_measure_unit(const char *name, enum threshold_stat stat);
/* False: nothing to divide by. `name` and `stat` must be known. */
bool session_measure_value(const char *name, enum threshold_stat stat,
                           const struct run_counts *counts, double duration_s, double *ret_value,
                           uint64_t *ret_samples);

/* The same of one story of a mix; `tag` is "story=…", `name` one that is counted by story. False:
 * no session of it began. */
bool session_measure_of_story(const char *name, enum threshold_stat stat,
                              const struct metrics *metrics, const char *tag, double duration_s,
                              double *ret_value, uint64_t *ret_samples);

#endif
