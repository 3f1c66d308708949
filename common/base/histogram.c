#include "common/base/histogram.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define SUB_BUCKETS (1 << HISTOGRAM_SUB_BITS)
#define VALUE_LIMIT ((int64_t)1 << HISTOGRAM_MAX_BITS)

/* Buckets 0…127 are the values themselves; then each power of two has SUB_BUCKETS buckets, which
 * double in width from one power to the next. */
size_t histogram_bucket_index(int64_t value)
{
    assert(value >= 0 && value < VALUE_LIMIT);
    if (value < 2 * SUB_BUCKETS)
        return (size_t)value;
    int shift = 63 - __builtin_clzll((uint64_t)value) - HISTOGRAM_SUB_BITS;
    return ((size_t)shift << HISTOGRAM_SUB_BITS) + (size_t)(value >> shift);
}

int64_t histogram_bucket_low(size_t index)
{
    assert(index <= HISTOGRAM_BUCKETS); /* one past the last: where it ends */
    if (index < 2 * SUB_BUCKETS)
        return (int64_t)index;
    size_t shift = (index >> HISTOGRAM_SUB_BITS) - 1;
    return (int64_t)(index - (shift << HISTOGRAM_SUB_BITS)) << shift;
}

static int64_t bucket_middle(size_t index)
{
    int64_t low = histogram_bucket_low(index);
    return low + (histogram_bucket_low(index + 1) - low) / 2;
}

void histogram_finish(struct histogram *histogram)
{
    free(histogram->buckets);
    *histogram = (struct histogram){0};
}

void histogram_record(struct histogram *histogram, int64_t value)
{
    histogram_record_many(histogram, value, 1);
}

static bool have_buckets(struct histogram *histogram)
{
    if (!histogram->buckets)
        histogram->buckets = calloc(HISTOGRAM_BUCKETS, sizeof *histogram->buckets);
    return histogram->buckets != NULL;
}

static void widen(struct histogram *histogram, int64_t min, int64_t max)
{
    if (histogram->count == 0 || min < histogram->min)
        histogram->min = min;
    if (histogram->count == 0 || max > histogram->max)
        histogram->max = max;
}

/* How many of `times` the bucket can still count. */
static uint32_t bucket_add(struct histogram *histogram, size_t index, uint32_t times)
{
    uint32_t room = UINT32_MAX - histogram->buckets[index];
    uint32_t added = times < room ? times : room;
    histogram->buckets[index] += added;
    histogram->overflow += times - added;
    return added;
}

void histogram_record_many(struct histogram *histogram, int64_t value, uint32_t times)
{
    if (times == 0)
        return;
    if (value < 0) {
        histogram->negative += times;
        return;
    }
    if (value >= VALUE_LIMIT || !have_buckets(histogram)) {
        histogram->overflow += times;
        return;
    }
    uint32_t added = bucket_add(histogram, histogram_bucket_index(value), times);
    if (added == 0)
        return;
    widen(histogram, value, value);
    histogram->count += added;
    histogram->sum += (double)value * added;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    into->overflow += from->overflow;
    into->negative += from->negative;
    if (from->count == 0)
        return;
    if (!have_buckets(into)) {
        into->overflow += from->count;
        return;
    }
    widen(into, from->min, from->max);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->count += bucket_add(into, i, from->buckets[i]);
    into->sum += from->sum;
}

bool histogram_gained(const struct histogram *before, const struct histogram *now,
                      struct histogram *gained)
{
    histogram_finish(gained);
    for (size_t i = 0; now->buckets && i < HISTOGRAM_BUCKETS; i++) {
        uint32_t had = before->buckets ? before->buckets[i] : 0;
        if (now->buckets[i] > had)
            histogram_record_many(gained, bucket_middle(i), now->buckets[i] - had);
    }
    if (gained->count != now->count - before->count)
        return false; /* no memory for the buckets */
    if (gained->count > 0)
        gained->sum = now->sum - before->sum;
    gained->overflow = now->overflow - before->overflow;
    gained->negative = now->negative - before->negative;
    return true;
}

int64_t histogram_quantile(const struct histogram *histogram, double quantile)
{
    assert(quantile >= 0 && quantile <= 1);
    if (histogram->count == 0)
        return 0;
    uint64_t rank = (uint64_t)ceil(quantile * (double)histogram->count);
    if (rank <= 1)
        return histogram->min;
    if (rank >= histogram->count)
        return histogram->max;

    uint64_t seen = 0;
    size_t index = 0;
    while (index < HISTOGRAM_BUCKETS - 1 && (seen += histogram->buckets[index]) < rank)
        index++;
    int64_t value = bucket_middle(index);
    if (value < histogram->min)
        return histogram->min;
    return value > histogram->max ? histogram->max : value;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count ? histogram->sum / (double)histogram->count : 0;
}
