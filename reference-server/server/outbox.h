/* What is said to one client, in its order. While what the client asked for is done and not yet
 * written, all that is to be said to it is held: an answer acknowledges only what outlives the
 * process. Knows nothing of the wire. */
#ifndef CASELOAD_SERVER_OUTBOX_H
#define CASELOAD_SERVER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "reference-server/server/journal.h"

struct outbox_message;

struct outbox {
    struct journal *journal; /* borrowed */
    void *peer;
    void (*send)(void *peer, const char *text, size_t size);
    /* What was held is thrown away: it was not written, or it is too much. Once; nothing is sent
     * any more. */
    void (*fail)(void *peer);
    /* The outbox's. */
    bool holding, noted, failed;
    struct journal_wait wait;
    STAILQ_HEAD(, outbox_message) messages;
    size_t bytes;
};

/* `outbox` has journal, peer, send and fail, and is otherwise zero. */
void outbox_init(struct outbox *outbox);
/* Throws away what is held. */
void outbox_finish(struct outbox *outbox);

/* Something was noted in the journal for this client: hold from now on. */
void outbox_hold(struct outbox *outbox);
/* It is all noted: send what is held as soon as that is written. Nothing to do when nothing was. */
void outbox_release(struct outbox *outbox);
/* It could not even be noted, or the like: see fail. */
void outbox_fail(struct outbox *outbox);

/* Copied if it is held. */
void outbox_send(struct outbox *outbox, const char *text, size_t size);

#endif
