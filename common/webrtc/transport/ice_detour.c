#include "common/webrtc/transport/ice_detour.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_agent_private.h"

#define READS_PER_WAKE 16

struct portal {
    int fd;
    struct sockaddr_in address; /* its own */
    struct sockaddr_in remote;  /* whom it plays */
    struct sockaddr_in inner;   /* libnice's socket that used it last */
};

struct ice_detour {
    struct ice_agent *agent; /* its owner */
    uint16_t port;           /* of the outer socket */
    struct portal portals[ICE_DETOUR_PORTALS_MAX];
    size_t count;
};

/* ---- life ---- */

static enum status bind_outer(const char *address, struct media_socket *ret_outer,
                              uint16_t *ret_port)
{
    struct sockaddr_in wanted = {.sin_family = AF_INET}, bound;
    socklen_t size = sizeof bound;
    enum status status;

    if (address != NULL && inet_pton(AF_INET, address, &wanted.sin_addr) != 1)
        return STATUS_UNSUPPORTED;
    status = media_socket_bind(ret_outer, &wanted);
    if (status == STATUS_OK && getsockname(ret_outer->fd, (struct sockaddr *)&bound, &size) != 0) {
        media_socket_close(ret_outer);
        status = STATUS_IO;
    }
    *ret_port = ntohs(bound.sin_port);
    return status;
}

enum status ice_detour_create(struct ice_agent *agent, const char *address,
                              struct media_socket *ret_outer, struct ice_detour **ret_detour,
                              struct failure *failure)
{
    struct ice_detour *detour = calloc(1, sizeof *detour);
    enum status status;

    if (detour == NULL)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for an ICE agent");
    status = bind_outer(address, ret_outer, &detour->port);
    if (status != STATUS_OK) {
        free(detour);
        return failure_set(failure, status, "no socket for an emulated network on %s (IPv4 only)",
                           address != NULL ? address : "this host");
    }
    detour->agent = agent;
    *ret_detour = detour;
    return STATUS_OK;
}

void ice_detour_destroy(struct ice_detour *detour)
{
    if (detour == NULL)
        return;
    for (size_t i = 0; i < detour->count; i++) {
        detour->agent->config.on_socket(detour->agent->config.arg, detour->portals[i].fd, false);
        close(detour->portals[i].fd);
    }
    free(detour);
}

/* ---- portals ---- */

static bool same(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

static struct portal *portal_of(struct ice_detour *detour, const struct sockaddr_in *remote)
{
    for (size_t i = 0; i < detour->count; i++)
        if (same(&detour->portals[i].remote, remote))
            return &detour->portals[i];
    return NULL;
}

/* libnice's sockets are those of its host candidates. True when `is_it` is one of them, or with
 * NULL when there is one: *ret_inner. */
static bool find_inner(struct ice_agent *agent, const struct sockaddr_in *is_it,
                       struct sockaddr_in *ret_inner)
{
    GSList *candidates = nice_agent_get_local_candidates(agent->nice, agent->stream, COMPONENT);
    bool found = false;

    for (GSList *item = candidates; item != NULL && !found; item = item->next) {
        const NiceCandidate *candidate = item->data;
        struct sockaddr_in inner;

        if (candidate->type != NICE_CANDIDATE_TYPE_HOST ||
            nice_address_ip_version(&candidate->base_addr) != 4)
            continue;
        nice_address_copy_to_sockaddr(&candidate->base_addr, (struct sockaddr *)&inner);
        found = is_it == NULL || same(&inner, is_it);
        if (found)
            *ret_inner = inner;
    }
    g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
    return found;
}

/* On the address of libnice's first socket: it checks no pair of a real address and a loopback one.
 */
static bool bind_portal(struct ice_agent *agent, struct portal *portal)
{
    socklen_t size = sizeof portal->address;

    if (!find_inner(agent, NULL, &portal->inner))
        return false;
    portal->address = portal->inner;
    portal->address.sin_port = 0;
    portal->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (portal->fd < 0)
        return false;
    if (bind(portal->fd, (struct sockaddr *)&portal->address, size) == 0 &&
        getsockname(portal->fd, (struct sockaddr *)&portal->address, &size) == 0)
        return true;
    close(portal->fd);
    return false;
}

/* NULL: there are too many, or no descriptor is left (counted). */
static struct portal *find_or_open(struct ice_detour *detour, const struct sockaddr_in *remote)
{
    struct portal *portal = portal_of(detour, remote);

    if (portal != NULL)
        return portal;
    portal = &detour->portals[detour->count];
    if (detour->count < ICE_DETOUR_PORTALS_MAX && bind_portal(detour->agent, portal)) {
        portal->remote = *remote;
        detour->count++;
        detour->agent->config.on_socket(detour->agent->config.arg, portal->fd, true);
        return portal;
    }
    detour->agent->counters.sockets_refused++;
    return NULL;
}

/* ---- candidates ---- */

bool ice_detour_lead_local(const struct ice_detour *detour, NiceCandidate *candidate)
{
    if (candidate->type != NICE_CANDIDATE_TYPE_HOST ||
        nice_address_ip_version(&candidate->addr) != 4)
        return false;
    nice_address_set_port(&candidate->addr, detour->port);
    return true;
}

enum status ice_detour_lead_remote(struct ice_detour *detour, NiceAddress *address)
{
    struct sockaddr_in remote;
    const struct portal *portal;

    if (nice_address_ip_version(address) != 4)
        return STATUS_UNSUPPORTED;
    nice_address_copy_to_sockaddr(address, (struct sockaddr *)&remote);
    portal = find_or_open(detour, &remote);
    if (portal == NULL)
        return STATUS_FULL;
    nice_address_set_from_sockaddr(address, (const struct sockaddr *)&portal->address);
    return STATUS_OK;
}

bool ice_detour_remote_of(const struct ice_detour *detour, const NiceAddress *portal,
                          struct sockaddr_in *ret_remote)
{
    struct sockaddr_in address;

    if (nice_address_ip_version(portal) != 4)
        return false;
    nice_address_copy_to_sockaddr(portal, (struct sockaddr *)&address);
    for (size_t i = 0; i < detour->count; i++) {
        if (!same(&detour->portals[i].address, &address))
            continue;
        *ret_remote = detour->portals[i].remote;
        return true;
    }
    return false;
}

/* ---- datagrams ---- */

static void carry(struct ice_detour *detour, bool out, const struct sockaddr_in *remote, void *data,
                  size_t size, int64_t at_us)
{
    const struct datagram_path *path = detour->agent->config.path;

    path->carry(path->arg, out, datagram_route_of(remote), data, size, at_us);
}

void ice_detour_received(struct ice_detour *detour, const struct media_datagram *datagram)
{
    const struct sockaddr_in *source = (const struct sockaddr_in *)&datagram->source;

    if (find_or_open(detour, source) != NULL)
        carry(detour, false, source, datagram->data, datagram->size, datagram->arrival_us);
}

/* Portals of real addresses can be reached from elsewhere: only libnice may use them. */
static bool is_libnice(struct ice_detour *detour, struct portal *portal,
                       const struct sockaddr_in *source)
{
    if (same(source, &portal->inner) || find_inner(detour->agent, source, &portal->inner))
        return true;
    detour->agent->counters.strangers++;
    return false;
}

static void read_portal(struct ice_detour *detour, struct portal *portal)
{
    uint8_t data[MEDIA_DATAGRAM_MAX];

    for (int i = 0; i < READS_PER_WAKE; i++) {
        struct sockaddr_in source = {0};
        socklen_t size = sizeof source;
        ssize_t got = recvfrom(portal->fd, data, sizeof data, 0, (struct sockaddr *)&source, &size);

        if (got < 0)
            return;
        if (is_libnice(detour, portal, &source))
            carry(detour, true, &portal->remote, data, (size_t)got, clock_monotonic_us());
    }
}

bool ice_detour_readable(struct ice_detour *detour, int fd)
{
    for (size_t i = 0; i < detour->count; i++) {
        if (detour->portals[i].fd != fd)
            continue;
        read_portal(detour, &detour->portals[i]);
        return true;
    }
    return false;
}

void ice_detour_arrive(struct ice_detour *detour, bool out, uint64_t route, const void *data,
                       size_t size)
{
    struct ice_agent *agent = detour->agent;
    struct sockaddr_in remote = datagram_remote_of(route);
    const struct portal *portal = portal_of(detour, &remote);
    int fd = out || portal == NULL ? agent->media.fd : portal->fd;
    const struct sockaddr_in *to = out ? &remote : portal != NULL ? &portal->inner : NULL;

    if (to == NULL || fd < 0 ||
        sendto(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to,
               sizeof *to) < 0)
        agent->counters.send_refused++;
}
