/* A bounded single-producer single-consumer ring of fixed-size records between two threads.
 * Lock-free; what does not fit is refused and counted, never overwritten. */
#ifndef CASELOAD_BASE_RING_H
#define CASELOAD_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct ring;

/* `capacity` records (rounded up to a power of two) of `record_size` bytes. NULL: no memory. */
struct ring *ring_create(size_t capacity, size_t record_size);
void ring_destroy(struct ring *ring);

/* Producer: the place for the next record, or NULL when full (counted as refused). Fill it,
 * then publish it. */
void *ring_reserve(struct ring *ring);
void ring_publish(struct ring *ring);

/* Consumer: the oldest record or NULL when empty; valid until released. */
const void *ring_peek(struct ring *ring);
void ring_release(struct ring *ring);

/* Records refused since creation; readable from any thread. */
uint64_t ring_refused(const struct ring *ring);
size_t ring_length(const struct ring *ring);

#endif
