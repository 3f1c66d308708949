#include "common/webrtc/transport/address_range.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK 0x7f000001U

static bool parse_prefix(const char *text, uint32_t *ret_network, unsigned *ret_bits)
{
    const char *slash = strchr(text, '/');
    char address[ADDRESS_RANGE_TEXT_SIZE];
    struct in_addr parsed;
    unsigned long bits;
    char *end;

    if (!slash || (size_t)(slash - text) >= sizeof address || slash[1] < '0' || slash[1] > '9')
        return false;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    bits = strtoul(slash + 1, &end, 10);
    if (*end || bits < 8 || bits > 30 || inet_pton(AF_INET, address, &parsed) != 1)
        return false;
    *ret_network = ntohl(parsed.s_addr);
    *ret_bits = (unsigned)bits;
    return true;
}

enum status address_range_parse(const char *text, struct address_range *ret_range,
                                struct failure *failure)
{
    struct address_range range;
    uint32_t network, size;
    unsigned bits;

    if (!parse_prefix(text, &network, &bits))
        return failure_set(failure, STATUS_INVALID,
                           "%s: takes an IPv4 block of /8 to /30, as 127.16.0.0/12", text);
    size = (uint32_t)1 << (32 - bits);
    if (network % size != 0) {
        char begin[ADDRESS_RANGE_TEXT_SIZE];
        address_range_text(network - network % size, begin);
        return failure_set(failure, STATUS_INVALID, "%s: a /%u block begins at %s", text, bits,
                           begin);
    }
    if (network >> 24 == 0 || network >> 24 >= 224)
        return failure_set(failure, STATUS_INVALID, "%s: no unicast addresses", text);
    range = (struct address_range){network + 1, size - 2};
    if (address_range_contains(range, LOOPBACK))
        return failure_set(failure, STATUS_INVALID,
                           "%s: contains 127.0.0.1, where platforms listen; take a block beside it",
                           text);
    *ret_range = range;
    return STATUS_OK;
}

struct address_range address_range_share(struct address_range range, uint32_t index,
                                         uint32_t shards)
{
    uint32_t count = range.count / shards;

    return (struct address_range){range.first + index * count, count};
}

bool address_range_contains(struct address_range range, uint32_t address)
{
    return address - range.first < range.count;
}

bool address_range_is_loopback(struct address_range range)
{
    return range.first >> 24 == LOOPBACK >> 24;
}

void address_range_text(uint32_t address, char text[ADDRESS_RANGE_TEXT_SIZE])
{
    snprintf(text, ADDRESS_RANGE_TEXT_SIZE, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
             address >> 8 & 255, address & 255);
}
