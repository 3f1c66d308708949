#include "reference-server/server/socket_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_port(const char *text, uint16_t *ret_port)
{
    size_t length = strlen(text);
    if (length == 0 || length > 5 || strspn(text, "0123456789") != length)
        return false;
    long port = strtol(text, NULL, 10);
    if (port > UINT16_MAX)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

static bool parse_host(struct socket_address *address)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, address->address, &four) == 1) {
        address->is_loopback = ntohl(four.s_addr) >> 24 == 127;
        return true;
    }
    address->is_ipv6 = inet_pton(AF_INET6, address->address, &six) == 1;
    address->is_loopback = address->is_ipv6 && IN6_IS_ADDR_LOOPBACK(&six);
    return address->is_ipv6;
}

enum status socket_address_parse(const char *option, const char *text,
                                 struct socket_address *ret_address, struct failure *failure)
{
    struct socket_address address = {0};
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    bool bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (bracketed) {
        text++;
        length -= 2;
    }
    if (!colon || length == 0 || length >= sizeof address.address ||
        !parse_port(colon + 1, &address.port))
        goto refused;
    memcpy(address.address, text, length);
    if (!parse_host(&address) || address.is_ipv6 != bracketed)
        goto refused;
    *ret_address = address;
    return STATUS_OK;
refused:
    return failure_set(failure, STATUS_INVALID,
                       "%s takes a numeric ADDRESS:PORT like 127.0.0.1:8443, not '%s'", option,
                       text - (bracketed ? 1 : 0));
}
