/* One DTLS 1.2 handshake with use_srtp (RFC 5764) over datagrams handed in and out; no sockets.
 * OpenSSL keeps the retransmission clock (gettimeofday). After the handshake the SRTP keys are
 * exported; the session is kept a little for retransmissions of the last flight and then forgotten
 * by its owner. */
#ifndef CASELOAD_DTLS_SESSION_H
#define CASELOAD_DTLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/transport/certificate.h"

/* IANA DTLS-SRTP protection profile ids */
enum srtp_suite {
    SRTP_SUITE_NONE = 0,
    SRTP_SUITE_AES128_CM_SHA1_80 = 0x0001,
    SRTP_SUITE_AEAD_AES_128_GCM = 0x0007,
};

/* Master key followed by master salt, for each direction. */
struct srtp_keys {
    enum srtp_suite suite;
    size_t key_size, salt_size;    /* 16 + 14 or 16 + 12 */
    uint8_t send[64], receive[64]; /* key then salt, from this side's point of view */
};

enum dtls_state { DTLS_HANDSHAKING, DTLS_CONNECTED, DTLS_FAILED, DTLS_CLOSED };

struct dtls_session;

struct dtls_config {
    struct certificate *certificate; /* borrowed */
    bool server;                     /* a=setup:passive side */
    const char *remote_fingerprint;  /* SHA-256 with colons (copied); another one fails */
    size_t datagram_max;             /* 1200 */
    void *arg;
    /* One datagram to the peer, during start, receive, on_timeout and destroy. */
    void (*on_send)(void *arg, const void *data, size_t size);
};

MUST_CHECK enum status dtls_session_create(const struct dtls_config *config,
                                           struct dtls_session **ret_session);
/* Sends close_notify when connected: the end of the transport. */
void dtls_session_destroy(struct dtls_session *session);
/* Frees the session without a word, for owners whose SRTP goes on: a close_notify would make the
 * peer close the whole transport. */
void dtls_session_forget(struct dtls_session *session);
/* The client sends its ClientHello. A server waits. */
void dtls_session_start(struct dtls_session *session);
/* Hand in one datagram. */
void dtls_session_receive(struct dtls_session *session, const void *data, size_t size);
/* Microseconds from now until dtls_session_on_timeout should be called (0: now); it restarts with
 * each flight, 100 ms first and then doubling (RFC 6347 §4.2.4.1). -1: nothing to retransmit. */
int64_t dtls_session_timeout_us(struct dtls_session *session);
/* Sends the last flight again when its time is over; does nothing when called early. */
void dtls_session_on_timeout(struct dtls_session *session);
enum dtls_state dtls_session_state(const struct dtls_session *session);
/* Why the handshake failed: "certificate fingerprint mismatch: expected …, got …", … */
const char *dtls_session_error(const struct dtls_session *session);
/* CONFLICT before DTLS_CONNECTED; CRYPTO when the peer negotiated no SRTP profile. */
MUST_CHECK enum status dtls_session_keys(struct dtls_session *session, struct srtp_keys *ret_keys);

#endif
