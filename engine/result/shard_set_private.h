/* The inside of shard_set.h: what reading, comparing and merging share. */
#ifndef CASELOAD_SHARD_SET_PRIVATE_H
#define CASELOAD_SHARD_SET_PRIVATE_H

#include <jansson.h>

#include "engine/result/shard_card.h"
#include "engine/result/shard_set.h"

struct shard_folder {
    const char *path; /* borrowed */
    size_t order;     /* as it was given */
    bool whole;
    char why[200];          /* it is not whole */
    json_t *run;            /* run.json; owned; may be there without being whole */
    struct shard_card card; /* only of a whole one */
};

struct shard_set {
    struct shard_folder *folders; /* owned; the first `whole_count` are whole, by index */
    size_t count, whole_count;
};

#endif
