/* The knot inside this folder: cards, callers and calls hang together (a caller's leaving may end a
 * call, a call's end ends a card), so their files share these steps. Not for other folders. */
#ifndef CASELOAD_SERVER_DOMAIN_PRIVATE_H
#define CASELOAD_SERVER_DOMAIN_PRIVATE_H

#include "reference-server/domain/domain.h"

/* Whether the actor may do that in a clinic; a caller never. */
bool actor_may(const struct participant *actor, enum act act, const struct clinic *clinic);

/* card.c */

/* A waiting card of `caller` at the end of the area. FULL: too many callers. */
MUST_CHECK enum status card_create(struct domain *domain, struct area *area,
                                   struct participant *caller, const char *name,
                                   const struct details *details, const struct token_key *token,
                                   int64_t now_us, struct card **ret_card);
/* Take the act's transition, which the caller of this has checked to be possible. */
void card_act(struct domain *domain, struct card *card, enum caller_act act, int64_t now_us);
/* Out of one waiting area and to the end of the other. */
void card_move(struct card *card, struct clinic *clinic, int64_t now_us);
/* The card and its space are over, its call too: everybody is told and the card is freed. `act` and
 * `cause` say why. The caller's participant is freed unless it has a connection. */
void card_end(struct domain *domain, struct card *card, enum caller_act act, const char *cause,
              int64_t now_us, struct outcome *outcome);
void card_tell_changed(struct card *card, const char *cause, struct outcome *outcome);
/* Nothing is told to a caller without connection. `clinic` NULL: as before. */
void card_tell_caller(const struct card *card, const char *reason, struct clinic *clinic,
                      struct outcome *outcome);
void card_note_visit(const struct card *card, const char *cause, int64_t now_us,
                     struct outcome *outcome);

/* caller.c */

void grace_start(struct domain *domain, struct card *card, int64_t now_us);
void grace_stop(struct domain *domain, struct card *card);

/* call.c */

/* A call with an id and nobody in it. */
MUST_CHECK enum status call_make(struct domain *domain, struct call **ret_call);
/* What a member knows as the space of the call: a caller in a group room only their own. */
const struct id *call_space_for(const struct call *call, const struct participant *member);
/* Add to the end of the members; the participant must not be in a call. */
void call_add(struct call *call, struct participant *participant);
/* Take out and tell the one taken out, not the others. */
void call_take_out(struct call *call, struct participant *participant, struct outcome *outcome);
/* Tell everybody who is in it. */
void call_tell(const struct call *call, struct outcome *outcome);
/* Take out everybody and free it. */
void call_dissolve(struct domain *domain, struct call *call, struct outcome *outcome);
/* A member that is not the card's caller is gone. The last one puts the caller on hold, or ends the
 * card of a caller who is not there any more. */
void call_depart(struct domain *domain, struct participant *actor, int64_t now_us,
                 struct outcome *outcome);

/* room.c */

/* OK, NOT_FOUND or FORBIDDEN, as of room_find. */
enum status room_check(const struct room *room, const struct participant *actor);
/* How many more may come in. */
size_t room_places_left(const struct room *room);
/* Its session, which begins unless it runs. */
MUST_CHECK enum status room_begin(struct domain *domain, struct room *room);
/* The caller of this card does not belong to its room's session any more, and is out of it. The
 * others are not told. */
void room_forget(struct card *card, struct outcome *outcome);
/* Back to the waiting room; the others are not told. A caller who is not expected any more ends. */
void room_put_back(struct domain *domain, struct card *card, const char *cause, const char *reason,
                   int64_t now_us, struct outcome *outcome);
/* The last member of staff has left: everybody is put back, the session is over. */
void room_empty(struct domain *domain, struct call *call, int64_t now_us, struct outcome *outcome);
/* Tell everybody in its session, if it has one. NULL is allowed. */
void room_tell(const struct room *room, struct outcome *outcome);

#endif
