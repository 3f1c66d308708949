/* Room for the datagrams that emulated networks of one shard hold: one size, made in blocks when it
 * is first needed, used again and again. Used by net_link.c only. */
#ifndef CASELOAD_NET_POOL_H
#define CASELOAD_NET_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_POOL_MAX 65536    /* datagrams: 128 MiB */
#define NET_POOL_BLOCK 64     /* made at once */
#define NET_DATAGRAM_MAX 2000 /* bytes of one; more than any link without fragments carries */

struct net_held {
    struct net_held *next, *previous;
    int64_t due_us;
    uint64_t route; /* datagram_path.h */
    size_t size;
    uint8_t data[NET_DATAGRAM_MAX];
};

struct net_pool;

/* NULL: no memory. `max` at most NET_POOL_MAX. */
struct net_pool *net_pool_create(size_t max);
/* Everything was given back before. */
void net_pool_destroy(struct net_pool *pool);
/* NULL: all of it is in use, or no memory. */
struct net_held *net_pool_take(struct net_pool *pool);
void net_pool_give(struct net_pool *pool, struct net_held *held);
size_t net_pool_in_use(const struct net_pool *pool);

#endif
