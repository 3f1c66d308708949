/* What the path to one receiver carries and what follows from it: feedback into its estimator, the
 * budget of its pictures, pictures withheld when not even the lowest fits, what may go out again,
 * padding that finds out whether there is more. */
#ifndef CASELOAD_TRANSPORT_ESTIMATE_H
#define CASELOAD_TRANSPORT_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/bandwidth/bandwidth_estimator.h"
#include "reference-server/media/forward/video_pause.h"
#include "reference-server/media/media_terms.h"
#include "reference-server/media/transport/resend_allowance.h"
#include "reference-server/media/worker/media_counters.h"

/* IP and UDP headers around what we encrypt (IPv4). */
#define TRANSPORT_OVERHEAD_BYTES 28
/* In one tick: what is found out must not be a flood itself. */
#define TRANSPORT_PADDING_PER_TICK 16

struct server_transport;

struct transport_estimate {
    struct bandwidth_estimator estimator;
    uint16_t sequence; /* next transport-wide number to this receiver */
    uint32_t tick_bytes,
        sound_bytes; /* sent since the last tick; of sound, since it was measured */
    int64_t sound_since_us, told_us;
    uint64_t sound_bps; /* 0: not measured yet */
    struct resend_allowance resends;
    struct video_pause pause;
    uint16_t paused_pairs;         /* bit k: the video slot of pair k is withheld */
    struct media_estimate counted; /* how this transport stands in the counters */
};

void transport_estimate_init(struct server_transport *transport);
void transport_estimate_finish(struct server_transport *transport);

/* A packet of `size_bytes`, encrypted, has left with the number `sequence`, which is used up. */
static inline void transport_estimate_sent(struct transport_estimate *estimate,
                                           enum media_kind kind, size_t size_bytes, int64_t now_us)
{
    uint32_t carried = (uint32_t)size_bytes + TRANSPORT_OVERHEAD_BYTES;

    bandwidth_estimator_sent(&estimate->estimator, estimate->sequence++, carried, now_us);
    estimate->tick_bytes += carried;
    estimate->sound_bytes += kind == MEDIA_AUDIO ? carried : 0;
}

/* RTCP_TRANSPORT and RTCP_REMB items of this receiver. */
void transport_estimate_feedback(struct server_transport *transport, const struct rtcp_item *item);
/* Every TRANSPORT_TICK_US on an open transport. */
void transport_estimate_tick(struct server_transport *transport);

#endif
