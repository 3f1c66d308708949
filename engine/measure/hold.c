#include "engine/measure/hold.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Values beyond a quantile without which it is only the largest ones' luck. */
#define SAMPLES_BEYOND 10

void hold_finish(struct hold *hold)
{
    metrics_destroy(hold->metrics);
    *hold = (struct hold){0};
}

enum status hold_merge(struct hold *into, const struct hold *from)
{
    if (!from->measured) {
        return STATUS_OK;
    }
    if (into->metrics == NULL && (into->metrics = metrics_create()) == NULL) {
        return STATUS_NO_MEMORY;
    }
    metrics_merge(into->metrics, from->metrics);
    run_counts_add(&into->counts, &from->counts);
    health_merge(&into->health, &from->health);
    into->from_us = into->measured && into->from_us < from->from_us ? into->from_us : from->from_us;
    into->to_us = into->to_us > from->to_us ? into->to_us : from->to_us;
    into->running_mean += from->running_mean;
    into->running_max += from->running_max;
    into->measured = true;
    return STATUS_OK;
}

double hold_length_s(const struct hold *hold)
{
    return hold->measured ? (double)(hold->to_us - hold->from_us) / 1e6 : 0;
}

uint64_t threshold_samples_needed(const struct threshold *threshold)
{
    if (threshold->stat != THRESHOLD_QUANTILE || threshold->quantile >= 1) {
        return 0;
    }
    return (uint64_t)llround(SAMPLES_BEYOND / (1 - threshold->quantile));
}

enum status hold_plan_add_need(struct hold_plan *plan, const struct threshold *threshold)
{
    uint64_t samples = threshold_samples_needed(threshold);
    if (samples == 0) {
        return STATUS_OK;
    }
    if (plan->need_count == HOLD_NEEDS_MAX) {
        return STATUS_FULL;
    }
    struct hold_need *need = &plan->needs[plan->need_count++];
    snprintf(need->metric, sizeof need->metric, "%s", threshold->metric);
    snprintf(need->tag, sizeof need->tag, "%s", threshold->tag);
    need->samples = samples;
    return STATUS_OK;
}
