/* What waits to be told to Lua or to a script's owner, in order of arrival. Used by script.c and by
 * the files that own subjects; knows nothing of Lua. No cap of its own: who posts is bounded (a
 * connection's messages by what the platform sends, a participant's by its media). */
#ifndef CASELOAD_EVENT_QUEUE_H
#define CASELOAD_EVENT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct script;
struct script_event;

typedef void script_event_fn(struct script *script, struct script_event *event);

/* What events are about, and may be gone before they are told: a connection, a participant. The
 * first member of its owner; zero at the start. Each knows its own events, because thousands go at
 * once, with thousands of events of others waiting. */
struct script_subject {
    struct script_event *first, *last;
};

/* The meaning of the fields from at_us on is the sender's. */
struct script_event {
    struct script_event *next, *next_of_subject;
    script_event_fn *run;
    struct script_subject *subject; /* what it is about; NULL: nothing, or that is gone */
    int64_t at_us;                  /* when it happened */
    int64_t posted_us;              /* when it was queued */
    int code;
    uint32_t sender;
    size_t size;
    char text[]; /* `size` bytes and a zero */
};

struct event_queue {
    struct script_event *first, *last;
};

/* A new last event with a copy of `size` bytes of `text`; its other fields are the caller's to
 * fill. NULL: out of memory. */
struct script_event *event_queue_add(struct event_queue *queue, struct script_subject *subject,
                                     const char *text, size_t size);
/* The oldest, the caller's to free(); its subject does not know it any more. NULL: none. */
struct script_event *event_queue_take(struct event_queue *queue);
/* The subject is going: its events stay in their places and are about nothing. Costs what it has
 * waiting itself, whatever others have. */
void event_queue_forget(struct script_subject *subject);
/* Free all that is left; no subject may be alive any more. */
void event_queue_finish(struct event_queue *queue);

#endif
