#include "reference-server/domain/clinic_totals.h"

void clinic_totals_add(struct clinic_totals *totals, int64_t entered_us, int64_t seen_us,
                       int64_t ended_us)
{
    totals->visits++;
    if (seen_us == 0)
        return;
    totals->seen++;
    totals->waited_us += seen_us - entered_us;
    totals->consulted_us += ended_us - seen_us;
}

void clinic_totals_sum(struct clinic_totals *totals, const struct clinic_totals *other)
{
    totals->visits += other->visits;
    totals->seen += other->seen;
    totals->waited_us += other->waited_us;
    totals->consulted_us += other->consulted_us;
}
