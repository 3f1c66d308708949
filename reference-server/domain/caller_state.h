/* The life of one caller as a table: which act leads from which state to which (requirement
 * catalogue A.4, WA-18). Pure; presence (a lost connection, the grace) is not part of it. */
#ifndef CASELOAD_SERVER_CALLER_STATE_H
#define CASELOAD_SERVER_CALLER_STATE_H

#include "common/base/status.h"

enum caller_state {
    CALLER_WAITING,
    CALLER_IN_CALL,
    CALLER_ON_HOLD,
    CALLER_ENDED, /* by staff; the space is gone */
    CALLER_LEFT,  /* by the caller's own act, or dropped for longer than the grace */
    CALLER_STATE_COUNT
};

enum caller_act {
    CALLER_JOINED,      /* a member of staff joins (admits) */
    CALLER_PUT_ON_HOLD, /* put on hold, or the last member of staff left */
    CALLER_TRANSFERRED,
    CALLER_FINISHED, /* the consultation is over */
    CALLER_REMOVED,  /* no show, wrong person */
    CALLER_GONE,     /* left for good, or dropped for too long */
    CALLER_ACT_COUNT
};

/* As written in the protocol: "waiting", "in_call", "on_hold", "ended" (also for LEFT). */
const char *caller_state_name(enum caller_state state);
/* CONFLICT: not possible in this state. */
MUST_CHECK enum status caller_state_next(enum caller_state state, enum caller_act act,
                                         enum caller_state *ret_state);

#endif
