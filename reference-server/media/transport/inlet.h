/* One stream that a participant sends, seen from its worker: its SSRC, the unwrapped numbering of
 * its packets, duplicates, statistics for reports, missing numbers. Pure. */
#ifndef CASELOAD_INLET_H
#define CASELOAD_INLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/rtp/nack_tracker.h"
#include "common/webrtc/rtp/receive_stats.h"
#include "reference-server/media/media_terms.h"

#define INLET_WINDOW 1024   /* packets back in which duplicates are recognised */
#define INLET_JUMP_MAX 3000 /* RFC 3550 A.1 MAX_DROPOUT: beyond it numbering starts anew */

struct inlet {
    bool bound;    /* ssrc was seen */
    uint32_t ssrc; /* 0 while neither seen nor signalled */
    uint32_t rtx_ssrc;
    uint32_t clock_hz;
    /* Changes whenever numbering starts anew (another SSRC, a jump, send switched on): slots then
     * start at the next key frame. */
    uint32_t epoch;
    bool restarted; /* the sender's own numbering began anew; whoever cares takes it back */
    bool started;
    struct sequence_unwrapper unwrapper;
    int64_t highest;
    uint64_t seen[INLET_WINDOW / 64];
    struct receive_stats stats;
    struct nack_tracker *nacks; /* owned; NULL: losses are not asked for */
};

/* `epoch`: different for every transport of a participant. NO_MEMORY. */
MUST_CHECK enum status inlet_init(struct inlet *inlet, const struct stream_terms *terms,
                                  uint32_t epoch);
void inlet_finish(struct inlet *inlet);
/* The stream comes under this SSRC from now on. */
void inlet_bind(struct inlet *inlet, uint32_t ssrc);
/* Numbering of what is forwarded starts anew. */
void inlet_renew(struct inlet *inlet);

enum inlet_verdict { INLET_FRESH, INLET_DUPLICATE, INLET_TOO_OLD };

/* Take note of a packet (`repaired`: unwrapped from a retransmission). `*ret_sequence` is its
 * unwrapped number. */
enum inlet_verdict inlet_packet(struct inlet *inlet, const struct rtp_packet *packet, bool repaired,
                                int64_t arrival_us, int64_t *ret_sequence);

/* Where an RTP packet belongs. */
struct inlet_place {
    enum media_kind kind;
    unsigned encoding; /* 0 without simulcast */
    bool rtx;
};

/* Which stream of `terms` an RTP packet belongs to: by SSRC when known, else by RID (RFC 8852), MID
 * or payload type. False: to none. Binds an inlet to a new SSRC when the packet justifies it. */
struct rtp_extension_values;
bool inlet_find(struct inlet inlets[MEDIA_STREAMS], const struct media_terms *terms,
                const struct rtp_packet *packet, const struct rtp_extension_values *values,
                struct inlet_place *ret_place);

#endif
