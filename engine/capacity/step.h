/* One step of a capacity search: a load held and judged. What a run's result says about it, as
 * plain data that capacity.json, the table and the report are made of. Knows no processes. */
#ifndef CASELOAD_STEP_H
#define CASELOAD_STEP_H

#include "engine/capacity/cause.h"
#include "engine/capacity/search.h"
#include "engine/result/run_result.h"

#define STEP_OBJECTIVES_MAX 20  /* the built-in thresholds included */
#define STEP_UNSTABLE_ABOVE 1.1 /* sessions at once, of the planned: they pile up … */
#define STEP_UNSTABLE_SLACK 1.0 /* … and one more: they are counted as each second ends */
#define STEP_SHORT_BELOW 0.8    /* less than this was no such load */

struct step_objective {
    char text[THRESHOLD_TEXT_SIZE], unit[8];
    enum threshold_outcome outcome;
    double limit, measured; /* in `unit` */
    uint64_t samples, samples_needed;
};

/* Latencies in microseconds; negative: nothing was measured. */
struct step_percentiles {
    int64_t p50, p95, p99;
};

/* Plain data. */
struct capacity_step {
    unsigned number; /* from 1, in the order of trial */
    uint64_t load;
    double planned;    /* sessions at once that the load means, over all shards */
    double share;      /* of them that were to run here: 1, or a shard's part */
    double rate_per_s; /* starts */
    char folder[64];   /* below the capacity folder */
    int exit_code;     /* of the run */
    enum trial_outcome outcome;
    char why[320];          /* of everything but "passed" */
    bool timed;             /* it was to begin at an instant: */
    struct run_start start; /* of the shard furthest from it */
    bool isolation;         /* somebody received, heard of or did what they must not, in the hold or
                             * not: proven, whatever the load */
    int64_t from_us, to_us;
    double running_mean;
    uint64_t running_max, participants;
    struct run_counts counts;
    size_t objective_count;
    struct step_objective objectives[STEP_OBJECTIVES_MAX];
    double goodput_bps, completed_per_s; /* media received by participants */
    double packets_per_s; /* of media, of one process in the mean, the busier direction */
    struct step_percentiles join, frame, audio;
    double freeze_ratio, frame_loss_ratio; /* < 0: not measured */
    bool generator_fit;
    double generator_cpu_mean, generator_cpu_max; /* of the busiest loop's core */
    int64_t send_slip_p99_us, rtt_p50_us;         /* < 0: not measured */
    uint64_t unfit_seconds, seconds;
    struct target_use target;
    enum cause cause;
    char because[200];
};

/* Fill everything that the result of a finished run says; number, load, planned, share, rate and
 * folder stay as they are. `cpu_limit` in cores that the target may use; negative: not known. */
void step_judge(struct capacity_step *step, const struct run_result *result, double cpu_limit);
/* The objective that broke first in the order given; NULL: none did. */
const struct step_objective *step_broken(const struct capacity_step *step);

#endif
