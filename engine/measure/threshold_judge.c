#include <assert.h>
#include <string.h>

#include "engine/measure/derived.h"
#include "engine/measure/session_measure.h"
#include "engine/measure/threshold.h"

/* A latency limit below this many times the generator's own send slip (p99) is not judged. */
#define SLIP_FACTOR 10

const char *threshold_outcome_word(enum threshold_outcome outcome)
{
    static const char *const words[] = {"passed", "failed", "no samples", "generator too slow",
                                        "wrong unit"};
    return words[outcome];
}

static bool holds(double measured, enum threshold_comparison comparison, double value)
{
    switch (comparison) {
    case THRESHOLD_LESS:
        return measured < value;
    case THRESHOLD_LESS_EQUAL:
        return measured <= value;
    case THRESHOLD_MORE:
        return measured > value;
    case THRESHOLD_MORE_EQUAL:
        return measured >= value;
    case THRESHOLD_EQUAL:
        return measured == value;
    default:
        return measured != value;
    }
}

static double read_stat(const struct threshold *threshold, const struct metric_value *value,
                        double duration_s)
{
    const struct histogram *histogram = value->histogram;
    double count = histogram != NULL ? (double)histogram->count : (double)value->sum;
    switch (threshold->stat) {
    case THRESHOLD_COUNT:
        return count;
    case THRESHOLD_RATE:
        return count / duration_s;
    case THRESHOLD_MIN:
        return (double)histogram->min;
    case THRESHOLD_MAX:
        return (double)histogram->max;
    case THRESHOLD_MEAN:
        return histogram_mean(histogram);
    default:
        return (double)histogram_quantile(histogram, threshold->quantile);
    }
}

static bool compares_values(enum threshold_stat stat)
{
    return stat != THRESHOLD_COUNT && stat != THRESHOLD_RATE && stat != THRESHOLD_RATIO;
}

/* Latencies of the platform; the generator's own are what they are, and 0 means "never". */
static bool is_blurred_by_slip(const struct threshold *threshold, const struct metric_info *info,
                               const struct threshold_input *input)
{
    return info->kind == METRIC_KIND_LATENCY && compares_values(threshold->stat) &&
           threshold->value > 0 && strncmp(info->name, "generator.", 10) != 0 &&
           (double)input->send_slip_p99_us * SLIP_FACTOR > threshold->value;
}

static void judge_metric(const struct threshold *threshold, const struct threshold_input *input,
                         struct threshold_result *result)
{
    struct metric_value value;
    if (!metrics_find(input->metrics, threshold->metric, threshold->tag, &value) ||
        (value.histogram != NULL && value.histogram->count == 0 &&
         compares_values(threshold->stat))) {
        result->outcome = THRESHOLD_NO_SAMPLES;
        return;
    }
    if (compares_values(threshold->stat) && value.histogram == NULL) {
        result->outcome = THRESHOLD_WRONG_UNIT;
        return;
    }
    bool zero = threshold->value == 0 && strcmp(threshold->unit, "1") == 0;
    if (compares_values(threshold->stat) && !zero &&
        strcmp(threshold->unit, value.info->unit) != 0) {
        result->outcome = THRESHOLD_WRONG_UNIT; /* only a story's metric gets here with one */
        return;
    }
    result->samples = value.histogram != NULL ? value.histogram->count : value.additions;
    result->measured = read_stat(threshold, &value, input->duration_s);
    if (is_blurred_by_slip(threshold, value.info, input)) {
        result->outcome = THRESHOLD_UNFIT;
        return;
    }
    result->outcome = holds(result->measured, threshold->comparison, threshold->value)
                          ? THRESHOLD_PASSED
                          : THRESHOLD_FAILED;
}

void threshold_judge(const struct threshold *threshold, const struct threshold_input *input,
                     struct threshold_result *ret_result)
{
    assert(input->duration_s > 0);
    *ret_result = (struct threshold_result){0};
    const struct derived *derived =
        threshold->stat == THRESHOLD_RATIO ? derived_find(threshold->metric) : NULL;
    bool known;
    if (derived != NULL) {
        known = derived_value(derived, input->metrics, threshold->tag, &ret_result->measured,
                              &ret_result->samples);
    } else if (session_measure_known(threshold->metric) && threshold->tag[0] != '\0') {
        known = session_measure_of_story(threshold->metric, threshold->stat, input->metrics,
                                         threshold->tag, input->duration_s, &ret_result->measured,
                                         &ret_result->samples);
    } else if (session_measure_known(threshold->metric)) {
        known =
            session_measure_value(threshold->metric, threshold->stat, input->counts,
                                  input->duration_s, &ret_result->measured, &ret_result->samples);
    } else {
        judge_metric(threshold, input, ret_result);
        return;
    }
    if (!known) {
        ret_result->outcome = THRESHOLD_NO_SAMPLES;
    } else {
        ret_result->outcome = holds(ret_result->measured, threshold->comparison, threshold->value)
                                  ? THRESHOLD_PASSED
                                  : THRESHOLD_FAILED;
    }
}
