#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/webrtc/endpoint_private.h"
#include "common/webrtc/sdp/sdp_pool.h"

#define CHECKS_DEADLINE_US (30 * US_PER_S)

struct descriptions {
    struct sdp *offer, *answer;
};

static void release(struct descriptions *both)
{
    sdp_give_back(both->offer);
    sdp_give_back(both->answer);
}

static enum status acquire(struct descriptions *both, struct failure *failure)
{
    both->offer = sdp_borrow();
    both->answer = sdp_borrow();
    if (both->offer != NULL && both->answer != NULL)
        return STATUS_OK;
    return failure_set(failure, STATUS_NO_MEMORY, "no memory for a description");
}

/* -- Our side -- */

static void describe_self(const struct endpoint *endpoint, struct sdp_local *local)
{
    memset(local, 0, sizeof(*local));
    snprintf(local->session_id, sizeof(local->session_id), "%s", endpoint->session_id);
    local->session_version = endpoint->session_version;
    snprintf(local->ice_ufrag, sizeof(local->ice_ufrag), "%s", ice_client_ufrag(&endpoint->ice));
    snprintf(local->ice_pwd, sizeof(local->ice_pwd), "%s", ice_client_pwd(&endpoint->ice));
    snprintf(local->fingerprint_hash, sizeof(local->fingerprint_hash), "sha-256");
    snprintf(local->fingerprint, sizeof(local->fingerprint), "%s",
             certificate_fingerprint(endpoint->certificate));
    local->trickle = true;
    snprintf(local->cname, sizeof(local->cname), "%s", endpoint->cname);
    for (size_t i = 0; i < endpoint->candidate_count; i++)
        snprintf(local->candidates[local->candidate_count++], SDP_CANDIDATE_SIZE, "%s",
                 endpoint->candidates[i]);
}

static void describe_track(const struct endpoint *endpoint, const struct track *track,
                           struct sdp_transceiver *transceiver)
{
    memset(transceiver, 0, sizeof(*transceiver));
    transceiver->kind = track->agreed.kind;
    snprintf(transceiver->mid, sizeof(transceiver->mid), "%s", track->agreed.mid);
    transceiver->direction = track->wanted;
    /* One stream: audio and video of one person belong together (lip sync). */
    snprintf(transceiver->stream_id, sizeof(transceiver->stream_id), "stream-%s",
             endpoint->session_id);
    snprintf(transceiver->track_id, sizeof(transceiver->track_id), "track-%s-%zu",
             endpoint->session_id, track->index);
    transceiver->ssrc = track->ssrc;
    transceiver->rtx_ssrc = track->agreed.kind == SDP_VIDEO ? track->rtx_ssrc : 0;
    for (size_t i = 0; track->rid[0] != '\0' && i < endpoint_sender_count(endpoint); i++) {
        const struct track *sender = endpoint_sender(endpoint, i);

        if (sender->index == track->index)
            memcpy(transceiver->rids[transceiver->encoding_count++], sender->rid,
                   sizeof(sender->rid));
    }
}

static void describe_tracks(const struct endpoint *endpoint, struct sdp_transceiver *transceivers)
{
    for (size_t i = 0; i < endpoint->track_count; i++)
        describe_track(endpoint, endpoint->tracks[i], &transceivers[i]);
}

static enum status write_description(struct endpoint *endpoint, const struct sdp *sdp,
                                     struct failure *failure)
{
    enum status status;

    buffer_clear(&endpoint->description);
    status = sdp_write(sdp, &endpoint->description);
    if (status != STATUS_OK)
        return failure_set(failure, status, "the description does not fit into %d bytes",
                           SDP_TEXT_MAX);
    return STATUS_OK;
}

/* The agent with its candidates, or with new credentials: what comes of it stands in the
 * description. */
static enum status prepare_ice(struct endpoint *endpoint, bool controlling, bool remote_lite,
                               bool restart, struct failure *failure)
{
    enum status status = STATUS_OK;

    endpoint->collecting = true;
    if (!ice_client_exists(&endpoint->ice)) {
        status = endpoint_create_ice(endpoint, controlling, remote_lite, failure);
    } else if (restart) {
        endpoint_forget_candidates(endpoint);
        status = ice_client_restart(&endpoint->ice);
        endpoint->ice_restarting = true;
        if (status != STATUS_OK)
            failure_set(failure, status, "ICE: libnice refused a restart");
    }
    endpoint->collecting = false;
    return status;
}

static enum status agree(struct endpoint *endpoint, const struct descriptions *both,
                         bool local_is_offerer, struct sdp_agreed *agreed, struct failure *failure)
{
    size_t count = 0;
    enum status status = sdp_agree(both->offer, both->answer, local_is_offerer, agreed,
                                   ENDPOINT_TRACKS_MAX, &count, failure);

    if (status != STATUS_OK)
        return status;
    if (count != endpoint->track_count)
        return failure_set(failure, STATUS_INVALID, "%zu sections agreed, %zu known", count,
                           endpoint->track_count);
    endpoint->rtcp_rsize =
        count > 0 && both->offer->media[0].rtcp_rsize && both->answer->media[0].rtcp_rsize;
    return STATUS_OK;
}

/* -- The peer's side -- */

/* The section that speaks for the bundle: the first that is in use. */
static const struct sdp_media *find_transport(const struct sdp *remote,
                                              const struct sdp_agreed *agreed)
{
    for (size_t i = 0; i < remote->media_count; i++)
        if (agreed[i].active)
            return &remote->media[i];
    return NULL;
}

static enum status take_fingerprint(struct endpoint *endpoint, const struct sdp_media *media,
                                    struct failure *failure)
{
    if (strcmp(media->fingerprint_hash, "sha-256") != 0 ||
        strlen(media->fingerprint) >= sizeof(endpoint->remote_fingerprint))
        return failure_set(failure, STATUS_UNSUPPORTED,
                           "the peer's fingerprint is %s, only sha-256 is understood",
                           media->fingerprint_hash);
    if (endpoint->remote_fingerprint[0] != '\0' &&
        strcmp(endpoint->remote_fingerprint, media->fingerprint) != 0)
        return failure_set(failure, STATUS_UNSUPPORTED,
                           "the peer changed its fingerprint: a new DTLS association is needed");
    snprintf(endpoint->remote_fingerprint, sizeof endpoint->remote_fingerprint, "%s",
             media->fingerprint);
    return STATUS_OK;
}

static void give_candidates(struct endpoint *endpoint, const struct sdp *remote,
                            const struct sdp_agreed *agreed)
{
    bool ended = remote->ice_lite; /* a lite agent has said all it has (RFC 8445 §4.2) */

    for (size_t i = 0; i < remote->media_count; i++) {
        const struct sdp_media *media = &remote->media[i];

        if (!agreed[i].active)
            continue;
        ended |= media->end_of_candidates || !media->trickle;
        for (size_t k = 0; k < media->candidate_count; k++)
            endpoint_give_candidate(endpoint, media->candidates[k]);
    }
    endpoint_give_early_candidates(endpoint);
    if (ended)
        endpoint_give_candidate(endpoint, NULL);
}

static bool same_credentials(const struct endpoint *endpoint, const struct sdp_media *media)
{
    return strcmp(endpoint->remote_ufrag, media->ice_ufrag) == 0 &&
           strcmp(endpoint->remote_pwd, media->ice_pwd) == 0;
}

static enum status take_credentials(struct endpoint *endpoint, const struct sdp_media *media,
                                    struct failure *failure)
{
    enum status status = ice_client_set_remote(&endpoint->ice, media->ice_ufrag, media->ice_pwd);

    if (status != STATUS_OK)
        return failure_set(failure, status, "ICE credentials of the peer: %s", status_text(status));
    snprintf(endpoint->remote_ufrag, sizeof(endpoint->remote_ufrag), "%s", media->ice_ufrag);
    snprintf(endpoint->remote_pwd, sizeof(endpoint->remote_pwd), "%s", media->ice_pwd);
    return STATUS_OK;
}

static void begin_checks(struct endpoint *endpoint)
{
    int64_t now_us = clock_monotonic_us();

    if (endpoint->state != ENDPOINT_NEW)
        return;
    endpoint->now_us = endpoint->stats.checking_us = now_us;
    endpoint_wake(endpoint, &endpoint->deadline_us, now_us + CHECKS_DEADLINE_US);
    endpoint_set_state(endpoint, ENDPOINT_CHECKING, now_us);
}

static enum status apply_remote(struct endpoint *endpoint, const struct sdp *remote,
                                const struct sdp_agreed *agreed, struct failure *failure)
{
    const struct sdp_media *media = find_transport(remote, agreed);
    enum status status;

    if (media == NULL)
        return failure_set(failure, STATUS_INVALID, "the peer accepted no section");
    status = take_fingerprint(endpoint, media, failure);
    if (status != STATUS_OK)
        return status;
    if (remote->ice_lite)
        ice_client_set_remote_lite(&endpoint->ice, true);
    if (endpoint->ice_restarting || !same_credentials(endpoint, media)) {
        status = take_credentials(endpoint, media, failure);
        if (status != STATUS_OK)
            return status;
        endpoint->ice_restarting = false;
        begin_checks(endpoint);
        give_candidates(endpoint, remote, agreed);
    }
    endpoint_start_dtls(endpoint, endpoint->now_us);
    return STATUS_OK;
}

/* -- Offer and answer -- */

/* The same until the next offer: made again for its answer, which is cheaper than to keep or to
 * parse it. */
static void compose_offer(const struct endpoint *endpoint, struct sdp *offer)
{
    struct sdp_transceiver transceivers[ENDPOINT_TRACKS_MAX];
    struct sdp_local local;

    describe_self(endpoint, &local);
    describe_tracks(endpoint, transceivers);
    sdp_make_offer(&local, transceivers, endpoint->track_count, offer);
}

static enum status build_offer(struct endpoint *endpoint, struct failure *failure)
{
    struct descriptions both;
    enum status status = acquire(&both, failure);

    if (status == STATUS_OK) {
        endpoint->session_version++;
        compose_offer(endpoint, both.offer);
        status = write_description(endpoint, both.offer, failure);
    }
    release(&both);
    return status;
}

enum status endpoint_make_offer(struct endpoint *endpoint, const struct endpoint_track *tracks,
                                size_t count, bool ice_restart, const char **ret_sdp,
                                struct failure *failure)
{
    enum status status = endpoint_offer_tracks(endpoint, tracks, count, failure);

    if (status == STATUS_OK)
        status = prepare_ice(endpoint, true, false, ice_restart && endpoint->negotiated, failure);
    if (status == STATUS_OK)
        status = build_offer(endpoint, failure);
    if (status != STATUS_OK)
        return status;
    endpoint->offer_pending = true;
    *ret_sdp = buffer_string(&endpoint->description);
    return STATUS_OK;
}

/* RFC 5763 §5: we offered actpass, so the answer decides; once, for the life of the transport. */
static void take_dtls_role(struct endpoint *endpoint, enum sdp_setup remote)
{
    if (!endpoint->negotiated)
        endpoint->dtls_server = remote == SDP_SETUP_ACTIVE;
}

enum status endpoint_set_answer(struct endpoint *endpoint, const char *sdp, struct failure *failure)
{
    struct descriptions both;
    struct sdp_agreed agreed[ENDPOINT_TRACKS_MAX];
    const struct sdp_media *media;
    enum status status;

    if (!endpoint->offer_pending)
        return failure_set(failure, STATUS_CONFLICT, "an answer, but no offer is open");
    status = acquire(&both, failure);
    if (status == STATUS_OK)
        status = sdp_parse(sdp, strlen(sdp), both.answer, failure);
    if (status == STATUS_OK) {
        compose_offer(endpoint, both.offer);
        status = agree(endpoint, &both, true, agreed, failure);
    }
    if (status != STATUS_OK)
        goto out;
    media = find_transport(both.answer, agreed);
    if (media != NULL)
        take_dtls_role(endpoint, media->setup);
    status = endpoint_apply_agreed(endpoint, agreed, endpoint->track_count);
    if (status == STATUS_OK)
        status = apply_remote(endpoint, both.answer, agreed, failure);
    if (status == STATUS_OK) {
        endpoint->offer_pending = false;
        endpoint->negotiated = true;
    }
out:
    release(&both);
    return status;
}

/* The peer restarted ICE when its credentials are new (RFC 8839 §4.4.1.1.1). */
static bool offer_restarts(const struct endpoint *endpoint, const struct sdp *offer)
{
    for (size_t i = 0; i < offer->media_count; i++)
        if (!offer->media[i].rejected && offer->media[i].ice_ufrag[0] != '\0')
            return endpoint->remote_ufrag[0] != '\0' &&
                   !same_credentials(endpoint, &offer->media[i]);
    return false;
}

static enum status build_answer(struct endpoint *endpoint, struct descriptions *both,
                                struct sdp_agreed *agreed, struct failure *failure)
{
    struct sdp_transceiver transceivers[ENDPOINT_TRACKS_MAX];
    struct sdp_local local;
    /* Where the offer leaves it open we are the DTLS server: then our preference decides, and
     * browsers take AES-GCM. Later the role is what it was. */
    enum sdp_setup setup =
        !endpoint->negotiated || endpoint->dtls_server ? SDP_SETUP_PASSIVE : SDP_SETUP_ACTIVE;
    enum status status;

    endpoint->session_version++;
    describe_self(endpoint, &local);
    describe_tracks(endpoint, transceivers);
    status = sdp_make_answer(&local, both->offer, transceivers, endpoint->track_count, setup,
                             both->answer, failure);
    if (status == STATUS_OK)
        status = agree(endpoint, both, false, agreed, failure);
    return status;
}

static enum status settle_answer(struct endpoint *endpoint, const struct descriptions *both,
                                 const struct sdp_agreed *agreed, struct failure *failure)
{
    const struct sdp_media *media = find_transport(both->answer, agreed);
    enum status status = write_description(endpoint, both->answer, failure);

    if (status != STATUS_OK)
        return status;
    if (media != NULL && !endpoint->negotiated)
        endpoint->dtls_server = media->setup == SDP_SETUP_PASSIVE;
    status = endpoint_apply_agreed(endpoint, agreed, endpoint->track_count);
    if (status != STATUS_OK)
        return failure_set(failure, status, "no memory for a section");
    return apply_remote(endpoint, both->offer, agreed, failure);
}

enum status endpoint_make_answer(struct endpoint *endpoint, const char *offer,
                                 const enum sdp_direction *directions, size_t count,
                                 const char **ret_sdp, struct failure *failure)
{
    struct descriptions both;
    struct sdp_agreed agreed[ENDPOINT_TRACKS_MAX];
    enum status status;

    if (endpoint->offer_pending)
        return failure_set(failure, STATUS_CONFLICT, "an offer while our own is open (glare)");
    status = acquire(&both, failure);
    if (status == STATUS_OK)
        status = sdp_parse(offer, strlen(offer), both.offer, failure);
    if (status == STATUS_OK)
        status = endpoint_answer_tracks(endpoint, both.offer, directions, count, failure);
    if (status == STATUS_OK)
        status = prepare_ice(endpoint, false, both.offer->ice_lite,
                             offer_restarts(endpoint, both.offer), failure);
    if (status == STATUS_OK)
        status = build_answer(endpoint, &both, agreed, failure);
    if (status == STATUS_OK)
        status = settle_answer(endpoint, &both, agreed, failure);
    if (status == STATUS_OK) {
        endpoint->negotiated = true;
        *ret_sdp = buffer_string(&endpoint->description);
    }
    release(&both);
    return status;
}
