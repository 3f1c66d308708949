#include "common/webrtc/sdp/sdp_negotiate.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PROTOCOL "UDP/TLS/RTP/SAVPF"

/* What this side can do, one row per kind: the offer is made of it and answers are cut to it. */
static const struct capability {
    enum sdp_kind kind;
    struct sdp_codec codec, rtx;
} capabilities[] = {
    {SDP_AUDIO,
     {.payload_type = 111,
      .name = "opus", /* RFC 7587 §7: always 48000/2 */
      .clock_hz = 48000,
      .channels = 2,
      .parameters = "minptime=10;useinbandfec=1",
      .transport_cc = true},
     {.payload_type = 0}},
    {SDP_VIDEO,
     {.payload_type = 96,
      .name = "VP8",
      .clock_hz = 90000,
      .channels = 1,
      .nack = true,
      .nack_pli = true,
      .ccm_fir = true,
      .transport_cc = true,
      .goog_remb = true},
     {.payload_type = 97, .name = "rtx", .clock_hz = 90000, .channels = 1, .rtx_for = 96}},
};

static const struct capability *find_capability(enum sdp_kind kind)
{
    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++) {
        if (capabilities[i].kind == kind) {
            return &capabilities[i];
        }
    }
    return NULL;
}

static bool wants_extension(enum sdp_kind kind, bool simulcast, enum rtp_extension extension)
{
    switch (extension) {
    case RTP_EXTENSION_MID:
    case RTP_EXTENSION_ABS_SEND_TIME:
    case RTP_EXTENSION_TRANSPORT_CC:
    case RTP_EXTENSION_ABS_CAPTURE_TIME:
        return true;
    case RTP_EXTENSION_AUDIO_LEVEL:
        return kind == SDP_AUDIO;
    case RTP_EXTENSION_RID:
    case RTP_EXTENSION_REPAIRED_RID:
        return simulcast;
    default:
        return false;
    }
}

/* Texts of the same or a larger size, checked by the caller's struct. */
#define COPY_TEXT(to, from) (snprintf((to), sizeof(to), "%s", (from)))

static void add_codec(struct sdp_media *media, const struct sdp_codec *codec)
{
    assert(media->codec_count < SDP_CODECS_MAX);
    media->codecs[media->codec_count++] = *codec;
}

static void add_rtx(struct sdp_media *media, const struct sdp_codec *rtx, uint8_t payload_type,
                    uint8_t repaired)
{
    struct sdp_codec codec = *rtx;
    codec.payload_type = payload_type;
    codec.rtx_for = repaired;
    snprintf(codec.parameters, sizeof codec.parameters, "apt=%u", repaired);
    add_codec(media, &codec);
}

static void add_extension(struct sdp_media *media, unsigned id, const char *uri)
{
    struct sdp_extension *extension = &media->extensions[media->extension_count++];
    extension->id = (uint8_t)id;
    COPY_TEXT(extension->uri, uri);
}

static void set_session(struct sdp *sdp, const struct sdp_local *local)
{
    memset(sdp, 0, offsetof(struct sdp, media)); /* sections are cleared one by one: few are used */
    COPY_TEXT(sdp->session_id, local->session_id);
    sdp->session_version = local->session_version;
    sdp->ice_lite = local->ice_lite;
    sdp->bundle = true;
}

static void set_transport(struct sdp_media *media, const struct sdp_local *local,
                          enum sdp_setup setup)
{
    COPY_TEXT(media->ice_ufrag, local->ice_ufrag);
    COPY_TEXT(media->ice_pwd, local->ice_pwd);
    COPY_TEXT(media->fingerprint_hash, local->fingerprint_hash);
    COPY_TEXT(media->fingerprint, local->fingerprint);
    media->trickle = local->trickle;
    media->setup = setup;
    media->rtcp_mux = true;
}

/* Stream names and SSRCs of a section that sends. */
static void set_sender(struct sdp_media *media, const struct sdp_local *local,
                       const struct sdp_transceiver *transceiver, bool with_rtx)
{
    if ((media->direction & SDP_SENDONLY) == 0) {
        return;
    }
    COPY_TEXT(media->stream_id, transceiver->stream_id);
    COPY_TEXT(media->track_id, transceiver->track_id);
    if (transceiver->ssrc != 0 && !media->simulcast_send) {
        struct sdp_ssrc *ssrc = &media->ssrcs[media->ssrc_count++];
        ssrc->ssrc = transceiver->ssrc;
        ssrc->rtx_ssrc = with_rtx ? transceiver->rtx_ssrc : 0;
        COPY_TEXT(ssrc->cname, local->cname);
    }
}

static void add_simulcast(struct sdp_media *media, const char *id, bool send)
{
    struct sdp_rid *rid = &media->rids[media->rid_count++];
    *rid = (struct sdp_rid){.send = send, .simulcast = true};
    COPY_TEXT(rid->id, id);
    if (send) {
        media->simulcast_send = true;
    } else {
        media->simulcast_receive = true;
    }
}

static void offer_simulcast(const struct sdp_transceiver *transceiver, struct sdp_media *media)
{
    assert(transceiver->encoding_count <= SDP_RIDS_MAX);
    if (transceiver->kind != SDP_VIDEO || transceiver->encoding_count < 2 ||
        (transceiver->direction & SDP_SENDONLY) == 0) {
        return;
    }
    for (size_t i = 0; i < transceiver->encoding_count; i++) {
        add_simulcast(media, transceiver->rids[i], true);
    }
}

/* What one side would send the other receives; both ways at once is nobody's wish. */
static void answer_simulcast(const struct sdp_media *offered,
                             const struct sdp_transceiver *transceiver, struct sdp_media *media)
{
    bool send = (media->direction & SDP_SENDONLY) != 0 && offered->simulcast_receive;
    const struct sdp_rid *rid;
    struct rtp_extension_map map;
    sdp_extension_map(offered, &map); /* without RIDs in packets nobody could tell them apart */
    if (media->kind != SDP_VIDEO || transceiver->encoding_count < 2 ||
        map.id[RTP_EXTENSION_RID] == 0 || (!send && (media->direction & SDP_RECVONLY) == 0)) {
        return;
    }
    for (size_t i = 0;
         i < transceiver->encoding_count && (rid = sdp_simulcast_rid(offered, !send, i)) != NULL;
         i++) {
        add_simulcast(media, rid->id, send);
    }
}

/* The bundle's first section carries the candidates of its one transport. */
static void add_to_bundle(struct sdp *sdp, struct sdp_media *media, const struct sdp_local *local)
{
    if (sdp->bundle_count == 0) {
        media->candidate_count = local->candidate_count;
        memcpy(media->candidates, local->candidates,
               media->candidate_count * sizeof media->candidates[0]);
        media->end_of_candidates = !local->trickle;
    }
    memcpy(sdp->bundle_mids[sdp->bundle_count], media->mid, sizeof media->mid);
    sdp->bundle_count++;
}

static void offer_section(const struct sdp_local *local, const struct sdp_transceiver *transceiver,
                          struct sdp *offer)
{
    const struct capability *capability = find_capability(transceiver->kind);
    assert(capability != NULL && offer->media_count < SDP_MEDIA_MAX);
    struct sdp_media *media = &offer->media[offer->media_count++];
    sdp_media_begin(media, NULL);
    media->kind = transceiver->kind;
    media->direction = transceiver->direction;
    media->rtcp_rsize = true;
    COPY_TEXT(media->protocol, PROTOCOL);
    COPY_TEXT(media->mid, transceiver->mid);
    set_transport(media, local, SDP_SETUP_ACTPASS);
    add_codec(media, &capability->codec);
    if (capability->rtx.payload_type != 0) {
        add_rtx(media, &capability->rtx, capability->rtx.payload_type, capability->rtx.rtx_for);
    }
    offer_simulcast(transceiver, media);
    /* One id per extension in all sections, as a bundle demands (RFC 8843 §9.1). */
    for (unsigned i = 0; i < RTP_EXTENSION_COUNT; i++) {
        if (wants_extension(media->kind, media->rid_count > 0, (enum rtp_extension)i)) {
            add_extension(media, i + 1, rtp_extension_uri((enum rtp_extension)i));
        }
    }
    set_sender(media, local, transceiver, true);
    add_to_bundle(offer, media, local);
}

void sdp_make_offer(const struct sdp_local *local, const struct sdp_transceiver *transceivers,
                    size_t count, struct sdp *ret_offer)
{
    set_session(ret_offer, local);
    for (size_t i = 0; i < count; i++) {
        offer_section(local, &transceivers[i], ret_offer);
    }
}

static const struct sdp_codec *find_common(const struct sdp_media *offered,
                                           const struct capability *capability)
{
    for (size_t i = 0; i < offered->codec_count; i++) {
        const struct sdp_codec *codec = &offered->codecs[i];
        if (strcasecmp(codec->name, capability->codec.name) == 0 &&
            codec->clock_hz == capability->codec.clock_hz &&
            codec->channels == capability->codec.channels) {
            return codec;
        }
    }
    return NULL;
}

/* The codec to answer with, or NULL: the section cannot be used. */
static const struct sdp_codec *usable_codec(const struct sdp *offer,
                                            const struct sdp_media *offered)
{
    const struct capability *capability = find_capability(offered->kind);
    /* Of the names for RTP over DTLS all with feedback mean the same to us (RFC 8829 §5.1.2). */
    if (capability == NULL || offered->rejected || !sdp_is_bundled(offer, offered->mid) ||
        strstr(offered->protocol, "RTP/SAVPF") == NULL) {
        return NULL;
    }
    return find_common(offered, capability);
}

static void reject_section(const struct sdp_media *offered, struct sdp_media *media)
{
    media->kind = offered->kind;
    media->rejected = true;
    media->direction = SDP_INACTIVE;
    COPY_TEXT(media->other_name, offered->other_name);
    COPY_TEXT(media->protocol, offered->protocol);
    COPY_TEXT(media->mid, offered->mid);
    /* The m= line repeats the offer's formats, which mean nothing now (RFC 3264 §6). */
    for (size_t i = 0; i < offered->codec_count; i++) {
        struct sdp_codec codec = {.payload_type = offered->codecs[i].payload_type, .channels = 1};
        add_codec(media, &codec);
    }
}

static enum sdp_direction reverse(enum sdp_direction direction)
{
    return (enum sdp_direction)((direction & SDP_SENDONLY ? SDP_RECVONLY : 0) |
                                (direction & SDP_RECVONLY ? SDP_SENDONLY : 0));
}

static bool answer_codecs(const struct sdp_media *offered, const struct sdp_codec *codec,
                          struct sdp_media *media)
{
    const struct capability *capability = find_capability(offered->kind);
    struct sdp_codec chosen = capability->codec;
    chosen.payload_type = codec->payload_type;
    chosen.nack &= codec->nack;
    chosen.nack_pli &= codec->nack_pli;
    chosen.ccm_fir &= codec->ccm_fir;
    chosen.transport_cc &= codec->transport_cc;
    chosen.goog_remb &= codec->goog_remb;
    add_codec(media, &chosen);
    const struct sdp_codec *rtx = sdp_find_rtx(offered, codec->payload_type);
    /* RFC 4588 §8.1: rtx runs on the clock of what it repairs. */
    if (rtx == NULL || capability->rtx.payload_type == 0 || rtx->clock_hz != codec->clock_hz) {
        return false;
    }
    add_rtx(media, &capability->rtx, rtx->payload_type, codec->payload_type);
    return true;
}

static void answer_extensions(const struct sdp_media *offered, struct sdp_media *media)
{
    struct rtp_extension_map map;
    sdp_extension_map(offered, &map);
    for (unsigned i = 0; i < RTP_EXTENSION_COUNT; i++) {
        if (map.id[i] != 0 &&
            wants_extension(media->kind, media->rid_count > 0, (enum rtp_extension)i)) {
            add_extension(media, map.id[i], rtp_extension_uri((enum rtp_extension)i));
        }
    }
}

/* RFC 5763 §5; without a=setup the offerer is the active side (RFC 4145 §4.1). */
static enum sdp_setup answer_setup(enum sdp_setup offered, enum sdp_setup wanted)
{
    switch (offered) {
    case SDP_SETUP_ACTPASS:
        return wanted;
    case SDP_SETUP_PASSIVE:
        return SDP_SETUP_ACTIVE;
    default:
        return SDP_SETUP_PASSIVE;
    }
}

static void answer_section(const struct sdp_local *local, const struct sdp_media *offered,
                           const struct sdp_transceiver *transceiver, const struct sdp_codec *codec,
                           enum sdp_setup setup, struct sdp_media *media)
{
    media->kind = offered->kind;
    media->direction =
        transceiver == NULL
            ? SDP_INACTIVE
            : (enum sdp_direction)(transceiver->direction & reverse(offered->direction));
    media->rtcp_rsize = offered->rtcp_rsize;
    COPY_TEXT(media->protocol, offered->protocol);
    COPY_TEXT(media->mid, offered->mid);
    set_transport(media, local, answer_setup(offered->setup, setup));
    bool with_rtx = answer_codecs(offered, codec, media);
    if (transceiver != NULL) {
        answer_simulcast(offered, transceiver, media);
    }
    answer_extensions(offered, media);
    if (transceiver != NULL) {
        set_sender(media, local, transceiver, with_rtx);
    }
}

/* What a usable section must bring; NULL: nothing is missing. */
static const char *find_missing(const struct sdp_media *offered)
{
    if (!offered->rtcp_mux) {
        return "no a=rtcp-mux";
    }
    if (offered->fingerprint[0] == '\0') {
        return "no a=fingerprint";
    }
    if (offered->ice_ufrag[0] == '\0' || offered->ice_pwd[0] == '\0') {
        return "no a=ice-ufrag or a=ice-pwd";
    }
    return NULL;
}

/* The bundle keeps the offer's order: its first accepted section is the tagged one. */
static void answer_bundle(const struct sdp_local *local, const struct sdp *offer,
                          struct sdp *answer)
{
    for (size_t i = 0; i < offer->bundle_count; i++) {
        struct sdp_media *media = (struct sdp_media *)sdp_find_mid(answer, offer->bundle_mids[i]);
        if (media != NULL && !media->rejected && !sdp_is_bundled(answer, media->mid)) {
            add_to_bundle(answer, media, local);
        }
    }
}

enum status sdp_make_answer(const struct sdp_local *local, const struct sdp *offer,
                            const struct sdp_transceiver *transceivers, size_t count,
                            enum sdp_setup setup, struct sdp *ret_answer, struct failure *failure)
{
    assert(setup == SDP_SETUP_ACTIVE || setup == SDP_SETUP_PASSIVE);
    if (!offer->bundle) {
        return failure_set(failure, STATUS_INVALID, "offer without a=group:BUNDLE");
    }
    bool answers_any = false;
    for (size_t i = 0; i < offer->media_count; i++) {
        const struct sdp_media *offered = &offer->media[i];
        bool usable = usable_codec(offer, offered) != NULL;
        const char *missing = usable ? find_missing(offered) : NULL;
        if (missing != NULL) {
            return failure_set(failure, STATUS_INVALID, "offer, section %zu (mid %s): %s", i + 1,
                               offered->mid, missing);
        }
        answers_any |= usable;
    }
    if (!answers_any) {
        return failure_set(failure, STATUS_INVALID,
                           "offer without a section that can be answered (Opus or VP8, bundled)");
    }
    set_session(ret_answer, local);
    ret_answer->media_count = offer->media_count;
    for (size_t i = 0; i < offer->media_count; i++) {
        const struct sdp_media *offered = &offer->media[i];
        const struct sdp_codec *codec = usable_codec(offer, offered);
        sdp_media_begin(&ret_answer->media[i], NULL);
        if (codec == NULL) {
            reject_section(offered, &ret_answer->media[i]);
        } else {
            answer_section(local, offered, i < count ? &transceivers[i] : NULL, codec, setup,
                           &ret_answer->media[i]);
        }
    }
    answer_bundle(local, offer, ret_answer);
    return STATUS_OK;
}
