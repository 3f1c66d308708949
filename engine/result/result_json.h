/* Measured values as JSON and back: what shard states and histograms/ are made of. Buckets are
 * pairs [lowest value, count], so that a reader needs to know nothing of our buckets. Private to
 * engine/result. */
#ifndef CASELOAD_RESULT_JSON_H
#define CASELOAD_RESULT_JSON_H

#include <jansson.h>

#include "common/base/histogram.h"
#include "common/base/status.h"
#include "engine/measure/check_log.h"
#include "engine/measure/health.h"
#include "engine/measure/hold.h"
#include "engine/measure/ledger.h"
#include "engine/measure/metrics.h"
#include "engine/measure/run_counts.h"
#include "engine/measure/verdict.h"

/* New references; NULL: no memory. */
json_t *histogram_to_json(const struct histogram *histogram);
json_t *metrics_to_json(const struct metrics *metrics); /* array of every name and tag */
json_t *counts_to_json(const struct run_counts *counts);
json_t *ledger_to_json(const struct ledger *ledger);
json_t *health_to_json(const struct health *health); /* sums, as health_from_json reads them */
json_t *checks_to_json(const struct check_log *log);
json_t *hold_to_json(const struct hold *hold); /* null when there was none */
/* The first `count` of a verdict's reasons: array of { exit_code, text }. */
json_t *verdict_reasons_to_json(const struct verdict *verdict, size_t count);
const char *metric_kind_word(enum metric_kind kind);

/* All MALFORMED when the JSON is not what the functions above write; the results are added to what
 * is there. `histogram` must be empty before. */
MUST_CHECK enum status histogram_from_json(const json_t *json, struct histogram *histogram);
MUST_CHECK enum status hold_from_json(const json_t *json, struct hold *hold);
MUST_CHECK enum status metrics_from_json(const json_t *json, struct metrics *metrics);
MUST_CHECK enum status counts_from_json(const json_t *json, struct run_counts *counts);
MUST_CHECK enum status ledger_from_json(const json_t *json, struct ledger *ledger);
MUST_CHECK enum status health_from_json(const json_t *json, struct health *health);
MUST_CHECK enum status checks_from_json(const json_t *json, struct check_log *log);

#endif
