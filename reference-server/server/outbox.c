#include "reference-server/server/outbox.h"

#include <stdlib.h>
#include <string.h>

enum { HELD_BYTES_MAX = 4 << 20 };

struct outbox_message {
    STAILQ_ENTRY(outbox_message) entry;
    size_t size;
    char text[];
};

static void on_written(void *arg, bool written);

void outbox_init(struct outbox *outbox)
{
    outbox->wait = (struct journal_wait){.done = on_written, .arg = outbox};
    STAILQ_INIT(&outbox->messages);
}

/* The oldest one that is held, the caller's now; NULL: none. */
static struct outbox_message *take_first(struct outbox *outbox)
{
    struct outbox_message *message = STAILQ_FIRST(&outbox->messages);
    if (message) {
        STAILQ_REMOVE_HEAD(&outbox->messages, entry);
        outbox->bytes -= message->size;
    }
    return message;
}

static void throw_away(struct outbox *outbox)
{
    struct outbox_message *message;
    while ((message = take_first(outbox)))
        free(message);
}

void outbox_finish(struct outbox *outbox)
{
    journal_wait_stop(outbox->journal, &outbox->wait);
    throw_away(outbox);
}

void outbox_hold(struct outbox *outbox)
{
    outbox->holding = outbox->noted = true;
}

void outbox_release(struct outbox *outbox)
{
    if (!outbox->noted || outbox->failed || outbox->wait.waiting)
        return;
    outbox->noted = false;
    journal_wait(outbox->journal, &outbox->wait);
}

void outbox_fail(struct outbox *outbox)
{
    if (outbox->failed)
        return;
    outbox->failed = true;
    journal_wait_stop(outbox->journal, &outbox->wait);
    throw_away(outbox);
    outbox->fail(outbox->peer);
}

static void send_held(struct outbox *outbox)
{
    struct outbox_message *message;
    outbox->holding = false;
    while ((message = take_first(outbox))) {
        outbox->send(outbox->peer, message->text, message->size);
        free(message);
    }
}

static void on_written(void *arg, bool written)
{
    struct outbox *outbox = arg;
    if (!written)
        outbox_fail(outbox);
    else if (outbox->noted) /* by a later request; the journal keeps the order */
        outbox_release(outbox);
    else
        send_held(outbox);
}

void outbox_send(struct outbox *outbox, const char *text, size_t size)
{
    if (outbox->failed)
        return;
    if (!outbox->holding) {
        outbox->send(outbox->peer, text, size);
        return;
    }
    bool fits = size <= HELD_BYTES_MAX - outbox->bytes;
    struct outbox_message *message = fits ? malloc(sizeof *message + size) : NULL;
    if (!message) {
        outbox_fail(outbox);
        return;
    }
    message->size = size;
    memcpy(message->text, text, size);
    outbox->bytes += size;
    STAILQ_INSERT_TAIL(&outbox->messages, message, entry);
}
