/* One io_uring for all media sockets of a thread (Linux 6.1): what is sent leaves with one system
 * call per flush, what comes in arrives in one list, whichever socket it came to. Used by the ICE
 * agent; knows nothing of ICE. Where io_uring is missing or forbidden (many containers) there is no
 * ring, and media sockets use sendto and recvmmsg. */
#ifndef CASELOAD_MEDIA_RING_H
#define CASELOAD_MEDIA_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "common/base/status.h"
#include "common/webrtc/transport/media_socket.h"

#define MEDIA_RING_SOCKETS_MAX 8192
#define MEDIA_RING_SENDS_MAX 256    /* queued for one flush; a full queue flushes itself */
#define MEDIA_RING_BUFFERS 1024     /* datagrams received and not yet handed on */
#define MEDIA_RING_RECEIVES_MAX 256 /* handed on per media_ring_turn: others get their turn */

struct media_ring;

/* UNSUPPORTED: the kernel has no such io_uring or does not allow it. FULL: locked memory or
 * descriptors are used up. Belongs to the calling thread. */
MUST_CHECK enum status media_ring_create(struct media_ring **ret_ring);
/* Sockets that are still in it receive nothing more; they stay their owners'. */
void media_ring_destroy(struct media_ring *ring);
/* Can there be one here? Tried once, then known. */
bool media_ring_available(void);

/* What is queued leaves, what has arrived is handed on: nothing more at or after `until_us`, since
 * what takes a datagram may be slow (a flight of a handshake: a millisecond and more). Call it
 * every millisecond or so: the kernel does its part of receiving in this call and wakes nobody
 * before it, and arrival times are its stamps, so waiting costs nothing but the reaction time.
 * True: more may be waiting, call it again soon. */
bool media_ring_turn(struct media_ring *ring, int64_t until_us);

/* A datagram of a socket, valid during the call, in which the socket may be removed and closed. */
typedef void media_ring_fn(void *arg, const struct media_datagram *datagram);

/* `*socket` is kept until media_ring_remove, which comes before its closing. FULL. */
MUST_CHECK enum status media_ring_add(struct media_ring *ring, struct media_socket *socket,
                                      media_ring_fn *on_datagram, void *arg);
void media_ring_remove(struct media_ring *ring, struct media_socket *socket);

/* Queue a datagram of at most MEDIA_DATAGRAM_MAX bytes; it is copied. What the kernel refuses is
 * dropped and counted (media_socket.send_refused), as on a full socket. */
void media_ring_send(struct media_ring *ring, struct media_socket *socket,
                     const struct sockaddr *to, socklen_t to_size, const void *data, size_t size);
/* What is queued leaves now, without looking at what has arrived. */
void media_ring_flush(struct media_ring *ring);

#endif
