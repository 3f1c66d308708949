#include "engine/calibrate/call_pairs.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"

#define DESCRIPTION_MAX (64 * 1024)

struct pair {
    struct call_pairs *owner;
    struct participant *caller, *callee; /* owned */
};

struct call_pairs {
    struct media_context *context;
    const struct reflector *reflector;
    struct pair *pairs; /* REFLECTOR_PAIRS_MAX */
    size_t count;
    char problem[256];
};

struct call_pairs *call_pairs_create(struct media_context *context,
                                     const struct reflector *reflector)
{
    struct call_pairs *pairs = calloc(1, sizeof *pairs);

    if (!pairs)
        return NULL;
    pairs->context = context;
    pairs->reflector = reflector;
    pairs->pairs = calloc(REFLECTOR_PAIRS_MAX, sizeof *pairs->pairs);
    if (!pairs->pairs) {
        free(pairs);
        return NULL;
    }
    return pairs;
}

void call_pairs_destroy(struct call_pairs *pairs)
{
    if (!pairs)
        return;
    while (pairs->count > 0)
        call_pairs_remove(pairs);
    free(pairs->pairs);
    free(pairs);
}

static void on_event(void *arg, enum participant_event event, uint32_t sender, const char *text,
                     int64_t at_us)
{
    struct pair *pair = arg;

    (void)sender, (void)at_us;
    if (event == PARTICIPANT_LOST || event == PARTICIPANT_FAILED)
        snprintf(pair->owner->problem, sizeof pair->owner->problem, "%s", text);
}

static enum status make_one(struct pair *pair, const char *role, struct participant **ret_one,
                            struct failure *failure)
{
    struct participant_config config = {.context = pair->owner->context,
                                        .role = role,
                                        .name = role,
                                        .session = (uint64_t)(pair - pair->owner->pairs),
                                        .arg = pair,
                                        .on_event = on_event};

    return participant_create(&config, ret_one, failure);
}

/* The offer has one section of each kind for either direction, as calls through a platform have. */
static enum status negotiate(struct pair *pair, struct buffer *description, struct failure *failure)
{
    const struct reflector *reflector = pair->owner->reflector;
    size_t number = (size_t)(pair - pair->owner->pairs);
    const char *sdp = NULL;
    enum status status = participant_offer(pair->caller, 1, 1, false, &sdp, failure);

    if (status == STATUS_OK)
        status = reflector_describe(reflector, number, REFLECTOR_CALLEE, sdp, description, failure);
    if (status == STATUS_OK)
        status = participant_answer(pair->callee, buffer_string(description), &sdp, failure);
    buffer_clear(description);
    if (status == STATUS_OK)
        status = reflector_describe(reflector, number, REFLECTOR_CALLER, sdp, description, failure);
    if (status == STATUS_OK)
        status = participant_set_answer(pair->caller, buffer_string(description), failure);
    return status;
}

static void let_talk(struct pair *pair)
{
    int64_t now_us = clock_monotonic_us();

    participant_permit(pair->caller, pair->callee, true, false, now_us);
    participant_permit(pair->callee, pair->caller, true, false, now_us);
    participant_send(pair->caller, true, true, now_us);
    participant_send(pair->callee, true, true, now_us);
}

enum status call_pairs_add(struct call_pairs *pairs, struct failure *failure)
{
    struct buffer description;
    struct pair *pair;
    enum status status;

    if (pairs->count == REFLECTOR_PAIRS_MAX)
        return failure_set(failure, STATUS_FULL, "at most %d pairs", REFLECTOR_PAIRS_MAX);
    pair = &pairs->pairs[pairs->count++];
    *pair = (struct pair){.owner = pairs};
    buffer_init(&description, DESCRIPTION_MAX);
    status = make_one(pair, "caller", &pair->caller, failure);
    if (status == STATUS_OK)
        status = make_one(pair, "callee", &pair->callee, failure);
    if (status == STATUS_OK)
        status = negotiate(pair, &description, failure);
    if (status == STATUS_OK)
        let_talk(pair);
    else
        call_pairs_remove(pairs);
    buffer_finish(&description);
    return status;
}

void call_pairs_remove(struct call_pairs *pairs)
{
    struct pair *pair = &pairs->pairs[--pairs->count];

    participant_destroy(pair->caller);
    participant_destroy(pair->callee);
}

size_t call_pairs_count(const struct call_pairs *pairs)
{
    return pairs->count;
}

size_t call_pairs_connected(const struct call_pairs *pairs)
{
    size_t connected = 0;

    for (size_t i = 0; i < pairs->count; i++)
        connected += (participant_state(pairs->pairs[i].caller) == ENDPOINT_CONNECTED) +
                     (participant_state(pairs->pairs[i].callee) == ENDPOINT_CONNECTED);
    return connected;
}

const char *call_pairs_problem(const struct call_pairs *pairs)
{
    return pairs->problem;
}
