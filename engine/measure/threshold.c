#include "engine/measure/threshold.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/measure/derived.h"
#include "engine/measure/measure_unit.h"
#include "engine/measure/session_measure.h"

static const struct {
    const char *text; /* longer ones first: "<=" begins with "<" */
    enum threshold_comparison comparison;
} comparisons[] = {
    {"<=", THRESHOLD_LESS_EQUAL}, {">=", THRESHOLD_MORE_EQUAL}, {"==", THRESHOLD_EQUAL},
    {"!=", THRESHOLD_NOT_EQUAL},  {"<", THRESHOLD_LESS},        {">", THRESHOLD_MORE},
};
#define COMPARISON_COUNT (sizeof comparisons / sizeof comparisons[0])

static const struct {
    const char *text;
    enum threshold_stat stat;
} stats[] = {
    {"count", THRESHOLD_COUNT}, {"rate", THRESHOLD_RATE}, {"ratio", THRESHOLD_RATIO},
    {"min", THRESHOLD_MIN},     {"mean", THRESHOLD_MEAN}, {"max", THRESHOLD_MAX},
};

static enum status invalid(struct failure *failure, const char *text, const char *why)
{
    return failure_set(failure, STATUS_INVALID, "threshold '%s': %s", text, why);
}

/* "p50", "p95", "p999": the first two digits are per cent, further ones its decimals. */
static bool read_quantile(const char *text, double *ret_quantile)
{
    size_t digits = strspn(text + 1, "0123456789");
    if (text[0] != 'p' || digits == 0 || digits > 5 || text[1 + digits] != '\0') {
        return false;
    }
    double scale = 1;
    for (size_t i = 0; i < (digits > 2 ? digits : 2); i++) {
        scale *= 10;
    }
    *ret_quantile = (double)strtoul(text + 1, NULL, 10) / scale;
    return true;
}

static bool read_stat(const char *text, struct threshold *threshold)
{
    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        if (strcmp(stats[i].text, text) == 0) {
            threshold->stat = stats[i].stat;
            return true;
        }
    }
    threshold->stat = THRESHOLD_QUANTILE;
    return read_quantile(text, &threshold->quantile);
}

/* The unit in which a stat of a metric is compared; NULL: the metric has no such stat. */
static const char *find_unit(const struct threshold *threshold, const struct metric_info *info)
{
    bool sum = info->kind == METRIC_KIND_COUNT;
    switch (threshold->stat) {
    case THRESHOLD_COUNT:
        return sum ? info->unit : "1";
    case THRESHOLD_RATE:
        if (sum && strcmp(info->unit, "us") == 0) {
            return NULL; /* time per time is a ratio, and those have names of their own */
        }
        return sum && strcmp(info->unit, "B") == 0 ? "B/s" : "1/s";
    case THRESHOLD_RATIO:
        return NULL;
    default:
        return sum ? NULL : info->unit;
    }
}

static bool is_story_metric(const char *name)
{
    return strncmp(name, "story.", 6) == 0;
}

/* The unit for the value, "" for a story's metric (its unit is known after the run); NULL with the
 * failure filled. */
static const char *check_metric(const struct threshold *threshold, struct failure *failure)
{
    const char *unit = NULL;
    enum metric metric = metric_by_name(threshold->metric);
    if (threshold->stat == THRESHOLD_RATIO && derived_find(threshold->metric) != NULL) {
        return "ratio";
    }
    if (session_measure_known(threshold->metric)) {
        unit = session_measure_unit(threshold->metric, threshold->stat);
        if (threshold->tag[0] != '\0' && !(strncmp(threshold->tag, "story=", 6) == 0 &&
                                           session_measure_by_story(threshold->metric))) {
            unit = NULL;
        }
    } else if (metric != METRIC_COUNT) {
        unit = find_unit(threshold, metric_info(metric));
    } else if (is_story_metric(threshold->metric) && threshold->stat != THRESHOLD_RATIO) {
        return threshold->stat == THRESHOLD_COUNT  ? "1"
               : threshold->stat == THRESHOLD_RATE ? "1/s"
                                                   : "";
    } else if (derived_find(threshold->metric) == NULL) {
        failure_set(failure, STATUS_NOT_FOUND, "threshold '%s': there is no metric '%s'",
                    threshold->text, threshold->metric);
        return NULL;
    }
    if (unit == NULL) {
        failure_set(failure, STATUS_INVALID, "threshold '%s': '%s' has no such tag or statistic",
                    threshold->text, threshold->metric);
    }
    return unit;
}

/* METRIC[{TAG=VALUE}].STAT, already cut at the operator. */
static enum status parse_name(char *name, struct threshold *threshold, struct failure *failure)
{
    char *brace = strchr(name, '{');
    if (brace != NULL) {
        char *end = strchr(brace, '}');
        if (end == NULL || end[1] != '.' || end == brace + 1) {
            return invalid(failure, threshold->text, "expected METRIC{TAG=VALUE}.STAT");
        }
        *end = '\0';
        if (strchr(brace, ',') != NULL) {
            return failure_set(failure, STATUS_UNSUPPORTED,
                               "threshold '%s': several tags at once: not yet", threshold->text);
        }
        if (strchr(brace, '=') == NULL || strlen(brace + 1) >= sizeof threshold->tag) {
            return invalid(failure, threshold->text, "expected TAG=VALUE between the braces");
        }
        snprintf(threshold->tag, sizeof threshold->tag, "%s", brace + 1);
        memmove(brace, end + 1, strlen(end + 1) + 1);
    }
    char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name || (size_t)(dot - name) >= sizeof threshold->metric) {
        return invalid(failure, threshold->text, "expected METRIC.STAT before the operator");
    }
    *dot = '\0';
    snprintf(threshold->metric, sizeof threshold->metric, "%s", name);
    if (!read_stat(dot + 1, threshold)) {
        return failure_set(failure, STATUS_INVALID,
                           "threshold '%s': '%s' is no statistic (count, rate, ratio, min, mean, "
                           "max, p50, p95, p99, p999)",
                           threshold->text, dot + 1);
    }
    return STATUS_OK;
}

static enum status parse_value(const char *value, struct threshold *threshold,
                               struct failure *failure)
{
    if (strchr(value, '@') != NULL || strstr(value, "abort:") != NULL) {
        return failure_set(failure, STATUS_UNSUPPORTED,
                           "threshold '%s': @WINDOW and abort: are not yet understood",
                           threshold->text);
    }
    const char *unit = check_metric(threshold, failure);
    if (unit == NULL) {
        return failure != NULL ? failure->status : STATUS_INVALID;
    }
    const char *found = NULL;
    if (measure_parse(value, unit[0] != '\0' ? unit : NULL, &threshold->value, &found) !=
        STATUS_OK) {
        return failure_set(failure, STATUS_INVALID, "threshold '%s': '%s' is not a value in %s",
                           threshold->text, value,
                           unit[0] != '\0' ? measure_suffixes(unit) : "any unit");
    }
    snprintf(threshold->unit, sizeof threshold->unit, "%s", found);
    return STATUS_OK;
}

/* Copy without outer blanks. */
static bool trim(const char *text, char *ret_text, size_t size)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(ret_text, text, length);
    ret_text[length] = '\0';
    return true;
}

/* Where the operator stands: behind the tags, whose TAG=VALUE is none. */
static const char *find_comparison(const char *text, size_t *ret_index)
{
    const char *at = strchr(text, '{') != NULL ? strchr(text, '}') : text;
    at = at != NULL ? strpbrk(at, "<>=!") : NULL;
    for (size_t i = 0; at != NULL && i < COMPARISON_COUNT; i++) {
        if (strncmp(at, comparisons[i].text, strlen(comparisons[i].text)) == 0) {
            *ret_index = i;
            return at;
        }
    }
    return NULL;
}

enum status threshold_parse(const char *text, struct threshold *ret_threshold,
                            struct failure *failure)
{
    struct failure unused;
    failure = failure != NULL ? failure : &unused;
    struct threshold threshold = {0};
    char name[THRESHOLD_TEXT_SIZE], trimmed[THRESHOLD_TEXT_SIZE], value[THRESHOLD_TEXT_SIZE];
    size_t index = 0;
    if (!trim(text, threshold.text, sizeof threshold.text)) {
        return failure_set(failure, STATUS_INVALID, "a threshold is empty or too long");
    }
    const char *at = find_comparison(threshold.text, &index);
    if (at == NULL) {
        return invalid(failure, threshold.text,
                       "expected METRIC.STAT OP VALUE, OP one of < <= > >= "
                       "== !=");
    }
    threshold.comparison = comparisons[index].comparison;
    snprintf(name, sizeof name, "%.*s", (int)(at - threshold.text), threshold.text);
    if (!trim(name, trimmed, sizeof trimmed) ||
        !trim(at + strlen(comparisons[index].text), value, sizeof value)) {
        return invalid(failure, threshold.text,
                       "expected METRIC.STAT before and VALUE behind the "
                       "operator");
    }
    enum status status = parse_name(trimmed, &threshold, failure);
    if (status == STATUS_OK) {
        status = parse_value(value, &threshold, failure);
    }
    if (status == STATUS_OK) {
        *ret_threshold = threshold;
    }
    return status;
}

static const char *const built_in[] = {"sessions.failed.ratio==0", "sessions.completed.count>=1"};

void threshold_list_init(struct threshold_list *list)
{
    list->count = 0;
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++) {
        if (threshold_parse(built_in[i], &list->items[i], NULL) != STATUS_OK) {
            abort(); /* a fault of the table above */
        }
        list->items[i].built_in = true;
        list->count++;
    }
}

/* Does holding `now` mean that the built-in `before` would hold too? */
static bool implies(const struct threshold *now, const struct threshold *before)
{
    bool above = now->comparison == THRESHOLD_MORE_EQUAL || now->comparison == THRESHOLD_MORE ||
                 now->comparison == THRESHOLD_EQUAL;
    if (before->comparison == THRESHOLD_MORE_EQUAL) {
        return above && now->value >= before->value;
    }
    return (now->comparison == THRESHOLD_EQUAL || now->comparison == THRESHOLD_LESS_EQUAL) &&
           now->value <= before->value;
}

static bool is_same_measure(const struct threshold *a, const struct threshold *b)
{
    return strcmp(a->metric, b->metric) == 0 && strcmp(a->tag, b->tag) == 0 && a->stat == b->stat &&
           a->quantile == b->quantile;
}

enum status threshold_list_add(struct threshold_list *list, const char *text,
                               struct failure *failure)
{
    struct threshold threshold;
    enum status status = threshold_parse(text, &threshold, failure);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct threshold *before = &list->items[i];
        if (is_same_measure(before, &threshold)) {
            threshold.built_in = before->built_in;
            threshold.loosened =
                before->built_in && (before->loosened || !implies(&threshold, before));
            *before = threshold;
            return STATUS_OK;
        }
    }
    if (list->count == THRESHOLDS_MAX) {
        return failure_set(failure, STATUS_FULL, "more than %d thresholds", THRESHOLDS_MAX);
    }
    list->items[list->count++] = threshold;
    return STATUS_OK;
}
