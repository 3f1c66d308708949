/* What a person sees while a run goes on: one line that rewrites itself on a terminal, a plain line
 * every ten seconds elsewhere or with CI=true. */
#ifndef CASELOAD_PROGRESS_H
#define CASELOAD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/run/shard_link.h"

struct progress {
    FILE *out; /* NULL: say nothing */
    bool terminal;
    bool line_open;
    int64_t last_us;
    int64_t start_us, duration_us; /* monotonic; the loading phase */
};

void progress_open(struct progress *progress, FILE *out, bool quiet);
/* Sums of all shards; `cpu` is the mean share of a core per shard, `target_cpu` < 0: unknown. */
void progress_show(struct progress *progress, const struct shard_counts *counts, double target_cpu,
                   int64_t now_us);
void progress_say(struct progress *progress, const char *format, ...) PRINTF_LIKE(2, 3);
void progress_close(struct progress *progress);

#endif
