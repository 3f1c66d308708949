#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/endpoint_private.h"

/* Packets kept per sending video section: a second of 360p, a third of 720p. More would cost more
 * memory than the rest of an endpoint together. */
#define HISTORY_SLOTS 64

static bool mid_taken(const struct endpoint *endpoint, const char *mid)
{
    size_t index;

    return endpoint_find_track(endpoint, mid, &index);
}

static enum status choose_ssrcs(const struct endpoint *endpoint, struct track *track)
{
    uint32_t numbers[3];
    bool taken = true;

    while (taken) {
        enum status status = random_secret(numbers, sizeof(numbers));

        if (status != STATUS_OK)
            return status;
        taken = numbers[0] == 0 || numbers[1] == 0 || numbers[0] == numbers[1];
        for (size_t i = 0; i < endpoint_sender_count(endpoint); i++)
            for (size_t k = 0; k < 2; k++)
                taken |= endpoint_sender(endpoint, i)->ssrc == numbers[k] ||
                         endpoint_sender(endpoint, i)->rtx_ssrc == numbers[k];
    }
    track->ssrc = numbers[0];
    track->rtx_ssrc = numbers[1];
    /* RFC 3550 §5.1 wants them random; below 2^15, so that the first packets cannot wrap before
     * the peer has a rollover counter (RFC 3711 §3.3.1). */
    track->sequence = (uint16_t)(numbers[2] & 0x7fff);
    track->rtx_sequence = (uint16_t)(numbers[2] >> 16 & 0x7fff);
    return STATUS_OK;
}

static enum status create_track(const struct endpoint *endpoint, size_t index, enum sdp_kind kind,
                                const char *mid, struct track **ret_track, struct failure *failure)
{
    struct track *track = calloc(1, sizeof(*track));
    enum status status = track != NULL ? choose_ssrcs(endpoint, track) : STATUS_NO_MEMORY;

    if (status != STATUS_OK) {
        free(track);
        return failure_set(failure, status, "section %s: %s", mid, status_text(status));
    }
    track->index = index;
    track->agreed.kind = kind;
    snprintf(track->agreed.mid, sizeof(track->agreed.mid), "%s", mid);
    track->key_frame_due_us = TIME_NEVER;
    track->round_trip_us = -1;
    *ret_track = track;
    return STATUS_OK;
}

static enum status add_track(struct endpoint *endpoint, enum sdp_kind kind, const char *mid,
                             struct failure *failure)
{
    struct track *track = NULL;
    enum status status;

    if (endpoint->track_count == ENDPOINT_TRACKS_MAX)
        return failure_set(failure, STATUS_TOO_LARGE, "more than %d sections", ENDPOINT_TRACKS_MAX);
    status = create_track(endpoint, endpoint->track_count, kind, mid, &track, failure);
    if (status == STATUS_OK)
        endpoint->tracks[endpoint->track_count++] = track;
    return status;
}

/* The further encodings of the section that was added last. */
static enum status add_encodings(struct endpoint *endpoint, const struct endpoint_track *wanted,
                                 struct failure *failure)
{
    static const char *const rids[ENDPOINT_ENCODINGS_MAX] = {"f", "h", "q"};
    struct track *track = endpoint->tracks[endpoint->track_count - 1];

    if (wanted->encodings < 2)
        return STATUS_OK;
    if (wanted->kind != SDP_VIDEO || wanted->encodings > ENDPOINT_ENCODINGS_MAX ||
        endpoint->extra_count + wanted->encodings - 1 > ENDPOINT_EXTRAS_MAX)
        return failure_set(failure, STATUS_INVALID, "section %s: %u encodings", track->agreed.mid,
                           wanted->encodings);
    snprintf(track->rid, sizeof(track->rid), "%s", rids[0]);
    for (unsigned i = 1; i < wanted->encodings; i++) {
        struct track *extra = NULL;
        enum status status =
            create_track(endpoint, track->index, wanted->kind, track->agreed.mid, &extra, failure);

        if (status != STATUS_OK)
            return status;
        extra->encoding = i;
        snprintf(extra->rid, sizeof(extra->rid), "%s", rids[i]);
        endpoint->extras[endpoint->extra_count++] = extra;
    }
    return STATUS_OK;
}

/* The first number that is no section's name yet. */
static void choose_mid(const struct endpoint *endpoint, char mid[17])
{
    unsigned number = (unsigned)endpoint->track_count;

    do
        snprintf(mid, 17, "%u", number++);
    while (mid_taken(endpoint, mid));
}

static enum status offer_new_track(struct endpoint *endpoint, const struct endpoint_track *wanted,
                                   struct failure *failure)
{
    char mid[17];

    snprintf(mid, sizeof(mid), "%s", wanted->mid);
    if (wanted->kind != SDP_AUDIO && wanted->kind != SDP_VIDEO)
        return failure_set(failure, STATUS_INVALID, "only audio and video can be offered");
    if (mid[0] == '\0')
        choose_mid(endpoint, mid);
    else if (mid_taken(endpoint, mid))
        return failure_set(failure, STATUS_INVALID, "two sections with the mid '%s'", mid);
    enum status status = add_track(endpoint, wanted->kind, mid, failure);

    return status == STATUS_OK ? add_encodings(endpoint, wanted, failure) : status;
}

enum status endpoint_offer_tracks(struct endpoint *endpoint, const struct endpoint_track *tracks,
                                  size_t count, struct failure *failure)
{
    if (count == 0 || count < endpoint->track_count || count > ENDPOINT_TRACKS_MAX)
        return failure_set(failure, STATUS_INVALID,
                           "an offer has 1 to %d sections and keeps the %zu there were",
                           ENDPOINT_TRACKS_MAX, endpoint->track_count);
    for (size_t i = 0; i < count; i++) {
        const struct track *known = i < endpoint->track_count ? endpoint->tracks[i] : NULL;
        enum status status = STATUS_OK;

        if (known == NULL)
            status = offer_new_track(endpoint, &tracks[i], failure);
        else if (known->agreed.kind != SDP_AUDIO && known->agreed.kind != SDP_VIDEO)
            status = failure_set(failure, STATUS_UNSUPPORTED,
                                 "section %zu (mid %s) is neither audio nor video: it can be "
                                 "refused, not offered",
                                 i + 1, known->agreed.mid);
        else if (known->agreed.kind != tracks[i].kind ||
                 (tracks[i].mid[0] != '\0' && strcmp(tracks[i].mid, known->agreed.mid) != 0))
            status = failure_set(failure, STATUS_INVALID,
                                 "section %zu (mid %s) cannot change its kind or mid", i + 1,
                                 known->agreed.mid);
        if (status != STATUS_OK)
            return status;
        endpoint->tracks[i]->wanted = tracks[i].direction;
    }
    return STATUS_OK;
}

/* Every section of the offer gets its place, also those that will be rejected. */
enum status endpoint_answer_tracks(struct endpoint *endpoint, const struct sdp *offer,
                                   const enum sdp_direction *directions, size_t count,
                                   struct failure *failure)
{
    if (offer->media_count < endpoint->track_count)
        return failure_set(failure, STATUS_INVALID, "offer has %zu sections, there were %zu",
                           offer->media_count, endpoint->track_count);
    for (size_t i = 0; i < offer->media_count; i++) {
        const struct sdp_media *media = &offer->media[i];
        const struct track *known = i < endpoint->track_count ? endpoint->tracks[i] : NULL;
        enum status status = STATUS_OK;

        if (known == NULL)
            status = add_track(endpoint, media->kind, media->mid, failure);
        else if (!media->rejected &&
                 (strcmp(known->agreed.mid, media->mid) != 0 || known->agreed.kind != media->kind))
            status = failure_set(failure, STATUS_INVALID,
                                 "offer, section %zu: mid %s became %s, or changed its kind", i + 1,
                                 known->agreed.mid, media->mid);
        if (status != STATUS_OK)
            return status;
        endpoint->tracks[i]->wanted = i < count ? directions[i] : SDP_INACTIVE;
    }
    return STATUS_OK;
}

/* Plaintext is kept where RTX repeats it, ciphertext where it goes out unchanged: a history of one
 * must never serve the other. */
static enum status prepare_history(struct track *track, bool had_rtx)
{
    const struct sdp_agreed *agreed = &track->agreed;

    if (had_rtx != (agreed->rtx_payload_type != 0)) {
        packet_history_destroy(track->history);
        track->history = NULL;
    }
    if (track->history != NULL || !agreed->may_send || !agreed->nack)
        return STATUS_OK;
    track->history = packet_history_create(HISTORY_SLOTS);
    return track->history != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static bool has_rid(const struct sdp_agreed *agreed, const char *rid)
{
    for (size_t i = 0; i < agreed->rid_count; i++)
        if (strcmp(agreed->rids[i], rid) == 0)
            return true;
    return false;
}

/* A peer that declined simulcast gets the first encoding, without its name. */
static enum status apply_to_sender(struct track *sender, const struct sdp_agreed *agreed)
{
    bool had_rtx = sender->agreed.rtx_payload_type != 0;

    sender->agreed = *agreed;
    sender->sends_rid = has_rid(agreed, sender->rid);
    if (sender->rid[0] != '\0' && !sender->sends_rid)
        sender->agreed.may_send &= agreed->rid_count == 0 && sender->encoding == 0;
    return prepare_history(sender, had_rtx);
}

enum status endpoint_apply_agreed(struct endpoint *endpoint, const struct sdp_agreed *agreed,
                                  size_t count)
{
    enum status status = STATUS_OK;

    endpoint->transport_cc = false;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        endpoint->transport_cc |= agreed[i].transport_cc;
        for (size_t k = 0; k < RTP_EXTENSION_COUNT; k++)
            if (agreed[i].extensions.id[k] != 0)
                endpoint->extensions.id[k] = agreed[i].extensions.id[k];
        status = apply_to_sender(endpoint->tracks[i], &agreed[i]);
    }
    for (size_t i = 0; i < endpoint->extra_count && status == STATUS_OK; i++)
        status = apply_to_sender(endpoint->extras[i], &agreed[endpoint->extras[i]->index]);
    return status;
}
