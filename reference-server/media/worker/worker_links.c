#include "reference-server/media/worker/worker_links.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>

#include "common/base/ring.h"

/* At 100,000 packets a second 2,048 records hold 20 ms, the most that forwarding may wait; with
 * many workers each pair carries less. */
enum { RECORDS_FEW_WORKERS = 2048, RECORDS_MANY_WORKERS = 512, FEW_WORKERS = 4 };

struct worker_links {
    unsigned workers;
    struct ring *rings[MEDIA_WORKERS_MAX][MEDIA_WORKERS_MAX]; /* [from][to]; owned */
    struct {
        alignas(64) uint32_t mask; /* written by its worker only */
    } published[MEDIA_WORKERS_MAX];
};

struct worker_links *worker_links_create(unsigned workers)
{
    assert(workers > 0 && workers <= MEDIA_WORKERS_MAX);
    struct worker_links *links = aligned_alloc(64, sizeof *links);
    size_t records = workers <= FEW_WORKERS ? RECORDS_FEW_WORKERS : RECORDS_MANY_WORKERS;

    if (!links)
        return NULL;
    *links = (struct worker_links){.workers = workers};
    for (unsigned from = 0; from < workers; from++)
        for (unsigned to = 0; to < workers; to++) {
            if (from == to)
                continue;
            links->rings[from][to] = ring_create(records, sizeof(struct relay_record));
            if (!links->rings[from][to]) {
                worker_links_destroy(links);
                return NULL;
            }
        }
    return links;
}

void worker_links_destroy(struct worker_links *links)
{
    if (!links)
        return;
    for (unsigned from = 0; from < links->workers; from++)
        for (unsigned to = 0; to < links->workers; to++)
            ring_destroy(links->rings[from][to]);
    free(links);
}

unsigned worker_links_workers(const struct worker_links *links)
{
    return links->workers;
}

struct relay_record *worker_links_reserve(struct worker_links *links, unsigned from, unsigned to)
{
    return ring_reserve(links->rings[from][to]);
}

void worker_links_publish(struct worker_links *links, unsigned from, unsigned to)
{
    ring_publish(links->rings[from][to]);
    links->published[from].mask |= 1U << to;
}

uint32_t worker_links_take_published(struct worker_links *links, unsigned from)
{
    uint32_t mask = links->published[from].mask;
    links->published[from].mask = 0;
    return mask;
}

const struct relay_record *worker_links_peek(struct worker_links *links, unsigned from, unsigned to)
{
    return ring_peek(links->rings[from][to]);
}

void worker_links_release(struct worker_links *links, unsigned from, unsigned to)
{
    ring_release(links->rings[from][to]);
}

uint64_t worker_links_waiting(const struct worker_links *links, unsigned to)
{
    uint64_t waiting = 0;
    for (unsigned from = 0; from < links->workers; from++)
        if (from != to)
            waiting += ring_length(links->rings[from][to]);
    return waiting;
}

uint64_t worker_links_refused(const struct worker_links *links, unsigned to)
{
    uint64_t refused = 0;
    for (unsigned from = 0; from < links->workers; from++)
        if (from != to)
            refused += ring_refused(links->rings[from][to]);
    return refused;
}
