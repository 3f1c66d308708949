/* One WebRTC endpoint (peer connection): SDP offer/answer, ICE, DTLS, SRTP, RTP and RTCP over one
 * bundled transport. Knows nothing of rooms or load. Single-threaded; the owner watches sockets,
 * calls endpoint_on_timer every 10 ms or so, and ice_agent_run_timers for the process. */
#ifndef CASELOAD_ENDPOINT_H
#define CASELOAD_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/rtp/packet_history.h"
#include "common/webrtc/rtp/rtcp_packet.h"
#include "common/webrtc/rtp/rtp_extension.h"
#include "common/webrtc/rtp/rtp_packet.h"
#include "common/webrtc/sdp/sdp.h"
#include "common/webrtc/transport/certificate.h"
#include "common/webrtc/transport/datagram_path.h"

#define ENDPOINT_TRACKS_MAX SDP_MEDIA_MAX
#define ENDPOINT_ENCODINGS_MAX 3 /* named "f", "h", "q" in descriptions and packets (RFC 8852) */

struct endpoint;
struct srtp_keys; /* transport/dtls_session.h */

enum endpoint_state {
    ENDPOINT_NEW,
    ENDPOINT_CHECKING,  /* ICE checks run */
    ENDPOINT_HANDSHAKE, /* ICE has a pair, DTLS runs */
    ENDPOINT_CONNECTED, /* SRTP keys are set: media may flow */
    ENDPOINT_LOST,      /* consent expired or checks failed after having been connected */
    ENDPOINT_FAILED,    /* never connected: see endpoint_error */
    ENDPOINT_CLOSED,
};

/* One bundled m= section, in order of the description. */
struct endpoint_track {
    enum sdp_kind kind;
    enum sdp_direction direction; /* what this side wants */
    char mid[17];                 /* "" lets the endpoint choose "0", "1", … */
    /* Video to send in several encodings (RFC 8853), best first; 0 and 1: just one. Fixed with the
     * first offer. A peer that wants one only gets the first. */
    unsigned encodings;
};

/* A received RTP packet after SRTP, RTX unwrapping and duplicate removal. */
struct endpoint_media {
    size_t track; /* index of the m= section */
    enum sdp_kind kind;
    const struct rtp_packet *packet; /* payload borrowed during the call */
    const struct rtp_extension_values *extensions;
    int64_t sequence;   /* unwrapped, of the original stream */
    int64_t arrival_us; /* kernel stamp, monotonic axis */
    bool repaired;      /* came as a retransmission */
};

/* The endpoint must not be destroyed from inside any of these. */
struct endpoint_events {
    void (*on_candidate)(void *arg, const char *candidate); /* trickle; NULL: end */
    void (*on_state)(void *arg, enum endpoint_state state, int64_t now_us);
    /* Each number of a stream once. Without a payload it is padding alone: no media, but nothing is
     * missing there. */
    void (*on_media)(void *arg, const struct endpoint_media *media);
    /* The peer wants a key frame of what track sends (PLI or FIR); may be NULL. */
    void (*on_key_frame_request)(void *arg, size_t track, unsigned encoding);
    /* The transport's send estimate changed (REMB so far), bit/s; may be NULL. */
    void (*on_bitrate)(void *arg, uint64_t bitrate_bps);
    /* Every RTCP item received, and a sender report's NTP/RTP pair with it; may be NULL. */
    void (*on_rtcp)(void *arg, const struct rtcp_item *item, int64_t now_us);
    /* Debug tap of decrypted RTP and RTCP, both directions; may be NULL. */
    void (*on_tap)(void *arg, bool sent, bool rtcp, const void *data, size_t size, int64_t now_us);
    /* Debug tap of datagrams as they are on the wire (SRTP); may be NULL. */
    void (*on_wire)(void *arg, bool sent, const void *data, size_t size, int64_t now_us);
    /* Debug tap of the SRTP master keys, once, before the first packet; borrowed during the call.
     * Who keeps them can read everything on_wire shows. May be NULL, and is but for captures. */
    void (*on_keys)(void *arg, const char *suite, const struct srtp_keys *keys);
    void (*on_socket)(void *arg, int fd, bool watch);
};

struct endpoint_config {
    struct certificate *certificate; /* borrowed */
    const char *address;             /* local address to bind; NULL: all */
    const char *stun_address;        /* NULL: none; see ice_agent.h for these */
    uint16_t stun_port;
    const char *turn_address;
    uint16_t turn_port;
    const char *turn_user, *turn_password;
    bool turn_tcp, relay_only;
    struct media_ring *ring; /* of this thread; NULL: system calls. Borrowed */
    /* Set: a light client, whose address the socket gives and whose datagrams the socket's owner
     * reads (transport/ice_light.h). NULL: a full one. Borrowed */
    struct shared_socket *shared;
    const struct datagram_path *path; /* every datagram goes through it; NULL: none. Borrowed */
    const char *cname;                /* RFC 7022 name, copied */
    struct endpoint_events events;
    void *arg;
};

MUST_CHECK enum status endpoint_create(const struct endpoint_config *config, int64_t now_us,
                                       struct endpoint **ret_endpoint, struct failure *failure);
/* Sends BYE and close_notify when connected, frees everything. */
void endpoint_destroy(struct endpoint *endpoint);

/* Offerer: tracks become m= sections in order. Candidates that are known at once (host addresses)
 * stand in the description; on_candidate tells later ones, and the end of them with the first timer
 * after it. Header extensions and payload types are those of sdp_make_offer in every offer, also
 * after having answered a peer that numbered them otherwise. The text is owned by the endpoint
 * until its next description. Calling it again later renegotiates (tracks may be appended or change
 * direction). */
MUST_CHECK enum status endpoint_make_offer(struct endpoint *endpoint,
                                           const struct endpoint_track *tracks, size_t count,
                                           bool ice_restart, const char **ret_sdp,
                                           struct failure *failure);
MUST_CHECK enum status endpoint_set_answer(struct endpoint *endpoint, const char *sdp,
                                           struct failure *failure);
/* Answerer: `directions[i]` is what this side does with section i (masked by the offer). */
MUST_CHECK enum status endpoint_make_answer(struct endpoint *endpoint, const char *offer,
                                            const enum sdp_direction *directions, size_t count,
                                            const char **ret_sdp, struct failure *failure);
/* NULL or "": the end. May come before the description it belongs to. MALFORMED and UNSUPPORTED
 * candidates (TCP, names) are answered, not fatal. */
enum status endpoint_add_candidate(struct endpoint *endpoint, const char *candidate);

size_t endpoint_track_count(const struct endpoint *endpoint);
/* `track` < endpoint_track_count. */
enum sdp_kind endpoint_track_kind(const struct endpoint *endpoint, size_t track);
/* False when no section has that mid. */
bool endpoint_find_track(const struct endpoint *endpoint, const char *mid, size_t *ret_track);

/* Send one RTP packet on a track: payload is copied, SSRC, payload type, sequence, MID, transport
 * sequence and abs-send-time are the endpoint's. `timestamp` in the codec's clock. CONFLICT before
 * connected or when the track may not send. The packet enters the RTX history for video. */
struct endpoint_outgoing {
    size_t track;
    uint8_t encoding; /* 0 without simulcast */
    bool marker;
    uint32_t timestamp;
    const void *payload;
    size_t payload_size;
    uint8_t padding_size; /* RTP padding to add; 0: none */
    /* Bytes of the payload that lie elsewhere for as long as the endpoint lives: retransmissions
     * take them from there. size 0: none. */
    struct packet_part shared;
    bool has_audio_level;
    uint8_t audio_level; /* -dBov */
    bool voice;
    int64_t capture_realtime_us; /* 0: no abs-capture-time */
};
enum status endpoint_send(struct endpoint *endpoint, const struct endpoint_outgoing *outgoing,
                          int64_t now_us);
/* Whether the peer takes this encoding of the track; false before it has answered. */
bool endpoint_takes_encoding(const struct endpoint *endpoint, size_t track, unsigned encoding);
/* Ask the sender of what arrives on `track` for a key frame (at most once per 100 ms goes out). */
void endpoint_request_key_frame(struct endpoint *endpoint, size_t track, int64_t now_us);

void endpoint_readable(struct endpoint *endpoint, int fd);
/* A datagram that the path carried goes on (datagram_path.h): `out` and `route` as the path got
 * them. `at_us` is when it arrived, for all that is measured. */
void endpoint_arrive(struct endpoint *endpoint, bool out, uint64_t route, uint8_t *data,
                     size_t size, int64_t at_us);
/* RTCP reports, feedback, NACKs, DTLS retransmissions, expiry. Every 10–20 ms. */
void endpoint_on_timer(struct endpoint *endpoint, int64_t now_us);

enum endpoint_state endpoint_state(const struct endpoint *endpoint);
/* Why FAILED or LOST, naming the culprit; "" otherwise. */
const char *endpoint_error(const struct endpoint *endpoint);

/* Counters by W3C webrtc-stats names where they have one. */
struct endpoint_track_stats {
    uint64_t packets_sent, bytes_sent, retransmitted_packets_sent;
    uint64_t packets_received, bytes_received, retransmitted_packets_received;
    uint64_t duplicates, reordered;
    int64_t packets_lost;
    double jitter_s;
    uint64_t nack_count, pli_count, fir_count;          /* sent by this side */
    uint64_t nack_received, pli_received, fir_received; /* from the peer */
    double round_trip_time_s;                           /* < 0: unknown */
    double fraction_lost;                               /* reported by the peer, last */
    uint32_t send_ssrc, receive_ssrc;
    uint32_t send_rtx_ssrc, receive_rtx_ssrc; /* of retransmissions (RFC 4588); 0: none */
};
void endpoint_track_stats(const struct endpoint *endpoint, size_t track,
                          struct endpoint_track_stats *ret_stats);

struct endpoint_stats {
    /* When it happened; 0: not yet. */
    int64_t created_us, gathered_us, checking_us, ice_connected_us, dtls_connected_us;
    /* Datagrams, without STUN. */
    uint64_t packets_sent, packets_received, bytes_sent, bytes_received;
    uint64_t send_refused; /* socket full or no pair */
    uint64_t kernel_drops; /* SO_RXQ_OVFL */
    uint64_t unauthentic, replayed, malformed, unknown_ssrc;
    uint64_t early;                /* SRTP before its keys; DTLS that could not wait for a pair */
    uint64_t strangers;            /* datagrams from an address that is no candidate of the peer */
    uint64_t stamps_refused;       /* kernel stamps replaced by the reading time: a stepped clock */
    uint64_t take_over_refused;    /* pairs that stayed on way A (relayed, or no socket left) */
    uint64_t bitrate_estimate_bps; /* 0: none */
    bool taken_over;               /* media on way B */
    const char *srtp_suite;        /* "AEAD_AES_128_GCM", …; "" before */
};
void endpoint_stats(const struct endpoint *endpoint, struct endpoint_stats *ret_stats);

#endif
