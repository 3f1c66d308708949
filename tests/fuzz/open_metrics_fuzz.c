/* Any page of metrics: samples have a name, labels within bounds, and reading twice tells the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/open_metrics.h"
#include "engine/run/target_metrics.h"

static const struct target_metric own[] = {
    {TARGET_DROPS, "a", "b", " c ", false},
    {TARGET_HOST_CPU, "node_cpu_seconds_total", "", "", false}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_sample(void *arg, const struct open_metrics_sample *sample)
{
    size_t *count = arg;
    if (sample->name[0] == '\0' || strlen(sample->name) >= OPEN_METRICS_NAME_SIZE ||
        sample->label_count > OPEN_METRICS_LABELS_MAX)
        abort();
    for (size_t i = 0; i < sample->label_count; i++)
        if (sample->labels[i].name[0] == '\0' ||
            strlen(sample->labels[i].value) >= OPEN_METRICS_LABEL_SIZE)
            abort();
    (*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t first = 0, second = 0;
    struct target_numbers numbers;
    struct target_second told = target_second_unknown(0);
    open_metrics_read((const char *)data, size, on_sample, &first);
    open_metrics_read((const char *)data, size, on_sample, &second);
    if (first != second)
        abort();
    target_numbers_read((const char *)data, size, own, sizeof own / sizeof *own, &numbers);
    target_numbers_read((const char *)data, size, NULL, 0, &numbers);
    target_numbers_difference(&numbers, &numbers, 1000000, &told);
    if (told.cpu > 0 || told.drops > 0) /* nothing happened between a page and itself */
        abort();
    return 0;
}
