/* Test support: a plausible run of a triage story, made by seeded draws through the interface that
 * the run code uses, so that merging, files and the report have something to chew on. */
#ifndef CASELOAD_TESTS_SAMPLE_RUN_H
#define CASELOAD_TESTS_SAMPLE_RUN_H

#include "engine/result/run_result.h"
#include "engine/result/shard_result.h"

enum sample_kind {
    SAMPLE_PASSED,
    SAMPLE_FAILED,       /* isolation leaks, a threshold breaks, sessions fail */
    SAMPLE_INCONCLUSIVE, /* the generator was not fit */
};

struct sample_settings {
    enum sample_kind kind;
    unsigned shards, seconds, sessions; /* sessions at once, over all shards */
    uint64_t seed;
};

/* Shard `index` writes its folder; what it measured is also added to `metrics` (may be NULL), the
 * sum of all shards that a merge must reproduce. */
void sample_shard_write(const struct sample_settings *settings, const char *folder, unsigned index,
                        struct metrics *metrics);
void sample_info_fill(const struct sample_settings *settings, struct run_info *info);
/* Everything: folder, shards, merge, verdict, files (not the report). Asserts that it works. */
enum exit_code sample_run_write(const struct sample_settings *settings, const char *folder);
/* The folder of share `index` of `settings->shards`, as a run with --shard leaves it; its begin was
 * asked for at SAMPLE_START_AT_US. Returns its own exit code. */
#define SAMPLE_START_AT_US 1760000000000000
enum exit_code sample_share_write(const struct sample_settings *settings, const char *folder,
                                  unsigned index, struct metrics *metrics);

#endif
