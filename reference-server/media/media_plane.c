#include "reference-server/media/media_plane.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/buffer.h"
#include "common/base/random.h"
#include "common/webrtc/transport/media_crypto.h"
#include "reference-server/media/media_plane_private.h"

#define PARTICIPANTS_MAX 65536
#define CERTIFICATE_DAYS 30

/* -- Workers and participants -- */

void plane_tell(struct media_plane *plane, unsigned worker, const struct media_command *command)
{
    media_worker_tell(plane->workers[worker], command);
    media_worker_wake(plane->workers[worker]);
}

struct plane_participant *plane_find(struct media_plane *plane, uint64_t id)
{
    return key_map_find(plane->participants, id);
}

struct plane_participant *plane_obtain(struct media_plane *plane, uint64_t id)
{
    struct plane_participant *participant = plane_find(plane, id);

    if (participant || id == 0)
        return participant;
    participant = plane_participant_create(id);
    if (participant && key_map_put(plane->participants, id, participant) != STATUS_OK) {
        plane_participant_destroy(participant);
        participant = NULL;
    }
    return participant;
}

void plane_forget_if_idle(struct media_plane *plane, struct plane_participant *participant)
{
    if (!plane_participant_is_idle(participant))
        return;
    key_map_remove(plane->participants, participant->id);
    plane_participant_destroy(participant);
}

/* -- News -- */

/* Any worker's thread. */
static void wake_plane(void *arg)
{
    struct media_plane *plane = arg;
    uint64_t one = 1;

    if (!atomic_exchange(&plane->event_pending, true) &&
        write(plane->event_fd, &one, sizeof one) < 0)
        return; /* full: it is readable already */
}

static void wake_worker(void *arg, unsigned worker)
{
    struct media_plane *plane = arg;
    media_worker_wake(plane->workers[worker]);
}

/* The owner may call anything of the plane but its end. */
static void pass_on(struct media_plane *plane, const struct media_event *event)
{
    struct plane_participant *participant = plane_find(plane, event->participant);

    if (!participant || !participant->terms ||
        participant->terms->incarnation != event->incarnation)
        return; /* of a transport that is gone */
    switch (event->kind) {
    case MEDIA_EVENT_CONNECTED:
        plane->config.on_connected(plane->config.arg, event->participant);
        break;
    case MEDIA_EVENT_PICTURES:
        participant->paused_pairs = event->paused_pairs;
        if (plane->config.on_pictures)
            plane->config.on_pictures(plane->config.arg, event->participant);
        break;
    default:
        plane->config.on_lost(plane->config.arg, event->participant);
    }
}

static void on_events(void *arg, int fd, int events)
{
    struct media_plane *plane = arg;
    struct media_event event;
    uint64_t ignored;

    (void)events;
    if (read(fd, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
        return;
    atomic_exchange(&plane->event_pending, false);
    for (unsigned i = 0; i < plane->config.workers; i++)
        while (media_worker_next_event(plane->workers[i], &event))
            pass_on(plane, &event);
}

/* -- Life -- */

static enum status check_config(const struct media_plane_config *config, struct failure *failure)
{
    struct in_addr address;

    if (config->workers < 1 || config->workers > MEDIA_WORKERS_MAX)
        return failure_set(failure, STATUS_INVALID, "media workers: %u: 1 to %u are possible",
                           config->workers, MEDIA_WORKERS_MAX);
    if (inet_pton(AF_INET, config->address, &address) != 1 || address.s_addr == INADDR_ANY)
        return failure_set(failure, STATUS_INVALID,
                           "media address %s: one numeric IPv4 address is needed, it is written "
                           "into candidates",
                           config->address);
    if (config->port != 0 && config->port + config->workers - 1 > UINT16_MAX)
        return failure_set(failure, STATUS_INVALID, "media port %u: no %u ports from there on",
                           config->port, config->workers);
    return STATUS_OK;
}

static enum status make_parts(struct media_plane *plane, struct failure *failure)
{
    uint64_t seed;

    plane->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    plane->offer = malloc(sizeof *plane->offer);
    plane->answer = malloc(sizeof *plane->answer);
    plane->links = worker_links_create(plane->config.workers);
    enum status status = random_secret(&seed, sizeof seed);
    if (status == STATUS_OK)
        plane->participants = key_map_create(PARTICIPANTS_MAX, seed);
    if (status == STATUS_OK)
        status = media_crypto_start();
    if (status == STATUS_OK)
        status = certificate_create("caseload-server", NULL, CERTIFICATE_DAYS, &plane->certificate);
    if (status == STATUS_OK && (plane->event_fd < 0 || !plane->offer || !plane->answer ||
                                !plane->links || !plane->participants))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        plane->watch =
            loop_watch_create(plane->config.loop, plane->event_fd, LOOP_READ, on_events, plane);
    if (status == STATUS_OK && !plane->watch)
        status = STATUS_NO_MEMORY;
    if (status != STATUS_OK)
        return failure_set(failure, status, "media plane: %s", status_text(status));
    return STATUS_OK;
}

static enum status make_workers(struct media_plane *plane, struct failure *failure)
{
    enum status status = STATUS_OK;

    for (unsigned i = 0; i < plane->config.workers && status == STATUS_OK; i++) {
        struct media_worker_config config = {
            .index = i,
            .address = plane->address,
            .port = plane->config.port != 0 ? (uint16_t)(plane->config.port + i) : 0,
            .certificate = plane->certificate,
            .links = plane->links,
            .arg = plane,
            .on_wake_worker = wake_worker,
            .on_wake_plane = wake_plane,
        };
        status = media_worker_create(&config, &plane->workers[i], failure);
    }
    for (unsigned i = 0; i < plane->config.workers && status == STATUS_OK; i++)
        status = media_worker_start(plane->workers[i], failure);
    return status;
}

enum status media_plane_create(const struct media_plane_config *config,
                               struct media_plane **ret_plane, struct failure *failure)
{
    enum status status = check_config(config, failure);

    if (status != STATUS_OK)
        return status;
    struct media_plane *plane = calloc(1, sizeof *plane);
    if (!plane)
        return failure_set(failure, STATUS_NO_MEMORY, "media plane: out of memory");
    plane->config = *config;
    plane->event_fd = -1;
    snprintf(plane->address, sizeof plane->address, "%s", config->address);
    plane->config.address = plane->address;
    status = make_parts(plane, failure);
    if (status == STATUS_OK)
        status = make_workers(plane, failure);
    if (status != STATUS_OK)
        media_plane_destroy(plane);
    else
        *ret_plane = plane;
    return status;
}

static void destroy_participants(struct media_plane *plane)
{
    size_t cursor = 0;
    struct plane_participant *participant;

    if (!plane->participants)
        return;
    while ((participant = key_map_next(plane->participants, &cursor)) != NULL)
        plane_participant_destroy(participant);
    key_map_destroy(plane->participants);
}

void media_plane_destroy(struct media_plane *plane)
{
    if (!plane)
        return;
    /* All threads first: they wake each other. */
    for (unsigned i = 0; i < MEDIA_WORKERS_MAX; i++)
        media_worker_stop(plane->workers[i]);
    for (unsigned i = 0; i < MEDIA_WORKERS_MAX; i++)
        media_worker_destroy(plane->workers[i]);
    worker_links_destroy(plane->links);
    loop_watch_destroy(plane->watch);
    if (plane->event_fd >= 0)
        close(plane->event_fd);
    destroy_participants(plane);
    certificate_destroy(plane->certificate);
    free(plane->offer);
    free(plane->answer);
    free(plane);
}

uint16_t media_plane_port(const struct media_plane *plane, unsigned worker)
{
    return worker < plane->config.workers ? media_worker_port(plane->workers[worker]) : 0;
}

void media_plane_metrics(struct media_plane *plane, struct buffer *out)
{
    const struct media_counters *counters[MEDIA_WORKERS_MAX] = {0};
    unsigned workers = plane->config.workers;

    for (unsigned i = 0; i < workers; i++)
        counters[i] = media_worker_counters(plane->workers[i]);
    media_counters_write(counters, workers, out);
    buffer_text(out,
                "# TYPE caseload_media_commands_waiting gauge\n"
                "# HELP caseload_media_commands_waiting Commands the worker has yet to see.\n");
    for (unsigned i = 0; i < workers; i++)
        buffer_format(out, "caseload_media_commands_waiting{worker=\"%u\"} %llu\n", i,
                      (unsigned long long)media_worker_commands_waiting(plane->workers[i]));
    buffer_text(out, "# TYPE caseload_media_ring_waiting gauge\n"
                     "# HELP caseload_media_ring_waiting Packets from other workers that wait.\n");
    for (unsigned i = 0; i < workers; i++)
        buffer_format(out, "caseload_media_ring_waiting{worker=\"%u\"} %llu\n", i,
                      (unsigned long long)worker_links_waiting(plane->links, i));
    buffer_text(out,
                "# TYPE caseload_media_ring_refused counter\n"
                "# HELP caseload_media_ring_refused Packets the ring to this worker refused.\n");
    for (unsigned i = 0; i < workers; i++)
        buffer_format(out, "caseload_media_ring_refused_total{worker=\"%u\"} %llu\n", i,
                      (unsigned long long)worker_links_refused(plane->links, i));
}
