/* What a participant sends, what it may expect of the others' media, and what came of it. */
#include "engine/participant/participant_private.h"

#include <string.h>

#include "common/base/clock.h"

/* How long after a permission ended packets may still arrive without being a violation: what was
 * on its way, through both ends' queues. A leak goes on for longer. */
#define PERMISSION_GRACE_US (500 * US_PER_MS)

/* ---- what it sends ---- */

void participant_start_source(struct participant *participant, int64_t now_us)
{
    if (!participant->source || endpoint_state(participant->endpoint) != ENDPOINT_CONNECTED)
        return;
    if (participant->wants_audio || participant->wants_video)
        media_source_start(participant->source, participant->wants_audio, participant->wants_video,
                           now_us);
}

void participant_send(struct participant *participant, bool audio, bool video, int64_t now_us)
{
    participant->wants_audio = audio;
    participant->wants_video = video;
    if (!participant->source)
        return;
    if (!audio && !video)
        media_source_stop(participant->source);
    else
        participant_start_source(participant, now_us);
}

void participant_talk(struct participant *participant, bool talks)
{
    participant->listens = !talks;
    if (participant->source)
        media_source_talk(participant->source, talks);
}

/* ---- what it expects ---- */

enum sdp_kind participant_slot(struct participant *participant, const char *mid,
                               const struct participant *source)
{
    size_t track;

    if (!participant->endpoint || !endpoint_find_track(participant->endpoint, mid, &track))
        return SDP_OTHER;
    media_sink_slot(participant->sink, track, source ? source->sender : 0);
    return endpoint_track_kind(participant->endpoint, track);
}

/* What the platform decides is seen late, and by a late generator later still; what it sent before
 * may be in an emulated network, or be asked for again through it. */
static int64_t grace_us(const struct participant *participant)
{
    int64_t way_us = participant->link ? net_link_longest_us(participant->link) : 0;

    return PERMISSION_GRACE_US + way_us +
           recent_max_get(&participant->context->late, clock_monotonic_us());
}

static uint32_t next_number(const struct participant *sender, enum sdp_kind kind)
{
    if (!sender->source)
        return 0;
    return kind == SDP_VIDEO ? media_source_video_number(sender->source)
                             : media_source_audio_number(sender->source);
}

void participant_permit(struct participant *receiver, struct participant *sender, bool permitted,
                        bool by_choice, int64_t at_us)
{
    if (!receiver->sink)
        return;
    uint32_t video = next_number(sender, SDP_VIDEO), audio = next_number(sender, SDP_AUDIO);
    if (!permitted)
        media_sink_expect_to(receiver->sink, sender->sender, video, audio);
    media_sink_allow(receiver->sink, sender->sender, permitted, at_us, grace_us(receiver));
    if (permitted && !by_choice)
        media_sink_expect_from(receiver->sink, sender->sender, video, audio);
}

void participant_withhold(struct participant *receiver, struct participant *sender, bool withheld,
                          int64_t at_us)
{
    if (receiver->sink)
        media_sink_withhold(receiver->sink, sender->sender, withheld,
                            next_number(sender, SDP_VIDEO), at_us);
}

void participant_choose(struct participant *receiver, struct participant *sender,
                        enum sdp_kind kind, bool chosen, int64_t at_us)
{
    if (receiver->sink)
        media_sink_choose(receiver->sink, sender->sender, kind, chosen, next_number(sender, kind),
                          at_us);
}

bool participant_ask_key_frame(struct participant *receiver, uint32_t sender, int64_t at_us)
{
    return receiver->sink && media_sink_ask_key_frame(receiver->sink, sender, at_us);
}

void participant_expect_foreign(struct participant *participant, bool expected, int64_t at_us)
{
    if (participant->sink)
        media_sink_expect_foreign(participant->sink, expected, at_us, grace_us(participant));
}

/* ---- what came ---- */

bool participant_received(const struct participant *participant, uint32_t sender,
                          struct media_received *ret_received)
{
    return participant->sink && media_sink_from(participant->sink, sender, ret_received);
}

uint64_t participant_forbidden(const struct participant *participant)
{
    return participant->forbidden;
}

void participant_foreign(const struct participant *participant, struct media_foreign *ret_foreign)
{
    memset(ret_foreign, 0, sizeof *ret_foreign);
    if (participant->sink)
        media_sink_foreign(participant->sink, ret_foreign);
}
