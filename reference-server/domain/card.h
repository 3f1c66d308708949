/* Cards of a waiting area: who may see and act on them, and the acts that change only the card. */
#ifndef CASELOAD_SERVER_CARD_H
#define CASELOAD_SERVER_CARD_H

#include "reference-server/domain/domain.h"

/* The clinic whose waiting area `actor` may view. NOT_FOUND: unknown or none of the actor's
 * business; FORBIDDEN: known, not permitted. */
MUST_CHECK enum status clinic_find(const struct domain *domain, const struct participant *actor,
                                   const char *clinic_id, struct clinic **ret_clinic);
/* The same for another act than viewing the waiting area. */
MUST_CHECK enum status clinic_find_for(const struct domain *domain, const struct participant *actor,
                                       const char *clinic_id, enum act act,
                                       struct clinic **ret_clinic);
/* The card on which `actor` may do `act`, being in its call or by a role in its clinic. NOT_FOUND,
 * FORBIDDEN as above; GONE: it is over. */
MUST_CHECK enum status card_find(const struct domain *domain, const struct participant *actor,
                                 const char *card_id, enum act act, struct card **ret_card);
/* The card whose space `actor` may look at: the caller's own, or one that card_find would give.
 * With FAULT_KEEP_SPACE `*ret_card` is NULL for a space that is over. */
MUST_CHECK enum status space_find(const struct domain *domain, const struct participant *actor,
                                  const char *space_id, struct card **ret_card);

/* The cards of an area in order of entry: start with NULL, ends with NULL. */
struct card *area_next_card(const struct domain *domain, const struct area *area,
                            const struct card *previous);

/* `note` NULL, `priority` PRIORITY_COUNT: unchanged. */
MUST_CHECK enum status card_note(struct domain *domain, struct participant *actor,
                                 const char *card_id, const char *note, enum priority priority,
                                 struct outcome *outcome);
/* `name`, `details` NULL: unchanged. */
MUST_CHECK enum status card_update(struct domain *domain, struct participant *actor,
                                   const char *card_id, const char *name,
                                   const struct details *details, struct outcome *outcome);
/* Remove the caller; the reason stays with the staff. */
MUST_CHECK enum status card_remove(struct domain *domain, struct participant *actor,
                                   const char *card_id, int64_t now_us, struct outcome *outcome);

#endif
