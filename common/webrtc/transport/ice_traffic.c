#include <string.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/ice_agent_private.h"

#define READS_PER_WAKE 16 /* how much one wake-up may do before other sockets get their turn */
/* How often datagrams from strangers may make us look for new remote candidates. */
#define REMOTES_REFRESH_US (200 * US_PER_MS)

static void watch(struct ice_agent *agent, int fd)
{
    for (size_t i = 0; i < agent->watched_count; i++)
        if (agent->watched[i] == fd)
            return;
    if (agent->watched_count == SOCKETS_MAX) {
        agent->counters.sockets_refused++;
        return;
    }
    agent->watched[agent->watched_count++] = fd;
    agent->config.on_socket(agent->config.arg, fd, true);
}

void ice_traffic_watch_sockets(struct ice_agent *agent)
{
    GPtrArray *sockets = nice_agent_get_sockets(agent->nice, agent->stream, COMPONENT);

    if (sockets == NULL)
        return;
    for (guint i = 0; i < sockets->len; i++) {
        int fd = g_socket_get_fd(g_ptr_array_index(sockets, i));

        media_socket_set_buffers(fd);
        watch(agent, fd);
    }
    g_ptr_array_unref(sockets);
}

static void close_media_socket(struct ice_agent *agent)
{
    if (agent->media.fd < 0)
        return;
    if (agent->config.ring)
        media_ring_remove(agent->config.ring, &agent->media);
    else
        agent->config.on_socket(agent->config.arg, agent->media.fd, false);
    agent->counters.send_refused += agent->media.send_refused;
    agent->counters.kernel_drops += agent->media.kernel_drops;
    agent->counters.truncated += agent->media.truncated;
    agent->counters.stamps_refused += agent->media.stamps_refused;
    media_socket_close(&agent->media);
}

static union remote_address to_remote(const struct ice_agent *agent, const NiceAddress *address)
{
    union remote_address remote = {0};

    if (agent->detour == NULL || !ice_detour_remote_of(agent->detour, address, &remote.v4))
        nice_address_copy_to_sockaddr(address, &remote.any);
    return remote;
}

void ice_traffic_refresh_remotes(struct ice_agent *agent, int64_t now_us)
{
    GSList *candidates = nice_agent_get_remote_candidates(agent->nice, agent->stream, COMPONENT);

    agent->remote_count = 0;
    for (GSList *item = candidates; item != NULL && agent->remote_count < REMOTES_MAX;
         item = item->next)
        agent->remotes[agent->remote_count++] =
            to_remote(agent, &((const NiceCandidate *)item->data)->addr);
    g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
    agent->remotes_refreshed_us = now_us;
}

/* Move way B to the socket of a new pair; without success the pair stays on way A. */
static void follow_pair(struct ice_agent *agent, int fd)
{
    bool taken_over = agent->media.fd >= 0;

    if (fd == agent->pair_fd || agent->detour != NULL) /* whose outer socket serves all pairs */
        return;
    close_media_socket(agent);
    agent->pair_fd = fd;
    if (taken_over && fd >= 0 && ice_agent_take_over(agent) != STATUS_OK)
        agent->counters.take_overs_failed++;
}

void ice_traffic_select_pair(struct ice_agent *agent, const NiceAddress *remote)
{
    GSocket *socket = nice_agent_get_selected_socket(agent->nice, agent->stream, COMPONENT);

    agent->previous_remote = agent->remote;
    agent->remote = to_remote(agent, remote);
    agent->has_pair = true;
    ice_traffic_watch_sockets(agent);
    follow_pair(agent, socket != NULL ? g_socket_get_fd(socket) : -1);
    if (socket != NULL)
        g_object_unref(socket);
    ice_traffic_refresh_remotes(agent, clock_monotonic_us());
}

void ice_traffic_finish(struct ice_agent *agent)
{
    ice_detour_destroy(agent->detour);
    agent->detour = NULL;
    close_media_socket(agent);
    for (size_t i = 0; i < agent->watched_count; i++)
        agent->config.on_socket(agent->config.arg, agent->watched[i], false);
    agent->watched_count = 0;
}

bool ice_traffic_read_once(NiceAgent *nice, guint stream, struct ice_agent *agent)
{
    enum { MESSAGES = 16 };
    static uint8_t data[MESSAGES][MEDIA_DATAGRAM_MAX];
    GInputVector vectors[MESSAGES];
    NiceInputMessage messages[MESSAGES];
    int64_t now_us;
    gint count;

    for (size_t i = 0; i < MESSAGES; i++) {
        vectors[i] = (GInputVector){data[i], MEDIA_DATAGRAM_MAX};
        messages[i] = (NiceInputMessage){&vectors[i], 1, NULL, 0};
    }
    count = nice_agent_recv_messages_nonblocking(nice, stream, COMPONENT, messages, MESSAGES, NULL,
                                                 NULL);
    if (agent == NULL || count <= 0)
        return false;
    now_us = clock_monotonic_us();
    for (gint i = 0; i < count; i++)
        if (messages[i].length > 0)
            agent->config.on_datagram(agent->config.arg, data[i], messages[i].length, now_us);
    return count == MESSAGES;
}

void ice_traffic_read(struct ice_agent *agent)
{
    for (int i = 0; i < READS_PER_WAKE && ice_traffic_read_once(agent->nice, agent->stream, agent);
         i++)
        ;
}

static bool same_address(const union remote_address *remote, const struct sockaddr_storage *source)
{
    const union remote_address *other = (const union remote_address *)source;

    if (remote->any.sa_family != other->any.sa_family)
        return false;
    if (remote->any.sa_family == AF_INET)
        return remote->v4.sin_port == other->v4.sin_port &&
               remote->v4.sin_addr.s_addr == other->v4.sin_addr.s_addr;
    return remote->any.sa_family == AF_INET6 && remote->v6.sin6_port == other->v6.sin6_port &&
           memcmp(&remote->v6.sin6_addr, &other->v6.sin6_addr, sizeof(other->v6.sin6_addr)) == 0;
}

static bool is_candidate(const struct ice_agent *agent, const struct sockaddr_storage *source)
{
    for (size_t i = 0; i < agent->remote_count; i++)
        if (same_address(&agent->remotes[i], source))
            return true;
    return false;
}

/* The peer may send from any of its candidates while pairs change (RFC 8445 §12.2); everybody else
 * is a stranger. libnice learns peer-reflexive ones without telling, hence the second look. */
static bool source_known(struct ice_agent *agent, const struct sockaddr_storage *source,
                         int64_t now_us)
{
    if (same_address(&agent->remote, source) || same_address(&agent->previous_remote, source) ||
        is_candidate(agent, source))
        return true;
    if (now_us - agent->remotes_refreshed_us < REMOTES_REFRESH_US)
        return false;
    ice_traffic_refresh_remotes(agent, now_us);
    return is_candidate(agent, source);
}

static void deliver(struct ice_agent *agent, const struct media_datagram *datagram)
{
    if (datagram->size == 0)
        return;
    if (datagram->data[0] <= 3) {
        if (agent->detour != NULL)
            ice_detour_received(agent->detour, datagram);
        else /* only in the moment between bind and the split */
            agent->counters.stun_misplaced++;
        return;
    }
    if (!source_known(agent, &datagram->source, datagram->arrival_us)) {
        agent->counters.strangers++;
        return;
    }
    agent->config.on_datagram(agent->config.arg, datagram->data, datagram->size,
                              datagram->arrival_us);
}

static void on_ring_datagram(void *arg, const struct media_datagram *datagram)
{
    deliver(arg, datagram);
}

static void read_media(struct ice_agent *agent)
{
    bool full = true;

    for (int i = 0; i < READS_PER_WAKE && full; i++) {
        const struct media_datagram *datagrams;
        int fd = agent->media.fd;
        size_t count = media_socket_receive(&agent->media, &datagrams, &full);

        for (size_t k = 0; k < count; k++)
            deliver(agent, &datagrams[k]);
        if (agent->media.fd != fd) /* a callback moved or closed it */
            return;
    }
}

void ice_agent_readable(struct ice_agent *agent, int fd)
{
    if (fd >= 0 && fd == agent->media.fd)
        read_media(agent);
    else if (agent->detour == NULL || !ice_detour_readable(agent->detour, fd))
        ice_traffic_read(agent);
}

static socklen_t remote_size(const union remote_address *remote)
{
    return remote->any.sa_family == AF_INET6 ? sizeof(remote->v6) : sizeof(remote->v4);
}

static enum status send_by_nice(struct ice_agent *agent, const void *data, size_t size)
{
    GOutputVector vector = {data, size};
    NiceOutputMessage message = {&vector, 1};

    return nice_agent_send_messages_nonblocking(agent->nice, agent->stream, COMPONENT, &message, 1,
                                                NULL, NULL) == 1
               ? STATUS_OK
               : STATUS_AGAIN;
}

static enum status send_by_socket(struct ice_agent *agent, int fd, const void *data, size_t size)
{
    return sendto(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, &agent->remote.any,
                  remote_size(&agent->remote)) >= 0
               ? STATUS_OK
               : STATUS_AGAIN;
}

static enum status send_on_pair(struct ice_agent *agent, const void *data, size_t size)
{
    if (agent->media.fd < 0)
        return agent->pair_fd < 0 ? send_by_nice(agent, data, size)
                                  : send_by_socket(agent, agent->pair_fd, data, size);
    if (!agent->config.ring || size > MEDIA_DATAGRAM_MAX)
        return send_by_socket(agent, agent->media.fd, data, size);
    media_ring_send(agent->config.ring, &agent->media, &agent->remote.any,
                    remote_size(&agent->remote), data, size);
    return STATUS_OK;
}

enum status ice_agent_send(struct ice_agent *agent, const void *data, size_t size)
{
    enum status status = STATUS_AGAIN;

    if (agent->has_pair && agent->state != ICE_FAILED)
        status = send_on_pair(agent, data, size);
    agent->counters.send_refused += status != STATUS_OK;
    return status;
}

/* Read the media socket from now on. On failure it is closed. */
static enum status attach_media_socket(struct ice_agent *agent)
{
    enum status status;

    if (!agent->config.ring) {
        agent->config.on_socket(agent->config.arg, agent->media.fd, true);
        return STATUS_OK;
    }
    status = media_ring_add(agent->config.ring, &agent->media, on_ring_datagram, agent);
    if (status != STATUS_OK)
        media_socket_close(&agent->media);
    return status;
}

enum status ice_agent_take_over(struct ice_agent *agent)
{
    enum status status;

    if (!agent->has_pair)
        return STATUS_CONFLICT;
    if (agent->media.fd >= 0)
        return STATUS_OK;
    if (agent->pair_fd < 0)
        return STATUS_UNSUPPORTED;
    status = media_socket_open(&agent->media, agent->pair_fd);
    if (status != STATUS_OK) {
        agent->media.fd = -1;
        return status;
    }
    return attach_media_socket(agent);
}

enum status ice_traffic_open_detour(struct ice_agent *agent, const char *address,
                                    struct failure *failure)
{
    enum status status;

    if (agent->has_turn || agent->config.stun_address != NULL)
        return failure_set(failure, STATUS_UNSUPPORTED,
                           "an emulated network goes with no STUN or TURN server");
    status = ice_detour_create(agent, address, &agent->media, &agent->detour, failure);
    if (status == STATUS_OK && attach_media_socket(agent) != STATUS_OK)
        status = failure_set(failure, STATUS_FULL, "too many media sockets");
    return status;
}

void ice_agent_arrive(struct ice_agent *agent, bool out, uint64_t route, const void *data,
                      size_t size)
{
    if (agent->detour != NULL)
        ice_detour_arrive(agent->detour, out, route, data, size);
}

bool ice_agent_taken_over(const struct ice_agent *agent)
{
    return agent->media.fd >= 0;
}

void ice_agent_counters(const struct ice_agent *agent, struct ice_counters *ret_counters)
{
    *ret_counters = agent->counters;
    if (agent->media.fd < 0)
        return;
    ret_counters->send_refused += agent->media.send_refused;
    ret_counters->kernel_drops += agent->media.kernel_drops;
    ret_counters->truncated += agent->media.truncated;
    ret_counters->stamps_refused += agent->media.stamps_refused;
}

uint64_t ice_agent_kernel_drops(const struct ice_agent *agent)
{
    struct ice_counters counters;

    ice_agent_counters(agent, &counters);
    return counters.kernel_drops;
}
