#include "tests/support/media_double.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"

enum status media_plane_create(const struct media_plane_config *config,
                               struct media_plane **ret_plane, struct failure *failure)
{
    (void)failure;
    struct media_plane *plane = calloc(1, sizeof *plane);
    if (!plane)
        return STATUS_NO_MEMORY;
    plane->config = *config;
    *ret_plane = plane;
    return STATUS_OK;
}

void media_plane_destroy(struct media_plane *plane)
{
    free(plane);
}

uint16_t media_plane_port(const struct media_plane *plane, unsigned worker)
{
    return worker < plane->config.workers ? (uint16_t)(40000 + worker) : 0;
}

static struct media_double_transport *transport(struct media_plane *plane, uint64_t participant)
{
    assert(participant > 0 && participant < MEDIA_DOUBLE_MAX);
    return &plane->transports[participant];
}

enum status media_plane_offer(struct media_plane *plane, uint64_t participant, unsigned worker_hint,
                              const char *offer, char **ret_answer, struct failure *failure)
{
    if (plane->next_offer != STATUS_OK)
        return failure_set(failure, plane->next_offer, "the double refuses: %.20s", offer);
    struct media_double_transport *at = transport(plane, participant);
    at->exists = true;
    at->worker_hint = worker_hint;
    at->offers++;
    *ret_answer = malloc(64);
    assert(*ret_answer);
    snprintf(*ret_answer, 64, "answer to %llu", (unsigned long long)participant);
    return STATUS_OK;
}

void media_plane_remove(struct media_plane *plane, uint64_t participant)
{
    assert(transport(plane, participant)->exists);
    *transport(plane, participant) = (struct media_double_transport){0};
    plane->removed++;
}

void media_plane_set_send(struct media_plane *plane, uint64_t participant, bool audio, bool video)
{
    struct media_double_transport *at = transport(plane, participant);
    assert(at->exists);
    at->audio = audio;
    at->video = video;
}

static bool contains(const uint64_t *list, size_t count, uint64_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == value)
            return true;
    }
    return false;
}

/* Kept where they were; new ones take the first empty slot. */
static void assign(uint64_t *slots, size_t slot_count, const uint64_t *sources, size_t count)
{
    for (size_t i = 0; i < slot_count; i++) {
        if (!contains(sources, count, slots[i]))
            slots[i] = 0;
    }
    for (size_t k = 0; k < count; k++) {
        if (contains(slots, slot_count, sources[k]))
            continue;
        size_t i = 0;
        while (i < slot_count && slots[i])
            i++;
        if (i < slot_count)
            slots[i] = sources[k];
    }
}

static void check_sources(struct media_plane *plane, uint64_t participant, const uint64_t *sources,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert(transport(plane, sources[i])->exists && sources[i] != participant);
}

size_t media_plane_route(struct media_plane *plane, uint64_t participant,
                         const struct media_sources *sources,
                         struct media_slot ret_slots[MEDIA_SLOTS_MAX])
{
    struct media_double_transport *at = transport(plane, participant);
    assert(at->exists);
    check_sources(plane, participant, sources->video, sources->video_count);
    check_sources(plane, participant, sources->audio, sources->audio_count);
    assign(at->video_from, 6, sources->video, sources->video_count);
    assign(at->audio_from, 5, sources->audio, sources->audio_count);
    for (size_t i = 0; i < MEDIA_SLOTS_MAX; i++) {
        snprintf(ret_slots[i].mid, sizeof ret_slots[i].mid, "%zu", i + 2);
        ret_slots[i].video = i < 6;
        ret_slots[i].paused = i == 0 && at->paused;
        ret_slots[i].source = i < 6 ? at->video_from[i] : at->audio_from[i - 6];
    }
    return MEDIA_SLOTS_MAX;
}

unsigned media_plane_take_loudness(struct media_plane *plane, uint64_t participant)
{
    return transport(plane, participant)->loudness;
}

void media_plane_metrics(struct media_plane *plane, struct buffer *out)
{
    (void)plane;
    buffer_text(out, "# TYPE media_double gauge\nmedia_double 1\n");
}

void media_plane_fault_leak(struct media_plane *plane, uint64_t from, uint64_t to)
{
    plane->leak_from = from;
    plane->leak_to = to;
    plane->leaks++;
}

void media_plane_fault_leak_to_waiting(struct media_plane *plane, uint64_t id)
{
    plane->leak_to = id;
    plane->leaks++;
}

bool media_double_flows(const struct media_plane *plane, uint64_t from, uint64_t to)
{
    const struct media_double_transport *source = &plane->transports[from];
    const struct media_double_transport *target = &plane->transports[to];
    return source->exists && target->exists && source->audio && source->video &&
           contains(target->video_from, 6, from) && contains(target->audio_from, 5, from);
}
