/* A candidate as signalling carries it (RFC 8839 §5.1), as far as a light client can use it. Used
 * by ice_light.c; libnice reads them for the full agent. Pure. */
#ifndef CASELOAD_CANDIDATE_LINE_H
#define CASELOAD_CANDIDATE_LINE_H

#include <netinet/in.h>
#include <stdint.h>

#include "common/base/status.h"

/* "candidate:1 1 UDP 2113937151 192.0.2.1 4242 typ host …", with or without "a=" before it.
 * UNSUPPORTED: not UDP, not component 1, no IPv4 address (IPv6, or a name as browsers hide behind).
 * MALFORMED: no candidate; priority or port 0. */
MUST_CHECK enum status candidate_line_parse(const char *line, struct sockaddr_in *ret_address,
                                            uint32_t *ret_priority);

#endif
