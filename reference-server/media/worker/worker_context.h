/* What the parts of one worker's packet path share: its port, tables, timers, time and counters.
 * Everything here belongs to the worker's thread. A knot of files on purpose: media_worker owns it,
 * server_transport, media_source, outlet, rtp_in, rtcp_in and reports work on it. */
#ifndef CASELOAD_WORKER_CONTEXT_H
#define CASELOAD_WORKER_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/random.h"
#include "common/base/timer_wheel.h"
#include "common/webrtc/transport/certificate.h"
#include "reference-server/media/forward/leak.h"
#include "reference-server/media/transport/rtcp_out.h"
#include "reference-server/media/worker/key_map.h"
#include "reference-server/media/worker/media_counters.h"
#include "reference-server/media/worker/transport_table.h"
#include "reference-server/media/worker/udp_port.h"
#include "reference-server/media/worker/worker_links.h"

enum media_event_kind {
    MEDIA_EVENT_CONNECTED,
    MEDIA_EVENT_LOST,
    MEDIA_EVENT_PICTURES, /* which pictures are withheld has changed */
    MEDIA_EVENT_KINDS,
};

/* News for the signalling thread. */
struct media_event {
    enum media_event_kind kind;
    uint64_t participant;
    uint32_t incarnation;
    uint16_t paused_pairs; /* PICTURES: bit k is pair k */
};

struct worker_context {
    unsigned index;
    struct udp_port *port; /* owned by the worker, like the next four */
    struct transport_table *transports;
    struct key_map *sources; /* participant → struct source */
    struct timer_wheel *wheel;
    struct rtcp_out rtcp;            /* scratch for the RTCP datagram being written */
    struct media_counters *counters; /* borrowed, read by the signalling thread */
    struct certificate *certificate; /* borrowed */
    struct worker_links *links;      /* borrowed; rings to the other workers */
    struct random_stream random;     /* where numberings begin; no secrets */
    int64_t now_us;                  /* CLOCK_MONOTONIC, at the start of this turn */
    int64_t realtime_offset_us;      /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
    int64_t overloaded_until_us;     /* our own socket overflowed: asking again would feed it */
    uint32_t abs_send_time;          /* of now_us, 6.18 fixed point seconds */
    struct leaks leaks;              /* deliberate ones */
    /* False: the ring to the signalling thread is full; try again at the next tick. */
    bool (*on_event)(struct worker_context *context, const struct media_event *event);
    void *owner; /* of on_event */
};

/* Read the clocks once for all that is done in this turn. */
void worker_context_tell_time(struct worker_context *context, int64_t monotonic_us,
                              int64_t realtime_offset_us);

static inline int64_t worker_context_realtime_us(const struct worker_context *context)
{
    return context->now_us + context->realtime_offset_us;
}

#endif
