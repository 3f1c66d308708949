/* How a platform's /metrics page names what it uses: a name for each number of interest. Declared
 * by a target driver, or one of those that are known everywhere (engine/run/target_metrics.c).
 * Plain data. */
#ifndef CASELOAD_TARGET_METRIC_H
#define CASELOAD_TARGET_METRIC_H

#include <stdbool.h>
#include <stddef.h>

/* X(name, word, meaning); all but MEMORY and LOOP_LAG are counters */
#define TARGET_NUMBER_LIST(X)                                                                      \
    X(CPU, "cpu", "seconds of processor of the platform's process")                                \
    X(HOST_CPU, "host_cpu", "seconds of processor of its host, idle ones excepted")                \
    X(MEMORY, "memory", "resident bytes")                                                          \
    X(PACKETS, "packets", "packets received")                                                      \
    X(DROPS, "drops", "packets dropped for want of time or room")                                  \
    X(LOOP_LAG, "loop_lag", "longest turn of its signalling loop, in seconds")

enum target_number {
#define X(name, word, meaning) TARGET_##name,
    TARGET_NUMBER_LIST(X)
#undef X
        TARGET_NUMBER_COUNT
};

#define TARGET_METRICS_MAX 32

/* A sample counts when its name is this and, with a label named, that label's value is among the
 * words (or, with `but`, is not). */
struct target_metric {
    enum target_number number;
    char name[128], label[64];
    char words[256]; /* between blanks: " lo docker0 "; "" without a label */
    bool but;
};

/* TARGET_NUMBER_COUNT: there is none of that word. */
enum target_number target_number_by_word(const char *word);

#endif
