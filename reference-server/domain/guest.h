/* Who comes into a meeting room by its link, without an account: no card, no space, no token. They
 * are in the meeting until they leave or their connection is lost (MR-09, MR-10). */
#ifndef CASELOAD_SERVER_GUEST_H
#define CASELOAD_SERVER_GUEST_H

#include "reference-server/domain/domain.h"

/* Straight into the meeting, which begins with them where nobody is; everybody in it is told.
 * `name` is copied. FULL (detail "participants"), NO_MEMORY. The participant lives until
 * guest_leave. */
MUST_CHECK enum status guest_enter(struct domain *domain, struct room *room, const char *name,
                                   void *connection, struct outcome *outcome,
                                   struct participant **ret_guest);
/* Gone, or the connection is lost: frees the guest. */
void guest_leave(struct domain *domain, struct participant *guest, int64_t now_us,
                 struct outcome *outcome);

#endif
