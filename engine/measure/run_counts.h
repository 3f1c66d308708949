/* Sessions and participants of a run by what became of them. Plain data, summed over shards. */
#ifndef CASELOAD_RUN_COUNTS_H
#define CASELOAD_RUN_COUNTS_H

#include <stdint.h>

struct run_counts {
    uint64_t planned, started, completed, failed;
    uint64_t late;    /* started, but after their time */
    uint64_t dropped; /* never started: the cap was reached */
    uint64_t cut;     /* still running when the grace was over */
    /* Whom the platform knew as participants, with media or without; bystanders apart. */
    uint64_t participants_peak; /* at once; over shards the sum of the shards' peaks */
    uint64_t participants_total;
};

void run_counts_add(struct run_counts *into, const struct run_counts *from);

#endif
