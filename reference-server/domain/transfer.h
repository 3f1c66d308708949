/* Moving a caller to wait at another clinic of the same organisation: one step, so that at no
 * instant two clinics have the card (INV-18, TR-08). */
#ifndef CASELOAD_SERVER_TRANSFER_H
#define CASELOAD_SERVER_TRANSFER_H

#include "reference-server/domain/domain.h"

/* The clinics where `actor` may send this caller: with own access to the waiting area there, or as
 * a service referrer (matrix rows 30-32). Start with `previous` NULL; ends with `*ret_clinic`
 * NULL. Answers of card_find. */
MUST_CHECK enum status transfer_next_target(const struct domain *domain,
                                            const struct participant *actor, const char *card_id,
                                            const struct clinic *previous,
                                            struct clinic **ret_clinic);
/* The actor leaves the call; it goes on without the caller, or ends when nobody is left. Besides
 * card_find's answers: NOT_FOUND or FORBIDDEN for the target, CONFLICT ("here"). Nothing has
 * happened unless OK. */
MUST_CHECK enum status card_transfer(struct domain *domain, struct participant *actor,
                                     const char *card_id, const char *clinic_id, int64_t now_us,
                                     struct outcome *outcome);

#endif
