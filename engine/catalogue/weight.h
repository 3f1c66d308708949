/* What a broken requirement weighs: what fails a SHOULD or a MAY warns (RFC 2119). Pure. */
#ifndef CASELOAD_CATALOGUE_WEIGHT_H
#define CASELOAD_CATALOGUE_WEIGHT_H

#include "engine/catalogue/catalogue.h"
#include "engine/measure/check_log.h"

/* In the log, before a verdict is made of it. Words that are no rows of the catalogue, a story's
 * own, weigh as they did. */
void catalogue_weigh(const struct catalogue *catalogue, struct check_log *checks);

#endif
