#include "engine/measure/derived.h"

#include <stdio.h>
#include <string.h>

static const struct derived table[] = {
#define X(name, numerator, denominator, meaning)                                                   \
    {name, meaning, METRIC_##numerator, METRIC_##denominator},
    DERIVED_LIST(X)
#undef X
};
#define DERIVED_COUNT (sizeof table / sizeof table[0])

const struct derived *derived_find(const char *name)
{
    for (size_t i = 0; i < DERIVED_COUNT; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

bool derived_value(const struct derived *derived, const struct metrics *metrics, const char *tag,
                   double *ret_ratio, uint64_t *ret_samples)
{
    struct metric_value numerator, denominator;
    if (!metrics_find(metrics, metric_info(derived->denominator)->name, tag, &denominator) ||
        denominator.sum <= 0) {
        return false;
    }
    /* A numerator that was never recorded is a sum of nothing. */
    int64_t sum = metrics_find(metrics, metric_info(derived->numerator)->name, tag, &numerator)
                      ? numerator.sum
                      : 0;
    *ret_ratio = (double)sum / (double)denominator.sum;
    *ret_samples = (uint64_t)denominator.sum;
    return true;
}

struct derived_walk {
    const struct metrics *metrics;
    derived_visit_fn *visit;
    void *arg;
};

/* The denominators lead: each is met once in all and once by tag. */
static void on_metric(void *arg, const struct metric_info *info, const char *tag,
                      const struct histogram *histogram, int64_t sum)
{
    struct derived_walk *walk = arg;
    (void)histogram;
    (void)sum;
    for (size_t i = 0; i < DERIVED_COUNT; i++) {
        double ratio;
        uint64_t samples;
        if (info == metric_info(table[i].denominator) &&
            derived_value(&table[i], walk->metrics, tag, &ratio, &samples)) {
            char name[64];
            snprintf(name, sizeof name, "%s.ratio", table[i].name);
            walk->visit(walk->arg, name, table[i].meaning, tag, ratio);
        }
    }
}

void derived_visit(const struct metrics *metrics, derived_visit_fn *visit, void *arg)
{
    struct derived_walk walk = {metrics, visit, arg};
    metrics_visit(metrics, on_metric, &walk);
}
