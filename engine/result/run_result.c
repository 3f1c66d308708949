#include "engine/result/run_result.h"

#include <jansson.h>
#include <stdlib.h>

#include "engine/result/session_index.h"

struct run_result *run_result_create(void)
{
    struct run_result *result = calloc(1, sizeof *result);
    if (result == NULL) {
        return NULL;
    }
    result->metrics = metrics_create();
    result->checks = check_log_create();
    result->sessions = session_index_create();
    if (result->metrics == NULL || result->checks == NULL || result->sessions == NULL) {
        run_result_destroy(result);
        return NULL;
    }
    result->shards_expected = 1;
    result->info.shard_count = 1;
    result->info.stall_before_us = result->info.stall_after_us = -1;
    threshold_list_init(&result->thresholds);
    for (size_t i = 0; i < THRESHOLDS_MAX; i++) { /* until judged: never a pass */
        result->threshold_results[i].outcome = THRESHOLD_NO_SAMPLES;
    }
    return result;
}

void run_result_destroy(struct run_result *result)
{
    if (result == NULL) {
        return;
    }
    for (size_t i = 0; i < result->timeline_count; i++) {
        sparse_histogram_finish(&result->timeline[i].frame_latency);
    }
    free(result->timeline);
    hold_finish(&result->hold);
    metrics_destroy(result->metrics);
    check_log_destroy(result->checks);
    session_index_destroy(result->sessions);
    free(result->shards);
    json_decref(result->base);
    free(result);
}
