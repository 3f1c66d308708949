/* One participant as a source of media, as one worker sees it: who is fed here, which other workers
 * want the packets, its clock, its key frame requests. Routes are decided by the signalling side
 * and only carried out here. */
#ifndef CASELOAD_MEDIA_SOURCE_H
#define CASELOAD_MEDIA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reference-server/media/forward/key_request.h"
#include "reference-server/media/forward/media_packet.h"
#include "reference-server/media/forward/source_clock.h"
#include "reference-server/media/worker/worker_context.h"

#define SOURCE_WORKER_UNKNOWN UINT32_MAX
#define SOURCE_SUBSCRIBERS_MAX 1024 /* slots fed by one source on one worker, per kind */

struct outlet;
struct server_transport;

struct subscribers {
    struct outlet **list; /* owned array of borrowed outlets */
    size_t count, capacity;
};

/* What its pictures take. */
struct source_rate {
    int64_t since_us; /* 0: nothing came yet */
    uint64_t bytes;   /* since then */
    uint64_t bps;     /* of the last whole period; 0: not measured */
};

struct source {
    struct worker_context *context;
    uint64_t participant;
    struct server_transport *transport;   /* NULL: lives on another worker, or not yet */
    uint32_t worker;                      /* where it lives; SOURCE_WORKER_UNKNOWN */
    uint32_t remote_workers[MEDIA_KINDS]; /* bit k: worker k wants its packets */
    struct source_clock clock;
    struct source_rate video_rate;
    struct key_request request;
    int64_t relayed_request_us; /* last request sent to its worker */
    unsigned leaks;             /* deliberate faults that need it here */
    struct subscribers subscribers[MEDIA_KINDS];
};

/* Workers that want any packets of it. */
static inline uint32_t source_remote_workers(const struct source *source)
{
    return source->remote_workers[MEDIA_AUDIO] | source->remote_workers[MEDIA_VIDEO];
}

/* NULL: unknown here. */
struct source *source_find(struct worker_context *context, uint64_t participant);
/* Found or made; NULL: no memory or too many. */
struct source *source_obtain(struct worker_context *context, uint64_t participant);
/* Frees it when neither its transport, nor a slot, nor another worker needs it. */
void source_release(struct source *source);
/* At the end of the worker. */
void source_destroy_all(struct worker_context *context);

/* Feed `outlet` from this source, or from nobody (NULL). FULL, NO_MEMORY leave it empty. A source
 * that was made for this outlet is released by the caller when nobody took it. */
MUST_CHECK enum status source_attach(struct source *source, struct outlet *outlet);
void source_detach(struct outlet *outlet);

/* Hand one packet of this source to every slot it feeds here and to the workers that want it. */
void source_deliver(struct source *source, const struct media_packet *packet);
/* To the slots of this worker only: it came over a ring. */
void source_deliver_here(struct source *source, const struct media_packet *packet);
/* A sender report of the source; one with an NTP time of 0 makes the last one void. `relay`: pass
 * it on to the workers that want this source. */
void source_report(struct source *source, enum media_kind kind, uint64_t ntp, uint32_t timestamp,
                   int64_t arrival_realtime_us, bool relay);
/* The numbering of a stream began anew: its last sender report says nothing any more. */
void source_forget_clock(struct source *source, enum media_kind kind);
/* What another worker needs that begins to want this source. */
void source_introduce(struct source *source, unsigned worker);
/* Somebody needs a key frame of it; `fresh`: a slot has just got this source. */
void source_request_key_frame(struct source *source, bool fresh);
/* The same for a slot that begins (or waits) to show this source. */
void source_request_first_key_frame(struct source *source, bool fresh);

#endif
