/* The rings between workers: one bounded single-producer single-consumer ring for each ordered
 * pair. Media crosses decrypted, with its receive stamp; what does not fit is dropped and counted
 * by the ring. Order within a pair is kept. */
#ifndef CASELOAD_WORKER_LINKS_H
#define CASELOAD_WORKER_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/webrtc/rtp/rtp_packet.h"
#include "reference-server/media/forward/media_packet.h"

#define MEDIA_WORKERS_MAX 16

enum relay_kind {
    RELAY_MEDIA,
    RELAY_REPORT,      /* a sender report of the source */
    RELAY_KEY_REQUEST, /* to the source's worker */
};

struct relay_record {
    enum relay_kind kind;
    uint64_t source; /* participant */
    union {
        struct media_packet packet; /* its payload is in `payload` below */
        struct {
            unsigned stream; /* media_terms.h */
            uint64_t ntp;
            uint32_t timestamp;
            int64_t arrival_realtime_us;
        } report;
        struct {
            bool fresh;       /* a slot has just got this source */
            uint8_t encoding; /* or LAYER_ANY */
        } request;
    };
    uint8_t payload[RTP_PACKET_MAX];
};

struct worker_links;

/* NULL: no memory. One worker needs no rings. */
struct worker_links *worker_links_create(unsigned workers);
void worker_links_destroy(struct worker_links *links);
unsigned worker_links_workers(const struct worker_links *links);

/* Sender `from`: the next record to `to`, or NULL when the ring is full; fill it, then publish. */
struct relay_record *worker_links_reserve(struct worker_links *links, unsigned from, unsigned to);
void worker_links_publish(struct worker_links *links, unsigned from, unsigned to);
/* Workers that `from` has published to since last asked (bit k: worker k): wake them. */
uint32_t worker_links_take_published(struct worker_links *links, unsigned from);

/* Receiver `to`: the oldest record from `from` or NULL; valid until released. */
const struct relay_record *worker_links_peek(struct worker_links *links, unsigned from,
                                             unsigned to);
void worker_links_release(struct worker_links *links, unsigned from, unsigned to);

/* Any thread: records waiting and refused for worker `to`. */
uint64_t worker_links_waiting(const struct worker_links *links, unsigned to);
uint64_t worker_links_refused(const struct worker_links *links, unsigned to);

#endif
