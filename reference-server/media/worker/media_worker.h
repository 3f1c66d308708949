/* One media worker: a thread with one UDP socket and everything that happens on it. The media plane
 * creates it, tells it what to do, takes its news, and stops it. */
#ifndef CASELOAD_MEDIA_WORKER_H
#define CASELOAD_MEDIA_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/transport/certificate.h"
#include "reference-server/media/worker/media_command.h"
#include "reference-server/media/worker/media_counters.h"
#include "reference-server/media/worker/worker_context.h"

struct media_worker;

struct media_worker_config {
    unsigned index;
    const char *address;
    uint16_t port;                   /* 0: a free one */
    struct certificate *certificate; /* borrowed, shared by all workers */
    struct worker_links *links;      /* borrowed, shared by all workers */
    void *arg;
    /* On the worker's thread: wake another worker, or the signalling thread. */
    void (*on_wake_worker)(void *arg, unsigned worker);
    void (*on_wake_plane)(void *arg);
};

/* Binds the port; nothing runs yet. */
MUST_CHECK enum status media_worker_create(const struct media_worker_config *config,
                                           struct media_worker **ret_worker,
                                           struct failure *failure);
MUST_CHECK enum status media_worker_start(struct media_worker *worker, struct failure *failure);
/* Stops and joins the thread. */
void media_worker_stop(struct media_worker *worker);
/* A stopped or never started one; NULL is allowed. */
void media_worker_destroy(struct media_worker *worker);

uint16_t media_worker_port(const struct media_worker *worker);
const struct media_counters *media_worker_counters(const struct media_worker *worker);

/* Signalling thread: queue a command. When the ring is full it waits for the worker, which never
 * waits for anybody. Call media_worker_wake after the last one. */
void media_worker_tell(struct media_worker *worker, const struct media_command *command);
/* Any thread. */
void media_worker_wake(struct media_worker *worker);
/* Signalling thread: the next piece of news; false: none. */
bool media_worker_next_event(struct media_worker *worker, struct media_event *ret_event);
/* Any thread: commands that wait for the worker. */
uint64_t media_worker_commands_waiting(const struct media_worker *worker);

#endif
