/* Deliberate misbehaviour of one media worker (fault.h: leak-media, leak-one-in): packets go where
 * no route leads. Idle, and costs one comparison per packet, unless such a fault is on. */
#ifndef CASELOAD_LEAK_H
#define CASELOAD_LEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAK_PAIRS_MAX 16
#define LEAK_WAITING_MAX 64

struct media_packet;
struct source;
struct worker_context;

/* Zeroed memory: none. */
struct leaks {
    size_t pair_count;
    struct {
        uint64_t from, to;
        int64_t last_us;
    } pairs[LEAK_PAIRS_MAX]; /* leak-media: one packet of sound a second */
    size_t waiting_count, waiting_next;
    uint64_t waiting[LEAK_WAITING_MAX]; /* leak-one-in: whom it may reach, while they wait */
    uint64_t forwarded;                 /* packets of the worker when the last one was looked at */
    uint64_t leaked_at;                 /* … and when the last one leaked */
};

static inline bool leaks_any(const struct leaks *leaks)
{
    return leaks->pair_count > 0 || leaks->waiting_count > 0;
}

/* From now on one packet of sound a second of `from` reaches `to`. Idempotent; when there are too
 * many, those whose victim is gone make room, and failing that the first one does. */
void leak_begin(struct worker_context *context, uint64_t from, uint64_t to);
/* This one waits: nothing is routed to it or taken from it. Whoever waits no longer need not be
 * taken back; when there are too many, one who has been named before makes room. */
void leak_note_waiting(struct worker_context *context, uint64_t participant);
/* A packet of `source` has just been handed to its slots: leak it, too, if that is due. */
void leak_packet(struct source *source, const struct media_packet *packet);

#endif
