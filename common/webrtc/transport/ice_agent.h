/* One full ICE agent with one component (RFC 8445, trickle RFC 8838, consent RFC 7675) by libnice.
 * Media does not pass through GLib: sockets are read by the owner (way A: libnice reads when told a
 * socket is readable; way B after a pair is selected: a second socket on the same port gets all
 * that is not STUN, by a BPF program on SO_REUSEPORT). docs/decisions/ tells why. */
#ifndef CASELOAD_ICE_AGENT_H
#define CASELOAD_ICE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct ice_agent;
struct datagram_path;
struct media_ring;
struct shared_socket;

enum ice_state { ICE_NEW, ICE_GATHERING, ICE_CHECKING, ICE_CONNECTED, ICE_READY, ICE_FAILED };

struct ice_config {
    bool controlling;
    bool remote_lite;         /* may be set later by ice_agent_set_remote_lite */
    const char *address;      /* bind only here ("127.0.0.1"); NULL: all interfaces */
    const char *stun_address; /* NULL: none */
    uint16_t stun_port;
    const char *turn_address; /* NULL: none */
    uint16_t turn_port;
    const char *turn_user, *turn_password;
    bool turn_tcp, relay_only;
    struct media_ring *ring;      /* of this thread, for way B; NULL: system calls. Borrowed */
    struct shared_socket *shared; /* set: a light client (ice_light.h). Borrowed */
    /* Set: STUN goes through it, with a route for each remote address (datagram_path.h); then no
     * STUN or TURN server. What is not STUN is the owner's matter. Borrowed */
    const struct datagram_path *path;
    void *arg;
    void (*on_candidate)(void *arg, const char *candidate); /* "candidate:…"; NULL: end */
    void (*on_state)(void *arg, enum ice_state state);
    /* A datagram that is not STUN, with its kernel receive stamp on the monotonic axis (µs). Way A
     * has no kernel stamp: then it is the time of reading. */
    void (*on_datagram)(void *arg, uint8_t *data, size_t size, int64_t arrival_us);
    /* Start or stop watching `fd` for reading; call ice_agent_readable when it is ready. The agent
     * must not be destroyed from inside any of these callbacks. */
    void (*on_socket)(void *arg, int fd, bool watch);
};

/* Iterate libnice's timers of this process: call at least every 20 ms (10 ms is usual). */
void ice_agent_run_timers(void);

MUST_CHECK enum status ice_agent_create(const struct ice_config *config,
                                        struct ice_agent **ret_agent, struct failure *failure);
void ice_agent_destroy(struct ice_agent *agent);
const char *ice_agent_ufrag(const struct ice_agent *agent);
const char *ice_agent_pwd(const struct ice_agent *agent);
MUST_CHECK enum status ice_agent_gather(struct ice_agent *agent);
void ice_agent_set_remote_lite(struct ice_agent *agent, bool lite);
MUST_CHECK enum status ice_agent_set_remote(struct ice_agent *agent, const char *ufrag,
                                            const char *pwd);
/* MALFORMED or UNSUPPORTED candidates are answered, not fatal. "" or NULL: end of candidates. */
enum status ice_agent_add_candidate(struct ice_agent *agent, const char *candidate);
/* New credentials, checks again; media continues on the old pair meanwhile (RFC 8445 §9). */
MUST_CHECK enum status ice_agent_restart(struct ice_agent *agent);
enum ice_state ice_agent_state(const struct ice_agent *agent);
void ice_agent_readable(struct ice_agent *agent, int fd);
/* One datagram on the selected pair. AGAIN: no pair yet or socket full (dropped and counted). */
enum status ice_agent_send(struct ice_agent *agent, const void *data, size_t size);
/* STUN that the path carried goes on. */
void ice_agent_arrive(struct ice_agent *agent, bool out, uint64_t route, const void *data,
                      size_t size);
/* Take the sockets over (way B). UNSUPPORTED on relayed or TCP pairs: stays on way A. */
enum status ice_agent_take_over(struct ice_agent *agent);
bool ice_agent_taken_over(const struct ice_agent *agent);
/* Datagrams the kernel dropped on this agent's media socket (SO_RXQ_OVFL) so far. */
uint64_t ice_agent_kernel_drops(const struct ice_agent *agent);

struct ice_counters {
    uint64_t kernel_drops;      /* as above */
    uint64_t send_refused;      /* no pair, socket full */
    uint64_t strangers;         /* way B: datagrams from an address that is no candidate */
    uint64_t stun_misplaced;    /* way B: STUN that missed libnice's socket at take-over */
    uint64_t truncated;         /* way B: datagrams above 2048 bytes, dropped */
    uint64_t stamps_refused;    /* kernel stamps replaced by the reading time: a stepped clock */
    uint64_t sockets_refused;   /* more local addresses than can be watched */
    uint64_t take_overs_failed; /* the pair moved, its new socket could not be taken over */
};
void ice_agent_counters(const struct ice_agent *agent, struct ice_counters *ret_counters);

#endif
