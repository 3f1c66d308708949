/* One participant as a source of media, as one worker sees it: who is fed here, which other workers
 * want the packets, its clock, its key frame requests. Routes are decided by the signalling side
 * and only carried out here. */
#ifndef CASELOAD_MEDIA_SOURCE_H
#define CASELOAD_MEDIA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reference-server/media/forward/key_request.h"
#include "reference-server/media/forward/layer_meter.h"
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

struct source {
    struct worker_context *context;
    uint64_t participant;
    struct server_transport *transport;   /* NULL: lives on another worker, or not yet */
    uint32_t worker;                      /* where it lives; SOURCE_WORKER_UNKNOWN */
    uint32_t remote_workers[MEDIA_KINDS]; /* bit k: worker k wants its packets */
    struct source_clock clock;
    struct layer_meter meter; /* of its video */
    struct key_request requests[MEDIA_ENCODINGS_MAX];
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
/* A sender report of one of the source's streams (media_terms.h); one with an NTP time of 0 makes
 * the last one void. `relay`: pass it on to the workers that want this source. */
void source_report(struct source *source, unsigned stream, uint64_t ntp, uint32_t timestamp,
                   int64_t arrival_realtime_us, bool relay);
/* The numbering of a stream began anew: its last sender report says nothing any more. */
void source_forget_clock(struct source *source, unsigned stream);
/* What another worker needs that begins to want this source. */
void source_introduce(struct source *source, unsigned worker);
/* Somebody needs a key frame of one encoding (LAYER_ANY: of each, LAYER_NONE: of none); `fresh`: a
 * slot has just got this source. */
void source_request_key_frame(struct source *source, uint8_t encoding, bool fresh);
/* The same for a slot that begins (or waits) to show this source or encoding. */
void source_request_first_key_frame(struct source *source, uint8_t encoding, bool fresh);
/* Send what was put off. On the source's own worker, every tick. */
void source_request_due_key_frames(struct source *source);

#endif
