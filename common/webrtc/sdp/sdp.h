/* A session description as plain data (RFC 8866) with what WebRTC adds (RFC 8829, 8839, 8843,
 * 5763, 5888, 5576, 8851–8853). Fixed sizes: a description is bounded by construction. */
#ifndef CASELOAD_SDP_H
#define CASELOAD_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/webrtc/rtp/rtp_extension.h"

#define SDP_TEXT_MAX (128 * 1024)
#define SDP_MEDIA_MAX 32
#define SDP_CODECS_MAX 48
#define SDP_EXTENSIONS_MAX 24
#define SDP_SSRCS_MAX 8
#define SDP_CANDIDATES_MAX 24
#define SDP_CANDIDATE_SIZE 192
#define SDP_RIDS_MAX 4

enum sdp_kind { SDP_AUDIO, SDP_VIDEO, SDP_APPLICATION, SDP_OTHER };
/* Directions are the describer's: SENDRECV = SENDONLY | RECVONLY. */
enum sdp_direction { SDP_INACTIVE = 0, SDP_SENDONLY = 1, SDP_RECVONLY = 2, SDP_SENDRECV = 3 };
enum sdp_setup { SDP_SETUP_NONE, SDP_SETUP_ACTPASS, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE };

struct sdp_codec {
    uint8_t payload_type;
    char name[24]; /* "VP8", "opus", "rtx", … as written */
    uint32_t clock_hz;
    uint8_t channels;     /* 1 when absent */
    char parameters[192]; /* fmtp text without the payload type; "" when none */
    bool nack, nack_pli, ccm_fir, transport_cc, goog_remb;
    uint8_t rtx_for; /* for rtx: its apt; else 0 */
};

struct sdp_extension {
    uint8_t id;
    char uri[96];
};

struct sdp_ssrc {
    uint32_t ssrc;
    uint32_t rtx_ssrc; /* from a=ssrc-group:FID; 0: none */
    char cname[64];
};

struct sdp_rid {
    char id[17];
    bool send;      /* direction */
    bool simulcast; /* a=simulcast names it for that direction (first of its alternatives) */
};

struct sdp_media {
    enum sdp_kind kind;
    char other_name[16]; /* the m= line's media name for SDP_OTHER ("text"); else "" */
    bool rejected;       /* port 0 without bundle-only */
    bool bundle_only;
    char protocol[32]; /* "UDP/TLS/RTP/SAVPF" */
    char mid[17];
    enum sdp_direction direction;
    char stream_id[64], track_id[64]; /* a=msid; "" when none */
    bool rtcp_mux, rtcp_rsize, extmap_allow_mixed;
    /* RFC 8839; session-level values are copied down by the parser */
    char ice_ufrag[257], ice_pwd[257];
    bool trickle, end_of_candidates;
    char fingerprint_hash[16]; /* "sha-256", lower case */
    char fingerprint[200];     /* upper-case hex with colons */
    enum sdp_setup setup;
    bool simulcast_send, simulcast_receive;
    size_t codec_count, extension_count, ssrc_count, candidate_count, rid_count;
    /* Lists, last: nearly all of a section's size, and entries that are not used are not written.
     */
    struct sdp_codec codecs[SDP_CODECS_MAX];
    struct sdp_extension extensions[SDP_EXTENSIONS_MAX];
    struct sdp_ssrc ssrcs[SDP_SSRCS_MAX];
    char candidates[SDP_CANDIDATES_MAX][SDP_CANDIDATE_SIZE]; /* without "a=" */
    struct sdp_rid rids[SDP_RIDS_MAX];
};

struct sdp {
    char session_id[32];
    uint64_t session_version;
    bool ice_lite;
    bool bundle; /* a=group:BUNDLE present */
    size_t bundle_count;
    char bundle_mids[SDP_MEDIA_MAX][17];
    size_t media_count;
    struct sdp_media media[SDP_MEDIA_MAX];
};

/* Strict about lengths, counts, numbers and line form, deaf to unknown attributes. The failure
 * names the line. `ret_sdp` is large (about 700 KiB): borrow one (sdp_pool.h). */
MUST_CHECK enum status sdp_parse(const char *text, size_t size, struct sdp *ret_sdp,
                                 struct failure *failure);
/* CR LF line ends; session and media level as browsers write them. TOO_LARGE. */
MUST_CHECK enum status sdp_write(const struct sdp *sdp, struct buffer *out);

/* Begin a section: a copy of another one, or empty (NULL). */
void sdp_media_begin(struct sdp_media *media, const struct sdp_media *like);

/* NULL when absent. */
const struct sdp_media *sdp_find_mid(const struct sdp *sdp, const char *mid);
/* The mid stands in a=group:BUNDLE. */
bool sdp_is_bundled(const struct sdp *sdp, const char *mid);
/* NULL when absent. Names compare without case (RFC 8866 §6.6). */
const struct sdp_codec *sdp_find_codec(const struct sdp_media *media, const char *name);
const struct sdp_codec *sdp_find_rtx(const struct sdp_media *media, uint8_t payload_type);
/* Ids of the extensions of ours that this media section lists. */
void sdp_extension_map(const struct sdp_media *media, struct rtp_extension_map *ret_map);
/* The n-th RID that is used for simulcast in that direction, in order of a=rid; NULL: no more. */
const struct sdp_rid *sdp_simulcast_rid(const struct sdp_media *media, bool send, size_t n);

#endif
