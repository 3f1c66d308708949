#include "common/webrtc/transport/shared_socket.h"

#include <assert.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/media_socket.h"
#include "common/webrtc/transport/send_batch.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define BATCH 32
#define ROUNDS_MAX (SHARED_SOCKET_RECEIVES_MAX / BATCH)
/* What came as a row of segments is read in one piece. Beyond the size a line more, so that the
 * beginnings of the buffers do not share a place in the processor's caches. */
#define PIECE_MAX 65536
#define PIECE_STRIDE (PIECE_MAX + 2112)
#define CONTROL_SIZE 128
_Static_assert(CONTROL_SIZE >= CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t)) +
                                   CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(int)),
               "all control messages must fit");

struct receive_batch {
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_in sources[BATCH];
    alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL_SIZE];
    uint8_t *data; /* BATCH × PIECE_STRIDE, owned; resident as far as it was written to */
};

struct shared_socket {
    struct media_socket media; /* descriptor, stamps and the kernel's drop counter */
    uint16_t port;
    struct address_range range;
    struct shared_client **clients; /* owned; one place per address, NULL: free */
    uint32_t client_count, next;    /* the place that is tried next */
    struct send_batch *out;         /* owned */
    struct receive_batch in;
    struct shared_counters counters;
};

/* ---- life ---- */

enum status shared_socket_check(struct address_range range, struct failure *failure)
{
    uint32_t ends[] = {range.first, range.first + range.count - 1};
    char text[ADDRESS_RANGE_TEXT_SIZE];

    for (size_t i = 0; i < 2; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ends[i])};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int error =
            fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;

        if (fd >= 0)
            close(fd);
        address_range_text(ends[i], text);
        if (error == EADDRNOTAVAIL)
            return failure_set(
                failure, STATUS_INVALID,
                "this host does not own the client address %s; a whole block becomes "
                "its own by: ip route add local BLOCK dev lo",
                text);
        if (error != 0)
            return failure_set(failure, STATUS_IO, "client address %s: %s", text, strerror(error));
    }
    return STATUS_OK;
}

static void set_buffer(int fd, int forced, int option)
{
    int size = SHARED_SOCKET_BUFFER_BYTES;

    /* With the privilege the limits of the system do not apply; without it they cut the size. */
    if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, option, &size, sizeof size);
}

static enum status open_socket(struct shared_socket *socket_, struct failure *failure)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t size = sizeof any;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    int whole = IP_PMTUDISC_PROBE;

    socket_->media.fd = fd;
    if (fd < 0)
        return failure_set(failure, STATUS_IO, "socket of the light clients: %s", strerror(errno));
    set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
    set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on); /* without it rows come in pieces */
    /* Never fragmented, so the kernel need not number datagrams: 2 % of what a packet costs. */
    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof whole);
    if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&any, sizeof any) != 0 ||
        getsockname(fd, (struct sockaddr *)&any, &size) != 0)
        return failure_set(failure, STATUS_IO, "socket of the light clients: %s", strerror(errno));
    socket_->port = ntohs(any.sin_port);
    return STATUS_OK;
}

static void prepare_receives(struct receive_batch *in)
{
    for (size_t i = 0; i < BATCH; i++) {
        in->vectors[i] = (struct iovec){in->data + i * PIECE_STRIDE, PIECE_MAX};
        in->headers[i].msg_hdr = (struct msghdr){.msg_name = &in->sources[i],
                                                 .msg_iov = &in->vectors[i],
                                                 .msg_iovlen = 1,
                                                 .msg_control = in->control[i]};
    }
}

enum status shared_socket_create(struct address_range range, bool segment,
                                 struct shared_socket **ret_socket, struct failure *failure)
{
    struct shared_socket *socket = calloc(1, sizeof *socket);
    enum status status;

    if (!socket)
        return failure_set(failure, STATUS_NO_MEMORY, "socket of the light clients: no memory");
    socket->media.fd = -1;
    socket->range = range;
    socket->clients = calloc(range.count, sizeof(struct shared_client *));
    socket->out = send_batch_create(segment);
    socket->in.data = malloc((size_t)BATCH * PIECE_STRIDE);
    if (socket->clients && socket->out && socket->in.data)
        status = open_socket(socket, failure);
    else
        status = failure_set(failure, STATUS_NO_MEMORY, "socket of the light clients: no memory");
    if (status != STATUS_OK) {
        shared_socket_destroy(socket);
        return status;
    }
    prepare_receives(&socket->in);
    *ret_socket = socket;
    return STATUS_OK;
}

void shared_socket_destroy(struct shared_socket *socket)
{
    if (!socket)
        return;
    assert(socket->client_count == 0);
    media_socket_close(&socket->media);
    send_batch_destroy(socket->out);
    free(socket->in.data);
    free(socket->clients);
    free(socket);
}

int shared_socket_fd(const struct shared_socket *socket)
{
    return socket->media.fd;
}

uint16_t shared_socket_port(const struct shared_socket *socket)
{
    return socket->port;
}

void shared_socket_counters(const struct shared_socket *socket,
                            struct shared_counters *ret_counters)
{
    *ret_counters = socket->counters;
    ret_counters->kernel_drops = socket->media.kernel_drops;
    ret_counters->truncated += socket->media.truncated;
    ret_counters->stamps_refused = socket->media.stamps_refused;
}

/* ---- clients ---- */

enum status shared_socket_join(struct shared_socket *socket, struct shared_client *client)
{
    if (socket->client_count == socket->range.count)
        return STATUS_FULL;
    /* Round and round: what is on its way to a client that left must not meet its successor. */
    while (socket->clients[socket->next])
        socket->next = (socket->next + 1) % socket->range.count;
    socket->clients[socket->next] = client;
    client->address = socket->range.first + socket->next;
    socket->next = (socket->next + 1) % socket->range.count;
    socket->client_count++;
    return STATUS_OK;
}

void shared_socket_leave(struct shared_socket *socket, struct shared_client *client)
{
    uint32_t place = client->address - socket->range.first;

    assert(socket->clients[place] == client);
    shared_socket_flush(socket);
    socket->clients[place] = NULL;
    socket->client_count--;
}

/* ---- sending ---- */

void shared_socket_flush(struct shared_socket *socket)
{
    send_batch_flush(socket->out, socket->media.fd, &socket->counters);
}

void shared_socket_send(struct shared_socket *socket, struct shared_client *client,
                        const struct sockaddr_in *to, const void *data, size_t size)
{
    if (send_batch_full(socket->out))
        shared_socket_flush(socket);
    send_batch_add(socket->out, client, to, data, size);
}

/* ---- receiving ---- */

/* Where a datagram came to, and the size of its segments; 0: it is one. */
static bool read_control(struct msghdr *header, uint32_t *ret_address, size_t *ret_segment)
{
    bool known = false;

    *ret_segment = 0;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
        if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(item), sizeof info);
            *ret_address = ntohl(info.ipi_addr.s_addr);
            known = true;
        } else if (item->cmsg_level == SOL_UDP && item->cmsg_type == UDP_GRO) {
            int size;

            memcpy(&size, CMSG_DATA(item), sizeof size);
            *ret_segment = size > 0 ? (size_t)size : 0;
        }
    }
    return known;
}

static void hand_on(struct shared_socket *socket, uint32_t address, uint8_t *data, size_t size,
                    const struct sockaddr_in *source, int64_t arrival_us)
{
    struct shared_client *client = NULL;

    if (address_range_contains(socket->range, address))
        client = socket->clients[address - socket->range.first];
    if (!client)
        socket->counters.nobodys++;
    else if (size > MEDIA_DATAGRAM_MAX)
        socket->counters.truncated++;
    else if (size > 0)
        client->on_datagram(client->arg, data, size, source, arrival_us);
}

static void take_piece(struct shared_socket *socket, size_t at, int64_t now_us)
{
    struct receive_batch *in = &socket->in;
    struct msghdr *header = &in->headers[at].msg_hdr;
    size_t size = in->headers[at].msg_len, segment;
    uint8_t *data = in->data + at * PIECE_STRIDE;
    struct media_datagram datagram;
    uint32_t address = 0;

    if (!media_socket_unpack(&socket->media, header, now_us, &datagram))
        return;
    if (!read_control(header, &address, &segment))
        segment = 0; /* address 0 is nobody's */
    for (size_t done = 0; done < size;) {
        size_t piece = segment > 0 && segment < size - done ? segment : size - done;

        socket->counters.receives++;
        hand_on(socket, address, data + done, piece, &in->sources[at], datagram.arrival_us);
        done += piece;
    }
}

/* The kernel writes these. */
static void reset_headers(struct receive_batch *in)
{
    for (size_t i = 0; i < BATCH; i++) {
        in->headers[i].msg_hdr.msg_namelen = sizeof in->sources[i];
        in->headers[i].msg_hdr.msg_controllen = CONTROL_SIZE;
        in->headers[i].msg_hdr.msg_flags = 0;
    }
}

/* False: nothing more waits. */
static bool receive_batch(struct shared_socket *socket)
{
    int64_t now_us;
    int count;

    reset_headers(&socket->in);
    count = recvmmsg(socket->media.fd, socket->in.headers, BATCH, MSG_DONTWAIT, NULL);
    socket->counters.receive_calls++;
    now_us = clock_monotonic_us();
    for (int i = 0; i < count; i++)
        take_piece(socket, (size_t)i, now_us);
    return count == BATCH;
}

bool shared_socket_turn(struct shared_socket *socket, int64_t until_us)
{
    bool more = true;

    shared_socket_flush(socket);
    for (int round = 0;
         more && round < ROUNDS_MAX && (round == 0 || clock_monotonic_us() < until_us); round++)
        more = receive_batch(socket);
    shared_socket_flush(socket);
    return more;
}
