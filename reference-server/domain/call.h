/* Acts of staff on the call with a caller: join, leave, hold, end. At most six people (INV-16).
 * Hold and end are for one caller of a group room, too. */
#ifndef CASELOAD_SERVER_CALL_H
#define CASELOAD_SERVER_CALL_H

#include "reference-server/domain/domain.h"

/* Join (admit) the caller; the first join makes the call. Joining again changes nothing. Besides
 * the answers of card_find: FULL (detail "participants"), CONFLICT ("elsewhere": in another call;
 * "absent": the caller is not there and no call runs; "room": the caller is a group room's). */
MUST_CHECK enum status call_join(struct domain *domain, struct participant *actor,
                                 const char *card_id, int64_t now_us, struct outcome *outcome,
                                 struct call **ret_call);
/* CONFLICT ("apart"): the actor is not in the call of this card. */
MUST_CHECK enum status call_leave(struct domain *domain, struct participant *actor,
                                  const char *card_id, int64_t now_us, struct outcome *outcome);
/* CONFLICT (the card's state): there is no call. */
MUST_CHECK enum status call_hold(struct domain *domain, struct participant *actor,
                                 const char *card_id, int64_t now_us, struct outcome *outcome);
MUST_CHECK enum status call_end(struct domain *domain, struct participant *actor,
                                const char *card_id, int64_t now_us, struct outcome *outcome);

#endif
