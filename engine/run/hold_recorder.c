#include "engine/run/hold_recorder.h"

#include "common/base/clock.h"
#include "engine/measure/metric_delta.h"

/* Ticks of a second drift: a hold may begin and end so much before its time. */
#define EARLY_US (100 * US_PER_MS)

void hold_recorder_finish(struct hold_recorder *recorder)
{
    metrics_destroy(recorder->before);
    recorder->before = NULL;
    hold_finish(&recorder->hold);
}

static bool is_under_way(const struct hold_recorder *recorder)
{
    return recorder->before != NULL && !recorder->hold.measured;
}

static void begin(struct hold_recorder *recorder, const struct metrics *metrics,
                  const struct shard_counts *counts, int64_t at_us)
{
    recorder->before = metrics_create();
    if (!recorder->before)
        return; /* no memory: tried again in a second */
    metrics_merge(recorder->before, metrics);
    recorder->counts_before = *counts;
    recorder->hold.from_us = recorder->hold.to_us = at_us;
}

static void add_second(struct hold_recorder *recorder, const struct shard_counts *counts,
                       const struct health_window *window, int64_t at_us)
{
    struct hold *hold = &recorder->hold;

    recorder->seconds++;
    recorder->counts_now = *counts;
    hold->to_us = at_us;
    health_add(&hold->health, window);
    hold->running_mean +=
        ((double)counts->running - hold->running_mean) / (double)recorder->seconds;
    if (counts->running > hold->running_max)
        hold->running_max = counts->running;
    if (counts->participants > hold->counts.participants_peak)
        hold->counts.participants_peak = counts->participants;
}

void hold_recorder_second(struct hold_recorder *recorder, const struct hold_plan *plan,
                          const struct metrics *metrics, const struct shard_counts *counts,
                          const struct health_window *window, int64_t at_us)
{
    if (is_under_way(recorder))
        add_second(recorder, counts, window, at_us);
    else if (plan->length_us > 0 && !recorder->before && at_us + EARLY_US >= plan->begin_us)
        begin(recorder, metrics, counts, at_us);
}

static uint64_t count_of(const struct metrics *metrics, const struct hold_need *need)
{
    struct metric_value value;

    return metrics_find(metrics, need->metric, need->tag, &value) ? value.additions : 0;
}

void hold_recorder_samples(const struct hold_recorder *recorder, const struct hold_plan *plan,
                           const struct metrics *metrics, uint64_t ret_samples[HOLD_NEEDS_MAX])
{
    for (size_t i = 0; i < plan->need_count; i++)
        ret_samples[i] = is_under_way(recorder) ? count_of(metrics, &plan->needs[i]) -
                                                      count_of(recorder->before, &plan->needs[i])
                                                : 0;
}

bool hold_recorder_due(const struct hold_recorder *recorder, const struct hold_plan *plan)
{
    return is_under_way(recorder) &&
           recorder->hold.to_us - recorder->hold.from_us + EARLY_US >= plan->limit_us;
}

void hold_recorder_end(struct hold_recorder *recorder, const struct metrics *metrics)
{
    const struct shard_counts *before = &recorder->counts_before, *now = &recorder->counts_now;
    struct hold *hold = &recorder->hold;

    if (!is_under_way(recorder) || recorder->seconds == 0)
        return;
    hold->metrics = metrics_gained(recorder->before, metrics);
    if (!hold->metrics)
        return; /* no memory: the shard has no hold, and the run says so */
    hold->counts.planned = now->planned - before->planned;
    hold->counts.started = now->started - before->started;
    hold->counts.completed = now->completed - before->completed;
    hold->counts.failed = now->failed - before->failed;
    hold->counts.late = now->late - before->late;
    hold->counts.dropped = now->dropped - before->dropped;
    hold->counts.cut = now->cut - before->cut;
    hold->counts.participants_total = hold->counts.participants_peak;
    hold->measured = true;
}
