#include "reference-server/media/plane_participant.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_RECEIVERS = 8 };

struct plane_participant *plane_participant_create(uint64_t id)
{
    struct plane_participant *participant = calloc(1, sizeof *participant);

    if (participant)
        participant->id = id;
    return participant;
}

void plane_participant_destroy(struct plane_participant *participant)
{
    if (!participant)
        return;
    free(participant->terms);
    voice_meter_release(participant->meter);
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        free(participant->feeds[kind].receivers);
    free(participant);
}

enum status plane_participant_set_terms(struct plane_participant *participant,
                                        const struct media_terms *terms)
{
    if (!participant->meter)
        participant->meter = voice_meter_create();
    if (participant->meter && !participant->terms)
        participant->terms = malloc(sizeof *participant->terms);
    if (!participant->terms)
        return STATUS_NO_MEMORY;
    *participant->terms = *terms;
    memset(participant->pair_count, 0, sizeof participant->pair_count);
    for (size_t i = 0; i < terms->slot_count; i++) {
        size_t *count = &participant->pair_count[terms->slots[i].kind];
        if (terms->slots[i].pair >= *count)
            *count = terms->slots[i].pair + 1;
        assert(*count <= MEDIA_PAIRS_MAX);
    }
    return STATUS_OK;
}

bool plane_participant_is_idle(const struct plane_participant *participant)
{
    if (participant->leaving || participant->terms)
        return false;
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        if (participant->may_send[kind] || participant->feeds[kind].receiver_count > 0)
            return false;
    return participant->leaks_on == 0;
}

static enum status make_room(struct plane_feed *feed)
{
    if (feed->receiver_count < feed->receiver_capacity)
        return STATUS_OK;
    if (feed->receiver_capacity >= PLANE_RECEIVERS_MAX)
        return STATUS_FULL;
    size_t capacity = feed->receiver_capacity > 0 ? feed->receiver_capacity * 2 : FIRST_RECEIVERS;
    uint64_t *receivers = realloc(feed->receivers, capacity * sizeof *receivers);
    if (!receivers)
        return STATUS_NO_MEMORY;
    feed->receivers = receivers;
    feed->receiver_capacity = capacity;
    return STATUS_OK;
}

enum status plane_participant_add_receiver(struct plane_participant *source, enum media_kind kind,
                                           uint64_t receiver, unsigned worker)
{
    struct plane_feed *feed = &source->feeds[kind];
    enum status status = make_room(feed);

    if (status != STATUS_OK)
        return status;
    feed->receivers[feed->receiver_count++] = receiver;
    feed->wanted_on[worker]++;
    return STATUS_OK;
}

void plane_participant_remove_receiver(struct plane_participant *source, enum media_kind kind,
                                       uint64_t receiver, unsigned worker)
{
    struct plane_feed *feed = &source->feeds[kind];

    for (size_t i = 0; i < feed->receiver_count; i++)
        if (feed->receivers[i] == receiver) {
            feed->receivers[i] = feed->receivers[--feed->receiver_count];
            feed->wanted_on[worker]--;
            return;
        }
}

uint32_t plane_participant_feed_workers(const struct plane_participant *source,
                                        enum media_kind kind)
{
    uint32_t workers = kind == MEDIA_AUDIO ? source->leaks_on : 0;

    for (unsigned i = 0; i < MEDIA_WORKERS_MAX; i++)
        if (source->feeds[kind].wanted_on[i] > 0)
            workers |= 1U << i;
    if (source->terms)
        workers &= ~(1U << source->worker);
    return workers;
}
