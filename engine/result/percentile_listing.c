#include "engine/result/percentile_listing.h"

#include <math.h>

/* Lines per halving of the distance to 100 %, as HdrHistogram's default. */
#define TICKS_PER_HALF_DISTANCE 5

static double deviation(const struct histogram *histogram)
{
    double mean = histogram_mean(histogram), sum = 0;
    for (size_t i = 0; histogram->buckets != NULL && i < HISTOGRAM_BUCKETS; i++) {
        double middle =
            (double)(histogram_bucket_low(i) + histogram_bucket_low(i + 1) - 1) / 2 - mean;
        sum += histogram->buckets[i] * middle * middle;
    }
    return histogram->count > 0 ? sqrt(sum / (double)histogram->count) : 0;
}

/* How many values are at or below the quantile's bucket: what the listing's third column counts. */
static uint64_t count_up_to(const struct histogram *histogram, double quantile)
{
    uint64_t rank = (uint64_t)ceil(quantile * (double)histogram->count), seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank && seen > 0) {
            break;
        }
    }
    return seen;
}

static void write_lines(const struct histogram *histogram, double scale, FILE *stream)
{
    double quantile = 0;
    for (;;) {
        uint64_t seen = count_up_to(histogram, quantile);
        fprintf(stream, "%12.3f %2.12f %10llu %14.2f\n",
                (double)histogram_quantile(histogram, quantile) / scale, quantile,
                (unsigned long long)seen, 1 / (1 - quantile));
        /* Beyond the last value nothing changes any more. */
        if (seen >= histogram->count) {
            break;
        }
        double halvings = floor(log2(1 / (1 - quantile))) + 1;
        quantile += 1 / (TICKS_PER_HALF_DISTANCE * exp2(halvings));
    }
    fprintf(stream, "%12.3f %2.12f %10llu\n", (double)histogram->max / scale, 1.0,
            (unsigned long long)histogram->count);
}

void percentile_listing_write(const struct histogram *histogram, double scale, FILE *stream)
{
    fprintf(stream, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    if (histogram->count > 0) {
        write_lines(histogram, scale, stream);
    }
    fprintf(stream, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
            histogram_mean(histogram) / scale, deviation(histogram) / scale);
    fprintf(stream, "#[Max     = %12.3f, Total count    = %12llu]\n",
            (double)histogram->max / scale, (unsigned long long)histogram->count);
    fprintf(stream, "#[Buckets = %12d, SubBuckets     = %12d]\n",
            HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1, 1 << HISTOGRAM_SUB_BITS);
}
