/* What offer and answer agreed for one participant, as plain data: made by the signalling side
 * (media_answer), handed to a worker, read there by every part of the packet path. */
#ifndef CASELOAD_MEDIA_TERMS_H
#define CASELOAD_MEDIA_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/webrtc/rtp/rtp_extension.h"
#include "reference-server/media/media_plane.h"

enum media_kind { MEDIA_AUDIO, MEDIA_VIDEO, MEDIA_KINDS };

/* A participant sends sound and up to three encodings of its picture (RFC 8853), in this order. */
#define MEDIA_ENCODINGS_MAX 3
#define MEDIA_STREAMS (MEDIA_VIDEO + MEDIA_ENCODINGS_MAX)

static inline unsigned media_stream(enum media_kind kind, unsigned encoding)
{
    return (unsigned)kind + encoding;
}

static inline enum media_kind media_kind_of(unsigned stream)
{
    return stream < MEDIA_VIDEO ? MEDIA_AUDIO : MEDIA_VIDEO;
}

/* Eight characters: a username fragment is also a 64-bit key (transport_table). */
#define MEDIA_UFRAG_LENGTH 8
#define MEDIA_PWD_LENGTH 24 /* RFC 8839 §5.4: at least 22 */
/* Video slot i and audio slot i share a stream id, so that a browser keeps them in lip sync. */
#define MEDIA_PAIRS_MAX 6
#define MEDIA_CNAME_SIZE 33

/* What the participant sends. */
struct stream_terms {
    bool active;
    char mid[17];
    uint8_t payload_type;
    uint8_t rtx_payload_type; /* 0: no retransmission stream */
    uint32_t clock_hz;
    uint32_t ssrc, rtx_ssrc; /* 0: learnt from the packets, as always with simulcast */
    bool nack, pli;
    unsigned encoding_count;            /* 1, more with simulcast; 0: inactive */
    char rids[MEDIA_ENCODINGS_MAX][17]; /* "" without simulcast (RFC 8852) */
};

/* What it receives in one slot. */
struct slot_terms {
    char mid[17];
    enum media_kind kind;
    unsigned pair;            /* < MEDIA_PAIRS_MAX */
    uint8_t payload_type;     /* 0: closed by a later offer, nothing is sent */
    uint8_t rtx_payload_type; /* 0: no retransmission */
    uint32_t clock_hz;
    uint32_t ssrc, rtx_ssrc;
    struct rtp_extension_map extensions;
};

struct media_terms {
    uint64_t participant;
    uint32_t incarnation; /* of the transport, so that late news of an old one is recognised */
    char session_id[32];  /* of the offer: another one is another peer connection */
    char local_session_id[32];
    uint64_t local_version; /* of the answer */
    char ufrag[MEDIA_UFRAG_LENGTH + 1], pwd[MEDIA_PWD_LENGTH + 1];
    char remote_ufrag[257], remote_pwd[257];
    char remote_fingerprint[200];
    char cname[MEDIA_CNAME_SIZE];
    bool rtcp_rsize;                     /* feedback may travel alone (RFC 5506) */
    uint32_t feedback_ssrc;              /* ours, in reports about what we receive */
    struct rtp_extension_map extensions; /* of what we receive, one map for the bundle */
    struct stream_terms streams[MEDIA_KINDS];
    size_t slot_count;
    struct slot_terms slots[MEDIA_SLOTS_MAX];
};

#endif
