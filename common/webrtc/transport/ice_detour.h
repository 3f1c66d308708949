/* The way of a full agent's STUN through a datagram path. libnice owns its sockets, so for agents
 * with a path it is led to believe that its peer is here: each remote address is played by a
 * portal, a socket on this host, and the world is met by one socket of ours, whose port the local
 * candidates carry. To the peer the agent looks as if it stood behind a NAT.
 *
 *   libnice's socket ⇄ portal ⇄ datagram path ⇄ outer socket ⇄ remote address
 *
 * DTLS and media use the outer socket too (way B from the start) and no portal. Used by
 * ice_agent.c and ice_traffic.c; IPv4 only, no STUN or TURN servers. */
#ifndef CASELOAD_ICE_DETOUR_H
#define CASELOAD_ICE_DETOUR_H

#include <agent.h>
#include <netinet/in.h>

#include "common/webrtc/transport/datagram_path.h"
#include "common/webrtc/transport/media_socket.h"

#define ICE_DETOUR_PORTALS_MAX 8 /* remote addresses of one peer; more are refused and counted */

struct ice_agent;
struct ice_detour;

/* Opens the outer socket as *ret_outer, which its caller reads and closes. `address`: of this host;
 * NULL: all. */
MUST_CHECK enum status ice_detour_create(struct ice_agent *agent, const char *address,
                                         struct media_socket *ret_outer,
                                         struct ice_detour **ret_detour, struct failure *failure);
/* Its portals are no longer watched, and closed. */
void ice_detour_destroy(struct ice_detour *detour);

/* False: this local candidate is not told to the peer; else it is led to the outer socket. */
bool ice_detour_lead_local(const struct ice_detour *detour, NiceCandidate *candidate);
/* In place of a remote candidate's address the one of its portal. UNSUPPORTED (IPv6), FULL. */
MUST_CHECK enum status ice_detour_lead_remote(struct ice_detour *detour, NiceAddress *address);
/* And back: whom the portal at this address plays; false: no portal's. */
bool ice_detour_remote_of(const struct ice_detour *detour, const NiceAddress *portal,
                          struct sockaddr_in *ret_remote);

/* STUN that came to the outer socket. */
void ice_detour_received(struct ice_detour *detour, const struct media_datagram *datagram);
/* False: `fd` is no portal's. Else what libnice sent there is read. */
bool ice_detour_readable(struct ice_detour *detour, int fd);
/* What the path carried goes on. */
void ice_detour_arrive(struct ice_detour *detour, bool out, uint64_t route, const void *data,
                       size_t size);

#endif
