/* Large calls: their stages (media/stage.h) listen twenty times a second, and whoever is to see or
 * hear somebody else is routed anew. A room keeps its stage once it has had one. */
#include <stdlib.h>

#include "reference-server/fault.h"
#include "reference-server/live/live_private.h"
#include "reference-server/media/stage.h"

struct large_call {
    struct room *room;
    struct stage stage;
    uint64_t tiles[STAGE_TILES], voices[STAGE_VOICES]; /* the choice made last */
    struct large_call *next;
};

static struct large_call *obtain(struct live *live, struct room *room)
{
    if (room->stage)
        return room->stage;
    struct large_call *large = calloc(1, sizeof *large);
    if (!large)
        return NULL;
    large->room = room;
    large->next = live->large_calls;
    live->large_calls = large;
    room->stage = large;
    return large;
}

bool speech_choose(struct live *live, const struct call *call, const uint64_t *members,
                   size_t count, uint64_t receiver, struct media_sources *ret_sources)
{
    if (!call->room || (count <= STAGE_EVERYBODY && !call->room->stage))
        return false;
    struct large_call *large = obtain(live, call->room);
    if (!large)
        return false; /* as many as there are slots for get through */
    stage_set_members(&large->stage, members, count, live->now_us);
    if (count <= STAGE_EVERYBODY)
        return false;
    ret_sources->video = large->tiles;
    ret_sources->video_count = stage_tiles_for(&large->stage, receiver, large->tiles);
    ret_sources->audio = large->voices;
    ret_sources->audio_count = stage_voices_for(&large->stage, receiver, large->voices);
    if (fault_is_on(FAULT_FOURTH_VOICE)) {
        ret_sources->audio = ret_sources->video;
        ret_sources->audio_count = ret_sources->video_count;
    }
    return true;
}

static void listen(struct live *live, struct stage *stage)
{
    for (size_t i = 0; i < stage->member_count; i++)
        stage_hear(stage, stage->members[i].id,
                   media_plane_take_loudness(live->config.media, stage->members[i].id),
                   live->now_us);
}

static void route_anew(struct live *live, const struct call *call)
{
    for (size_t i = 0; i < call->member_count; i++) {
        struct connection *member = connection_of(call->members[i]);
        if (member && member->media)
            media_refresh_slots(live, member);
    }
}

void speech_advance(struct live *live)
{
    for (struct large_call *large = live->large_calls; large; large = large->next) {
        const struct call *call = large->room->call;
        if (!call || large->stage.member_count <= STAGE_EVERYBODY)
            continue;
        listen(live, &large->stage);
        if (!fault_is_on(FAULT_STILL_STAGE) && stage_decide(&large->stage, live->now_us))
            route_anew(live, call);
    }
}

void speech_destroy(struct live *live)
{
    while (live->large_calls) {
        struct large_call *large = live->large_calls;
        live->large_calls = large->next;
        large->room->stage = NULL;
        free(large);
    }
}
