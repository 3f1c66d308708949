#include "engine/network/net_pool.h"

#include <assert.h>
#include <stdlib.h>

struct block {
    struct block *next;
    struct net_held held[NET_POOL_BLOCK];
};

struct net_pool {
    struct block *blocks;  /* owned */
    struct net_held *free; /* linked by next */
    size_t made, used, max;
};

struct net_pool *net_pool_create(size_t max)
{
    struct net_pool *pool = calloc(1, sizeof *pool);

    assert(max <= NET_POOL_MAX);
    if (pool)
        pool->max = max;
    return pool;
}

void net_pool_destroy(struct net_pool *pool)
{
    struct block *next;

    if (!pool)
        return;
    assert(pool->used == 0);
    for (struct block *block = pool->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    free(pool);
}

/* Untouched memory costs nothing: a block's pages become resident as they are used. */
static void make_block(struct net_pool *pool)
{
    size_t count =
        pool->max - pool->made < NET_POOL_BLOCK ? pool->max - pool->made : NET_POOL_BLOCK;
    struct block *block = count > 0 ? malloc(sizeof *block) : NULL;

    if (!block)
        return;
    block->next = pool->blocks;
    pool->blocks = block;
    pool->made += count;
    while (count-- > 0) {
        block->held[count].next = pool->free;
        pool->free = &block->held[count];
    }
}

struct net_held *net_pool_take(struct net_pool *pool)
{
    struct net_held *held;

    if (!pool->free)
        make_block(pool);
    held = pool->free;
    if (!held)
        return NULL;
    pool->free = held->next;
    pool->used++;
    held->next = held->previous = NULL;
    return held;
}

void net_pool_give(struct net_pool *pool, struct net_held *held)
{
    held->next = pool->free;
    pool->free = held;
    pool->used--;
}

size_t net_pool_in_use(const struct net_pool *pool)
{
    return pool->used;
}
