/* The DTLS half of a transport: server handshake with a validated address, SRTP keys out of it, and
 * the end of the session when nobody needs its last flight any more. */
#ifndef CASELOAD_TRANSPORT_DTLS_H
#define CASELOAD_TRANSPORT_DTLS_H

#include "reference-server/media/worker/udp_port.h"

struct server_transport;

/* DTLS from a validated address. */
void transport_dtls_datagram(struct server_transport *transport,
                             const struct udp_datagram *datagram);
/* The first and later valid SRTP packets of the peer: it has our last flight. */
void transport_dtls_heard_srtp(struct server_transport *transport);
/* Every TRANSPORT_TICK_US: retransmissions and lifetimes. */
void transport_dtls_tick(struct server_transport *transport);
/* Another certificate is another association (RFC 8842 §5): keys and session go. */
void transport_dtls_forget(struct server_transport *transport);

#endif
