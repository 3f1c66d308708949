/* A log-linear histogram of fixed size: values from 1 to 2^36 - 1 (in microseconds: 19 hours)
 * with a relative error of at most 1/128 (0.8 %). Mergeable by adding buckets; it counts what it
 * could not record. Values below 1 are recorded as 0 in a bucket of their own when zero, and
 * counted in `negative` when negative. */
#ifndef CASELOAD_BASE_HISTOGRAM_H
#define CASELOAD_BASE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 64 sub-buckets per power of two (midpoint error 1/128); values below 128 are exact. */
#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_MAX_BITS 36
#define HISTOGRAM_BUCKETS ((HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
    uint64_t count;    /* recorded values */
    uint64_t overflow; /* not recorded: too large, no memory, or a bucket full at 2^32 - 1 */
    uint64_t negative; /* values below zero, not recorded */
    int64_t min, max;  /* of the recorded values; 0 while count is 0 */
    double sum;
    uint32_t *buckets; /* owned; NULL until the first value: an unused histogram costs 64 bytes */
};

/* Zeroed memory is an empty histogram. */
void histogram_finish(struct histogram *histogram);
void histogram_record(struct histogram *histogram, int64_t value);
void histogram_record_many(struct histogram *histogram, int64_t value, uint32_t times);
/* Add all of `from` to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);
/* Replace `gained` (finished and filled anew) by what `now` has beyond `before`, an earlier state
 * of the same histogram; min and max are those of the buckets. False: no memory. */
bool histogram_gained(const struct histogram *before, const struct histogram *now,
                      struct histogram *gained);
/* The value at `quantile` in [0, 1]: the midpoint of its bucket, clamped to [min, max];
 * 0 when empty. */
int64_t histogram_quantile(const struct histogram *histogram, double quantile);
double histogram_mean(const struct histogram *histogram);
/* Lowest value that falls into bucket `index`, and the bucket of a value. */
int64_t histogram_bucket_low(size_t index);
size_t histogram_bucket_index(int64_t value);

#endif
