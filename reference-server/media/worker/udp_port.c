#include "reference-server/media/worker/udp_port.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

#define CONTROL_SIZE 64
_Static_assert(CONTROL_SIZE >= CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t)),
               "both control messages must fit");
/* Older than this it is a stepped clock, not a queue. */
#define STAMP_AGE_MAX_US (5 * US_PER_S)

struct received {
    struct udp_datagram datagrams[UDP_PORT_BATCH];
    struct mmsghdr headers[UDP_PORT_BATCH];
    struct iovec vectors[UDP_PORT_BATCH];
    struct sockaddr_in sources[UDP_PORT_BATCH];
    alignas(struct cmsghdr) uint8_t control[UDP_PORT_BATCH][CONTROL_SIZE];
    alignas(64) uint8_t data[UDP_PORT_BATCH][UDP_DATAGRAM_MAX];
};

struct queued {
    size_t count;
    struct mmsghdr headers[UDP_PORT_BATCH];
    struct iovec vectors[UDP_PORT_BATCH];
    struct sockaddr_in targets[UDP_PORT_BATCH];
    int64_t stamps_us[UDP_PORT_BATCH];
    alignas(64) uint8_t data[UDP_PORT_BATCH][UDP_DATAGRAM_MAX];
};

struct udp_port {
    int fd;
    uint16_t number;
    struct media_counters *counters; /* borrowed */
    uint32_t last_overflow;          /* SO_RXQ_OVFL as last reported; wraps */
    bool overflowed;
    struct received in;
    struct queued out;
};

/* Everything that stays the same from batch to batch. */
static void prepare_batches(struct udp_port *port)
{
    for (size_t i = 0; i < UDP_PORT_BATCH; i++) {
        port->in.vectors[i] = (struct iovec){port->in.data[i], UDP_DATAGRAM_MAX};
        port->in.headers[i].msg_hdr = (struct msghdr){
            .msg_name = &port->in.sources[i],
            .msg_iov = &port->in.vectors[i],
            .msg_iovlen = 1,
            .msg_control = port->in.control[i],
        };
        port->in.datagrams[i].data = port->in.data[i];
        port->out.vectors[i].iov_base = port->out.data[i];
        port->out.headers[i].msg_hdr = (struct msghdr){
            .msg_name = &port->out.targets[i],
            .msg_namelen = sizeof port->out.targets[i],
            .msg_iov = &port->out.vectors[i],
            .msg_iovlen = 1,
        };
    }
}

static int open_socket(const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, buffer = UDP_PORT_BUFFER_BYTES;

    if (fd < 0)
        return -1;
    /* With the privilege the limits of the system do not apply; without it they cut the size. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        int cause = errno;
        close(fd);
        errno = cause;
        return -1;
    }
    return fd;
}

enum status udp_port_open(const char *address, uint16_t number, struct media_counters *counters,
                          struct udp_port **ret_port, struct failure *failure)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(number)};
    socklen_t size = sizeof local;

    if (inet_pton(AF_INET, address, &local.sin_addr) != 1)
        return failure_set(failure, STATUS_INVALID, "media address %s: not a numeric IPv4 address",
                           address);
    struct udp_port *port = aligned_alloc(64, (sizeof *port + 63) / 64 * 64);
    if (!port)
        return failure_set(failure, STATUS_NO_MEMORY, "media port: out of memory");
    memset(port, 0, sizeof *port);
    port->counters = counters;
    port->fd = open_socket(&local);
    if (port->fd < 0 || getsockname(port->fd, (struct sockaddr *)&local, &size) != 0) {
        enum status status = failure_set(failure, STATUS_IO, "media port %s:%u: %s", address,
                                         number, strerror(errno));
        udp_port_close(port);
        return status;
    }
    port->number = ntohs(local.sin_port);
    prepare_batches(port);
    *ret_port = port;
    return STATUS_OK;
}

void udp_port_close(struct udp_port *port)
{
    if (!port)
        return;
    if (port->fd >= 0)
        close(port->fd);
    free(port);
}

uint16_t udp_port_number(const struct udp_port *port)
{
    return port->number;
}

int udp_port_descriptor(const struct udp_port *port)
{
    return port->fd;
}

static void note_overflow(struct udp_port *port, uint32_t overflow)
{
    if (overflow == port->last_overflow)
        return;
    media_add(&port->counters->drops[MEDIA_DROP_kernel_receive], overflow - port->last_overflow);
    port->last_overflow = overflow;
    port->overflowed = true;
}

bool udp_port_take_overflow(struct udp_port *port)
{
    bool overflowed = port->overflowed;
    port->overflowed = false;
    return overflowed;
}

/* The kernel's stamp in CLOCK_REALTIME microseconds; 0: none came. */
static int64_t read_control(struct udp_port *port, struct msghdr *header)
{
    int64_t stamp_us = 0;

    for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
        if (item->cmsg_level != SOL_SOCKET)
            continue;
        if (item->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
            stamp_us = stamp.tv_sec * US_PER_S + stamp.tv_nsec / 1000;
        } else if (item->cmsg_type == SO_RXQ_OVFL) {
            uint32_t overflow;
            memcpy(&overflow, CMSG_DATA(item), sizeof overflow);
            note_overflow(port, overflow);
        }
    }
    return stamp_us;
}

static int64_t place_stamp(struct udp_port *port, int64_t stamp_us, int64_t offset_us,
                           int64_t now_us)
{
    int64_t arrival_us = stamp_us - offset_us;

    /* The pair of clocks is read a little after the stamp was taken: 1 ms is no step. */
    if (arrival_us <= now_us + US_PER_MS && arrival_us >= now_us - STAMP_AGE_MAX_US)
        return arrival_us;
    media_count(port->counters, MEDIA_COUNTER_stamps_refused);
    return now_us;
}

static int receive_batch(struct udp_port *port)
{
    int count;

    for (size_t i = 0; i < UDP_PORT_BATCH; i++) {
        port->in.headers[i].msg_hdr.msg_namelen = sizeof port->in.sources[i];
        port->in.headers[i].msg_hdr.msg_controllen = CONTROL_SIZE;
        port->in.headers[i].msg_hdr.msg_flags = 0;
    }
    do
        count = recvmmsg(port->fd, port->in.headers, UDP_PORT_BATCH, MSG_DONTWAIT, NULL);
    while (count < 0 && errno == EINTR);
    return count;
}

size_t udp_port_receive(struct udp_port *port, struct udp_datagram **ret_datagrams)
{
    int count = receive_batch(port);
    size_t kept = 0, bytes = 0;

    if (count <= 0)
        return 0;
    int64_t now_us = clock_monotonic_us();
    int64_t offset_us = clock_realtime_offset_us();
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &port->in.headers[i].msg_hdr;
        struct udp_datagram *datagram = &port->in.datagrams[kept];
        int64_t stamp_us = read_control(port, header);
        if (header->msg_flags & MSG_TRUNC) {
            media_drop(port->counters, MEDIA_DROP_truncated);
            continue;
        }
        datagram->data = port->in.data[i];
        datagram->size = port->in.headers[i].msg_len;
        datagram->source = port->in.sources[i];
        datagram->stamp_us = stamp_us;
        datagram->arrival_us = place_stamp(port, stamp_us, offset_us, now_us);
        bytes += datagram->size;
        kept++;
    }
    media_count_many(port->counters, MEDIA_COUNTER_datagrams_in, (uint64_t)count);
    media_count_many(port->counters, MEDIA_COUNTER_bytes_in, bytes);
    *ret_datagrams = port->in.datagrams;
    return kept;
}

uint8_t *udp_port_reserve(struct udp_port *port)
{
    if (port->out.count == UDP_PORT_BATCH)
        udp_port_flush(port);
    return port->out.data[port->out.count];
}

void udp_port_commit(struct udp_port *port, size_t size, const struct sockaddr_in *to,
                     int64_t stamp_us)
{
    size_t at = port->out.count;

    assert(at < UDP_PORT_BATCH && size <= UDP_DATAGRAM_MAX);
    port->out.vectors[at].iov_len = size;
    port->out.targets[at] = *to;
    port->out.stamps_us[at] = stamp_us;
    port->out.count++;
}

/* Latency and volume of the datagrams [from, to), just sent. */
static void note_sent(struct udp_port *port, size_t from, size_t to)
{
    int64_t now_us = clock_realtime_us();
    size_t bytes = 0;

    for (size_t i = from; i < to; i++) {
        bytes += port->out.vectors[i].iov_len;
        if (port->out.stamps_us[i] != 0)
            media_latency(port->counters, now_us - port->out.stamps_us[i]);
    }
    media_count_many(port->counters, MEDIA_COUNTER_datagrams_out, to - from);
    media_count_many(port->counters, MEDIA_COUNTER_bytes_out, bytes);
}

void udp_port_flush(struct udp_port *port)
{
    size_t at = 0;

    while (at < port->out.count) {
        int sent = sendmmsg(port->fd, port->out.headers + at, (unsigned)(port->out.count - at),
                            MSG_DONTWAIT);
        if (sent > 0) {
            note_sent(port, at, at + (size_t)sent);
            at += (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            media_add(&port->counters->drops[MEDIA_DROP_socket_full], port->out.count - at);
            break;
        } else if (errno != EINTR) { /* this one is refused; the others may still go */
            media_drop(port->counters, MEDIA_DROP_send_failed);
            at++;
        }
    }
    port->out.count = 0;
}
