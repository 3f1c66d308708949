#include "engine/measure/metric_delta.h"

void metric_delta_finish(struct metric_delta *delta)
{
    histogram_finish(&delta->seen);
    delta->seen_sum = 0;
}

bool metric_delta_histogram(struct metric_delta *delta, const struct metrics *metrics,
                            enum metric metric, struct histogram *gained)
{
    struct metric_value value;
    histogram_finish(gained);
    if (!metrics_find(metrics, metric_info(metric)->name, "", &value) || value.histogram == NULL) {
        return true;
    }
    if (!histogram_gained(&delta->seen, value.histogram, gained)) {
        return false;
    }
    if (gained->count > 0 || gained->overflow > 0 || gained->negative > 0) {
        histogram_finish(&delta->seen);
        histogram_merge(&delta->seen, value.histogram);
    }
    return delta->seen.count == value.histogram->count;
}

int64_t metric_delta_sum(struct metric_delta *delta, const struct metrics *metrics,
                         enum metric metric)
{
    struct metric_value value;
    if (!metrics_find(metrics, metric_info(metric)->name, "", &value)) {
        return 0;
    }
    int64_t gained = value.sum - delta->seen_sum;
    delta->seen_sum = value.sum;
    return gained;
}

struct gain_walk {
    const struct metrics *before;
    struct metrics *gained;
    const struct metrics *now;
    bool failed;
};

static void on_metric(void *arg, const struct metric_info *info, const char *tag,
                      const struct histogram *histogram, int64_t sum)
{
    struct gain_walk *walk = arg;
    struct metric_value before, now;
    struct histogram gained = {0}, none = {0};
    metrics_find(walk->before, info->name, tag, &before);
    metrics_find(walk->now, info->name, tag, &now);
    if (histogram != NULL && !histogram_gained(before.histogram != NULL ? before.histogram : &none,
                                               histogram, &gained)) {
        walk->failed = true;
    } else if (now.additions > before.additions &&
               metrics_add(walk->gained, info->name, info->unit, info->kind, tag,
                           histogram != NULL ? &gained : NULL, sum - before.sum,
                           now.additions - before.additions) != STATUS_OK) {
        walk->failed = true;
    }
    histogram_finish(&gained);
}

struct metrics *metrics_gained(const struct metrics *before, const struct metrics *now)
{
    struct gain_walk walk = {.before = before, .now = now, .gained = metrics_create()};
    if (walk.gained == NULL) {
        return NULL;
    }
    metrics_visit(now, on_metric, &walk);
    if (walk.failed) {
        metrics_destroy(walk.gained);
        return NULL;
    }
    return walk.gained;
}
