/* Pairs of participants who call each other through a reflector: the load of a calibration, with
 * everything a real call has but signalling. Used by calibration.c; owns its participants. */
#ifndef CASELOAD_CALL_PAIRS_H
#define CASELOAD_CALL_PAIRS_H

#include <stddef.h>

#include "common/base/status.h"
#include "engine/calibrate/reflector.h"
#include "engine/participant/participant.h"

struct call_pairs;

/* NULL: no memory. Both are borrowed. */
struct call_pairs *call_pairs_create(struct media_context *context,
                                     const struct reflector *reflector);
/* Ends all calls. */
void call_pairs_destroy(struct call_pairs *pairs);

/* One more pair: offer, answer, and media as soon as both are connected. FULL at
 * REFLECTOR_PAIRS_MAX. */
MUST_CHECK enum status call_pairs_add(struct call_pairs *pairs, struct failure *failure);
/* End the call that began last. */
void call_pairs_remove(struct call_pairs *pairs);
size_t call_pairs_count(const struct call_pairs *pairs);
/* Participants with SRTP keys now. */
size_t call_pairs_connected(const struct call_pairs *pairs);
/* Why the last one that failed or was lost did; "" when none has. */
const char *call_pairs_problem(const struct call_pairs *pairs);

#endif
