#include "common/webrtc/transport/media_socket.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"

#define BATCH 32
#define CONTROL_SIZE MEDIA_SOCKET_CONTROL_SIZE
_Static_assert(CONTROL_SIZE >= CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t)),
               "both control messages must fit");
/* A stamp older than this is a stepped clock, not a queue: 512 KiB drain sooner. */
#define STAMP_AGE_MAX_US (2 * US_PER_S)

/* Shared by all sockets of the process: the media path is single-threaded, and a buffer per socket
 * would cost 64 KiB each. */
static struct {
    uint8_t data[BATCH][MEDIA_DATAGRAM_MAX];
    alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL_SIZE];
    struct iovec vectors[BATCH];
    struct mmsghdr headers[BATCH];
    struct media_datagram datagrams[BATCH];
    size_t used; /* headers that the last receive wrote to */
} batch = {.used = BATCH};

void media_socket_set_buffers(int fd)
{
    int size = MEDIA_SOCKET_BUFFER_BYTES;

    /* The kernel grants what its limits allow; less is no error. */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* Members are numbered in the order in which they joined: the STUN socket is 0. An empty datagram
 * has no first byte; the load then ends the program with 0. */
static int attach_split(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 4, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 1),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program));
}

static int ask_for_stamps(int fd)
{
    int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0 ||
                   setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) != 0
               ? -1
               : 0;
}

/* Never connected: the kernel prefers a connected socket and bypasses the split, which takes the
 * peer's STUN away from the ICE agent, and consent dies after 30 s. */
static int join_port(int fd, int stun_fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    int on = 1;

    if (getsockname(stun_fd, (struct sockaddr *)&address, &size) != 0 ||
        setsockopt(stun_fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
        return -1;
    if (address.ss_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return -1;
    if (ask_for_stamps(fd) != 0)
        return -1;
    media_socket_set_buffers(fd);
    if (bind(fd, (struct sockaddr *)&address, size) != 0)
        return -1;
    /* Between bind and here a few datagrams are spread by hash; STUN among them is sent again. */
    return attach_split(fd);
}

enum status media_socket_open(struct media_socket *ret_socket, int stun_fd)
{
    int family;
    socklen_t size = sizeof(family);
    int fd;

    if (getsockopt(stun_fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0)
        return STATUS_IO;
    fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno == EMFILE || errno == ENFILE ? STATUS_FULL : STATUS_IO;
    if (join_port(fd, stun_fd) != 0) {
        close(fd);
        return STATUS_IO;
    }
    *ret_socket = (struct media_socket){.fd = fd};
    return STATUS_OK;
}

enum status media_socket_bind(struct media_socket *ret_socket, const struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return errno == EMFILE || errno == ENFILE ? STATUS_FULL : STATUS_IO;
    media_socket_set_buffers(fd);
    if (ask_for_stamps(fd) != 0 ||
        bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
        close(fd);
        return STATUS_IO;
    }
    *ret_socket = (struct media_socket){.fd = fd};
    return STATUS_OK;
}

void media_socket_close(struct media_socket *socket)
{
    if (socket->fd >= 0)
        close(socket->fd);
    socket->fd = -1;
}

int64_t media_socket_place_stamp(int64_t stamp_realtime_us, int64_t offset_us, int64_t now_us,
                                 bool *ret_refused)
{
    int64_t arrival_us = stamp_realtime_us - offset_us;

    *ret_refused = arrival_us > now_us || arrival_us < now_us - STAMP_AGE_MAX_US;
    return *ret_refused ? now_us : arrival_us;
}

/* The kernel writes into the headers it uses; the others stay as they are. */
static void prepare_batch(void)
{
    for (size_t i = 0; i < batch.used; i++) {
        batch.vectors[i] = (struct iovec){batch.data[i], MEDIA_DATAGRAM_MAX};
        batch.headers[i].msg_hdr = (struct msghdr){
            .msg_name = &batch.datagrams[i].source,
            .msg_namelen = sizeof(batch.datagrams[i].source),
            .msg_iov = &batch.vectors[i],
            .msg_iovlen = 1,
            .msg_control = batch.control[i],
            .msg_controllen = CONTROL_SIZE,
        };
    }
}

static void note_overflow(struct media_socket *socket, uint32_t overflow)
{
    socket->kernel_drops += overflow - socket->last_overflow;
    socket->last_overflow = overflow;
}

/* The kernel's stamp in CLOCK_REALTIME microseconds; -1: none came. */
static int64_t read_control(struct media_socket *socket, struct msghdr *header)
{
    int64_t stamp_us = -1;

    for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item != NULL;
         item = CMSG_NXTHDR(header, item)) {
        if (item->cmsg_level != SOL_SOCKET)
            continue;
        if (item->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;

            memcpy(&stamp, CMSG_DATA(item), sizeof(stamp));
            stamp_us = stamp.tv_sec * US_PER_S + stamp.tv_nsec / 1000;
        } else if (item->cmsg_type == SO_RXQ_OVFL) {
            uint32_t overflow;

            memcpy(&overflow, CMSG_DATA(item), sizeof(overflow));
            note_overflow(socket, overflow);
        }
    }
    return stamp_us;
}

/* clock_realtime_offset_us reads clocks a dozen times, and slewing moves them apart by at most 500
 * ppm: 5 us in this time. */
static int64_t realtime_offset_us(int64_t now_us)
{
    static int64_t offset_us, read_us = INT64_MIN / 2;

    if (now_us - read_us > 10 * US_PER_MS) {
        offset_us = clock_realtime_offset_us();
        read_us = now_us;
    }
    return offset_us;
}

bool media_socket_unpack(struct media_socket *socket, struct msghdr *header, int64_t now_us,
                         struct media_datagram *datagram)
{
    int64_t stamp_us = read_control(socket, header);
    bool refused = true;

    if (header->msg_flags & MSG_TRUNC) {
        socket->truncated++;
        return false;
    }
    datagram->arrival_us = now_us;
    if (stamp_us >= 0)
        datagram->arrival_us =
            media_socket_place_stamp(stamp_us, realtime_offset_us(now_us), now_us, &refused);
    socket->stamps_refused += refused;
    return true;
}

size_t media_socket_receive(struct media_socket *socket,
                            const struct media_datagram **ret_datagrams, bool *ret_full)
{
    int64_t now_us;
    size_t kept = 0;
    int count;

    prepare_batch();
    count = recvmmsg(socket->fd, batch.headers, BATCH, MSG_DONTWAIT, NULL);
    batch.used = count > 0 ? (size_t)count : 0;
    *ret_full = count == BATCH;
    if (count <= 0)
        return 0;
    now_us = clock_monotonic_us();
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &batch.headers[i].msg_hdr;
        struct media_datagram *datagram = &batch.datagrams[kept];

        if (!media_socket_unpack(socket, header, now_us, datagram))
            continue;
        if (kept != (size_t)i)
            datagram->source = batch.datagrams[i].source;
        datagram->data = batch.data[i];
        datagram->size = batch.headers[i].msg_len;
        kept++;
    }
    *ret_datagrams = batch.datagrams;
    return kept;
}
