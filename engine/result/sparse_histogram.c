#include "engine/result/sparse_histogram.h"

#include <stdlib.h>

void sparse_histogram_finish(struct sparse_histogram *sparse)
{
    free(sparse->buckets);
    *sparse = (struct sparse_histogram){0};
}

bool sparse_histogram_expand(const struct sparse_histogram *sparse, struct histogram *histogram)
{
    for (uint32_t i = 0; i < sparse->bucket_count; i++) {
        int64_t low = histogram_bucket_low(sparse->buckets[i].index);
        int64_t middle = low + (histogram_bucket_low(sparse->buckets[i].index + 1) - low) / 2;
        histogram_record_many(histogram, middle, sparse->buckets[i].count);
    }
    return histogram->overflow == 0;
}

static enum status compress(const struct histogram *histogram, struct sparse_histogram *sparse)
{
    uint32_t used = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        used += histogram->buckets[i] > 0;
    }
    struct sparse_bucket *buckets = malloc(used * sizeof *buckets);
    if (buckets == NULL) {
        return STATUS_NO_MEMORY;
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] > 0) {
            buckets[at++] = (struct sparse_bucket){i, histogram->buckets[i]};
        }
    }
    sparse_histogram_finish(sparse);
    sparse->buckets = buckets;
    sparse->bucket_count = used;
    return STATUS_OK;
}

enum status sparse_histogram_add(struct sparse_histogram *sparse, const struct histogram *histogram)
{
    if (histogram->count == 0) {
        return STATUS_OK;
    }
    struct histogram all = {0};
    enum status status = STATUS_NO_MEMORY;
    if (sparse_histogram_expand(sparse, &all)) {
        histogram_merge(&all, histogram);
        if (all.buckets != NULL) {
            status = compress(&all, sparse);
        }
    }
    histogram_finish(&all);
    return status;
}
