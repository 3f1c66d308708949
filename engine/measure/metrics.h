/* The values a shard measures: one histogram or sum per metric of metrics.def, in all and by tag.
 * Used by media sinks, scripts and results; knows neither. Merging adds bucket by bucket. */
#ifndef CASELOAD_METRICS_H
#define CASELOAD_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/histogram.h"
#include "common/base/status.h"

enum metric {
#define X(id, name, unit, kind, meaning) METRIC_##id,
#include "engine/measure/metrics.def"
#undef X
    METRIC_COUNT
};

enum metric_kind { METRIC_KIND_LATENCY, METRIC_KIND_VALUE, METRIC_KIND_COUNT };

struct metric_info {
    const char *name, *unit, *meaning;
    enum metric_kind kind;
};

const struct metric_info *metric_info(enum metric metric);
/* METRIC_COUNT when there is none of that name. */
enum metric metric_by_name(const char *name);

struct metrics;

/* At most METRICS_TAGS_MAX distinct tag values ("role=patient") and METRICS_CUSTOM_MAX metrics
 * named by scripts; beyond that values are counted as refused. */
#define METRICS_TAGS_MAX 64
#define METRICS_CUSTOM_MAX 64

/* NULL: no memory. */
struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *metrics);

/* An interned tag such as "role=patient" or "kind=video"; 0 ("no tag") for NULL, "" or when the
 * table is full. Stable for the life of `metrics`. */
unsigned metrics_tag(struct metrics *metrics, const char *tag_and_value);

/* What stands for two tags at once wherever one is taken, the second of which may stand for
 * several; 0 for none of either, and only the first when there are METRICS_PAIRS_MAX of them
 * already. */
#define METRICS_PAIRS_MAX 256
unsigned metrics_tag_both(struct metrics *metrics, unsigned tag_a, unsigned tag_b);

/* Record one value (or add to a sum) in all and, for each non-zero tag, by that tag. */
void metric_record(struct metrics *metrics, enum metric metric, int64_t value, unsigned tag_a,
                   unsigned tag_b);
/* A script's own metric: created at first use. `unit` as in metrics.def; durations are "us". Names
 * are [a-z0-9._] of at most 63 characters; thresholds find those that begin with "story.".
 * INVALID: an impossible name or the unit differs from the first use; EXISTS: the name of a metric
 * of ours; FULL: counted as refused. */
enum status metric_record_custom(struct metrics *metrics, const char *name, const char *unit,
                                 int64_t value, unsigned tag);

void metrics_merge(struct metrics *into, const struct metrics *from);
/* Values and additions that found no room (tags, script metrics, memory). */
uint64_t metrics_refused(const struct metrics *metrics);

/* Walk everything that has values: tag is "" for the total. For COUNT metrics `sum` is the value
 * and `histogram` NULL. */
typedef void metrics_visit_fn(void *arg, const struct metric_info *info, const char *tag,
                              const struct histogram *histogram, int64_t sum);
void metrics_visit(const struct metrics *metrics, metrics_visit_fn *visit, void *arg);

/* One metric as it stands. */
struct metric_value {
    const struct metric_info *info;    /* lives as long as `metrics` */
    const struct histogram *histogram; /* NULL for COUNT metrics; borrowed */
    int64_t sum;                       /* of COUNT metrics */
    uint64_t additions;                /* values recorded; 0: nothing was measured */
};
/* By name, built in or a script's, and tag ("" for the total). False: not known or never recorded
 * (then `ret_value->info` is still set for known names and NULL for others). */
bool metrics_find(const struct metrics *metrics, const char *name, const char *tag,
                  struct metric_value *ret_value);
/* Add what was stored elsewhere: the whole histogram (VALUE, LATENCY) or the sum (COUNT) of one
 * name and tag. `kind` and `unit` must be those of the name where it is known already (INVALID). */
MUST_CHECK enum status metrics_add(struct metrics *metrics, const char *name, const char *unit,
                                   enum metric_kind kind, const char *tag,
                                   const struct histogram *histogram, int64_t sum,
                                   uint64_t additions);

#endif
