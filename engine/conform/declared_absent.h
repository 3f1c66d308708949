/* Rows of the catalogue that a platform's driver declares not to have, each with its reason: read
 * from script_absent. Pure. */
#ifndef CASELOAD_DECLARED_ABSENT_H
#define CASELOAD_DECLARED_ABSENT_H

#include "engine/catalogue/catalogue.h"

struct declared_absent;

/* `json`: {"rooms": "why", "WA-16": "why"}, profiles and rows. MALFORMED, NOT_FOUND: the failure
 * names the word that is neither. */
MUST_CHECK enum status declared_absent_read(const char *json, const struct catalogue *catalogue,
                                            struct declared_absent **ret_absent,
                                            struct failure *failure);
void declared_absent_destroy(struct declared_absent *absent);

/* Why the platform has no such thing; NULL: it has. `absent` may be NULL. */
const char *declared_absent_reason(const struct declared_absent *absent,
                                   const struct requirement *row);

#endif
