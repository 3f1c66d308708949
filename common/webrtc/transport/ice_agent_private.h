/* What the three files of the ICE agent share: ice_agent.c (life, negotiation, libnice's events),
 * ice_loop.c (libnice's timers for the whole process), ice_traffic.c (sockets and datagrams). */
#ifndef CASELOAD_ICE_AGENT_PRIVATE_H
#define CASELOAD_ICE_AGENT_PRIVATE_H

#include <agent.h>
#include <netinet/in.h>

#include "common/webrtc/transport/ice_agent.h"
#include "common/webrtc/transport/ice_detour.h"
#include "common/webrtc/transport/media_ring.h"
#include "common/webrtc/transport/media_socket.h"

#define COMPONENT 1 /* rtcp-mux and BUNDLE leave one component */
#define SOCKETS_MAX 64
#define REMOTES_MAX 32
#define CREDENTIAL_SIZE 257 /* RFC 8839 §5.4: at most 256 characters */

union remote_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct ice_agent {
    struct ice_config config; /* its strings are not kept */
    NiceAgent *nice;
    guint stream;
    enum ice_state state;
    char ufrag[CREDENTIAL_SIZE], pwd[CREDENTIAL_SIZE];
    bool gathered, has_turn;
    size_t given_count; /* remote candidates of this generation */
    int watched[SOCKETS_MAX];
    size_t watched_count;

    /* The selected pair. `pair_fd` is libnice's socket; -1 while there is none or it is relayed,
     * when libnice sends. */
    bool has_pair;
    int pair_fd;
    union remote_address remote, previous_remote; /* family AF_UNSPEC: none */
    union remote_address remotes[REMOTES_MAX];    /* the peer's candidates */
    size_t remote_count;
    int64_t remotes_refreshed_us;

    struct media_socket media;    /* way B; fd -1: way A */
    struct ice_detour *detour;    /* owned; NULL: no datagram path. `media` is its outer socket */
    struct ice_counters counters; /* of media sockets that are closed, and of sending */
    struct ice_agent *next;       /* in the list of agents that are polled */
};

/* ice_loop.c */
GMainContext *ice_loop_context(void);
/* Read the agent's sockets with every turn of the timers: libnice 0.1.21 does not tell the socket
 * of TURN over TCP. */
void ice_loop_poll(struct ice_agent *agent);
void ice_loop_forget(struct ice_agent *agent);
/* Takes the agent's NiceAgent and lets it give its TURN allocations back before it ends. */
void ice_loop_close(NiceAgent *nice, guint stream);

/* ice_traffic.c */
void ice_traffic_watch_sockets(struct ice_agent *agent);
void ice_traffic_select_pair(struct ice_agent *agent, const NiceAddress *remote);
void ice_traffic_refresh_remotes(struct ice_agent *agent, int64_t now_us);
/* Open the detour of an agent that has a path. */
MUST_CHECK enum status ice_traffic_open_detour(struct ice_agent *agent, const char *address,
                                               struct failure *failure);
void ice_traffic_finish(struct ice_agent *agent);
/* Way A: libnice reads all sockets of an agent and keeps what is STUN. The rest goes to `agent`,
 * which may be NULL. False: nothing more to read. */
bool ice_traffic_read_once(NiceAgent *nice, guint stream, struct ice_agent *agent);
void ice_traffic_read(struct ice_agent *agent);

#endif
