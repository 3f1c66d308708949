/* `METRIC[{TAG=VALUE}].STAT OP VALUE`: what a run must hold, parsed and judged. Pure. A metric is
 * one of metrics.def, a ratio of derived.h ("freeze.ratio"), a session count
 * ("sessions.failed.ratio", "sessions.completed.count") or a story's own ("story.…"). */
#ifndef CASELOAD_THRESHOLD_H
#define CASELOAD_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/measure/metrics.h"
#include "engine/measure/run_counts.h"

#define THRESHOLD_TEXT_SIZE 160

enum threshold_stat {
    THRESHOLD_COUNT,
    THRESHOLD_RATE,
    THRESHOLD_RATIO,
    THRESHOLD_MIN,
    THRESHOLD_MEAN,
    THRESHOLD_MAX,
    THRESHOLD_QUANTILE,
};

enum threshold_comparison {
    THRESHOLD_LESS,
    THRESHOLD_LESS_EQUAL,
    THRESHOLD_MORE,
    THRESHOLD_MORE_EQUAL,
    THRESHOLD_EQUAL,
    THRESHOLD_NOT_EQUAL,
};

struct threshold {
    char text[THRESHOLD_TEXT_SIZE]; /* as given, without outer blanks */
    char metric[64];                /* without stat: "m.join_media", "freeze", "sessions.failed" */
    char tag[64];                   /* "role=patient"; "" for all */
    enum threshold_stat stat;
    double quantile; /* 0…1 for THRESHOLD_QUANTILE */
    enum threshold_comparison comparison;
    double value;  /* in the metric's unit; a rate per second; a ratio as a fraction */
    char unit[8];  /* of `value`, as in metrics.def, "1/s", "B/s" or "ratio" */
    bool built_in; /* every run has it */
    bool loosened; /* a story or user replaced a built-in one by an easier one */
};

/* The failure names the culprit: INVALID (grammar, unit that does not fit the metric), NOT_FOUND
 * (unknown metric), UNSUPPORTED ("not yet": @WINDOW, abort:, several tags). All are exit 2. */
MUST_CHECK enum status threshold_parse(const char *text, struct threshold *ret_threshold,
                                       struct failure *failure);

enum threshold_outcome {
    THRESHOLD_PASSED,
    THRESHOLD_FAILED,
    THRESHOLD_NO_SAMPLES, /* exit 4, never a pass */
    THRESHOLD_UNFIT, /* a latency limit that the generator's own slip makes unjudgeable: exit 4 */
    THRESHOLD_WRONG_UNIT, /* a story recorded that metric in another unit: exit 2 */
};
const char *threshold_outcome_word(enum threshold_outcome outcome); /* "passed", … */

struct threshold_result {
    enum threshold_outcome outcome;
    double measured; /* in threshold.unit; 0 without samples */
    uint64_t samples;
};

/* What is judged. */
struct threshold_input {
    const struct metrics *metrics;
    const struct run_counts *counts;
    double duration_s;        /* for rates; > 0 */
    int64_t send_slip_p99_us; /* a latency limit below ten times this is not judged */
};
void threshold_judge(const struct threshold *threshold, const struct threshold_input *input,
                     struct threshold_result *ret_result);

#define THRESHOLDS_MAX 64

struct threshold_list {
    struct threshold items[THRESHOLDS_MAX];
    size_t count;
};
/* The built-in ones: `sessions.failed.ratio==0` and `sessions.completed.count>=1`. */
void threshold_list_init(struct threshold_list *list);
/* Parse and add. One with the metric, tag and stat of an earlier one replaces it: that is how a
 * story or a user loosens a built-in threshold by name. FULL, and what threshold_parse says. */
MUST_CHECK enum status threshold_list_add(struct threshold_list *list, const char *text,
                                          struct failure *failure);

#endif
