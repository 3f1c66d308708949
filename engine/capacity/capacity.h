/* `caseload capacity`: steps of a load, each a run of its own below the capacity folder, until it
 * is known where an objective breaks (search.h), what broke (step.h) and why (cause.h). Owns the
 * order of things; runs are engine/run's. */
#ifndef CASELOAD_CAPACITY_H
#define CASELOAD_CAPACITY_H

#include <stdio.h>

#include "engine/capacity/search.h"
#include "engine/capacity/step.h"
#include "engine/run/run_settings.h"

#define CAPACITY_SCHEMA "caseload/capacity/1"
#define CAPACITY_FILE "capacity.json"

struct capacity_settings {
    /* Story, target, media, thresholds (the objectives; none: the story's own); its load shape is
     * not read. Every step has its seed: a step differs from the next by its load alone. */
    struct run_settings run;
    bool by_rate;      /* loads are starts per minute instead of sessions at once */
    uint64_t from, to; /* of the search */
    size_t step_count; /* > 0: these loads in this order instead */
    uint64_t steps[SEARCH_TRIALS_MAX];
    unsigned trials_max;
    int64_t hold_us; /* at least */
};

/* How a step's time is spent, microseconds. */
struct capacity_times {
    int64_t session_us; /* as the story plans it */
    int64_t rise_us;    /* until so many sessions run as the rate keeps running */
    int64_t hold_us, hold_limit_us;
    int64_t step_us; /* the longest that a step may take, start and end included */
    int64_t wall_us; /* the longest that everything may take */
};
/* step_us and wall_us are left open. */
void capacity_times_plan(int64_t session_us, int64_t hold_us, struct capacity_times *ret_times);

struct capacity {
    const struct capacity_settings *settings; /* borrowed */
    struct capacity_times times;
    char folder[RESOURCE_PATH_SIZE];
    struct search search;
    struct capacity_step *steps; /* owned; search.trials_max of them */
    size_t step_count;
    enum search_end end; /* SEARCH_GOES_ON while it does */
    struct verdict verdict;
    struct run_info info; /* of the latest run: host, media, target */
    int64_t start_realtime_us, end_realtime_us;
};

/* The step that shows why it ends there: the one at the interval's upper end; NULL: none. */
const struct capacity_step *capacity_breaking_step(const struct capacity *capacity);
/* The first line of every report: "carries 412 (412–420) …; first broken: …; because …". */
void capacity_headline(const struct capacity *capacity, char *text, size_t size);
/* "sessions at once" or "starts a minute". */
const char *capacity_unit(const struct capacity_settings *settings);

/* Returns the exit code. An empty settings->run.out becomes results/runs/<UTC>-capacity-<story>. */
int capacity_execute(struct capacity_settings *settings);

/* capacity_json.c: capacity.json as it stands. */
MUST_CHECK enum status capacity_write(const struct capacity *capacity, struct failure *failure);
/* capacity_say.c: for people. */
void capacity_announce(const struct capacity *capacity, FILE *out);
void capacity_print_step(const struct capacity_step *step, FILE *out);
void capacity_print(const struct capacity *capacity, FILE *out);

#endif
