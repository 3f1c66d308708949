/* A whole run's results: merged from shards, judged, and written as the run folder that
 * results/README.md describes. Plain data between these steps; the run code fills what only it
 * knows (info, target, thresholds, reasons of its own). */
#ifndef CASELOAD_RUN_RESULT_H
#define CASELOAD_RUN_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/measure/check_log.h"
#include "engine/measure/health.h"
#include "engine/measure/hold.h"
#include "engine/measure/ledger.h"
#include "engine/measure/metrics.h"
#include "engine/measure/run_counts.h"
#include "engine/measure/threshold.h"
#include "engine/measure/verdict.h"
#include "engine/result/run_info.h"
#include "engine/result/sparse_histogram.h"
#include "engine/result/target_second.h"

#define RUN_TIMELINE_MAX 100000 /* seconds, a little over a day */

/* One second of the run, all shards together. */
struct timeline_row {
    bool present; /* some shard reported it */
    uint64_t offered, running, participants, completed, failed;
    int64_t packets_sent, packets_received, bytes_sent, bytes_received;
    int64_t frames_received, audio_received; /* complete frames, audio packets */
    struct sparse_histogram frame_latency;   /* of the frames received in this second */
    double generator_cpu;                    /* cores: loops and probes of all shards */
    double generator_cpu_max;                /* of the busiest loop, share of its core */
    int64_t loop_lag_us, send_slip_p99_us;   /* of the worst shard */
    struct target_second target;             /* as far as it was seen */
};

struct run_result {
    struct run_info info;
    struct run_counts counts;
    struct metrics *metrics;
    bool hold_asked;  /* set by the run code: only the hold is judged */
    struct hold hold; /* owned */
    struct ledger ledger;
    struct health health;
    struct check_log *checks;
    struct threshold_list thresholds; /* starts with the built-in ones */
    struct threshold_result threshold_results[THRESHOLDS_MAX];
    struct verdict verdict;
    struct timeline_row *timeline; /* owned; second i is row i */
    size_t timeline_count;
    unsigned shards_expected, shards_merged; /* processes; expected: set by the run code */
    unsigned holds_merged;                   /* of those merged, that reached the end of a hold */
    char gap[320]; /* what of the load was missing or late, once judged; "": it was all there */
    size_t told_reasons; /* of `verdict`, those from before it was judged; set by the run code */
    struct json_t *base; /* run.json of a merged run's first shard; owned; NULL: not merged */
    struct run_shard *shards; /* of a merged run, by index; owned; NULL: not merged */
    size_t shard_count;
    struct refused {
        uint64_t metrics, checks, ledger; /* what found no room in the shards */
    } refused;
    struct timeline_row carry;      /* what finished shards add to later seconds; private */
    struct session_index *sessions; /* where each session's line stands; owned, private */
};

/* NULL: no memory. */
struct run_result *run_result_create(void);
void run_result_destroy(struct run_result *result);

/* ---- 1. before the run ---- */

/* Make the run folder with its sub-folders, refuse one that is not empty (EXISTS), and leave a
 * junit.xml that says "did not finish". FORBIDDEN, IO: the message names the path. */
MUST_CHECK enum status run_folder_create(const char *folder, const char *story,
                                         struct failure *failure);
/* A folder with those above it, new or empty; EXISTS, FORBIDDEN, IO: the message names the path. */
MUST_CHECK enum status run_folder_make_empty(const char *folder, struct failure *failure);
/* FOLDER/shard-<index>, made; the shard's process writes into it. */
MUST_CHECK enum status run_folder_add_shard(const char *folder, unsigned index, char *ret_path,
                                            size_t size, struct failure *failure);

/* ---- 2. after it ---- */

/* Merge the folder of one process. NOT_FOUND: it left no state.json (it is lost); MALFORMED. What
 * was merged before stays. */
MUST_CHECK enum status run_result_add_shard(struct run_result *result, const char *shard_folder,
                                            struct failure *failure);
/* The same for a process that must be number `index` of `count` (MALFORMED when it is another) and
 * that began `late_s` seconds after the run: its seconds are so much later ones of the run. */
struct shard_place {
    unsigned index, count;
    uint64_t late_s;
};
MUST_CHECK enum status run_result_add_shard_at(struct run_result *result, const char *shard_folder,
                                               const struct shard_place *place,
                                               struct failure *failure);
/* What the platform used in a second; `at_us` is its end since the start of the run. */
void run_result_add_target_second(struct run_result *result, const struct target_second *second);

/* ---- 3. the verdict ---- */

/* Judge thresholds, checks, ledger, generator health, counts, begin and lost shards; adds the
 * reasons to `result->verdict`, next to those that the run code added (interrupted, target lost,
 * …), and returns the exit code. `duration_s` of the loading phase, for rates. */
enum exit_code run_result_judge(struct run_result *result, double duration_s);

/* ---- 4. the files ---- */

/* Everything but the report: run.json, summary.json, checks.jsonl, timeline.csv, sessions.jsonl,
 * histograms/, junit.xml; then removes the folders of the processes that were merged. A run with
 * --shard keeps them and writes shard.json at the very end: with it the folder can be merged
 * (shard_set.h). Each file is written beside its place and renamed. IO and FULL (no room) name the
 * path. */
MUST_CHECK enum status run_result_write(const struct run_result *result, const char *folder,
                                        struct failure *failure);

#endif
