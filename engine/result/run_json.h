/* run.json and summary.json as JSON. Used by engine/result and
 * engine/capacity. */
#ifndef CASELOAD_RUN_JSON_H
#define CASELOAD_RUN_JSON_H

#include <jansson.h>

#include "engine/result/run_result.h"

#define RUN_SCHEMA "caseload/run/1"
#define SUMMARY_SCHEMA "caseload/summary/1"
#define CHECK_SCHEMA "caseload/check/1"
#define TIMELINE_SCHEMA "caseload/timeline/1"
#define HISTOGRAM_SCHEMA "caseload/histogram/1"

/* New references. */
json_t *run_to_json(const struct run_result *result);
/* Its parts. */
json_t *run_story_to_json(const struct run_info *info);
json_t *run_media_to_json(const struct run_info *info);
json_t *run_target_to_json(const struct run_info *info);
json_t *run_host_to_json(const struct run_info *info);
json_t *run_idle_path_to_json(const struct idle_path *path); /* null: not measured */
/* Story, program, seed, media, target, host and idle path of a run.json, as far as they are there
 * and are what is written there; the rest stays as it is. Texts lose what a terminal would obey. */
void run_info_read(const json_t *run, struct run_info *info);
void run_idle_path_read(const json_t *path, struct idle_path *ret_path);
json_t *summary_to_json(const struct run_result *result);
/* The worst of a requirement's verdicts, PASS when nothing else was said. */
enum check_verdict requirement_verdict(const struct check_requirement *requirement);

#endif
