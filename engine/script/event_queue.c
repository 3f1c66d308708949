#include "engine/script/event_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void join_subject(struct script_subject *subject, struct script_event *event)
{
    if (subject->last)
        subject->last->next_of_subject = event;
    else
        subject->first = event;
    subject->last = event;
}

/* Events are taken in the order of their coming, so that a subject's first is taken first. */
static void leave_subject(struct script_subject *subject, const struct script_event *event)
{
    assert(subject->first == event);
    subject->first = event->next_of_subject;
    if (!subject->first)
        subject->last = NULL;
}

struct script_event *event_queue_add(struct event_queue *queue, struct script_subject *subject,
                                     const char *text, size_t size)
{
    struct script_event *event = malloc(sizeof *event + size + 1);

    if (!event)
        return NULL;
    *event = (struct script_event){.subject = subject, .size = size};
    if (size > 0)
        memcpy(event->text, text, size);
    event->text[size] = '\0';
    if (queue->last)
        queue->last->next = event;
    else
        queue->first = event;
    queue->last = event;
    if (subject)
        join_subject(subject, event);
    return event;
}

struct script_event *event_queue_take(struct event_queue *queue)
{
    struct script_event *event = queue->first;

    if (!event)
        return NULL;
    queue->first = event->next;
    if (!queue->first)
        queue->last = NULL;
    if (event->subject)
        leave_subject(event->subject, event);
    return event;
}

void event_queue_forget(struct script_subject *subject)
{
    for (struct script_event *event = subject->first; event; event = event->next_of_subject)
        event->subject = NULL;
    *subject = (struct script_subject){0};
}

void event_queue_finish(struct event_queue *queue)
{
    struct script_event *event;

    while ((event = event_queue_take(queue)))
        free(event);
}
