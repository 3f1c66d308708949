/* A participant's descriptions: which sections there are, and which carry its own media. */
#include "engine/participant/participant_private.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/webrtc/sdp/sdp_pool.h"

#define OWN_AUDIO_TRACK 0
#define OWN_VIDEO_TRACK 1

unsigned media_context_encodings(const struct media_context *context)
{
    unsigned count = 1;

    while (count < CLIP_ENCODINGS_MAX && context->lower_video[count - 1])
        count++;
    return count;
}

/* The clock, phase and clip positions differ per sender but repeat with the seed. */
static enum status create_source(struct participant *participant, struct failure *failure)
{
    struct media_context *context = participant->context;

    if (participant->source)
        return STATUS_OK;
    participant->source = media_source_create(&(struct media_source_config){
        .wheel = context->wheel,
        .endpoint = participant->endpoint,
        .metrics = context->metrics,
        .role_tag = participant->tag,
        .video = context->mode == MEDIA_FULL ? context->video : NULL,
        .lower = {context->lower_video[0], context->lower_video[1]},
        .audio = context->audio,
        .video_track = participant->video_track,
        .audio_track = participant->audio_track,
        .run = context->run,
        .sender = participant->sender,
        .seed = random_mix(context->seed, participant->sender),
        .burst = context->burst,
    });
    if (!participant->source)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", participant->name);
    media_source_talk(participant->source, !participant->listens);
    return STATUS_OK;
}

static enum status no_media(const struct participant *participant, struct failure *failure)
{
    return failure_set(failure, STATUS_CONFLICT, "%s has no media (--media none)",
                       participant->name);
}

enum status participant_offer(struct participant *participant, unsigned video_slots,
                              unsigned audio_slots, bool ice_restart, const char **ret_sdp,
                              struct failure *failure)
{
    bool with_video = participant->context->mode == MEDIA_FULL;
    struct endpoint_track tracks[ENDPOINT_TRACKS_MAX];
    enum sdp_direction own;
    size_t count = 0;

    if (!participant->endpoint)
        return no_media(participant, failure);
    if (2 + video_slots + audio_slots > ENDPOINT_TRACKS_MAX)
        return failure_set(failure, STATUS_TOO_LARGE, "%s: %u + %u slots are more than %d sections",
                           participant->name, video_slots, audio_slots, ENDPOINT_TRACKS_MAX);
    own = video_slots + audio_slots > 0 ? SDP_SENDONLY : SDP_SENDRECV;
    tracks[count++] = (struct endpoint_track){.kind = SDP_AUDIO, .direction = own};
    tracks[count++] =
        (struct endpoint_track){.kind = SDP_VIDEO,
                                .direction = with_video ? own : SDP_INACTIVE,
                                .encodings = media_context_encodings(participant->context)};
    for (unsigned i = 0; with_video && i < video_slots; i++)
        tracks[count++] = (struct endpoint_track){.kind = SDP_VIDEO, .direction = SDP_RECVONLY};
    for (unsigned i = 0; i < audio_slots; i++)
        tracks[count++] = (struct endpoint_track){.kind = SDP_AUDIO, .direction = SDP_RECVONLY};
    participant->audio_track = OWN_AUDIO_TRACK;
    participant->video_track = OWN_VIDEO_TRACK;
    if (participant->phases.offered_us == 0)
        participant->phases.offered_us = clock_monotonic_us();
    enum status status =
        endpoint_make_offer(participant->endpoint, tracks, count, ice_restart, ret_sdp, failure);
    return status == STATUS_OK ? create_source(participant, failure) : status;
}

enum status participant_set_answer(struct participant *participant, const char *sdp,
                                   struct failure *failure)
{
    if (!participant->endpoint)
        return no_media(participant, failure);
    return endpoint_set_answer(participant->endpoint, sdp, failure);
}

/* The first section of each kind in an offer carries our own media. */
static size_t choose_directions(const struct participant *participant, const struct sdp *offer,
                                enum sdp_direction *directions, size_t *audio, size_t *video)
{
    bool with_video = participant->context->mode == MEDIA_FULL;

    *audio = *video = SIZE_MAX;
    for (size_t i = 0; i < offer->media_count; i++) {
        bool is_video = offer->media[i].kind == SDP_VIDEO;
        size_t *own = is_video ? video : audio;
        directions[i] = SDP_RECVONLY;
        if (is_video && !with_video)
            directions[i] = SDP_INACTIVE;
        else if (*own == SIZE_MAX && (offer->media[i].direction & SDP_RECVONLY)) {
            *own = i;
            directions[i] = SDP_SENDRECV;
        }
    }
    return offer->media_count;
}

enum status participant_answer(struct participant *participant, const char *offer,
                               const char **ret_sdp, struct failure *failure)
{
    enum sdp_direction directions[SDP_MEDIA_MAX];
    struct sdp *parsed;
    size_t audio, video, count;
    enum status status;

    if (!participant->endpoint)
        return no_media(participant, failure);
    parsed = sdp_borrow();
    if (!parsed)
        return failure_set(failure, STATUS_NO_MEMORY, "%s: out of memory", participant->name);
    status = sdp_parse(offer, strlen(offer), parsed, failure);
    if (status != STATUS_OK)
        goto out;
    count = choose_directions(participant, parsed, directions, &audio, &video);
    participant->audio_track = audio;
    participant->video_track = video;
    if (participant->phases.offered_us == 0)
        participant->phases.offered_us = clock_monotonic_us();
    status =
        endpoint_make_answer(participant->endpoint, offer, directions, count, ret_sdp, failure);
    if (status == STATUS_OK)
        status = create_source(participant, failure);
out:
    sdp_give_back(parsed);
    return status;
}

enum status participant_add_candidate(struct participant *participant, const char *candidate)
{
    if (!participant->endpoint)
        return STATUS_CONFLICT;
    return endpoint_add_candidate(participant->endpoint, candidate);
}
