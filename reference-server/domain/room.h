/* Sessions in group rooms: staff come in, let callers in from the waiting room, end. At most twenty
 * people (INV-24); a place is kept for a caller who dropped or left as long as staff are there. */
#ifndef CASELOAD_SERVER_ROOM_H
#define CASELOAD_SERVER_ROOM_H

#include "reference-server/domain/domain.h"

#define ROOM_ADMITTED_MAX CALL_MEMBERS_MAX

/* Come in; the first one begins the session. Coming in again changes nothing. Besides the answers
 * of room_find: FULL (detail "participants"), CONFLICT ("elsewhere": in another call). */
MUST_CHECK enum status room_join(struct domain *domain, struct participant *actor,
                                 const char *room_id, struct outcome *outcome,
                                 struct call **ret_call);
/* The last member of staff to leave puts all callers back. CONFLICT ("apart"): not in it. */
MUST_CHECK enum status room_leave(struct domain *domain, struct participant *actor,
                                  const char *room_id, int64_t now_us, struct outcome *outcome);
/* Let one caller in who waits (again). For staff in the session; CONFLICT ("apart": the actor is
 * not in it, or the card is no room's; "absent": the caller is not there), FULL. */
MUST_CHECK enum status room_admit(struct domain *domain, struct participant *actor,
                                  const char *card_id, int64_t now_us, struct outcome *outcome);
/* Let everybody in who waits, in order of entry, as far as there is room. `ret_cards`: those let
 * in, `*ret_count` of them. FULL: there was no room for anybody who waits. */
MUST_CHECK enum status room_admit_all(struct domain *domain, struct participant *actor,
                                      const char *room_id, int64_t now_us, struct outcome *outcome,
                                      struct card *ret_cards[ROOM_ADMITTED_MAX], size_t *ret_count);
/* The session is over for everybody who belongs to it; who waits in front of it waits on. */
MUST_CHECK enum status room_end(struct domain *domain, struct participant *actor,
                                const char *room_id, int64_t now_us, struct outcome *outcome);

#endif
