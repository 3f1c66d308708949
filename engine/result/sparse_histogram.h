/* A histogram of which only the used buckets are kept: a day of seconds fits into memory. Private
 * to engine/result. */
#ifndef CASELOAD_SPARSE_HISTOGRAM_H
#define CASELOAD_SPARSE_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/histogram.h"
#include "common/base/status.h"

struct sparse_bucket {
    uint32_t index, count;
};

/* Zeroed memory is empty. */
struct sparse_histogram {
    struct sparse_bucket *buckets; /* owned, by rising index */
    uint32_t bucket_count;
};

void sparse_histogram_finish(struct sparse_histogram *sparse);
MUST_CHECK enum status sparse_histogram_add(struct sparse_histogram *sparse,
                                            const struct histogram *histogram);
/* Into an empty histogram; values stand in the middle of their buckets. False: no memory. */
bool sparse_histogram_expand(const struct sparse_histogram *sparse, struct histogram *histogram);

#endif
