#include "engine/measure/run_counts.h"

void run_counts_add(struct run_counts *into, const struct run_counts *from)
{
    into->planned += from->planned;
    into->started += from->started;
    into->completed += from->completed;
    into->failed += from->failed;
    into->late += from->late;
    into->dropped += from->dropped;
    into->cut += from->cut;
    into->participants_peak += from->participants_peak;
    into->participants_total += from->participants_total;
}
