/* The second UDP socket on an ICE port, which gets all that is not STUN ("way B"), and its batched
 * receive with kernel stamps. Used by ice_agent.c only; knows nothing of ICE. */
#ifndef CASELOAD_MEDIA_SOCKET_H
#define CASELOAD_MEDIA_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/base/status.h"

#define MEDIA_SOCKET_BUFFER_BYTES (512 * 1024)
#define MEDIA_DATAGRAM_MAX 2048      /* longer ones are dropped and counted */
#define MEDIA_SOCKET_CONTROL_SIZE 64 /* of the control messages that come with a datagram */

struct media_socket {
    int fd;                 /* owned */
    uint32_t last_overflow; /* SO_RXQ_OVFL as last reported; wraps */
    uint64_t kernel_drops, truncated, stamps_refused;
    uint64_t send_refused; /* by the kernel, of what went through a ring */
    uint32_t ring_place;   /* media_ring's */
};

struct media_datagram {
    uint8_t *data; /* writable; valid until the next receive of this process */
    size_t size;
    int64_t arrival_us; /* kernel stamp, monotonic axis */
    struct sockaddr_storage source;
};

/* Make room for what arrives in bursts: both buffers of an ICE or media socket. */
void media_socket_set_buffers(int fd);
/* Join the port of `stun_fd`, which must be a bound UDP socket: it gets SO_REUSEPORT, and the
 * kernel gives it whatever starts with a byte below 4, the new socket the rest. */
MUST_CHECK enum status media_socket_open(struct media_socket *ret_socket, int stun_fd);
/* A port of its own, which gets STUN too (ice_detour.h). */
MUST_CHECK enum status media_socket_bind(struct media_socket *ret_socket,
                                         const struct sockaddr_in *address);
void media_socket_close(struct media_socket *socket);

/* One recvmmsg. `*ret_full` says that more may be waiting. The datagrams live in storage that the
 * whole process shares: hand them on before receiving again. */
size_t media_socket_receive(struct media_socket *socket,
                            const struct media_datagram **ret_datagrams, bool *ret_full);

/* What came with a datagram besides its data: sets arrival_us, counts what the kernel dropped.
 * False: it was truncated, and counted. */
bool media_socket_unpack(struct media_socket *socket, struct msghdr *header, int64_t now_us,
                         struct media_datagram *datagram);

/* Where a kernel stamp (CLOCK_REALTIME) lies on the monotonic axis. The reading time when the
 * result is in the future or implausibly old: the clock was stepped. `*ret_refused` tells. */
int64_t media_socket_place_stamp(int64_t stamp_realtime_us, int64_t offset_us, int64_t now_us,
                                 bool *ret_refused);

#endif
