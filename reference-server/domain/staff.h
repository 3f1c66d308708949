/* Members of staff who are signed in and connected. Each connection is a participant of its own. */
#ifndef CASELOAD_SERVER_STAFF_H
#define CASELOAD_SERVER_STAFF_H

#include "reference-server/domain/domain.h"

/* The participant lives until staff_detach. NO_MEMORY. */
MUST_CHECK enum status staff_arrive(struct domain *domain, struct user *user, void *connection,
                                    struct participant **ret_staff);
/* The connection is lost: out of the call at once, `staff` is freed. */
void staff_detach(struct domain *domain, struct participant *staff, int64_t now_us,
                  struct outcome *outcome);
/* Take the member of staff out of a call that they may not join any more. True: it was so, carry
 * out the outcome. */
bool staff_check(struct domain *domain, struct participant *staff, int64_t now_us,
                 struct outcome *outcome);

#endif
