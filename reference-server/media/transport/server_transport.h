/* The transport of one participant on its worker: ICE-lite, DTLS server, SRTP, its streams in and
 * its slots out. Lives on one worker for life; everything here runs on that thread. */
#ifndef CASELOAD_SERVER_TRANSPORT_H
#define CASELOAD_SERVER_TRANSPORT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/rtp/transport_feedback.h"
#include "common/webrtc/transport/dtls_session.h"
#include "common/webrtc/transport/media_crypto.h"
#include "reference-server/media/forward/media_source.h"
#include "reference-server/media/forward/outlet.h"
#include "reference-server/media/transport/inlet.h"
#include "reference-server/media/transport/transport_estimate.h"
#include "reference-server/media/voice_meter.h"
#include "reference-server/media/worker/worker_context.h"

#define TRANSPORT_ADDRESSES_MAX 4 /* validated source addresses; the oldest makes room */
#define TRANSPORT_TICK_US 50000
#define TRANSPORT_CONSENT_US (30 * 1000000LL)    /* RFC 7675 §5.1 */
#define TRANSPORT_DTLS_LINGER_US (5 * 1000000LL) /* after the peer's first valid SRTP */
#define TRANSPORT_DTLS_LIFE_US (30 * 1000000LL)  /* without any */
#define TRANSPORT_DEFAULT_RTT_US 50000           /* until a report tells */

enum transport_state {
    TRANSPORT_NEW,       /* no keys yet */
    TRANSPORT_CONNECTED, /* media may flow */
    TRANSPORT_LOST,      /* silent or closed: nothing is sent until a new offer */
};

struct server_transport {
    struct worker_context *context;
    struct media_terms *terms; /* owned */
    struct source *source;     /* this participant as a source; borrowed from the table */
    struct voice_meter *meter; /* a hold of it; NULL: nobody wants to know */
    enum transport_state state;
    /* ICE */
    char former_ufrag[MEDIA_UFRAG_LENGTH + 1], former_pwd[MEDIA_PWD_LENGTH + 1]; /* "": none */
    size_t address_count;
    struct sockaddr_in addresses[TRANSPORT_ADDRESSES_MAX]; /* oldest first */
    bool has_peer, nominated;                              /* peer: where everything is sent */
    struct sockaddr_in peer;
    int64_t heard_us; /* last authenticated STUN, or when the terms came */
    /* DTLS and SRTP */
    struct dtls_session *dtls; /* owned; NULL before the first and after the last datagram */
    bool dtls_over;            /* failed, closed or let go: further DTLS is ignored */
    int64_t dtls_since_us, keyed_us, first_srtp_us;
    struct media_crypto *crypto; /* owned; NULL before the handshake is over */
    /* Media */
    bool may_send[MEDIA_KINDS];
    struct inlet inlets[MEDIA_STREAMS];
    size_t outlet_count;
    struct outlet outlets[MEDIA_SLOTS_MAX];
    uint64_t video_budget_bps; /* of all video slots together: transport_budget.h */
    struct transport_estimate estimate;
    struct transport_feedback feedback;
    int64_t rtt_us, reported_us;
    struct wheel_timer tick, repair;
    unsigned ticks;
    bool event_owed[MEDIA_EVENT_KINDS];
};

/* Takes `terms` over, also on failure. NO_MEMORY, FULL. */
MUST_CHECK enum status server_transport_create(struct worker_context *context,
                                               struct media_terms *terms,
                                               struct server_transport **ret_transport);
/* Says goodbye to the peer while the DTLS session lives. */
void server_transport_destroy(struct server_transport *transport);
/* A further offer of the same peer connection: new ICE credentials, more slots. Slots known so far
 * stay as they are. Takes `terms` over. */
void server_transport_update(struct server_transport *transport, struct media_terms *terms);

/* For transport_ice and transport_dtls: media may flow from now on; or the peer is gone. The
 * signalling side is told. */
void server_transport_became_connected(struct server_transport *transport);
void server_transport_became_lost(struct server_transport *transport);
/* For transport_estimate: which pictures are withheld has changed. */
void server_transport_tell_pictures(struct server_transport *transport);

static inline bool server_transport_is_open(const struct server_transport *transport)
{
    return transport->state == TRANSPORT_CONNECTED && transport->has_peer && transport->crypto;
}

/* Encodings of its picture: 1 without simulcast, 0 without video or a transport (NULL). */
static inline unsigned server_transport_encodings(const struct server_transport *transport)
{
    return transport ? transport->terms->streams[MEDIA_VIDEO].encoding_count : 0;
}

/* Encrypt what stands in the port's reserved buffer, with the transport-wide number
 * estimate.sequence, and queue it. False: dropped and counted, the number is still free. */
bool server_transport_send_rtp(struct server_transport *transport, enum media_kind kind,
                               size_t size, int64_t stamp_us);
/* Likewise the compound in context->rtcp, when it holds anything. */
void server_transport_send_rtcp(struct server_transport *transport);

/* Take media of `kind` from this participant, or drop it. */
void server_transport_set_send(struct server_transport *transport, enum media_kind kind, bool on);
/* The outlet with this SSRC, or NULL. */
struct outlet *server_transport_find_outlet(struct server_transport *transport, uint32_t ssrc);
/* Losses are asked for soon. */
void server_transport_watch_losses(struct server_transport *transport);

#endif
