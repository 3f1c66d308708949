#include "reference-server/media/media_answer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define COPY_TEXT(to, from) (snprintf((to), sizeof(to), "%s", (from)))
_Static_assert(SDP_RIDS_MAX >= MEDIA_ENCODINGS_MAX, "an answer names as many RIDs");
_Static_assert(SDP_MEDIA_MAX >= 2 + MEDIA_SLOTS_MAX, "a whole offer must fit");

enum section_role { ROLE_NONE, ROLE_OWN, ROLE_SLOT };

struct section {
    enum section_role role;
    enum media_kind kind;
    size_t slot; /* ROLE_SLOT: index into terms.slots */
};

struct plan {
    struct section sections[SDP_MEDIA_MAX];
};

static const size_t slots_per_kind[MEDIA_KINDS] = {[MEDIA_AUDIO] = 5, [MEDIA_VIDEO] = 6};

bool media_answer_continues(const struct sdp *offer, const struct media_terms *previous)
{
    return strcmp(offer->session_id, previous->session_id) == 0;
}

/* -- Which section is what -- */

static bool is_usable(const struct sdp_media *media)
{
    if (media->rejected)
        return false;
    return (media->kind == SDP_AUDIO && sdp_find_codec(media, "opus")) ||
           (media->kind == SDP_VIDEO && sdp_find_codec(media, "VP8"));
}

static struct slot_terms *find_slot(struct media_terms *terms, const char *mid)
{
    for (size_t i = 0; i < terms->slot_count; i++)
        if (strcmp(terms->slots[i].mid, mid) == 0)
            return &terms->slots[i];
    return NULL;
}

/* A slot that no earlier offer had. */
static enum status add_slot(const struct media_local *local, const struct sdp_media *media,
                            enum media_kind kind, struct media_terms *terms,
                            struct failure *failure)
{
    size_t pair = 0;

    for (size_t i = 0; i < terms->slot_count; i++)
        pair += terms->slots[i].kind == kind;
    if (pair >= slots_per_kind[kind])
        return failure_set(failure, STATUS_FULL, "offer: more than %zu receive-only %s sections",
                           slots_per_kind[kind], kind == MEDIA_VIDEO ? "video" : "audio");
    size_t at = terms->slot_count++;
    assert(at < MEDIA_SLOTS_MAX);
    struct slot_terms *slot = &terms->slots[at];
    slot->kind = kind;
    slot->pair = (unsigned)pair;
    slot->ssrc = local->ssrcs[1 + 2 * at];
    slot->rtx_ssrc = local->ssrcs[2 + 2 * at];
    COPY_TEXT(slot->mid, media->mid);
    return STATUS_OK;
}

/* The first section of a kind by which the client sends is its own, those by which it only
 * receives are slots. */
static enum status plan_section(const struct media_local *local, const struct sdp_media *media,
                                struct section *section, struct media_terms *terms,
                                struct failure *failure)
{
    enum media_kind kind = media->kind == SDP_VIDEO ? MEDIA_VIDEO : MEDIA_AUDIO;
    struct slot_terms *slot = find_slot(terms, media->mid);
    enum status status = STATUS_OK;

    section->kind = kind;
    if (!slot && !is_usable(media))
        return STATUS_OK;
    if (!slot && (media->direction & SDP_SENDONLY)) {
        if (terms->streams[kind].active)
            return STATUS_OK; /* a second camera has no use here */
        terms->streams[kind].active = true;
        section->role = ROLE_OWN;
        return STATUS_OK;
    }
    if (!slot && media->direction != SDP_RECVONLY)
        return STATUS_OK;
    if (!slot)
        status = add_slot(local, media, kind, terms, failure);
    section->role = ROLE_SLOT;
    section->slot = slot ? (size_t)(slot - terms->slots) : terms->slot_count - 1;
    return status;
}

/* -- What stays from offer to offer -- */

static void begin_terms(const struct media_local *local, const struct media_terms *previous,
                        struct media_terms *terms)
{
    memset(terms, 0, sizeof *terms);
    if (previous) {
        *terms = *previous;
        memset(terms->streams, 0, sizeof terms->streams);
        memset(&terms->extensions, 0, sizeof terms->extensions);
        terms->local_version++;
        return;
    }
    COPY_TEXT(terms->local_session_id, local->session_id);
    COPY_TEXT(terms->cname, local->cname);
    terms->feedback_ssrc = local->ssrcs[0];
    terms->local_version = 1;
}

/* The bundle's transport is described by its first usable section (RFC 8843 §7.1). */
static const struct sdp_media *find_transport_section(const struct sdp *offer)
{
    for (size_t i = 0; i < offer->media_count; i++)
        if (is_usable(&offer->media[i]))
            return &offer->media[i];
    return NULL;
}

static enum status take_transport(const struct sdp *offer, const struct media_local *local,
                                  struct media_terms *terms, struct failure *failure)
{
    const struct sdp_media *media = find_transport_section(offer);

    if (!media)
        return failure_set(failure, STATUS_INVALID, "offer: no section with Opus or VP8");
    if (media->fingerprint[0] != '\0' && strcmp(media->fingerprint_hash, "sha-256") != 0)
        return failure_set(failure, STATUS_UNSUPPORTED,
                           "offer: a=fingerprint with %s: only sha-256 is understood",
                           media->fingerprint_hash);
    /* RFC 8839 §5.4: new credentials of the peer ask for new ones of ours. */
    if (terms->ufrag[0] == '\0' || strcmp(terms->remote_ufrag, media->ice_ufrag) != 0 ||
        strcmp(terms->remote_pwd, media->ice_pwd) != 0) {
        COPY_TEXT(terms->ufrag, local->ufrag);
        COPY_TEXT(terms->pwd, local->pwd);
    }
    COPY_TEXT(terms->session_id, offer->session_id);
    COPY_TEXT(terms->remote_ufrag, media->ice_ufrag);
    COPY_TEXT(terms->remote_pwd, media->ice_pwd);
    COPY_TEXT(terms->remote_fingerprint, media->fingerprint);
    return STATUS_OK;
}

/* -- The answer -- */

static void describe_local(const struct media_local *local, const struct media_terms *terms,
                           struct sdp_local *sdp)
{
    memset(sdp, 0, sizeof *sdp);
    COPY_TEXT(sdp->session_id, terms->local_session_id);
    sdp->session_version = terms->local_version;
    COPY_TEXT(sdp->ice_ufrag, terms->ufrag);
    COPY_TEXT(sdp->ice_pwd, terms->pwd);
    COPY_TEXT(sdp->fingerprint_hash, "sha-256");
    COPY_TEXT(sdp->fingerprint, local->fingerprint);
    COPY_TEXT(sdp->cname, terms->cname);
    sdp->ice_lite = true;
    sdp->candidate_count = 1;
    /* RFC 8445 §5.1.2.1: host, the only one, component 1. */
    snprintf(sdp->candidates[0], sizeof sdp->candidates[0],
             "candidate:1 1 udp 2130706431 %s %u typ host", local->address, local->port);
}

static void describe_section(const struct section *section, const struct media_terms *terms,
                             struct sdp_transceiver *transceiver)
{
    const struct slot_terms *slot;

    transceiver->direction = SDP_INACTIVE;
    if (section->role == ROLE_OWN) {
        transceiver->direction = SDP_RECVONLY;
        transceiver->encoding_count = MEDIA_ENCODINGS_MAX;
    }
    if (section->role != ROLE_SLOT)
        return;
    slot = &terms->slots[section->slot];
    transceiver->direction = SDP_SENDONLY;
    transceiver->ssrc = slot->ssrc;
    transceiver->rtx_ssrc = slot->rtx_ssrc;
    snprintf(transceiver->stream_id, sizeof transceiver->stream_id, "slot-%u", slot->pair);
    snprintf(transceiver->track_id, sizeof transceiver->track_id, "slot-%u-%s", slot->pair,
             slot->kind == MEDIA_VIDEO ? "video" : "audio");
}

/* The bundle's first section speaks for its one transport, the others need not repeat it (RFC 8843
 * §7.3, RFC 8859): a fifth of a description that everybody reads who joins. Browsers want
 * a=rtcp-mux in each of them all the same. */
static void say_transport_once(struct sdp *answer)
{
    for (size_t i = 1; i < answer->bundle_count; i++) {
        struct sdp_media *media = (struct sdp_media *)sdp_find_mid(answer, answer->bundle_mids[i]);

        media->ice_ufrag[0] = media->ice_pwd[0] = '\0';
        media->fingerprint[0] = media->fingerprint_hash[0] = '\0';
        media->setup = SDP_SETUP_NONE;
    }
}

static enum status write_answer(const struct sdp *offer, const struct media_local *local,
                                const struct plan *plan, const struct media_terms *terms,
                                struct sdp *answer, struct failure *failure)
{
    struct sdp_transceiver transceivers[SDP_MEDIA_MAX];
    struct sdp_local sdp;

    memset(transceivers, 0, sizeof transceivers);
    describe_local(local, terms, &sdp);
    for (size_t i = 0; i < offer->media_count; i++)
        describe_section(&plan->sections[i], terms, &transceivers[i]);
    enum status status = sdp_make_answer(&sdp, offer, transceivers, offer->media_count,
                                         SDP_SETUP_PASSIVE, answer, failure);
    for (size_t i = 0; status == STATUS_OK && i < answer->media_count; i++)
        if (!answer->media[i].rejected && answer->media[i].setup != SDP_SETUP_PASSIVE)
            return failure_set(failure, STATUS_UNSUPPORTED,
                               "offer, section %zu (mid %s): a=setup:passive, but this server is "
                               "always the passive side",
                               i + 1, answer->media[i].mid);
    return status;
}

/* -- The terms -- */

static void take_stream(const struct sdp_agreed *agreed, struct stream_terms *stream)
{
    stream->active = agreed->active && agreed->may_receive && agreed->payload_type != 0;
    COPY_TEXT(stream->mid, agreed->mid);
    stream->payload_type = agreed->payload_type;
    stream->rtx_payload_type = agreed->rtx_payload_type;
    stream->clock_hz = agreed->clock_hz;
    stream->ssrc = agreed->remote_ssrc;
    stream->rtx_ssrc = agreed->remote_rtx_ssrc;
    stream->nack = agreed->nack;
    stream->pli = agreed->nack_pli;
    stream->encoding_count = stream->active;
    if (stream->active && agreed->rid_count > 1) {
        stream->encoding_count = agreed->rid_count;
        for (size_t i = 0; i < agreed->rid_count; i++)
            COPY_TEXT(stream->rids[i], agreed->rids[i]);
    }
}

static void take_slot(const struct sdp_agreed *agreed, struct slot_terms *slot)
{
    bool active = agreed->active && agreed->may_send;

    slot->payload_type = active ? agreed->payload_type : 0;
    slot->rtx_payload_type = active ? agreed->rtx_payload_type : 0;
    if (agreed->clock_hz != 0)
        slot->clock_hz = agreed->clock_hz;
    slot->extensions = agreed->extensions;
}

/* Within a bundle an id means the same everywhere (RFC 8843 §9.2). */
static void add_extensions(const struct rtp_extension_map *from, struct rtp_extension_map *into)
{
    for (size_t i = 0; i < RTP_EXTENSION_COUNT; i++)
        if (into->id[i] == 0)
            into->id[i] = from->id[i];
}

static enum status fill_terms(const struct sdp *offer, const struct sdp *answer,
                              const struct plan *plan, struct media_terms *terms,
                              struct failure *failure)
{
    struct sdp_agreed agreed[SDP_MEDIA_MAX];
    size_t count = 0;
    enum status status = sdp_agree(offer, answer, false, agreed, SDP_MEDIA_MAX, &count, failure);

    if (status != STATUS_OK)
        return status;
    terms->rtcp_rsize = true;
    for (size_t i = 0; i < count; i++) {
        const struct section *section = &plan->sections[i];
        if (agreed[i].active) {
            add_extensions(&agreed[i].extensions, &terms->extensions);
            terms->rtcp_rsize &= answer->media[i].rtcp_rsize;
        }
        if (section->role == ROLE_OWN)
            take_stream(&agreed[i], &terms->streams[section->kind]);
        if (section->role == ROLE_SLOT)
            take_slot(&agreed[i], &terms->slots[section->slot]);
    }
    return STATUS_OK;
}

static enum status check_slots_kept(const struct sdp *offer, const struct media_terms *previous,
                                    struct failure *failure)
{
    for (size_t i = 0; previous && i < previous->slot_count; i++)
        if (!sdp_find_mid(offer, previous->slots[i].mid))
            return failure_set(failure, STATUS_INVALID,
                               "offer: section with mid %s of the earlier offer is missing",
                               previous->slots[i].mid);
    return STATUS_OK;
}

enum status media_answer_make(const struct sdp *offer, const struct media_local *local,
                              const struct media_terms *previous, struct sdp *answer,
                              struct media_terms *ret_terms, struct failure *failure)
{
    struct plan plan = {0};
    struct media_terms terms;
    enum status status = check_slots_kept(offer, previous, failure);

    begin_terms(local, previous, &terms);
    if (status == STATUS_OK)
        status = take_transport(offer, local, &terms, failure);
    for (size_t i = 0; status == STATUS_OK && i < offer->media_count; i++)
        status = plan_section(local, &offer->media[i], &plan.sections[i], &terms, failure);
    if (status == STATUS_OK)
        status = write_answer(offer, local, &plan, &terms, answer, failure);
    if (status == STATUS_OK)
        status = fill_terms(offer, answer, &plan, &terms, failure);
    if (status != STATUS_OK)
        return status;
    say_transport_once(answer);
    *ret_terms = terms;
    return STATUS_OK;
}
