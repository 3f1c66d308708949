#include "engine/capacity/step.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/measure/derived.h"
#include "engine/measure/measure_unit.h"

/* ---- what was measured ---- */

static struct step_percentiles percentiles(const struct metrics *metrics, const char *name)
{
    struct metric_value value;

    if (!metrics_find(metrics, name, "", &value) || !value.histogram || value.histogram->count == 0)
        return (struct step_percentiles){-1, -1, -1};
    return (struct step_percentiles){histogram_quantile(value.histogram, 0.5),
                                     histogram_quantile(value.histogram, 0.95),
                                     histogram_quantile(value.histogram, 0.99)};
}

static int64_t sum_of(const struct metrics *metrics, enum metric metric)
{
    struct metric_value value;

    metrics_find(metrics, metric_info(metric)->name, "", &value);
    return value.sum;
}

static void take_curves(struct capacity_step *step, const struct hold *hold, unsigned processes)
{
    double length_s = hold_length_s(hold);
    double packets = fmax((double)sum_of(hold->metrics, METRIC_RTP_SENT),
                          (double)sum_of(hold->metrics, METRIC_RTP_RECEIVED));
    uint64_t samples;

    step->packets_per_s = packets / length_s / (processes ? processes : 1);
    step->goodput_bps = 8 * (double)sum_of(hold->metrics, METRIC_RTP_BYTES_RECEIVED) / length_s;
    step->completed_per_s = (double)hold->counts.completed / length_s;
    step->join = percentiles(hold->metrics, "m.join_media");
    if (step->join.p50 < 0)
        step->join = percentiles(hold->metrics, "m.join_state");
    step->frame = percentiles(hold->metrics, "frame.latency");
    step->audio = percentiles(hold->metrics, "audio.latency");
    step->rtt_p50_us = percentiles(hold->metrics, "rtcp.rtt").p50;
    if (!derived_value(derived_find("freeze"), hold->metrics, "", &step->freeze_ratio, &samples))
        step->freeze_ratio = -1;
    if (!derived_value(derived_find("frame.loss"), hold->metrics, "", &step->frame_loss_ratio,
                       &samples))
        step->frame_loss_ratio = -1;
}

static void take_generator(struct capacity_step *step, const struct hold *hold)
{
    step->generator_fit = health_fit(&hold->health);
    step->generator_cpu_mean = health_cpu_mean(&hold->health);
    step->generator_cpu_max = hold->health.cpu_max;
    step->send_slip_p99_us = percentiles(hold->metrics, "generator.send_slip").p99;
    step->seconds = hold->health.windows;
    step->unfit_seconds = hold->health.unfit;
}

/* A mean, a sum or the largest over the seconds in which something was seen. */
struct seen {
    double sum, max;
    size_t count;
};

static void see(struct seen *seen, double value)
{
    if (value < 0)
        return;
    seen->sum += value;
    seen->max = value > seen->max ? value : seen->max;
    seen->count++;
}

static double mean_of(const struct seen *seen)
{
    return seen->count > 0 ? seen->sum / (double)seen->count : -1;
}

static double largest_of(const struct seen *seen)
{
    return seen->count > 0 ? seen->max : -1;
}

/* Of the seconds that lie in the hold. */
static void take_target(struct capacity_step *step, const struct run_result *result,
                        double cpu_limit)
{
    struct seen cpu = {0}, busiest = {0}, throttled = {0}, drops = {0}, lag = {0}, packets = {0};

    for (size_t i = 0; i < result->timeline_count; i++) {
        const struct target_second *target = &result->timeline[i].target;
        int64_t end_us = (int64_t)(i + 1) * US_PER_S;
        if (end_us <= step->from_us || end_us > step->to_us + US_PER_S / 2)
            continue;
        see(&cpu, target->cpu);
        see(&busiest, target->busiest);
        see(&throttled, target->throttled);
        see(&drops, target->drops);
        see(&packets, target->packets);
        see(&lag, target->loop_lag_us);
    }
    step->target =
        (struct target_use){.seen = cpu.count + drops.count + lag.count + packets.count > 0,
                            .cpu_mean = mean_of(&cpu),
                            .cpu_max = largest_of(&cpu),
                            .cpu_limit = cpu.count > 0 ? cpu_limit : -1,
                            .busiest = mean_of(&busiest),
                            .throttled = mean_of(&throttled),
                            .drops = drops.count > 0 ? drops.sum : -1,
                            .packets_per_s = mean_of(&packets),
                            .drops_per_s = mean_of(&drops),
                            .loop_lag_ms = lag.count > 0 ? lag.max / 1000 : -1};
}

static void take_objectives(struct capacity_step *step, const struct run_result *result)
{
    step->objective_count = 0;
    for (size_t i = 0; i < result->thresholds.count && i < STEP_OBJECTIVES_MAX; i++) {
        const struct threshold *threshold = &result->thresholds.items[i];
        const struct threshold_result *judged = &result->threshold_results[i];
        struct step_objective *objective = &step->objectives[step->objective_count++];
        *objective = (struct step_objective){.outcome = judged->outcome,
                                             .limit = threshold->value,
                                             .measured = judged->measured,
                                             .samples = judged->samples,
                                             .samples_needed = threshold_samples_needed(threshold)};
        snprintf(objective->text, sizeof objective->text, "%s", threshold->text);
        snprintf(objective->unit, sizeof objective->unit, "%s", threshold->unit);
    }
}

static void take_hold(struct capacity_step *step, const struct run_result *result, double cpu_limit)
{
    const struct hold *hold = &result->hold;

    step->from_us = hold->from_us;
    step->to_us = hold->to_us;
    step->running_mean = hold->running_mean;
    step->running_max = hold->running_max;
    step->participants = hold->counts.participants_peak;
    step->counts = hold->counts;
    take_curves(step, hold, result->holds_merged);
    take_generator(step, hold);
    take_target(step, result, cpu_limit);
    take_objectives(step, result);
}

/* ---- what it means ---- */

/* What the user asked for says more than that sessions failed as a consequence. */
const struct step_objective *step_broken(const struct capacity_step *step)
{
    const struct step_objective *sessions = NULL;

    for (size_t i = 0; i < step->objective_count; i++) {
        const struct step_objective *objective = &step->objectives[i];
        if (objective->outcome != THRESHOLD_FAILED)
            continue;
        if (strncmp(objective->text, "sessions.", 9) != 0)
            return objective;
        if (!sessions)
            sessions = objective;
    }
    return sessions;
}

static const struct step_objective *find_outcome(const struct capacity_step *step,
                                                 enum threshold_outcome outcome)
{
    for (size_t i = 0; i < step->objective_count; i++)
        if (step->objectives[i].outcome == outcome)
            return &step->objectives[i];
    return NULL;
}

static const struct step_objective *find_short(const struct capacity_step *step)
{
    for (size_t i = 0; i < step->objective_count; i++)
        if (step->objectives[i].samples < step->objectives[i].samples_needed)
            return &step->objectives[i];
    return NULL;
}

/* Before anything else: what was not the load that was asked for says nothing of it. By the clock
 * there is no second trial; a search makes one. */
static bool judge_gap(struct capacity_step *step, const struct run_result *result)
{
    if (result->gap[0] == '\0')
        return false;
    snprintf(step->why, sizeof step->why, "%s", result->gap);
    step->outcome = step->timed ? TRIAL_PARTIAL : TRIAL_UNFIT;
    step->generator_fit = false;
    return true;
}

/* The generator comes first: what it was too slow for is nobody's fault. */
static bool judge_generator(struct capacity_step *step, const struct run_result *result)
{
    const struct health *health = &result->hold.health;
    const struct step_objective *blurred = find_outcome(step, THRESHOLD_UNFIT);
    unsigned reason = 0;

    if (!step->generator_fit) {
        while (reason + 1 < HEALTH_REASON_COUNT && health->by_reason[reason] == 0)
            reason++;
        snprintf(step->why, sizeof step->why, "generator not fit in %llu of %llu s: %s",
                 (unsigned long long)health->unfit, (unsigned long long)health->windows,
                 health_reason_text((enum health_reason)reason));
    } else if (blurred) {
        snprintf(step->why, sizeof step->why, "%s: the generator's send slip blurs it",
                 blurred->text);
        step->generator_fit = false;
    } else {
        return false;
    }
    step->outcome = TRIAL_UNFIT;
    return true;
}

static bool judge_stability(struct capacity_step *step)
{
    double planned = step->planned * step->share;

    if (step->running_mean <= STEP_UNSTABLE_ABOVE * planned + STEP_UNSTABLE_SLACK &&
        step->counts.dropped == 0)
        return false;
    snprintf(step->why, sizeof step->why, "unstable: %.1f sessions at once instead of %.1f%s",
             step->running_mean, planned, step->counts.dropped ? ", and starts dropped" : "");
    step->outcome = TRIAL_FAILED;
    return true;
}

static bool judge_objectives(struct capacity_step *step, const struct run_result *result)
{
    const struct step_objective *broken = step_broken(step);
    char measured[48];

    if (broken) {
        measure_format(broken->measured, broken->unit, measured, sizeof measured);
        snprintf(step->why, sizeof step->why, "%s: measured %s", broken->text, measured);
    } else if (result->verdict.code == EXIT_CODE_CONFORMANCE) {
        snprintf(step->why, sizeof step->why, "%s", verdict_main_reason(&result->verdict));
    } else {
        return false;
    }
    step->outcome = TRIAL_FAILED;
    return true;
}

static bool judge_certainty(struct capacity_step *step)
{
    const struct step_objective *objective = find_outcome(step, THRESHOLD_NO_SAMPLES);

    if (!objective)
        objective = find_short(step);
    if (objective)
        snprintf(step->why, sizeof step->why, "%s: %llu samples of %llu", objective->text,
                 (unsigned long long)objective->samples,
                 (unsigned long long)(objective->samples_needed ? objective->samples_needed : 1));
    else if (step->running_mean < STEP_SHORT_BELOW * step->planned * step->share)
        snprintf(step->why, sizeof step->why, "only %.1f sessions at once instead of %.1f",
                 step->running_mean, step->planned * step->share);
    else
        return false;
    step->outcome = TRIAL_UNSURE;
    return true;
}

void step_judge(struct capacity_step *step, const struct run_result *result, double cpu_limit)
{
    const struct verdict *verdict = &result->verdict;

    step->exit_code = (int)verdict->code;
    step->isolation = sum_of(result->metrics, METRIC_FORBIDDEN_PACKETS) > 0 ||
                      sum_of(result->metrics, METRIC_OVERHEARD) > 0;
    step->why[0] = '\0';
    step->target = target_use_unknown();
    step->timed = result->info.start.at_us != 0;
    step->start = result->info.start;
    if (!result->hold.measured) {
        step->outcome = verdict->code == EXIT_CODE_TARGET_LOST ? TRIAL_FAILED : TRIAL_UNFIT;
        snprintf(step->why, sizeof step->why, "%s", verdict_main_reason(verdict));
        if (step->outcome == TRIAL_UNFIT)
            judge_gap(step, result);
    } else {
        take_hold(step, result, cpu_limit);
        if (!judge_gap(step, result) && !judge_generator(step, result) &&
            !judge_objectives(step, result) && !judge_stability(step) && !judge_certainty(step))
            step->outcome = TRIAL_PASSED;
    }
    step->cause = step->outcome != TRIAL_FAILED && step->outcome != TRIAL_UNFIT
                      ? CAUSE_NONE
                      : cause_find(&step->target, step->outcome != TRIAL_UNFIT);
    cause_describe(step->cause, &step->target, step->because, sizeof step->because);
}
