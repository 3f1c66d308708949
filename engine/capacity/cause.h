/* What was exhausted when an objective broke? Pure: from what the generator and the target showed
 * during a hold. Nothing is guessed: what was not seen is unknown. */
#ifndef CASELOAD_CAUSE_H
#define CASELOAD_CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What could be seen of the target during a hold. Zeroed memory with `seen` false: nothing. Numbers
 * below zero: not known. */
struct target_use {
    bool seen;
    double cpu_mean, cpu_max; /* cores */
    double cpu_limit;         /* cores that it may use */
    double throttled;         /* share of the quota's periods in which it was held back */
    double busiest;           /* of its threads, share of a core, mean */
    double loop_lag_ms;       /* longest turn of its signalling loop */
    double drops;             /* packets, in the hold */
    double packets_per_s;     /* that it received, mean */
    double drops_per_s;       /* of them dropped, mean */
};
/* Nothing is known. */
struct target_use target_use_unknown(void);

/* X(name, word) */
#define CAUSE_LIST(X)                                                                              \
    X(NONE, "none")           /* nothing broke */                                                  \
    X(GENERATOR, "generator") /* not the target's limit at all */                                  \
    X(TARGET_CPU, "target cpu")                                                                    \
    X(TARGET_LOOP, "target loop")                                                                  \
    X(TARGET_DROPS, "packet drops")                                                                \
    X(UNSEEN, "unknown: the target shows no metrics")                                              \
    X(NOTHING_EXHAUSTED, "unknown: nothing that the target shows was exhausted")

enum cause {
#define X(name, word) CAUSE_##name,
    CAUSE_LIST(X)
#undef X
        CAUSE_COUNT
};
const char *cause_word(enum cause cause);
/* CAUSE_COUNT: none of that word. */
enum cause cause_by_word(const char *word);

#define CAUSE_CPU_FULL 0.9       /* of what it may use, mean of the hold */
#define CAUSE_THROTTLED_FULL 0.5 /* of the periods */
#define CAUSE_LOOP_LAG_MS 200.0  /* one turn of the signalling loop */

/* For a hold in which an objective broke. */
enum cause cause_find(const struct target_use *target, bool generator_fit);
/* For people: "target CPU: 0.29 of 0.30 cores, held back in 81 % of its periods". */
void cause_describe(enum cause cause, const struct target_use *target, char *text, size_t size);

#endif
