/* Any text as a threshold: it is refused with a message, or it can be judged, shown and read again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/measure/measure_unit.h"
#include "engine/measure/threshold.h"

static void check_taken(const struct threshold *threshold)
{
    static struct metrics *metrics;
    struct run_counts counts = {.planned = 3, .started = 2, .completed = 1};
    struct threshold again;
    struct threshold_result result;
    char text[64];
    if (metrics == NULL) {
        metrics = metrics_create();
        for (unsigned i = 0; i < METRIC_COUNT; i++) {
            metric_record(metrics, (enum metric)i, 1000, 0, 0);
        }
    }
    struct threshold_input input = {metrics, &counts, 1, 50};
    threshold_judge(threshold, &input, &result);
    assert(threshold_outcome_word(result.outcome)[0] != '\0');
    measure_format(result.measured, threshold->unit, text, sizeof text);
    assert(threshold_parse(threshold->text, &again, NULL) == STATUS_OK);
    assert(again.value == threshold->value && strcmp(again.metric, threshold->metric) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct threshold threshold;
    struct failure failure = {0};
    memcpy(text, data, size);
    text[size] = '\0';
    if (threshold_parse(text, &threshold, &failure) == STATUS_OK) {
        check_taken(&threshold);
    } else {
        assert(failure.status != STATUS_OK && failure.message[0] != '\0');
    }
    free(text);
    return 0;
}
