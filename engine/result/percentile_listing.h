/* A histogram as the percentile listing that HdrHistogram's tools plot (.hgrm): value, percentile,
 * how many up to there, 1/(1-percentile). Private to engine/result. */
#ifndef CASELOAD_PERCENTILE_LISTING_H
#define CASELOAD_PERCENTILE_LISTING_H

#include <stdio.h>

#include "common/base/histogram.h"

/* Values are divided by `scale` (1000: microseconds as milliseconds). */
void percentile_listing_write(const struct histogram *histogram, double scale, FILE *stream);

#endif
