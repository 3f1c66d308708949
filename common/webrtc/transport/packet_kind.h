/* What a datagram on a multiplexed port is, by its first byte (RFC 7983 §7, RFC 5761 §4). Pure. */
#ifndef CASELOAD_PACKET_KIND_H
#define CASELOAD_PACKET_KIND_H

#include <stddef.h>
#include <stdint.h>

enum packet_kind { PACKET_STUN, PACKET_DTLS, PACKET_RTP, PACKET_RTCP, PACKET_UNKNOWN };

enum packet_kind packet_kind(const uint8_t *data, size_t size);

#endif
