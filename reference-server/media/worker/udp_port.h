/* The one UDP socket of a worker, in batches: recvmmsg with kernel receive stamps in, sendmmsg out.
 * Counts what the kernel drops or refuses. Knows nothing of what the datagrams mean. */
#ifndef CASELOAD_UDP_PORT_H
#define CASELOAD_UDP_PORT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "reference-server/media/worker/media_counters.h"

#define UDP_PORT_BATCH 64
#define UDP_PORT_BUFFER_BYTES (8 * 1024 * 1024)
#define UDP_DATAGRAM_MAX 1664 /* RTP_PACKET_MAX and what SRTP adds, in whole cache lines */

struct udp_port;

struct udp_datagram {
    uint8_t *data; /* writable until the next receive */
    size_t size;
    struct sockaddr_in source;
    int64_t stamp_us;   /* the kernel's receive stamp, CLOCK_REALTIME */
    int64_t arrival_us; /* the same on the monotonic axis; the time of reading when it is absurd */
};

/* Bind `address` (numeric IPv4); port 0 takes a free one. `counters` is borrowed. The failure names
 * address and port. */
MUST_CHECK enum status udp_port_open(const char *address, uint16_t port,
                                     struct media_counters *counters, struct udp_port **ret_port,
                                     struct failure *failure);
void udp_port_close(struct udp_port *port);
uint16_t udp_port_number(const struct udp_port *port);
int udp_port_descriptor(const struct udp_port *port);

/* One recvmmsg: up to UDP_PORT_BATCH datagrams, valid until the next call. */
size_t udp_port_receive(struct udp_port *port, struct udp_datagram **ret_datagrams);

/* The kernel has dropped datagrams for lack of room since the last call of this. */
bool udp_port_take_overflow(struct udp_port *port);

/* A buffer of UDP_DATAGRAM_MAX bytes for the next datagram; sends the batch first when it is full.
 * The same buffer again until committed. */
uint8_t *udp_port_reserve(struct udp_port *port);
/* Queue what was reserved. `stamp_us`: receive stamp of the packet that this one forwards, for the
 * latency histogram; 0: none. */
void udp_port_commit(struct udp_port *port, size_t size, const struct sockaddr_in *to,
                     int64_t stamp_us);
/* Send what is queued: one sendmmsg unless the kernel takes less. */
void udp_port_flush(struct udp_port *port);

#endif
