/* One direction of an emulated network: sizes and times in, decisions out. Pure and seeded; holds
 * no datagram (net_link.c does). A datagram meets, in this order: the bottleneck's queue (tail
 * drop) and rate, loss, delay with jitter, lag, and its duplicate leaves with it. */
#ifndef CASELOAD_NET_PATH_H
#define CASELOAD_NET_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/random.h"
#include "engine/network/net_profile.h"

/* What the rate counts besides the UDP payload: IPv4 (RFC 791) and UDP (RFC 768) headers. */
#define NET_HEADER_BYTES 28

enum net_fate {
    NET_CARRIED,
    NET_LOST,      /* behind the bottleneck: it took its share of the rate */
    NET_QUEUED_OUT /* the queue was full */
};

struct net_decision {
    enum net_fate fate;
    int64_t due_us; /* when it arrives, never before it was given; only of NET_CARRIED */
    bool duplicated;
    bool reordered; /* held back, to be overtaken */
};

struct net_path {
    struct net_conditions conditions;
    struct random_stream random;
    int64_t link_free_ns; /* when the bottleneck has sent what it was given */
    int64_t last_due_us;  /* of the last datagram that keeps the order */
    bool bad;             /* a bad spell (Gilbert-Elliott) */
};

/* The stream of a participant's direction: of the run's seed, the session's index, the actor's name
 * and the direction, so that neither others nor the order of starts change it. */
uint64_t net_path_seed(uint64_t seed, uint64_t session, const char *actor, bool up);
void net_path_init(struct net_path *path, const struct net_conditions *conditions, uint64_t seed);
/* Other conditions from now on: the stream of random numbers goes on, and what the bottleneck was
 * given already keeps its time. */
void net_path_change(struct net_path *path, const struct net_conditions *conditions);
/* A datagram of `size` bytes of UDP payload enters at `now_us` (times may step back a little). */
struct net_decision net_path_datagram(struct net_path *path, size_t size, int64_t now_us);

#endif
