#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/measure/measure_unit.h"
#include "engine/result/run_result.h"

static int64_t sum_of(const struct run_result *result, enum metric metric)
{
    struct metric_value value;
    metrics_find(result->metrics, metric_info(metric)->name, "", &value);
    return value.sum;
}

/* A verdict that fails the run, with what it is called and the first message of it. */
static void blame(struct verdict *verdict, const struct check_requirement *requirement,
                  enum check_verdict bad, const char *what)
{
    const struct check_entry *entry = check_first_entry(requirement, bad);
    if (requirement->counts[bad] > 0 && !requirement->excused) {
        verdict_add(verdict, EXIT_CODE_CONFORMANCE, "%s %s %llu×%s%s", requirement->id, what,
                    (unsigned long long)requirement->counts[bad], entry != NULL ? ": " : "",
                    entry != NULL ? entry->message : "");
    }
}

static void judge_requirement(struct verdict *verdict, const struct check_requirement *requirement)
{
    uint64_t errors = requirement->counts[CHECK_ERROR];
    uint64_t open = requirement->counts[CHECK_INCONCLUSIVE];
    blame(verdict, requirement, CHECK_FAIL, "failed");
    blame(verdict, requirement, CHECK_BLOCKED, "could not be verified");
    if (errors > 0) {
        verdict_add(verdict, EXIT_CODE_INTERNAL, "%s could not be judged %llu×: harness or driver",
                    requirement->id, (unsigned long long)errors);
    }
    if (open > 0) {
        verdict_add(verdict, EXIT_CODE_INCONCLUSIVE, "%s was inconclusive %llu×", requirement->id,
                    (unsigned long long)open);
    }
}

static void judge_checks(struct run_result *result)
{
    for (size_t i = 0; i < check_log_count(result->checks); i++) {
        judge_requirement(&result->verdict, check_log_requirement(result->checks, i));
    }
}

/* Packets of a frame that never became complete belong to no stamped frame. A lost frame explains
 * at most a key frame's worth of them (four times the average); so does what an emulated network
 * lost, since at the end of a call frames that miss it are no longer expected. What that end itself
 * cut in the middle is not among them: receivers know it (sink_cut.c). */
static uint64_t explained_unattributed(const struct run_result *result)
{
    double received = (double)sum_of(result, METRIC_RTP_RECEIVED);
    double frames = (double)sum_of(result, METRIC_FRAMES_RECEIVED);
    double per_frame = frames > 0 ? received / frames : 1;
    int64_t lost = sum_of(result, METRIC_FRAMES_LOST) + sum_of(result, METRIC_NET_LOST) +
                   sum_of(result, METRIC_NET_QUEUE_DROPPED) + sum_of(result, METRIC_NET_CUT);
    return (uint64_t)(4 * per_frame * (double)lost);
}

static void judge_isolation(struct run_result *result)
{
    int64_t forbidden = sum_of(result, METRIC_FORBIDDEN_PACKETS);
    int64_t unattributed = sum_of(result, METRIC_UNATTRIBUTED_PACKETS);
    int64_t unjudged = sum_of(result, METRIC_UNJUDGED_PACKETS);
    uint64_t explained = explained_unattributed(result);
    if (forbidden > 0) {
        verdict_add(&result->verdict, EXIT_CODE_CONFORMANCE,
                    "isolation: %lld packets from people who must not be received",
                    (long long)forbidden);
    }
    if (unattributed > 0 && (uint64_t)unattributed > explained) {
        verdict_add(&result->verdict, EXIT_CODE_CONFORMANCE,
                    "isolation: %lld media packets belong to no stamped frame; losses explain %llu",
                    (long long)unattributed, (unsigned long long)explained);
    }
    if (unjudged > 0) {
        verdict_add(&result->verdict, EXIT_CODE_INCONCLUSIVE,
                    "isolation: %lld packets could not be judged: the generator was itself late",
                    (long long)unjudged);
    }
}

static void judge_ledger(struct run_result *result)
{
    for (size_t i = 0; i < result->ledger.count; i++) {
        const struct ledger_row *row = &result->ledger.rows[i];
        if (row->missing > 0) {
            verdict_add(&result->verdict, EXIT_CODE_SHORTFALL,
                        "%s: %llu expected, %llu seen, %llu missing without explanation", row->name,
                        (unsigned long long)row->expected, (unsigned long long)row->seen,
                        (unsigned long long)row->missing);
        }
    }
}

/* Something of the load was not there, or not when it should: inconclusive; the first one is kept
 * for whoever asks whether the run was whole. */
static void add_gap(struct run_result *result, const char *format, ...) PRINTF_LIKE(2, 3);
static void add_gap(struct run_result *result, const char *format, ...)
{
    char text[sizeof result->gap];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    verdict_add(&result->verdict, EXIT_CODE_INCONCLUSIVE, "%s", text);
    if (result->gap[0] == '\0') {
        snprintf(result->gap, sizeof result->gap, "%s", text);
    }
}

static void judge_processes(struct run_result *result)
{
    if (result->shards_merged < result->shards_expected) {
        add_gap(result, "%u of %u shards left no results",
                result->shards_expected - result->shards_merged, result->shards_expected);
    }
    if (result->hold.measured && result->holds_merged < result->shards_merged) {
        add_gap(result, "%u of %u processes ended before their hold did",
                result->shards_merged - result->holds_merged, result->shards_merged);
    }
}

/* What an unfit generator spoils are figures of a load. A check has none: whatever waited for a
 * late generator says so itself (INCONCLUSIVE). */
static void judge_generator(struct run_result *result)
{
    const struct health *health = result->hold_asked ? &result->hold.health : &result->health;
    if (result->shards_merged == 0 || result->info.examination || health_fit(health)) {
        return;
    }
    if (result->hold_asked && !result->hold.measured) {
        verdict_add(&result->verdict, EXIT_CODE_INCONCLUSIVE, "the run ended before its hold did");
        return;
    }
    if (health->windows == 0) {
        verdict_add(&result->verdict, EXIT_CODE_INCONCLUSIVE,
                    "the run took less than a second: nothing says that the generator was fit");
        return;
    }
    verdict_add(&result->verdict, EXIT_CODE_INCONCLUSIVE,
                "the generator was not fit in %llu of %llu seconds",
                (unsigned long long)health->unfit, (unsigned long long)health->windows);
    for (unsigned i = 0; i < HEALTH_REASON_COUNT; i++) {
        if (health->by_reason[i] > 0) {
            verdict_add(&result->verdict, EXIT_CODE_INCONCLUSIVE, "generator: %s in %llu s",
                        health_reason_text((enum health_reason)i),
                        (unsigned long long)health->by_reason[i]);
        }
    }
}

/* `who` is "" for the run itself. */
static void judge_start(struct run_result *result, const char *who, const struct run_start *start)
{
    double skew_s = (double)start->skew_us / US_PER_S;
    if (start->at_us == 0 || llabs(start->skew_us) <= RUN_START_SKEW_MAX_US) {
        return;
    }
    add_gap(result, "%sbegan %.3f s %s the instant of --start-at%s; at most %.3f s are allowed",
            who, skew_s < 0 ? -skew_s : skew_s, skew_s < 0 ? "before" : "after",
            start->late ? ", since it was ready too late" : "",
            (double)RUN_START_SKEW_MAX_US / US_PER_S);
}

static void judge_shards(struct run_result *result)
{
    char who[40];
    for (size_t i = 0; i < result->shard_count; i++) {
        const struct run_shard *shard = &result->shards[i];
        snprintf(who, sizeof who, "shard %u of %zu ", shard->index, result->shard_count);
        judge_start(result, who, &shard->start);
        if (shard->lost[0] != '\0') {
            add_gap(result, "%s%s", who, shard->lost);
        }
    }
    if (result->shard_count == 0) {
        judge_start(result, "", &result->info.start);
    }
}

static enum exit_code outcome_code(const struct threshold *threshold,
                                   enum threshold_outcome outcome)
{
    switch (outcome) {
    case THRESHOLD_PASSED:
        return EXIT_CODE_PASSED;
    case THRESHOLD_FAILED:
        return EXIT_CODE_THRESHOLD;
    case THRESHOLD_WRONG_UNIT:
        return EXIT_CODE_USAGE;
    case THRESHOLD_NO_SAMPLES:
        /* Nothing ran: that is a shortfall, not noise. */
        return strncmp(threshold->metric, "sessions.", 9) == 0 ? EXIT_CODE_SHORTFALL
                                                               : EXIT_CODE_INCONCLUSIVE;
    default:
        return EXIT_CODE_INCONCLUSIVE;
    }
}

static void judge_threshold(struct run_result *result, size_t index,
                            const struct threshold_input *input)
{
    const struct threshold *threshold = &result->thresholds.items[index];
    struct threshold_result *judged = &result->threshold_results[index];
    char measured[48];
    threshold_judge(threshold, input, judged);
    if (judged->outcome == THRESHOLD_PASSED) {
        return;
    }
    measure_format(judged->measured, threshold->unit, measured, sizeof measured);
    bool known = judged->outcome == THRESHOLD_FAILED || judged->outcome == THRESHOLD_UNFIT;
    verdict_add(&result->verdict, outcome_code(threshold, judged->outcome), "%s: %s%s%s",
                threshold->text, threshold_outcome_word(judged->outcome),
                known ? ", measured " : "", known ? measured : "");
}

/* The whole run, or of a run with a hold the hold alone. */
static struct threshold_input judged_input(const struct run_result *result, double duration_s)
{
    bool hold = result->hold_asked && result->hold.measured;
    struct threshold_input input = {.metrics = hold ? result->hold.metrics : result->metrics,
                                    .counts = hold ? &result->hold.counts : &result->counts,
                                    .duration_s = hold ? hold_length_s(&result->hold) : duration_s};
    struct metric_value slip;
    if (metrics_find(input.metrics, metric_info(METRIC_SEND_SLIP)->name, "", &slip)) {
        input.send_slip_p99_us = histogram_quantile(slip.histogram, 0.99);
    }
    return input;
}

enum exit_code run_result_judge(struct run_result *result, double duration_s)
{
    struct threshold_input input = judged_input(result, duration_s);
    judge_isolation(result);
    judge_checks(result);
    judge_shards(result);
    judge_processes(result);
    judge_generator(result);
    if (result->counts.started == 0) {
        verdict_add(&result->verdict, EXIT_CODE_SHORTFALL, "no session was started");
    }
    judge_ledger(result);
    for (size_t i = 0; i < result->thresholds.count; i++) {
        judge_threshold(result, i, &input);
    }
    return result->verdict.code;
}
