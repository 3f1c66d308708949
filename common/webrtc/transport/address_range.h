/* A block of IPv4 addresses that light clients take theirs from: read from the command line, shared
 * out to shards. Pure: whether the host owns it, shared_socket.h finds out. */
#ifndef CASELOAD_ADDRESS_RANGE_H
#define CASELOAD_ADDRESS_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

#define ADDRESS_RANGE_TEXT_SIZE 16
/* Loopback, away from 127.0.0.1 and what else lives in 127.0.0.0/16: a million addresses. */
#define ADDRESS_RANGE_DEFAULT "127.16.0.0/12"

/* Addresses first … first + count - 1, in host byte order. */
struct address_range {
    uint32_t first, count;
};

/* "10.20.0.0/16": a prefix of 8 to 30 bits of unicast addresses, without its first and last address
 * (network and broadcast) and not around 127.0.0.1. INVALID names `text`. */
MUST_CHECK enum status address_range_parse(const char *text, struct address_range *ret_range,
                                           struct failure *failure);
/* The part of shard `index` of `shards`: equal, disjoint; count 0 when there are more shards. */
struct address_range address_range_share(struct address_range range, uint32_t index,
                                         uint32_t shards);
bool address_range_contains(struct address_range range, uint32_t address);
/* 127.0.0.0/8 */
bool address_range_is_loopback(struct address_range range);
/* "127.16.0.1" */
void address_range_text(uint32_t address, char text[ADDRESS_RANGE_TEXT_SIZE]);

#endif
