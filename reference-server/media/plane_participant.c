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
    free(participant->receivers);
    free(participant);
}

enum status plane_participant_set_terms(struct plane_participant *participant,
                                        const struct media_terms *terms)
{
    if (!participant->terms)
        participant->terms = malloc(sizeof *participant->terms);
    if (!participant->terms)
        return STATUS_NO_MEMORY;
    *participant->terms = *terms;
    participant->pair_count = 0;
    for (size_t i = 0; i < terms->slot_count; i++)
        if (terms->slots[i].pair >= participant->pair_count)
            participant->pair_count = terms->slots[i].pair + 1;
    assert(participant->pair_count <= MEDIA_PAIRS_MAX);
    return STATUS_OK;
}

bool plane_participant_is_idle(const struct plane_participant *participant)
{
    if (participant->leaving || participant->terms || participant->receiver_count > 0)
        return false;
    for (int kind = 0; kind < MEDIA_KINDS; kind++)
        if (participant->may_send[kind])
            return false;
    return participant->leaks_on == 0;
}

static enum status make_room(struct plane_participant *source)
{
    if (source->receiver_count < source->receiver_capacity)
        return STATUS_OK;
    if (source->receiver_capacity >= PLANE_RECEIVERS_MAX)
        return STATUS_FULL;
    size_t capacity =
        source->receiver_capacity > 0 ? source->receiver_capacity * 2 : FIRST_RECEIVERS;
    uint64_t *receivers = realloc(source->receivers, capacity * sizeof *receivers);
    if (!receivers)
        return STATUS_NO_MEMORY;
    source->receivers = receivers;
    source->receiver_capacity = capacity;
    return STATUS_OK;
}

enum status plane_participant_add_receiver(struct plane_participant *source, uint64_t receiver,
                                           unsigned worker)
{
    enum status status = make_room(source);

    if (status != STATUS_OK)
        return status;
    source->receivers[source->receiver_count++] = receiver;
    source->wanted_on[worker]++;
    return STATUS_OK;
}

void plane_participant_remove_receiver(struct plane_participant *source, uint64_t receiver,
                                       unsigned worker)
{
    for (size_t i = 0; i < source->receiver_count; i++)
        if (source->receivers[i] == receiver) {
            source->receivers[i] = source->receivers[--source->receiver_count];
            source->wanted_on[worker]--;
            return;
        }
}

uint32_t plane_participant_feed_workers(const struct plane_participant *source)
{
    uint32_t workers = source->leaks_on;

    for (unsigned i = 0; i < MEDIA_WORKERS_MAX; i++)
        if (source->wanted_on[i] > 0)
            workers |= 1U << i;
    if (source->terms)
        workers &= ~(1U << source->worker);
    return workers;
}
