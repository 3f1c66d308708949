/* The caller's own acts: enter, drop, come back, leave. A caller has one connection, the newest. */
#ifndef CASELOAD_SERVER_CALLER_H
#define CASELOAD_SERVER_CALLER_H

#include "reference-server/domain/domain.h"

struct entry {
    struct area *area;             /* where the link leads */
    const char *name;              /* copied */
    const struct details *details; /* copied */
    struct token_key token;        /* by which this caller will come back */
    void *connection;              /* not NULL */
};

/* A new caller waiting in the area. FULL (detail "spaces"), NO_MEMORY. The participant lives
 * until caller_detach or caller_leave, and may outlive its card. */
MUST_CHECK enum status caller_enter(struct domain *domain, const struct entry *entry,
                                    int64_t now_us, struct outcome *outcome,
                                    struct participant **ret_caller);
/* Back to the same space. `area` is where the link leads. NOT_FOUND: nobody's token, or not by this
 * link; GONE. outcome.replaced is the connection that was the caller's until now. */
MUST_CHECK enum status caller_return(struct domain *domain, const struct area *area,
                                     const struct token_key *token, void *connection,
                                     int64_t now_us, struct outcome *outcome,
                                     struct participant **ret_caller);
/* The connection is lost: the grace begins. `caller` is not the caller's any more after this. */
void caller_detach(struct domain *domain, struct participant *caller, int64_t now_us,
                   struct outcome *outcome);
/* Leave for good: the connection is nobody's any more, `caller` is not to be used again. GONE: it
 * is over already (then `caller` stays). */
MUST_CHECK enum status caller_leave(struct domain *domain, struct participant *caller,
                                    int64_t now_us, struct outcome *outcome);

#endif
