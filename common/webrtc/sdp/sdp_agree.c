#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/webrtc/sdp/sdp_negotiate.h"

static const struct sdp_codec *find_payload_type(const struct sdp_media *media, uint8_t type)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (media->codecs[i].payload_type == type) {
            return &media->codecs[i];
        }
    }
    return NULL;
}

/* Every codec and extension of the answer must be the offer's, under the offer's number. */
static const char *find_stranger(const struct sdp_media *offered, const struct sdp_media *answered)
{
    for (size_t i = 0; i < answered->codec_count; i++) {
        const struct sdp_codec *codec = &answered->codecs[i];
        const struct sdp_codec *match = find_payload_type(offered, codec->payload_type);
        if (match == NULL || strcasecmp(match->name, codec->name) != 0 ||
            match->clock_hz != codec->clock_hz) {
            return "answers with a payload type that was not offered";
        }
        if (match->rtx_for != codec->rtx_for) {
            return "answers with an rtx for another codec than offered";
        }
    }
    struct rtp_extension_map offered_map, answered_map;
    sdp_extension_map(offered, &offered_map);
    sdp_extension_map(answered, &answered_map);
    for (size_t i = 0; i < RTP_EXTENSION_COUNT; i++) {
        if (answered_map.id[i] != 0 && answered_map.id[i] != offered_map.id[i]) {
            return "answers with a header extension under an id that was not offered";
        }
    }
    return NULL;
}

/* An answer may only give and take what the offer takes and gives (RFC 3264 §6.1). */
static bool direction_fits(enum sdp_direction offered, enum sdp_direction answered)
{
    return (!(answered & SDP_SENDONLY) || (offered & SDP_RECVONLY)) &&
           (!(answered & SDP_RECVONLY) || (offered & SDP_SENDONLY));
}

/* RFC 5763 §5: the answer decides the role, and only as far as the offer left it open. */
static bool setup_fits(enum sdp_setup offered, enum sdp_setup answered)
{
    if (answered == SDP_SETUP_ACTIVE) {
        return offered == SDP_SETUP_ACTPASS || offered == SDP_SETUP_PASSIVE;
    }
    return answered == SDP_SETUP_PASSIVE && offered != SDP_SETUP_PASSIVE;
}

/* NULL: section `answered` fits its offer. */
static const char *find_mismatch(const struct sdp *offer, const struct sdp_media *offered,
                                 const struct sdp *answer, const struct sdp_media *answered)
{
    if (answered->kind != offered->kind || strcmp(answered->other_name, offered->other_name) != 0) {
        return "is of another kind than its offer";
    }
    if (answered->rejected) {
        return NULL;
    }
    if (offered->rejected) {
        return "accepts what the offer closed";
    }
    if (strcmp(answered->mid, offered->mid) != 0) {
        return "has another mid than its offer";
    }
    if (!sdp_is_bundled(answer, answered->mid)) {
        return NULL; /* accepted outside the bundle: not used by us */
    }
    if (!sdp_is_bundled(offer, answered->mid)) {
        return "joins a bundle that was not offered for it";
    }
    if (!answered->rtcp_mux) {
        return "has no a=rtcp-mux";
    }
    if (answered->fingerprint[0] == '\0' || answered->ice_ufrag[0] == '\0' ||
        answered->ice_pwd[0] == '\0') {
        return "has no fingerprint or no ICE credentials";
    }
    if (!direction_fits(offered->direction, answered->direction)) {
        return "has a direction that the offer does not allow";
    }
    if (!setup_fits(offered->setup, answered->setup)) {
        return "has an a=setup that the offer does not allow";
    }
    return find_stranger(offered, answered);
}

static const struct sdp_codec *find_ours(const struct sdp_media *media)
{
    if (media->kind == SDP_AUDIO) {
        return sdp_find_codec(media, "opus");
    }
    return media->kind == SDP_VIDEO ? sdp_find_codec(media, "VP8") : NULL;
}

static void agree_codec(const struct sdp_media *offered, const struct sdp_media *answered,
                        struct sdp_agreed *agreed)
{
    const struct sdp_codec *codec = find_ours(answered);
    if (codec == NULL) {
        return;
    }
    const struct sdp_codec *match = find_payload_type(offered, codec->payload_type);
    agreed->payload_type = codec->payload_type;
    agreed->clock_hz = codec->clock_hz;
    agreed->nack = codec->nack && match->nack;
    agreed->nack_pli = codec->nack_pli && match->nack_pli;
    agreed->ccm_fir = codec->ccm_fir && match->ccm_fir;
    agreed->transport_cc = codec->transport_cc && match->transport_cc;
    agreed->goog_remb = codec->goog_remb && match->goog_remb;
    const struct sdp_codec *rtx = sdp_find_rtx(answered, codec->payload_type);
    agreed->rtx_payload_type = rtx != NULL ? rtx->payload_type : 0;
}

static bool has_rid(const struct sdp_media *media, bool send, const char *id)
{
    const struct sdp_rid *rid;
    for (size_t i = 0; (rid = sdp_simulcast_rid(media, send, i)) != NULL; i++) {
        if (strcmp(rid->id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* The RIDs of the offer to which the answer says the opposite. */
static void agree_rids(const struct sdp_media *offered, const struct sdp_media *answered,
                       bool offerer_sends, struct sdp_agreed *agreed)
{
    const struct sdp_rid *rid;
    for (size_t i = 0; (rid = sdp_simulcast_rid(offered, offerer_sends, i)) != NULL; i++) {
        if (has_rid(answered, !offerer_sends, rid->id)) {
            memcpy(agreed->rids[agreed->rid_count++], rid->id, sizeof rid->id);
        }
    }
}

static void agree_simulcast(const struct sdp_media *offered, const struct sdp_media *answered,
                            bool local_is_offerer, struct sdp_agreed *agreed)
{
    if (agreed->may_send) {
        agree_rids(offered, answered, local_is_offerer, agreed);
    }
    if (agreed->may_receive && agreed->rid_count == 0) {
        agree_rids(offered, answered, !local_is_offerer, agreed);
    }
}

static void agree_section(const struct sdp_media *offered, const struct sdp_media *answered,
                          bool active, bool local_is_offerer, struct sdp_agreed *agreed)
{
    memset(agreed, 0, sizeof *agreed);
    agreed->kind = offered->kind;
    snprintf(agreed->mid, sizeof agreed->mid, "%s", offered->mid);
    agreed->active = active;
    if (!active) {
        return;
    }
    /* The answer's direction is the answerer's. */
    bool answerer_sends = (answered->direction & SDP_SENDONLY) != 0;
    bool answerer_receives = (answered->direction & SDP_RECVONLY) != 0;
    agreed->may_send = local_is_offerer ? answerer_receives : answerer_sends;
    agreed->may_receive = local_is_offerer ? answerer_sends : answerer_receives;
    agree_codec(offered, answered, agreed);
    sdp_extension_map(answered, &agreed->extensions);
    agree_simulcast(offered, answered, local_is_offerer, agreed);
    const struct sdp_media *remote = local_is_offerer ? answered : offered;
    if (remote->ssrc_count > 0) {
        agreed->remote_ssrc = remote->ssrcs[0].ssrc;
        agreed->remote_rtx_ssrc = remote->ssrcs[0].rtx_ssrc;
    }
}

enum status sdp_agree(const struct sdp *offer, const struct sdp *answer, bool local_is_offerer,
                      struct sdp_agreed *ret_agreed, size_t agreed_max, size_t *ret_count,
                      struct failure *failure)
{
    if (answer->media_count != offer->media_count) {
        return failure_set(failure, STATUS_INVALID, "answer has %zu sections, its offer %zu",
                           answer->media_count, offer->media_count);
    }
    if (answer->media_count > agreed_max) {
        return failure_set(failure, STATUS_TOO_LARGE, "answer has %zu sections, the limit is %zu",
                           answer->media_count, agreed_max);
    }
    for (size_t i = 0; i < answer->media_count; i++) {
        const struct sdp_media *answered = &answer->media[i];
        const char *mismatch = find_mismatch(offer, &offer->media[i], answer, answered);
        if (mismatch != NULL) {
            return failure_set(failure, STATUS_INVALID, "answer, section %zu (mid %s): %s", i + 1,
                               offer->media[i].mid, mismatch);
        }
    }
    for (size_t i = 0; i < answer->media_count; i++) {
        const struct sdp_media *answered = &answer->media[i];
        bool active = !answered->rejected && sdp_is_bundled(answer, answered->mid);
        agree_section(&offer->media[i], answered, active, local_is_offerer, &ret_agreed[i]);
    }
    *ret_count = answer->media_count;
    return STATUS_OK;
}
