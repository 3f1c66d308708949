/* From what was observed in a run to a verdict on each requirement. Pure. */
#ifndef CASELOAD_CONFORMANCE_H
#define CASELOAD_CONFORMANCE_H

#include <stdint.h>

#include "engine/catalogue/catalogue.h"
#include "engine/measure/check_log.h"

struct conformance_row {
    const struct requirement *requirement;
    enum check_verdict verdict;
    uint64_t observations; /* of any verdict */
    const char *message;   /* of the first one kept that decided, or why it is absent; borrowed */
    const struct check_requirement *observed; /* in full, borrowed from the log; NULL: nothing */
};

/* The strongest observation decides: ERROR, FAIL, BLOCKED, INCONCLUSIVE, WARN, DIFFERS, PASS, NA.
 * What fails a SHOULD or a MAY warns. NOTRUN: `observed` is NULL or counts nothing. */
void conformance_judge(const struct requirement *requirement,
                       const struct check_requirement *observed, struct conformance_row *ret_row);

#endif
