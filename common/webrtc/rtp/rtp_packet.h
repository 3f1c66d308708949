/* The RTP fixed header, CSRC list and header extension block (RFC 3550 §5.1, RFC 8285). */
#ifndef CASELOAD_RTP_PACKET_H
#define CASELOAD_RTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define RTP_HEADER_SIZE 12
/* Largest datagram this project sends or accepts: an MTU of 1500 less IPv4 and UDP. */
#define RTP_PACKET_MAX 1472

struct rtp_packet {
    bool marker;
    uint8_t payload_type; /* 0…127 */
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    uint8_t csrc_count;         /* 0…15; the list itself is skipped */
    uint16_t extension_profile; /* 0xBEDE one-byte, 0x100x two-byte form; 0: no extension block */
    const uint8_t *extensions;  /* borrowed from the datagram; NULL when none */
    size_t extensions_size;     /* bytes, multiple of 4 */
    const uint8_t *payload;     /* borrowed; without padding */
    size_t payload_size;        /* 0: a padding-only packet */
    size_t padding_size;
    size_t header_size; /* bytes before the payload */
};

/* MALFORMED: version not 2, lengths beyond the datagram, padding of 0 bytes or larger than what it
 * pads. */
MUST_CHECK enum status rtp_packet_parse(const void *data, size_t size,
                                        struct rtp_packet *ret_packet);

/* Write header (and `extensions` when extensions_size > 0: already in wire form, multiple of 4)
 * followed by the payload and `padding_size` (at most 255) bytes of padding. No CSRC list is
 * written. The payload may already stand at its place in `data`. `*ret_size` is the whole length.
 * TOO_LARGE when it does not fit. */
MUST_CHECK enum status rtp_packet_write(const struct rtp_packet *packet, void *data, size_t size,
                                        size_t *ret_size);

#endif
