/* Roles that were offered and not taken yet, each behind a secret of its own that opens it once
 * (INV-36). */
#ifndef CASELOAD_SERVER_INVITATION_H
#define CASELOAD_SERVER_INVITATION_H

#include "reference-server/domain/directory.h"
#include "reference-server/domain/id.h"

struct invitation {
    struct token_key key; /* of the secret */
    struct membership offered;
    struct user *maker;    /* who must still have the right to give it when it is taken */
    int64_t expires_at_us; /* since 1970 */
    struct invitation *next, *previous;
};

#define INVITATIONS_MAX 100000
#define INVITATIONS_OF_ORGANISATION_MAX 1000

/* Whether there is room for one more of that organisation; what is over by `now_us` is forgotten.
 */
bool invitation_has_room(struct directory *directory, const struct organisation *organisation,
                         int64_t now_us);
/* Copies. FULL, EXISTS, NO_MEMORY. */
MUST_CHECK enum status invitation_add(struct directory *directory,
                                      const struct invitation *invitation);
/* NULL: unknown, or over by `now_us` (then it is forgotten). */
struct invitation *invitation_find(struct directory *directory, const struct token_key *key,
                                   int64_t now_us);
void invitation_remove(struct directory *directory, struct invitation *invitation);
void invitations_finish(struct directory *directory);

#endif
