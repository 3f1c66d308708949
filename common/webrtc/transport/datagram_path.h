/* Who may stand between an endpoint and its sockets: an emulated network that holds, loses and
 * repeats datagrams. The endpoint gives it every datagram that leaves or arrives; what is to go on
 * comes back by endpoint_arrive, at once, later or never. */
#ifndef CASELOAD_DATAGRAM_PATH_H
#define CASELOAD_DATAGRAM_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which way through the endpoint a datagram takes: DTLS and media, or STUN of one remote address
 * (1…). To be given back as it came. */
#define DATAGRAM_ROUTE_MEDIA 0

struct datagram_path {
    void *arg;
    /* `data` is valid during the call, and may be changed. `at_us`: the kernel's stamp of what
     * arrived (out false), now for what leaves; monotonic axis. May call endpoint_arrive. */
    void (*carry)(void *arg, bool out, unsigned route, void *data, size_t size, int64_t at_us);
};

#endif
