/* The ICE-lite half of a transport (RFC 8445 §2.5): authenticated checks validate source addresses,
 * the latest nomination says where everything is sent. */
#ifndef CASELOAD_TRANSPORT_ICE_H
#define CASELOAD_TRANSPORT_ICE_H

#include "reference-server/media/media_terms.h"
#include "reference-server/media/worker/udp_port.h"

struct server_transport;

/* A binding request whose username fragment, `ufrag`, is this transport's. */
void transport_ice_stun(struct server_transport *transport, const struct udp_datagram *datagram,
                        const char *ufrag);
/* New credentials stand in the terms; `former` has the old ones, which answer until the first check
 * with the new ones. */
void transport_ice_restart(struct server_transport *transport, const struct media_terms *former);
void transport_ice_drop_former(struct server_transport *transport);
/* Nothing is accepted from, or sent to, anywhere until the next check. */
void transport_ice_forget_addresses(struct server_transport *transport);

#endif
