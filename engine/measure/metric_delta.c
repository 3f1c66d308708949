#include "engine/measure/metric_delta.h"

#include <string.h>

void metric_delta_finish(struct metric_delta *delta)
{
    histogram_finish(&delta->seen);
    delta->seen_sum = 0;
}

/* A value in the middle of a bucket, as histogram_quantile would say it. */
static int64_t bucket_middle(size_t index)
{
    int64_t low = histogram_bucket_low(index);
    return low + (histogram_bucket_low(index + 1) - low) / 2;
}

bool metric_delta_histogram(struct metric_delta *delta, const struct metrics *metrics,
                            enum metric metric, struct histogram *gained)
{
    struct metric_value value;
    histogram_finish(gained);
    if (!metrics_find(metrics, metric_info(metric)->name, "", &value) || value.histogram == NULL) {
        return true;
    }
    const struct histogram *now = value.histogram;
    for (size_t i = 0; now->buckets != NULL && i < HISTOGRAM_BUCKETS; i++) {
        uint32_t before = delta->seen.buckets != NULL ? delta->seen.buckets[i] : 0;
        if (now->buckets[i] > before) {
            histogram_record_many(gained, bucket_middle(i), now->buckets[i] - before);
        }
    }
    if (gained->count != now->count - delta->seen.count) {
        return false; /* no memory for the buckets */
    }
    if (gained->count > 0) {
        gained->sum = now->sum - delta->seen.sum;
    }
    gained->overflow = now->overflow - delta->seen.overflow;
    gained->negative = now->negative - delta->seen.negative;
    if (gained->count > 0 || gained->overflow > 0 || gained->negative > 0) {
        histogram_finish(&delta->seen);
        histogram_merge(&delta->seen, now);
    }
    return delta->seen.count == now->count;
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
