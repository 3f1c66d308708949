#include "common/base/ring.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CACHE_LINE_BYTES = 64 };

/* Positions only grow; a record lives at position & mask. Each side keeps what it writes, and its
 * last sight of the other side's position, on a cache line of its own. */
struct ring {
    size_t mask;
    size_t stride; /* bytes from one record to the next */

    alignas(CACHE_LINE_BYTES) _Atomic size_t published; /* written by the producer */
    size_t released_seen;
    _Atomic uint64_t refused;

    alignas(CACHE_LINE_BYTES) _Atomic size_t released; /* written by the consumer */
    size_t published_seen;

    alignas(CACHE_LINE_BYTES) unsigned char records[];
};

static size_t round_up_to_power_of_two(size_t value)
{
    size_t power = 1;
    while (power < value && power <= SIZE_MAX / 2)
        power *= 2;
    return power;
}

struct ring *ring_create(size_t capacity, size_t record_size)
{
    assert(capacity > 0 && record_size > 0);
    const size_t alignment = alignof(max_align_t);
    size_t records = round_up_to_power_of_two(capacity);
    size_t stride = (record_size + alignment - 1) / alignment * alignment;
    size_t bytes;
    if (records < capacity || stride < record_size ||
        __builtin_mul_overflow(records, stride, &bytes) ||
        bytes > SIZE_MAX / 2 - sizeof(struct ring))
        return NULL;

    bytes =
        (bytes + sizeof(struct ring) + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
    struct ring *ring = aligned_alloc(CACHE_LINE_BYTES, bytes);
    if (!ring)
        return NULL;
    *ring = (struct ring){.mask = records - 1, .stride = stride};
    return ring;
}

void ring_destroy(struct ring *ring)
{
    free(ring);
}

void *ring_reserve(struct ring *ring)
{
    size_t position = atomic_load_explicit(&ring->published, memory_order_relaxed);
    if (position - ring->released_seen > ring->mask) {
        ring->released_seen = atomic_load_explicit(&ring->released, memory_order_acquire);
        if (position - ring->released_seen > ring->mask) {
            atomic_fetch_add_explicit(&ring->refused, 1, memory_order_relaxed);
            return NULL;
        }
    }
    return ring->records + (position & ring->mask) * ring->stride;
}

void ring_publish(struct ring *ring)
{
    size_t position = atomic_load_explicit(&ring->published, memory_order_relaxed);
    assert(position - ring->released_seen <= ring->mask); /* publish without reserve */
    atomic_store_explicit(&ring->published, position + 1, memory_order_release);
}

const void *ring_peek(struct ring *ring)
{
    size_t position = atomic_load_explicit(&ring->released, memory_order_relaxed);
    if (position == ring->published_seen) {
        ring->published_seen = atomic_load_explicit(&ring->published, memory_order_acquire);
        if (position == ring->published_seen)
            return NULL;
    }
    return ring->records + (position & ring->mask) * ring->stride;
}

void ring_release(struct ring *ring)
{
    size_t position = atomic_load_explicit(&ring->released, memory_order_relaxed);
    assert(position != ring->published_seen); /* release without peek */
    atomic_store_explicit(&ring->released, position + 1, memory_order_release);
}

uint64_t ring_refused(const struct ring *ring)
{
    return atomic_load_explicit(&ring->refused, memory_order_relaxed);
}

size_t ring_length(const struct ring *ring)
{
    /* `released` first: it can only be behind `published`, so the difference never wraps. */
    size_t released = atomic_load_explicit(&ring->released, memory_order_acquire);
    size_t length = atomic_load_explicit(&ring->published, memory_order_acquire) - released;
    return length > ring->mask + 1 ? ring->mask + 1 : length;
}
