/* Offers and answers by JSEP's rules (RFC 8829 §5.2–5.3, RFC 3264, RFC 8843 BUNDLE) over plain
 * descriptions. Pure: no sockets, no clock; credentials and SSRCs are given in. */
#ifndef CASELOAD_SDP_NEGOTIATE_H
#define CASELOAD_SDP_NEGOTIATE_H

#include "common/webrtc/sdp/sdp.h"

/* What one side brings to every description it writes. */
struct sdp_local {
    char session_id[32];
    uint64_t session_version; /* raised by the caller for each new description */
    char ice_ufrag[33], ice_pwd[65];
    char fingerprint_hash[16], fingerprint[200];
    bool ice_lite;
    bool trickle;
    size_t candidate_count;
    char candidates[SDP_CANDIDATES_MAX][SDP_CANDIDATE_SIZE];
    char cname[64];
};

/* One m= section that this side wants, in order of the offer. */
struct sdp_transceiver {
    enum sdp_kind kind;
    char mid[17];
    enum sdp_direction direction;
    char stream_id[64], track_id[64];
    uint32_t ssrc, rtx_ssrc; /* 0: none written */
    /* Simulcast of video (RFC 8853); 0 and 1: none. An offer to send names `rids`, best first, and
     * no SSRCs: streams are told apart by their RID (RFC 8852). An answer takes over the first so
     * many of the RIDs that the offer would send, or would receive when this side sends. */
    size_t encoding_count;
    char rids[SDP_RIDS_MAX][17];
};

/* Offer: VP8 (96) with rtx (97), Opus (111, `minptime=10;useinbandfec=1`), feedback nack, nack pli,
 * ccm fir, transport-cc, goog-remb on video and transport-cc on audio; extensions MID, audio level,
 * abs-send-time, transport-cc, abs-capture-time; BUNDLE, rtcp-mux, rtcp-rsize, a=setup:actpass. */
void sdp_make_offer(const struct sdp_local *local, const struct sdp_transceiver *transceivers,
                    size_t count, struct sdp *ret_offer);

/* Answer section by section. `transceivers[i]` says what this side does with offer section i
 * (its direction is masked by the offer's; `kind` is taken from the offer); sections beyond `count`
 * are answered inactive, unusable ones (no common codec, unknown kind) rejected. Codecs keep the
 * offer's payload types; extension ids are the offerer's. `setup` is the role taken when the offer
 * says actpass. INVALID with the culprit: no BUNDLE, no rtcp-mux, no fingerprint, no ICE
 * credentials, an offer that answers no section. */
MUST_CHECK enum status sdp_make_answer(const struct sdp_local *local, const struct sdp *offer,
                                       const struct sdp_transceiver *transceivers, size_t count,
                                       enum sdp_setup setup, struct sdp *ret_answer,
                                       struct failure *failure);

/* What both sides agreed for one section, from the point of view of `local_is_offerer`. */
struct sdp_agreed {
    bool active; /* not rejected, in the bundle */
    enum sdp_kind kind;
    char mid[17];
    bool may_send, may_receive;
    uint8_t payload_type;     /* of VP8 or Opus; 0 when none in common */
    uint8_t rtx_payload_type; /* 0: no rtx */
    uint32_t clock_hz;
    bool nack, nack_pli, ccm_fir, transport_cc, goog_remb;
    uint32_t remote_ssrc, remote_rtx_ssrc; /* 0: not signalled */
    /* Simulcast by RID, in order of the offer: of what this side sends, or else receives. */
    uint8_t rid_count; /* 0: none */
    char rids[SDP_RIDS_MAX][17];
    struct rtp_extension_map extensions;
};

/* Fill one entry per section of the answer; the count is returned. INVALID: the answer does not fit
 * its offer (sections, mids, kinds, payload types not offered), with the culprit. */
MUST_CHECK enum status sdp_agree(const struct sdp *offer, const struct sdp *answer,
                                 bool local_is_offerer, struct sdp_agreed *ret_agreed,
                                 size_t agreed_max, size_t *ret_count, struct failure *failure);

#endif
