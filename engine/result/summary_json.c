#include <string.h>

#include "engine/measure/derived.h"
#include "engine/result/json_member.h"
#include "engine/result/result_json.h"
#include "engine/result/run_json.h"

static const struct {
    const char *name;
    double quantile;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};

static void set_histogram(json_t *object, const struct histogram *histogram)
{
    member_set_count(object, "count", histogram->count);
    json_object_set_new(object, "min", json_integer(histogram->min));
    member_set_number(object, "mean", histogram_mean(histogram));
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        json_object_set_new(object, quantiles[i].name,
                            json_integer(histogram_quantile(histogram, quantiles[i].quantile)));
    }
    json_object_set_new(object, "max", json_integer(histogram->max));
    if (histogram->overflow + histogram->negative > 0) {
        member_set_count(object, "overflow", histogram->overflow);
        member_set_count(object, "negative", histogram->negative);
    }
}

static void set_values(json_t *object, const struct histogram *histogram, int64_t sum)
{
    if (histogram != NULL) {
        set_histogram(object, histogram);
    } else {
        json_object_set_new(object, "sum", json_integer(sum));
    }
}

/* The member `tag` of the object's "by", made when it is new. */
static json_t *find_tagged(json_t *object, const char *tag)
{
    json_t *by = json_object_get(object, "by");
    if (by == NULL) {
        by = json_object();
        json_object_set_new(object, "by", by);
    }
    if (json_object_get(by, tag) == NULL) {
        json_object_set_new(by, tag, json_object());
    }
    return json_object_get(by, tag); /* NULL when the tag is no UTF-8: then nothing is set */
}

static void on_metric(void *arg, const struct metric_info *info, const char *tag,
                      const struct histogram *histogram, int64_t sum)
{
    json_t *metrics = arg, *object = json_object_get(metrics, info->name);
    if (object == NULL) {
        object = json_object();
        member_set_text(object, "unit", info->unit);
        member_set_text(object, "kind", metric_kind_word(info->kind));
        member_set_text(object, "meaning", info->meaning);
        json_object_set_new(metrics, info->name, object);
    }
    set_values(tag[0] == '\0' ? object : find_tagged(object, tag), histogram, sum);
}

static void on_ratio(void *arg, const char *name, const char *meaning, const char *tag,
                     double value)
{
    json_t *ratios = arg, *object = json_object_get(ratios, name);
    if (object == NULL) {
        object = json_object();
        member_set_text(object, "meaning", meaning);
        json_object_set_new(ratios, name, object);
    }
    member_set_number(tag[0] == '\0' ? object : find_tagged(object, tag), "value", value);
}

static json_t *thresholds_to_json(const struct run_result *result)
{
    json_t *array = json_array();
    for (size_t i = 0; i < result->thresholds.count; i++) {
        const struct threshold *threshold = &result->thresholds.items[i];
        const struct threshold_result *judged = &result->threshold_results[i];
        json_t *object = json_object();
        member_set_text(object, "text", threshold->text);
        member_set_text(object, "metric", threshold->metric);
        member_set_text(object, "tag", threshold->tag);
        member_set_text(object, "unit", threshold->unit);
        member_set_number(object, "limit", threshold->value);
        member_set_number(object, "measured", judged->measured);
        member_set_count(object, "samples", judged->samples);
        member_set_text(object, "outcome", threshold_outcome_word(judged->outcome));
        json_object_set_new(object, "built_in", json_boolean(threshold->built_in));
        json_object_set_new(object, "loosened", json_boolean(threshold->loosened));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *generator_to_json(const struct health *health, const struct metrics *metrics)
{
    json_t *object = health_to_json(health), *cpu = json_object();
    struct metric_value value;
    json_object_set_new(object, "healthy", json_boolean(health_fit(health)));
    member_set_number(cpu, "mean", health_cpu_mean(health));
    member_set_number(cpu, "max", health->cpu_max);
    json_object_set_new(object, "cpu", cpu);
    json_object_del(object, "cpu_sum");
    json_object_del(object, "cpu_max");
    const struct {
        const char *name;
        enum metric metric;
    } latencies[] = {{"send_slip_us", METRIC_SEND_SLIP},
                     {"loop_lag_us", METRIC_LOOP_LAG},
                     {"start_lag_us", METRIC_START_LAG}};
    for (size_t i = 0; i < sizeof latencies / sizeof latencies[0]; i++) {
        json_t *inner = json_object();
        if (metrics_find(metrics, metric_info(latencies[i].metric)->name, "", &value)) {
            set_histogram(inner, value.histogram);
        }
        json_object_set_new(object, latencies[i].name, inner);
    }
    member_set_count(object, "rx_drops", health->kernel_drops);
    json_object_del(object, "kernel_drops");
    return object;
}

/* null when nobody could look into the target. */
static json_t *target_to_json(const struct run_result *result)
{
    double sum = 0, max = 0;
    uint64_t seconds = 0, rss = 0;
    for (size_t i = 0; i < result->timeline_count; i++) {
        const struct timeline_row *row = &result->timeline[i];
        if (row->target.cpu >= 0) {
            sum += row->target.cpu;
            max = row->target.cpu > max ? row->target.cpu : max;
            rss = row->target.rss_bytes > (double)rss ? (uint64_t)row->target.rss_bytes : rss;
            seconds++;
        }
    }
    if (seconds == 0) {
        return json_null();
    }
    json_t *object = json_object(), *cpu = json_object();
    member_set_number(cpu, "mean", sum / (double)seconds);
    member_set_number(cpu, "max", max);
    json_object_set_new(object, "cpu", cpu);
    member_set_count(object, "rss_bytes_max", rss);
    member_set_count(object, "seconds", seconds);
    return object;
}

enum check_verdict requirement_verdict(const struct check_requirement *requirement)
{
    static const enum check_verdict order[] = {CHECK_FAIL,         CHECK_BLOCKED, CHECK_ERROR,
                                               CHECK_INCONCLUSIVE, CHECK_WARN,    CHECK_DIFFERS,
                                               CHECK_PASS,         CHECK_NOTRUN,  CHECK_NA};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (requirement->counts[order[i]] > 0) {
            return order[i];
        }
    }
    return CHECK_PASS;
}

static json_t *checks_summary(const struct check_log *checks)
{
    json_t *object = json_object(), *counts = json_object();
    for (unsigned verdict = 0; verdict < CHECK_VERDICT_COUNT; verdict++) {
        member_set_count(counts, check_verdict_word((enum check_verdict)verdict),
                         check_log_total(checks, (enum check_verdict)verdict));
    }
    member_set_count(object, "requirements", check_log_count(checks));
    json_object_set_new(object, "counts", counts);
    return object;
}

/* The counts of sessions, and those of participants apart. */
static void set_counts(json_t *summary, const struct run_counts *counts)
{
    json_t *sessions = counts_to_json(counts), *participants = json_object();
    json_object_del(sessions, "participants_peak");
    json_object_del(sessions, "participants_total");
    member_set_count(participants, "peak", counts->participants_peak);
    member_set_count(participants, "total", counts->participants_total);
    json_object_set_new(summary, "sessions", sessions);
    json_object_set_new(summary, "participants", participants);
}

static void set_metrics(json_t *object, const struct metrics *metrics)
{
    json_t *values = json_object(), *ratios = json_object();
    metrics_visit(metrics, on_metric, values);
    json_object_set_new(object, "metrics", values);
    derived_visit(metrics, on_ratio, ratios);
    json_object_set_new(object, "ratios", ratios);
}

/* null when there was none. */
static json_t *hold_summary(const struct hold *hold)
{
    if (!hold->measured) {
        return json_null();
    }
    json_t *object = json_object(), *running = json_object();
    json_object_set_new(object, "from_us", json_integer(hold->from_us));
    json_object_set_new(object, "to_us", json_integer(hold->to_us));
    member_set_number(running, "mean", hold->running_mean);
    member_set_count(running, "max", hold->running_max);
    json_object_set_new(object, "running", running);
    set_counts(object, &hold->counts);
    set_metrics(object, hold->metrics);
    json_object_set_new(object, "generator", generator_to_json(&hold->health, hold->metrics));
    return object;
}

json_t *summary_to_json(const struct run_result *result)
{
    json_t *summary = json_object(), *refused = json_object();
    const struct verdict *verdict = &result->verdict;
    member_set_text(summary, "schema", SUMMARY_SCHEMA);
    member_set_text(summary, "verdict", exit_code_verdict(verdict->code));
    json_object_set_new(summary, "exit_code", json_integer(verdict->code));
    member_set_text(summary, "reason", verdict_main_reason(verdict));
    json_object_set_new(summary, "reasons", verdict_reasons_to_json(verdict, verdict->count));
    set_counts(summary, &result->counts);
    set_metrics(summary, result->metrics);
    json_object_set_new(summary, "thresholds", thresholds_to_json(result));
    json_object_set_new(summary, "ledger", ledger_to_json(&result->ledger));
    json_object_set_new(summary, "checks", checks_summary(result->checks));
    json_object_set_new(summary, "generator", generator_to_json(&result->health, result->metrics));
    json_object_set_new(summary, "target", target_to_json(result));
    json_object_set_new(summary, "start_skew_us",
                        result->info.start.at_us != 0 ? json_integer(result->info.start.skew_us)
                                                      : json_null());
    json_object_set_new(summary, "hold", hold_summary(&result->hold));
    json_object_set_new(summary, "shards",
                        json_pack("{s:i, s:i}", "expected", (int)result->shards_expected, "merged",
                                  (int)result->shards_merged));
    member_set_count(refused, "metrics",
                     metrics_refused(result->metrics) + result->refused.metrics);
    member_set_count(refused, "checks", check_log_refused(result->checks) + result->refused.checks);
    member_set_count(refused, "ledger", result->ledger.refused + result->refused.ledger);
    member_set_count(refused, "reasons", verdict->unlisted);
    json_object_set_new(summary, "refused", refused);
    return summary;
}
