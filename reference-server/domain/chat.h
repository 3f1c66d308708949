/* Text between a caller and staff. Kept nowhere. */
#ifndef CASELOAD_SERVER_CHAT_H
#define CASELOAD_SERVER_CHAT_H

#include "reference-server/domain/domain.h"

/* Staff to the caller and the staff in the call. `text` is borrowed by the outcome. Answers of
 * card_find. */
MUST_CHECK enum status chat_send(struct domain *domain, struct participant *actor,
                                 const char *card_id, const char *text, struct outcome *outcome);
/* A caller to the staff in the call, or to the clinic's dashboard while waiting. GONE. */
MUST_CHECK enum status chat_send_as_caller(struct domain *domain, struct participant *caller,
                                           const char *text, struct outcome *outcome);

#endif
