/* The other end of one endpoint, made of the transport parts alone: an ICE-lite DTLS server that
 * can send any RTP and RTCP it likes. For endpoint_demux_test.c. */
#ifndef CASELOAD_TEST_RAW_PEER_H
#define CASELOAD_TEST_RAW_PEER_H

#include <netinet/in.h>

#include "common/webrtc/endpoint.h"
#include "common/webrtc/sdp/sdp_negotiate.h"
#include "common/webrtc/transport/dtls_session.h"
#include "common/webrtc/transport/media_crypto.h"

#define RAW_TURNS_MAX 3000
#define RAW_MEDIA_MAX 512
#define RAW_ITEMS_MAX 64

struct raw_media {
    size_t track;
    int64_t sequence;
    uint32_t ssrc;
    uint8_t payload_type;
    bool repaired;
    size_t size;
    char payload[64];
};

struct raw_peer {
    /* The endpoint under test and what it told. */
    struct endpoint *endpoint;
    struct certificate *certificate;
    int fds[8];
    size_t fd_count;
    enum endpoint_state states[16];
    size_t state_count;
    struct raw_media media[RAW_MEDIA_MAX];
    size_t media_count;
    size_t key_frame_requests[ENDPOINT_TRACKS_MAX];
    uint64_t bitrate_bps;
    size_t decrypted; /* RTP that the endpoint decrypted */

    /* The raw side. */
    int fd;
    uint16_t port;
    struct sockaddr_in remote;
    bool mute;    /* answers no STUN any more */
    bool restart; /* the next offer restarts ICE */
    size_t checks, nominations;
    struct certificate *own_certificate;
    struct dtls_session *dtls;
    struct media_crypto *crypto;
    struct sdp_local local;
    struct sdp_agreed agreed[ENDPOINT_TRACKS_MAX]; /* as the endpoint sees it, mirrored */
    size_t rtp_count;
    uint8_t rtp[2048]; /* the last one, decrypted */
    size_t rtp_size;
    struct rtcp_item items[RAW_ITEMS_MAX]; /* received, in order */
    size_t item_count;
};

extern struct raw_peer raw;

void raw_open(void);
void raw_close(void);
void raw_turn(void);
void raw_run_turns(int turns);
void raw_run_until(bool (*done)(void));
/* Offer `tracks` and answer them; `edit` (may be NULL) changes what the raw side says before the
 * endpoint sees it. */
void raw_negotiate(const struct endpoint_track *tracks, size_t count,
                   void (*edit)(struct sdp *answer));
bool raw_connected(void);
void raw_connect(const struct endpoint_track *tracks, size_t count,
                 void (*edit)(struct sdp *answer));

/* Send what `packet` says, with `values` in the negotiated extensions when not NULL. */
void raw_send_rtp(const struct rtp_packet *packet, const struct rtp_extension_values *values);
/* Protect and send these bytes; as they are. */
void raw_send_bytes(const void *data, size_t size, bool rtcp);
void raw_send_plain(const void *data, size_t size);
void raw_send_item(const struct rtcp_item *item);
/* How many items of `kind` came; the last is stored. */
size_t raw_count_items(enum rtcp_kind kind, struct rtcp_item *ret_last);

#endif
