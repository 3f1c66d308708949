/* What the endpoint's files share: endpoint.c (life, timers, statistics); endpoint_negotiate.c,
 * endpoint_sections.c, endpoint_candidates.c (descriptions); endpoint_transport.c (ICE, DTLS,
 * SRTP); endpoint_send.c, endpoint_receive.c (RTP); endpoint_rtcp.c, endpoint_feedback.c (RTCP in
 * and out). */
#ifndef CASELOAD_ENDPOINT_PRIVATE_H
#define CASELOAD_ENDPOINT_PRIVATE_H

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/webrtc/endpoint.h"
#include "common/webrtc/rtp/nack_tracker.h"
#include "common/webrtc/rtp/packet_history.h"
#include "common/webrtc/rtp/receive_stats.h"
#include "common/webrtc/rtp/rtp_sequence.h"
#include "common/webrtc/rtp/transport_feedback.h"
#include "common/webrtc/sdp/sdp_negotiate.h"
#include "common/webrtc/transport/dtls_session.h"
#include "common/webrtc/transport/ice_client.h"
#include "common/webrtc/transport/media_crypto.h"

#define ENDPOINT_EXTRAS_MAX 4
#define SSRC_MAX 96          /* that one peer may use in the life of its transport */
#define EARLY_DTLS_MAX 4     /* datagrams kept that come before our ICE has a pair */
#define SENT_REPORTS_MAX 4   /* remembered for round-trip times */
#define DELIVERY_WINDOW 1024 /* packets back in which a second delivery is recognised */
#define FEEDBACK_INTERVAL_US (100 * US_PER_MS) /* of transport-wide feedback */

struct sent_report {
    uint32_t ntp_middle;
    int64_t sent_us;
};

/* One m= section; or a further encoding of one, which sends for itself and is no section. */
struct track {
    size_t index;      /* of the section */
    unsigned encoding; /* 0: the section itself */
    char rid[17];      /* "" without simulcast */
    bool sends_rid;    /* it was agreed */
    enum sdp_direction wanted;
    struct sdp_agreed agreed; /* kind and mid are set from the start */
    uint32_t ssrc, rtx_ssrc;

    uint16_t sequence, rtx_sequence;       /* next to use */
    uint32_t timestamp;                    /* of the last packet, … */
    int64_t timestamp_us;                  /* … captured then, on the monotonic axis */
    uint32_t report_packets, report_bytes; /* as a sender report counts them: modulo 2^32 */
    struct packet_history *history;        /* owned; plaintext with RTX, else ciphertext */
    struct sent_report reports[SENT_REPORTS_MAX];
    size_t report_count;

    struct stream *stream;      /* what the peer sends here now; NULL: nothing yet */
    int64_t key_frame_due_us;   /* a request waits until then; TIME_NEVER: none */
    int64_t key_frame_asked_us; /* the last request; 0: never */
    uint8_t fir_sequence;       /* next to use */
    bool fir_seen;              /* and the last one taken from the peer: */
    uint8_t fir_last;
    int64_t round_trip_us;             /* of this section's reports; -1: unknown */
    struct endpoint_track_stats stats; /* counters that have no better home */
};

/* One SSRC of the peer. */
struct stream {
    uint32_t ssrc;
    struct track *track; /* NULL: not attributed */
    bool rtx;
    struct receive_stats received; /* of what came on this SSRC itself */
    uint64_t reported_packets;     /* `received.packets` at the last report block */
    /* Deliveries of a main stream, repaired packets included. */
    struct sequence_unwrapper unwrapper;
    bool started;
    int64_t highest;
    uint64_t delivered[DELIVERY_WINDOW / 64];
    uint64_t repaired, repaired_bytes, repaired_duplicates;
    struct nack_tracker *nacks; /* owned; NULL when NACK was not negotiated */
};

struct early_datagram {
    size_t size;
    uint8_t data[RTP_PACKET_MAX];
};

struct endpoint {
    struct endpoint_events events;
    void *arg;
    struct certificate *certificate; /* borrowed */
    struct ice_config ice_config;    /* its strings are owned */
    char cname[64];
    enum endpoint_state state;
    char error[384];
    struct endpoint_stats stats;
    int64_t now_us; /* the newest time that this endpoint was told */
    int64_t realtime_offset_us;
    struct random_stream random; /* spreads report times; from the SSRC */

    /* Negotiation */
    char session_id[32];
    uint64_t session_version;
    struct buffer description; /* the last local one */
    bool offer_pending, negotiated;
    size_t track_count;
    struct track *tracks[ENDPOINT_TRACKS_MAX];
    size_t extra_count;
    struct track *extras[ENDPOINT_EXTRAS_MAX]; /* owned; further encodings of sections */
    bool collecting;  /* candidates go into the description that is being made */
    bool end_pending; /* tell the end of candidates with the next timer */
    bool gathered;
    size_t candidate_count;
    char *candidates[SDP_CANDIDATES_MAX]; /* owned; local */
    size_t early_candidate_count;
    char *early_candidates[SDP_CANDIDATES_MAX]; /* owned; remote ones before their description */
    char remote_ufrag[257], remote_pwd[257];
    char remote_fingerprint[FINGERPRINT_SIZE];
    size_t remote_candidate_count;

    /* Transport */
    const struct datagram_path *path; /* borrowed; NULL: none */
    struct ice_client ice;
    bool ice_restarting;
    bool ice_ready; /* has a pair */
    bool dtls_server;
    struct dtls_session *dtls;
    size_t early_dtls_count;
    struct early_datagram *early_dtls; /* owned array of EARLY_DTLS_MAX; NULL: none yet */
    struct media_crypto *crypto;
    bool srtp_seen;

    /* RTP and RTCP of the bundle */
    struct rtp_extension_map extensions; /* of all sections: ids are one space (RFC 8843 §9.1) */
    bool rtcp_rsize, transport_cc;
    uint16_t transport_sequence;
    int64_t round_trip_us;               /* the newest of any section; -1: unknown */
    struct transport_feedback *feedback; /* owned; NULL until it is needed */
    size_t stream_count;
    uint32_t ssrcs[SSRC_MAX]; /* of `streams`, apart: the search stays in two cache lines */
    struct stream *streams[SSRC_MAX];

    /* When endpoint_on_timer has work; TIME_NEVER: none. `due_us` is never later than the rest. */
    int64_t due_us;
    int64_t deadline_us, dtls_due_us, dtls_free_us;
    int64_t report_due_us, feedback_due_us, nack_due_us, key_frame_due_us;
};

/* Whatever may send: sections, then further encodings of them. */
static inline size_t endpoint_sender_count(const struct endpoint *endpoint)
{
    return endpoint->track_count + endpoint->extra_count;
}

static inline struct track *endpoint_sender(const struct endpoint *endpoint, size_t n)
{
    return n < endpoint->track_count ? endpoint->tracks[n]
                                     : endpoint->extras[n - endpoint->track_count];
}

/* endpoint.c */
void endpoint_set_state(struct endpoint *endpoint, enum endpoint_state state, int64_t now_us);
/* Fill the error text and change to FAILED, or LOST when it was connected. */
void endpoint_fail(struct endpoint *endpoint, int64_t now_us, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Set one of the due times above. */
void endpoint_wake(struct endpoint *endpoint, int64_t *due_us, int64_t at_us);

/* endpoint_transport.c */
MUST_CHECK enum status endpoint_create_ice(struct endpoint *endpoint, bool controlling,
                                           bool remote_lite, struct failure *failure);
void endpoint_start_dtls(struct endpoint *endpoint, int64_t now_us);
void endpoint_dtls_timer(struct endpoint *endpoint, int64_t now_us);
void endpoint_free_dtls(struct endpoint *endpoint);
/* Authentic SRTP or SRTCP came: the peer's handshake is over too. */
void endpoint_note_srtp(struct endpoint *endpoint);
void endpoint_finish_transport(struct endpoint *endpoint);
/* Send what is already protected. */
enum status endpoint_send_wire(struct endpoint *endpoint, const void *data, size_t size);
/* Tap, protect in place (`data` has MEDIA_CRYPTO_OVERHEAD to spare) and send. */
enum status endpoint_send_rtcp(struct endpoint *endpoint, uint8_t *data, size_t size);

/* endpoint_candidates.c */
/* A local one; NULL: the end. */
void endpoint_collect_candidate(struct endpoint *endpoint, const char *candidate);
void endpoint_forget_candidates(struct endpoint *endpoint);
/* Remote ones, "" or NULL: the end. */
enum status endpoint_give_candidate(struct endpoint *endpoint, const char *candidate);
void endpoint_give_early_candidates(struct endpoint *endpoint);
void endpoint_finish_negotiation(struct endpoint *endpoint);

/* endpoint_sections.c */
MUST_CHECK enum status endpoint_offer_tracks(struct endpoint *endpoint,
                                             const struct endpoint_track *tracks, size_t count,
                                             struct failure *failure);
/* Every section of the offer gets its place, also those that will be rejected. */
MUST_CHECK enum status endpoint_answer_tracks(struct endpoint *endpoint, const struct sdp *offer,
                                              const enum sdp_direction *directions, size_t count,
                                              struct failure *failure);
MUST_CHECK enum status endpoint_apply_agreed(struct endpoint *endpoint,
                                             const struct sdp_agreed *agreed, size_t count);

/* endpoint_send.c */
void endpoint_retransmit(struct endpoint *endpoint, struct track *track, uint16_t sequence);

/* endpoint_receive.c: datagrams as they came. */
void endpoint_receive_rtp(struct endpoint *endpoint, uint8_t *data, size_t size,
                          int64_t arrival_us);
/* The entry of an SSRC, NULL when it is unknown. */
struct stream *endpoint_find_stream(const struct endpoint *endpoint, uint32_t ssrc);
/* … or a new one; NULL: the table is full, or no memory (counted). */
struct stream *endpoint_learn_stream(struct endpoint *endpoint, uint32_t ssrc);
void endpoint_forget_streams(struct endpoint *endpoint);
/* What libsrtp refused. */
void endpoint_count_refused(struct endpoint *endpoint, enum status status);

/* endpoint_rtcp.c */
void endpoint_receive_rtcp(struct endpoint *endpoint, uint8_t *data, size_t size,
                           int64_t arrival_us);

/* endpoint_feedback.c: what is due at `now_us`. */
void endpoint_send_due_feedback(struct endpoint *endpoint, int64_t now_us);
/* Numbers to ask for, or given up and not yet told. */
bool endpoint_has_gaps(const struct stream *stream);
void endpoint_send_bye(struct endpoint *endpoint);
/* The first packet of a track went out: report soon, so that the peer can place its clock. */
void endpoint_report_soon(struct endpoint *endpoint, int64_t now_us);
void endpoint_start_reports(struct endpoint *endpoint, int64_t now_us);

#endif
