/* Who may stand between an endpoint and its sockets: an emulated network that holds, loses and
 * repeats datagrams. The endpoint gives it every datagram that leaves or arrives; what is to go on
 * comes back by endpoint_arrive, at once, later or never. */
#ifndef CASELOAD_DATAGRAM_PATH_H
#define CASELOAD_DATAGRAM_PATH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What takes which way through the endpoint: DTLS and media, or STUN to or from one remote address.
 * To be given back as it came. */
#define DATAGRAM_ROUTE_MEDIA 0

static inline uint64_t datagram_route_of(const struct sockaddr_in *remote)
{
    return (uint64_t)ntohl(remote->sin_addr.s_addr) << 16 | ntohs(remote->sin_port);
}

static inline struct sockaddr_in datagram_remote_of(uint64_t route)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)route),
                                .sin_addr.s_addr = htonl((uint32_t)(route >> 16))};
}

struct datagram_path {
    void *arg;
    /* `data` is valid during the call, and may be changed. `at_us`: the kernel's stamp of what
     * arrived (out false), now for what leaves; monotonic axis. May call endpoint_arrive. */
    void (*carry)(void *arg, bool out, uint64_t route, void *data, size_t size, int64_t at_us);
};

#endif
