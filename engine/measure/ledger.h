/* Expected versus seen: every promise of a run that can be counted, one row each. An unexplained
 * shortfall means the run did not do its job, whatever else is green. */
#ifndef CASELOAD_LEDGER_H
#define CASELOAD_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define LEDGER_ROWS_MAX 64

struct ledger_row {
    char name[64]; /* "frames", "joins", "m.join_media {kind=video}", … */
    uint64_t expected, seen;
    uint64_t explained;    /* of the missing ones */
    uint64_t missing;      /* neither seen nor explained, summed entry by entry: one participant's
                            * surplus never hides another's loss */
    char explanation[128]; /* of the first entry that had one */
};

/* Zeroed memory is an empty ledger. */
struct ledger {
    struct ledger_row rows[LEDGER_ROWS_MAX];
    size_t count;
    uint64_t refused; /* entries for which there was no row left */
};

/* One entry, added to the row of that name. `explained` of the missing have the cause
 * `explanation` (NULL when none). */
void ledger_add(struct ledger *ledger, const char *name, uint64_t expected, uint64_t seen,
                uint64_t explained, const char *explanation);
void ledger_merge(struct ledger *into, const struct ledger *from);
/* NULL: no such row. */
const struct ledger_row *ledger_find(const struct ledger *ledger, const char *name);

#endif
