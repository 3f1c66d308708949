/* `caseload capacity`: steps of a load, each a run of its own below the capacity folder, until it
 * is known where an objective breaks (search.h), what broke (step.h) and why (cause.h). Owns the
 * order of things; runs are engine/run's. Staircases of shards are merged by capacity_merge.h. */
#ifndef CASELOAD_CAPACITY_H
#define CASELOAD_CAPACITY_H

#include <stdio.h>

#include "engine/capacity/generator_use.h"
#include "engine/capacity/search.h"
#include "engine/capacity/step.h"
#include "engine/run/run_settings.h"

#define CAPACITY_SCHEMA "caseload/capacity/1"
#define CAPACITY_FILE "capacity.json"

struct capacity_settings {
    /* Story, target, media, thresholds (the objectives; none: the story's own), shard and instant;
     * its load shape is not read. Every step has its seed: a step differs from the next by its
     * load alone. */
    struct run_settings run;
    bool by_rate;      /* loads are starts per minute instead of sessions at once */
    uint64_t from, to; /* of the search */
    size_t step_count; /* > 0: these loads in this order instead, over all shards together */
    uint64_t steps[SEARCH_TRIALS_MAX];
    unsigned trials_max;
    int64_t hold_us; /* at least; by the clock exactly */
    int64_t gap_us;  /* by the clock, between the end of a hold and the begin of the next step */
};

/* A staircase whose every step begins at an instant that follows from run.start_at_us alone, so
 * that hosts which know nothing of each other hold the same load at the same time. */
bool capacity_by_clock(const struct capacity_settings *settings);

/* How a step's time is spent, microseconds. */
struct capacity_times {
    int64_t session_us; /* as the story plans it */
    int64_t rise_us;    /* until so many sessions run as the rate keeps running; whole seconds */
    int64_t hold_us, hold_limit_us;
    int64_t period_us; /* by the clock: from the begin of a step to that of the next; else 0 */
    int64_t step_us;   /* the longest that a step may take, start and end included */
    int64_t wall_us;   /* the longest that everything may take */
};
/* step_us and wall_us are left open. */
void capacity_times_plan(int64_t session_us, const struct capacity_settings *settings,
                         struct capacity_times *ret_times);
/* When step `index` (from 0) begins, since 1970; 0: not by the clock. */
int64_t capacity_step_at_us(const struct capacity_settings *settings,
                            const struct capacity_times *times, size_t index);

/* One of the shards that a merged staircase is made of. */
struct capacity_shard {
    unsigned index;
    char folder[128]; /* its last component; "" when the shard is missing */
    char cpu[128];
    unsigned cores;
    char io_path[64];
    bool held[SEARCH_TRIALS_MAX];       /* its part of the step is there */
    int64_t skew_us[SEARCH_TRIALS_MAX]; /* its begin against the instant */
    char lost[200];                     /* the first of what is missing; "" */
    struct generator_use use;           /* of its host */
    struct idle_path path;              /* from its host */
};

struct capacity {
    const struct capacity_settings *settings; /* borrowed */
    struct capacity_times times;
    char folder[RESOURCE_PATH_SIZE];
    struct search search;
    struct capacity_step *steps; /* owned; search.trials_max of them */
    size_t step_count;
    enum search_end end; /* SEARCH_GOES_ON while it does */
    struct verdict verdict;
    struct run_info info;          /* of the latest run: host, media, target */
    struct idle_path path;         /* before the first step */
    struct generator_use use;      /* of this host */
    struct capacity_shard *shards; /* of a merged one, by index; owned; NULL: not merged */
    unsigned shard_count;
    int64_t start_realtime_us, end_realtime_us;
};

/* The step that shows why it ends there: the one at the interval's upper end; NULL: none. */
const struct capacity_step *capacity_breaking_step(const struct capacity *capacity);
/* The step that shows what the generator did for the result: the last that passed at the capacity,
 * else the highest load that was held; NULL: none was. */
const struct capacity_step *capacity_shown_step(const struct capacity *capacity);
/* Media packets a second of one process in that step; < 0: not known. */
double capacity_packets_per_s(const struct capacity *capacity);
/* Of the host that used most of what it can do: this one, or of a merged staircase a shard's;
 * *ret_shard NULL: this host. */
const struct generator_use *capacity_busiest_use(const struct capacity *capacity,
                                                 const struct capacity_shard **ret_shard);
/* The first line of every report: "carries 412 (412–420) …; first broken: …; because …". */
void capacity_headline(const struct capacity *capacity, char *text, size_t size);
/* "sessions at once" or "starts a minute". */
const char *capacity_unit(const struct capacity_settings *settings);

/* Returns the exit code. An empty settings->run.out becomes results/runs/<UTC>-capacity-<story>. */
int capacity_execute(struct capacity_settings *settings);

/* ---- between searching and merging ---- */

/* An empty folder with steps/ in it; "" in settings->run.out: results/runs/<UTC>-KIND-<story>. */
MUST_CHECK enum status capacity_make_folder(struct capacity *capacity, const char *kind,
                                            const char *story, struct failure *failure);
/* The next step of this load, with nothing measured; it counts with capacity_add_step. */
struct capacity_step *capacity_new_step(struct capacity *capacity, uint64_t load);
/* A step that was judged: counted, told to the search, to the verdict and, unless quiet, to
 * people; capacity.json is written anew. IO, FULL. */
MUST_CHECK enum status capacity_add_step(struct capacity *capacity, struct capacity_step *step,
                                         struct failure *failure);
/* Exit codes of a step after which another one would say nothing. */
bool capacity_is_over(int code);
/* Why a fixed staircase, or a search, ended; into `end` and the verdict. */
void capacity_conclude(struct capacity *capacity);
/* Writes, draws and says all; returns the exit code. `command` is named in what goes wrong. */
int capacity_finish(struct capacity *capacity, const char *command);

/* capacity_json.c: capacity.json as it stands. */
MUST_CHECK enum status capacity_write(const struct capacity *capacity, struct failure *failure);
/* capacity_junit.c: junit.xml for CI; while it goes on, "did not finish". */
MUST_CHECK enum status capacity_write_junit(const struct capacity *capacity,
                                            struct failure *failure);
/* capacity_say.c: for people. */
void capacity_announce(const struct capacity *capacity, FILE *out);
void capacity_print_step(const struct capacity_step *step, FILE *out);
void capacity_print(const struct capacity *capacity, FILE *out);

#endif
