/* One participant's emulated network: both directions of it, the datagrams they hold, and their
 * counters. The shard's timer wheel releases what is due, all of a tick together: what is released
 * may be up to a tick (1 ms) late, which is recorded (net.slip). What arrives is told with the time
 * at which it was due, so the tick is no part of any latency. Knows no endpoint. */
#ifndef CASELOAD_NET_LINK_H
#define CASELOAD_NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/base/timer_wheel.h"
#include "engine/measure/metrics.h"
#include "engine/network/net_pool.h"
#include "engine/network/net_profile.h"

#define NET_LINK_HELD_MAX 4096 /* datagrams of one direction; more are refused and counted */

struct net_link;

struct net_link_config {
    struct timer_wheel *wheel; /* borrowed, as the next two */
    struct net_pool *pool;
    struct metrics *metrics;
    uint64_t seed, session; /* of the run; of its plan */
    const char *actor;      /* with them, what the random stream is made of */
    void *arg;
    /* A datagram goes on: `at_us` is when it was due. `data` may be changed during the call, in
     * which net_link_carry may be called, net_link_destroy not. */
    void (*deliver)(void *arg, bool up, uint64_t route, uint8_t *data, size_t size, int64_t at_us);
};

/* NULL: no memory. */
struct net_link *net_link_create(const struct net_link_config *config,
                                 const struct net_profile *profile);
/* What is still held is on its way for ever: counted as net.cut. */
void net_link_destroy(struct net_link *link);
/* From now on; what is held keeps its time. */
void net_link_change(struct net_link *link, const struct net_profile *profile);
/* How long a datagram may have been on its way, both ways together: of all profiles so far, since
 * what entered under an earlier one may still be there. */
int64_t net_link_longest_us(const struct net_link *link);
const char *net_link_profile(const struct net_link *link);
/* A datagram enters at `at_us` (for `up`, from the participant, now; else the kernel's stamp) while
 * it is `now_us`. When it is due at once it is delivered in this call, else copied. */
void net_link_carry(struct net_link *link, bool up, uint64_t route, void *data, size_t size,
                    int64_t at_us, int64_t now_us);

#endif
