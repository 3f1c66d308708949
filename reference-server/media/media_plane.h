/* The media side as the signalling thread sees it: transports, who sends, who feeds which slot.
 * M worker threads (one UDP port each) share nothing and are reached by bounded rings only; every
 * call here is asynchronous unless it says otherwise. Knows participants by number, not by role. */
#ifndef CASELOAD_MEDIA_PLANE_H
#define CASELOAD_MEDIA_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/net/loop.h"

#define MEDIA_SLOTS_MAX 11 /* 6 video + 5 audio */

struct media_plane;

struct media_plane_config {
    struct loop *loop;   /* the signalling thread's; borrowed */
    const char *address; /* numeric IPv4, bound and written into candidates */
    uint16_t port;       /* of worker 0, worker k: port + k; 0: free ports */
    unsigned workers;    /* 1…16 */
    void *arg;
    /* On the signalling thread. */
    void (*on_connected)(void *arg, uint64_t participant);
    /* The peer fell silent (no authenticated STUN for 30 s, also when none ever came), closed DTLS
     * or failed its handshake. Nothing goes to or comes from it any more until a new offer. */
    void (*on_lost)(void *arg, uint64_t participant);
    /* Which of its slots are withheld has changed: route it again to learn which. May be NULL. */
    void (*on_pictures)(void *arg, uint64_t participant);
};

MUST_CHECK enum status media_plane_create(const struct media_plane_config *config,
                                          struct media_plane **ret_plane, struct failure *failure);
/* Stops and joins the workers. */
void media_plane_destroy(struct media_plane *plane);
/* The UDP port worker `worker` (< workers) is bound to; 0 for a worker that does not exist. */
uint16_t media_plane_port(const struct media_plane *plane, unsigned worker);

/* Synchronous part: parse the offer and write the answer (ICE credentials, candidate, fingerprint,
 * a=setup:passive, SSRCs per slot). A second offer of the same participant restarts ICE when its
 * credentials are new. `worker_hint` picks the worker (modulo their number). The answer is
 * malloc'ed and owned by the caller. INVALID, MALFORMED, FULL with a message for the client. */
MUST_CHECK enum status media_plane_offer(struct media_plane *plane, uint64_t participant,
                                         unsigned worker_hint, const char *offer, char **ret_answer,
                                         struct failure *failure);
void media_plane_remove(struct media_plane *plane, uint64_t participant);

/* Take media from this participant, or drop it. Off at first. */
void media_plane_set_send(struct media_plane *plane, uint64_t participant, bool audio, bool video);

/* Whom a participant is to see and to hear, in order of precedence when slots are too few. */
struct media_sources {
    const uint64_t *video, *audio; /* participants; borrowed */
    size_t video_count, audio_count;
};

/* Decide what feeds `participant`: the sources get slots, kept where they already were; the rest
 * become empty. Fills the table of all slots for the media.slots notification and returns their
 * number: 0 before the participant has made an offer. Sources may still be without one: their media
 * flows when it can. */
struct media_slot {
    char mid[17];
    bool video;
    uint64_t source; /* 0: empty */
    bool paused;     /* video: its path does not carry it; sound goes first */
};
size_t media_plane_route(struct media_plane *plane, uint64_t participant,
                         const struct media_sources *sources,
                         struct media_slot ret_slots[MEDIA_SLOTS_MAX]);

/* How loud the participant has been since this was last asked (RFC 6464, of its audio as far as it
 * is taken): 0 (silence) to 127. */
unsigned media_plane_take_loudness(struct media_plane *plane, uint64_t participant);

/* Text of OpenMetrics samples about packets, drops, forward latency, queues, appended by /metrics.
 * Counters are read from the workers without locks. */
struct buffer;
void media_plane_metrics(struct media_plane *plane, struct buffer *out);

/* Deliberate misbehaviour (fault.h): forward one media packet of `from` to `to` although no route
 * says so, once a second, until either is removed. Saying it again changes nothing. */
void media_plane_fault_leak(struct media_plane *plane, uint64_t from, uint64_t to);
/* Likewise: of what its worker forwards, one packet in fault_leaks_one_in() reaches one of those
 * who wait, as this participant does until something is routed to it or taken from it. */
void media_plane_fault_leak_to_waiting(struct media_plane *plane, uint64_t participant);

#endif
