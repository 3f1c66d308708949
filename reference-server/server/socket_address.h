/* "127.0.0.1:8443" and "[::1]:0" from the command line. Numeric addresses only. */
#ifndef CASELOAD_SERVER_SOCKET_ADDRESS_H
#define CASELOAD_SERVER_SOCKET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

struct socket_address {
    char address[46]; /* without brackets */
    uint16_t port;
    bool is_ipv6, is_loopback;
};

/* INVALID: the message says what is expected of `option`. */
MUST_CHECK enum status socket_address_parse(const char *option, const char *text,
                                            struct socket_address *ret_address,
                                            struct failure *failure);

#endif
