/* Who may know of and use which room, and the sessions in them: staff come in, let callers in from
 * the waiting room (not of a meeting room, guest.h), end. A place is kept for a caller who dropped
 * or left as long as staff are there. */
#ifndef CASELOAD_SERVER_ROOM_H
#define CASELOAD_SERVER_ROOM_H

#include "reference-server/domain/domain.h"

#define ROOM_ADMITTED_MAX CALL_MEMBERS_MAX

/* A user room bears its owner's name (UR-07). */
const char *room_name(const struct room *room);
/* Whether the user may come into the room, being its owner where it has one. */
bool room_is_open_to(const struct room *room, const struct user *user);
/* Whether a list of rooms names it to the user: those of others are for who may add some. */
bool room_is_shown_to(const struct room *room, const struct user *user);
/* Who may change it: its owner, or who may add such rooms. */
bool room_is_managed_by(const struct room *room, const struct user *user);

/* The clinic some of whose rooms `actor` may see. NOT_FOUND, FORBIDDEN as of clinic_find. */
MUST_CHECK enum status room_clinic_find(const struct domain *domain,
                                        const struct participant *actor, const char *clinic_id,
                                        struct clinic **ret_clinic);
/* The room that `actor` may use. NOT_FOUND: unknown or none of the actor's business, somebody
 * else's user room too; FORBIDDEN: known, not permitted. */
MUST_CHECK enum status room_find(const struct domain *domain, const struct participant *actor,
                                 const char *room_id, struct room **ret_room);
/* The area of the room to which a guest's or caller's link leads; NULL: none, or to a waiting area.
 */
struct area *room_area_by_link(const struct directory *directory, const char *link);

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
