#include "reference-server/media/media_plane_private.h"

#include <assert.h>
#include <string.h>

#include "reference-server/media/forward/media_source.h"
#include "reference-server/media/slot_assign.h"

/* -- Commands -- */

static void tell_feed(struct media_plane *plane, const struct plane_participant *source)
{
    struct media_command command = {.kind = MEDIA_COMMAND_FEED, .participant = source->id};

    for (enum media_kind kind = 0; kind < MEDIA_KINDS; kind++)
        command.feed_workers[kind] = plane_participant_feed_workers(source, kind);
    if (source->terms)
        plane_tell(plane, source->worker, &command);
}

static void tell_send(struct media_plane *plane, const struct plane_participant *participant)
{
    struct media_command command = {.kind = MEDIA_COMMAND_SEND, .participant = participant->id};

    memcpy(command.may_send, participant->may_send, sizeof command.may_send);
    if (participant->terms)
        plane_tell(plane, participant->worker, &command);
}

static void tell_route(struct media_plane *plane, const struct plane_participant *receiver,
                       enum media_kind kind, size_t pair)
{
    uint64_t id = receiver->pairs[kind][pair];
    const struct plane_participant *source = plane_find(plane, id);
    struct media_command command = {
        .kind = MEDIA_COMMAND_ROUTE,
        .participant = receiver->id,
        .route = {.kind = kind,
                  .pair = (unsigned)pair,
                  .source = id,
                  .source_worker =
                      source && source->terms ? source->worker : SOURCE_WORKER_UNKNOWN},
    };

    if (receiver->terms)
        plane_tell(plane, receiver->worker, &command);
}

/* -- Routes -- */

/* Empty one slot of `receiver`: first at the receiver's worker, then at the source's. */
void plane_disconnect(struct media_plane *plane, struct plane_participant *receiver,
                      enum media_kind kind, size_t pair)
{
    struct plane_participant *source = plane_find(plane, receiver->pairs[kind][pair]);

    receiver->pairs[kind][pair] = 0;
    tell_route(plane, receiver, kind, pair);
    if (!source)
        return;
    uint32_t before = plane_participant_feed_workers(source, kind);
    plane_participant_remove_receiver(source, kind, receiver->id, receiver->worker);
    if (plane_participant_feed_workers(source, kind) != before)
        tell_feed(plane, source);
    plane_forget_if_idle(plane, source);
}

/* The other way round: packets must flow to the receiver's worker before they are asked for. */
static void connect_slot(struct media_plane *plane, struct plane_participant *receiver,
                         enum media_kind kind, size_t pair, uint64_t id)
{
    struct plane_participant *source = plane_obtain(plane, id);

    if (!source)
        return;
    uint32_t before = plane_participant_feed_workers(source, kind);
    if (plane_participant_add_receiver(source, kind, receiver->id, receiver->worker) != STATUS_OK) {
        plane_forget_if_idle(plane, source);
        return;
    }
    receiver->pairs[kind][pair] = id;
    if (plane_participant_feed_workers(source, kind) != before)
        tell_feed(plane, source);
    tell_route(plane, receiver, kind, pair);
}

static void change_routes(struct media_plane *plane, struct plane_participant *receiver,
                          enum media_kind kind, const uint64_t *wanted)
{
    const uint64_t *pairs = receiver->pairs[kind];

    /* Leavers first: nobody is shown twice in between. */
    for (size_t i = 0; i < receiver->pair_count[kind]; i++)
        if (pairs[i] != 0 && pairs[i] != wanted[i])
            plane_disconnect(plane, receiver, kind, i);
    for (size_t i = 0; i < receiver->pair_count[kind]; i++)
        if (wanted[i] != 0 && pairs[i] != wanted[i])
            connect_slot(plane, receiver, kind, i, wanted[i]);
}

static size_t describe_slots(const struct plane_participant *participant,
                             struct media_slot ret_slots[MEDIA_SLOTS_MAX])
{
    const struct media_terms *terms = participant->terms;

    for (size_t i = 0; i < terms->slot_count; i++) {
        const struct slot_terms *slot = &terms->slots[i];
        memcpy(ret_slots[i].mid, slot->mid, sizeof ret_slots[i].mid);
        ret_slots[i].video = slot->kind == MEDIA_VIDEO;
        ret_slots[i].source = participant->pairs[slot->kind][slot->pair];
        ret_slots[i].paused = ret_slots[i].video && ret_slots[i].source != 0 &&
                              (participant->paused_pairs >> slot->pair & 1) != 0;
    }
    return terms->slot_count;
}

size_t media_plane_route(struct media_plane *plane, uint64_t id,
                         const struct media_sources *sources,
                         struct media_slot ret_slots[MEDIA_SLOTS_MAX])
{
    struct plane_participant *receiver = plane_find(plane, id);
    uint64_t wanted[MEDIA_KINDS][MEDIA_PAIRS_MAX];

    if (!receiver || !receiver->terms)
        return 0;
    memcpy(wanted, receiver->pairs, sizeof wanted);
    slot_assign(wanted[MEDIA_VIDEO], receiver->pair_count[MEDIA_VIDEO], id, sources->video,
                sources->video_count);
    slot_assign_beside(wanted[MEDIA_AUDIO], receiver->pair_count[MEDIA_AUDIO], wanted[MEDIA_VIDEO],
                       receiver->pair_count[MEDIA_VIDEO], id, sources->audio, sources->audio_count);
    for (enum media_kind kind = 0; kind < MEDIA_KINDS; kind++)
        change_routes(plane, receiver, kind, wanted[kind]);
    return describe_slots(receiver, ret_slots);
}

void media_plane_set_send(struct media_plane *plane, uint64_t id, bool audio, bool video)
{
    struct plane_participant *participant =
        audio || video ? plane_obtain(plane, id) : plane_find(plane, id);

    if (!participant || (participant->may_send[MEDIA_AUDIO] == audio &&
                         participant->may_send[MEDIA_VIDEO] == video))
        return;
    participant->may_send[MEDIA_AUDIO] = audio;
    participant->may_send[MEDIA_VIDEO] = video;
    tell_send(plane, participant);
    plane_forget_if_idle(plane, participant);
}

unsigned media_plane_take_loudness(struct media_plane *plane, uint64_t id)
{
    const struct plane_participant *participant = plane_find(plane, id);

    return participant && participant->meter ? voice_meter_take(participant->meter) : 0;
}

/* The slots of this kind that `source` feeds become empty. */
static void disconnect_receivers(struct media_plane *plane, struct plane_participant *source,
                                 enum media_kind kind)
{
    struct plane_feed *feed = &source->feeds[kind];

    while (feed->receiver_count > 0) {
        struct plane_participant *receiver = plane_find(plane, feed->receivers[0]);
        size_t before = feed->receiver_count;
        for (size_t i = 0; receiver && i < receiver->pair_count[kind]; i++)
            if (receiver->pairs[kind][i] == source->id)
                plane_disconnect(plane, receiver, kind, i);
        assert(feed->receiver_count < before); /* a receiver that is gone is not listed */
        (void)before;
    }
}

void media_plane_remove(struct media_plane *plane, uint64_t id)
{
    struct plane_participant *participant = plane_find(plane, id);
    struct media_command remove = {.kind = MEDIA_COMMAND_REMOVE, .participant = id};
    static const uint64_t nobody[MEDIA_PAIRS_MAX];

    if (!participant)
        return;
    memset(participant->may_send, 0, sizeof participant->may_send);
    tell_send(plane, participant); /* its media stops before anything else happens */
    participant->leaving = true;
    for (enum media_kind kind = 0; kind < MEDIA_KINDS; kind++) {
        change_routes(plane, participant, kind, nobody);
        disconnect_receivers(plane, participant, kind);
    }
    participant->leaks_on = 0;
    if (participant->terms) {
        tell_feed(plane, participant);
        plane_tell(plane, participant->worker, &remove);
    }
    key_map_remove(plane->participants, id);
    plane_participant_destroy(participant);
}

void media_plane_fault_leak(struct media_plane *plane, uint64_t from, uint64_t to)
{
    struct plane_participant *source = plane_find(plane, from);
    struct plane_participant *victim = plane_find(plane, to);
    struct media_command command = {.kind = MEDIA_COMMAND_LEAK, .participant = from, .leak_to = to};

    if (!source || !victim || !victim->terms)
        return;
    source->leaks_on |= 1U << victim->worker; /* until it is removed */
    tell_feed(plane, source);
    plane_tell(plane, victim->worker, &command);
}

void media_plane_fault_leak_to_waiting(struct media_plane *plane, uint64_t id)
{
    const struct plane_participant *participant = plane_find(plane, id);
    struct media_command command = {.kind = MEDIA_COMMAND_LEAK_TO_WAITING, .participant = id};

    if (participant && participant->terms)
        plane_tell(plane, participant->worker, &command);
}

/* Receivers of this kind on other workers learn where the source lives and ask for a key frame. */
static void restore_receivers(struct media_plane *plane, const struct plane_participant *source,
                              enum media_kind kind)
{
    const struct plane_feed *feed = &source->feeds[kind];

    for (size_t k = 0; k < feed->receiver_count; k++) {
        struct plane_participant *receiver = plane_find(plane, feed->receivers[k]);
        for (size_t i = 0; receiver && i < receiver->pair_count[kind]; i++)
            if (receiver->pairs[kind][i] == source->id)
                tell_route(plane, receiver, kind, i);
    }
}

/* The routes of a transport that replaces another one are set up anew. */
void plane_restore_routes(struct media_plane *plane, struct plane_participant *participant)
{
    tell_send(plane, participant);
    tell_feed(plane, participant);
    for (enum media_kind kind = 0; kind < MEDIA_KINDS; kind++) {
        for (size_t i = 0; i < participant->pair_count[kind]; i++)
            if (participant->pairs[kind][i] != 0)
                tell_route(plane, participant, kind, i);
        restore_receivers(plane, participant, kind);
    }
}
