/* Who is here now: participants, the cards and spaces of callers, calls, and what is remembered of
 * those that are over. One thread owns it. No I/O, no clock: commands in (caller.h, staff.h,
 * card.h, call.h, room.h, transfer.h, chat.h), results and effects out (outcome.h). All of it is in
 * memory: a restart ends every call and empties every waiting area. */
#ifndef CASELOAD_SERVER_DOMAIN_H
#define CASELOAD_SERVER_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reference-server/domain/details.h"
#include "reference-server/domain/directory.h"
#include "reference-server/domain/outcome.h"

/* Room in memory: a fault may break the cap, never the array. */
#define CALL_MEMBERS_MAX 32

enum participant_kind {
    PARTICIPANT_CALLER,
    PARTICIPANT_STAFF,
    PARTICIPANT_GUEST, /* of a meeting room (guest.h) */
};

/* A caller (one per card), one connection of a member of staff, or a guest. */
struct participant {
    struct id id;
    enum participant_kind kind;
    struct user *user;  /* staff; else NULL */
    char *name;         /* a guest's, owned; else NULL */
    struct card *card;  /* a caller's own; NULL once it is over */
    struct id space_id; /* a caller's, stays after the end */
    struct call *call;  /* the one they are in; NULL: none */
    void *connection;   /* of the layer above; NULL: lost. Never looked into here */
};

enum presence {
    PRESENCE_HERE,
    PRESENCE_GRACE, /* connection lost, the place is kept until card.grace_until_us */
    PRESENCE_LOST,  /* the grace is over, but staff are still in the call (SES-15) */
    PRESENCE_LEFT,  /* left by own act, but staff are still in the call (SES-15) */
};

enum priority { PRIORITY_NONE, PRIORITY_ROUTINE, PRIORITY_URGENT, PRIORITY_COUNT };

/* The entry of the dashboard for one caller, and the caller's private space: both come with the
 * entry and go together (INV-15, INV-18). */
struct card {
    struct id id, space_id;
    struct clinic *clinic;           /* where the caller is: the area's */
    struct area *area;               /* where they wait, or waited before the call */
    struct area *entry_area;         /* whose link they came by */
    struct clinic *transferred_from; /* NULL: never */
    struct clinic *kept_in;          /* FAULT_KEEP_CARD only */
    struct participant *caller;
    struct token_key token;
    char *name, *note; /* owned */
    struct details details;
    enum caller_state state;
    enum priority priority;
    enum presence presence;
    struct call *call; /* the running one; NULL: none */
    int64_t entered_us;
    int64_t since_us;                         /* when the present state began */
    int64_t came_here_us;                     /* entered this clinic */
    int64_t seen_us;                          /* first join in this clinic; 0: not yet */
    int64_t grace_until_us;                   /* PRESENCE_GRACE */
    struct card *next, *previous;             /* in the area */
    struct card *grace_next, *grace_previous; /* in the domain's grace queue */
};

struct call {
    struct id id, card_id, space_id; /* of a room's: the room's id in place of both */
    struct card *card; /* NULL: the caller was transferred away, the staff stayed; or a room's */
    struct room *room; /* the room whose session it is; NULL: a consultation */
    struct clinic *clinic; /* where it began */
    size_t place_count;    /* a room's: callers who belong to it, absent ones too */
    struct participant *members[CALL_MEMBERS_MAX]; /* present ones, in order of seniority */
    size_t member_count;
    size_t staff_count;
};

struct past; /* past.h */

struct domain {
    struct directory directory;
    struct id_source ids;
    int64_t grace_us;
    size_t card_limit;
    struct key_table cards_by_id, cards_by_space, cards_by_token;
    struct card *grace_first, *grace_last; /* constant grace: the queue is in order of time */
    struct past *past;
    /* Live counts, for /metrics. */
    size_t cards_in_state[CALLER_STATE_COUNT];
    size_t caller_count, staff_count, guest_count, call_count;
};

/* A caller's name as on the card, a guest's, a member of staff's own; a caller whose card is over:
 * "". */
const char *participant_name(const struct participant *participant);
/* "caller", "staff", "guest". */
const char *participant_kind_name(enum participant_kind kind);
/* "none", "routine", "urgent"; PRIORITY_COUNT when there is none of that name. */
const char *priority_name(enum priority priority);
enum priority priority_by_name(const char *name);

struct domain_config {
    struct id_source ids;
    int64_t grace_us;  /* how long a dropped caller's place is kept */
    size_t card_limit; /* callers at once; bounds memory */
    size_t past_limit; /* spaces remembered after their end */
};

/* NULL: no memory. The directory starts empty. */
struct domain *domain_create(const struct domain_config *config);
void domain_destroy(struct domain *domain);

/* Let the oldest grace that is over by `now_us` take its effect. True: something happened, carry
 * out the outcome and call again. */
bool domain_advance(struct domain *domain, int64_t now_us, struct outcome *outcome);
/* When domain_advance is needed next; TIME_NEVER: not before another command. */
int64_t domain_next_due_us(const struct domain *domain);

#endif
