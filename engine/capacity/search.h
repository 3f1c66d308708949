/* Where does passing end? A search over whole-numbered loads: doubled until one fails, then halved
 * between the last that passed and the first that did not, then both held again until two holds of
 * each agree. Pure, and without memory of its own: what to try next follows from what was tried, so
 * noise and surprises (a load that passes above one that failed) only change what is tried next. */
#ifndef CASELOAD_SEARCH_H
#define CASELOAD_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEARCH_TRIALS_MAX 64
#define SEARCH_AGREEING 2    /* holds of a load that confirm it, and more than speak against it */
#define SEARCH_AT_ONE_LOAD 5 /* holds of one load, then it stays open */
#define SEARCH_RESOLUTION 20 /* the interval is at most a 20th of the load, or 1 */

/* X(name, word) */
#define TRIAL_OUTCOME_LIST(X)                                                                      \
    X(PASSED, "passed")                                                                            \
    X(FAILED, "failed")                                                                            \
    X(UNFIT, "generator") /* the generator was not fit: says nothing about the target */           \
    X(UNSURE, "too few")  /* nothing broke, on too few samples or too little load to be sure */    \
    X(PARTIAL, "partial") /* a part of the load was missing or came late: no trial at all */

enum trial_outcome {
#define X(name, word) TRIAL_##name,
    TRIAL_OUTCOME_LIST(X)
#undef X
        TRIAL_OUTCOME_COUNT
};
const char *trial_outcome_word(enum trial_outcome outcome);
/* TRIAL_OUTCOME_COUNT: there is none of that word. */
enum trial_outcome trial_outcome_by_word(const char *word);

struct trial {
    uint64_t load;
    enum trial_outcome outcome;
};

struct search {
    uint64_t from, to;   /* 1 ≤ from ≤ to: no load outside is tried */
    unsigned trials_max; /* at most SEARCH_TRIALS_MAX */
    size_t count;
    struct trial trials[SEARCH_TRIALS_MAX];
};

/* X(name, word) */
#define SEARCH_END_LIST(X)                                                                         \
    X(GOES_ON, "goes on")                                                                          \
    X(FOUND, "found")                                                                              \
    X(NOT_REACHED, "not reached")             /* the highest load allowed passes */                \
    X(GENERATOR_LIMITED, "generator limited") /* above the last that passed only it gave up */     \
    X(FAILS_AT_LOWEST, "fails at the lowest")                                                      \
    X(INCONCLUSIVE, "inconclusive") /* no more trials allowed, or a load that no two holds         \
                                     * agree about */

enum search_end {
#define X(name, word) SEARCH_##name,
    SEARCH_END_LIST(X)
#undef X
        SEARCH_END_COUNT
};
const char *search_end_word(enum search_end end);

/* Count a trial; beyond SEARCH_TRIALS_MAX, and when it is PARTIAL, it is refused (false). */
bool search_add(struct search *search, uint64_t load, enum trial_outcome outcome);
/* SEARCH_GOES_ON: try *ret_load; everything else is the end. */
enum search_end search_next(const struct search *search, uint64_t *ret_load);
/* The end of a fixed staircase: every load was tried as often as its owner wished, so one hold is
 * enough to speak. Never SEARCH_GOES_ON. */
enum search_end search_conclude(const struct search *search);

/* What the trials say: the highest load with nothing but passing ones up to it, and the lowest that
 * does not pass. 0: there is none. */
struct search_interval {
    uint64_t pass, fail;
    unsigned pass_holds, fail_holds; /* fit holds that agree */
    bool pass_confirmed, fail_confirmed;
    bool fail_is_generator; /* what ends the interval is the generator */
};
void search_interval(const struct search *search, struct search_interval *ret_interval);

#endif
