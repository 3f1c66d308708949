/* shard.json: what a run with --shard leaves beside its other files, so that merging can judge all
 * shards as one: the thresholds as they were asked for, and what only this shard's parent saw.
 * Written last: with it the folder is complete. Private to engine/result. */
#ifndef CASELOAD_SHARD_CARD_H
#define CASELOAD_SHARD_CARD_H

#include <jansson.h>

#include "engine/result/run_result.h"

#define SHARD_CARD_FILE "shard.json"
#define SHARD_CARD_SCHEMA "caseload/shard-card/1"
#define SHARD_COUNT_MAX 1024 /* of shards, and of the processes of all shards */

struct shard_card {
    unsigned index, count, workers;
    bool begun;               /* false: it never loaded anybody; `told` says why */
    int64_t start_us, end_us; /* since 1970 */
    struct run_start start;
    struct threshold_list thresholds;
    struct verdict told; /* reasons that the shard gave before it was judged alone */
};

/* New reference; NULL: no memory. */
json_t *shard_card_to_json(const struct run_result *result);
/* MALFORMED: it is not what the function above writes. */
MUST_CHECK enum status shard_card_from_json(const json_t *json, struct shard_card *ret_card);

#endif
