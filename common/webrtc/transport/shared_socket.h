/* One UDP socket that plays many clients, each with a source address of its own: IP_PKTINFO says
 * from which address a datagram leaves, and to which one it came. Used by ice_light.c and by
 * whoever owns the loop; knows nothing of ICE. Batched both ways. Belongs to one thread. */
#ifndef CASELOAD_SHARED_SOCKET_H
#define CASELOAD_SHARED_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/transport/address_range.h"

#define SHARED_SOCKET_BUFFER_BYTES (16 * 1024 * 1024) /* asked for; the kernel may grant less */
#define SHARED_SOCKET_SENDS_MAX 128     /* queued for one flush; a full queue flushes itself */
#define SHARED_SOCKET_RECEIVES_MAX 1024 /* pieces taken per turn: others get theirs */

struct shared_socket;

/* One client, inside its owner. */
struct shared_client {
    /* The datagram is writable and valid during the call, in which this client and others may come
     * and go. `arrival_us`: kernel receive stamp, monotonic axis. */
    void (*on_datagram)(void *arg, uint8_t *data, size_t size, const struct sockaddr_in *source,
                        int64_t arrival_us);
    void *arg;
    uint32_t address;      /* its own, host byte order; given by shared_socket_join */
    uint64_t send_refused; /* datagrams that the kernel did not take */
};

struct shared_counters {
    uint64_t kernel_drops;   /* SO_RXQ_OVFL: of all clients together */
    uint64_t nobodys;        /* datagrams to an address that no client has, e.g. one that left */
    uint64_t truncated;      /* above MEDIA_DATAGRAM_MAX bytes (media_socket.h), dropped */
    uint64_t stamps_refused; /* kernel stamps replaced by the reading time: a stepped clock */
    uint64_t send_refused;   /* of all clients, those that left included */
    uint64_t sends, send_calls, receives, receive_calls; /* datagrams and system calls */
};

/* Does this host own the range? The failure names an address that it does not, and the remedy. */
MUST_CHECK enum status shared_socket_check(struct address_range range, struct failure *failure);

/* `segment`: what one client sends to one peer in a row of equal sizes leaves as one segmented
 * datagram (UDP_SEGMENT); meant for bursts. */
MUST_CHECK enum status shared_socket_create(struct address_range range, bool segment,
                                            struct shared_socket **ret_socket,
                                            struct failure *failure);
/* All clients have left. */
void shared_socket_destroy(struct shared_socket *socket);

/* What is queued leaves, what has come is handed on, what that caused leaves; no further batch of
 * 32 is begun at or after `until_us`. Call it every millisecond or so: with hundreds of clients a
 * watch would wake for nearly every datagram, and arrival times are the kernel's. True: more may be
 * waiting, call it again soon. */
bool shared_socket_turn(struct shared_socket *socket, int64_t until_us);
/* For who wants to wait for it all the same. */
int shared_socket_fd(const struct shared_socket *socket);
/* Of all clients, host byte order. */
uint16_t shared_socket_port(const struct shared_socket *socket);

/* Gives the client the address that has been free for longest. FULL. */
MUST_CHECK enum status shared_socket_join(struct shared_socket *socket,
                                          struct shared_client *client);
/* What it sent leaves before it does. */
void shared_socket_leave(struct shared_socket *socket, struct shared_client *client);

/* Queue a datagram of at most MEDIA_DATAGRAM_MAX bytes; it is copied. What the kernel refuses is
 * dropped and counted, as on a full socket. */
void shared_socket_send(struct shared_socket *socket, struct shared_client *client,
                        const struct sockaddr_in *to, const void *data, size_t size);
/* What is queued leaves now. */
void shared_socket_flush(struct shared_socket *socket);

void shared_socket_counters(const struct shared_socket *socket,
                            struct shared_counters *ret_counters);

#endif
