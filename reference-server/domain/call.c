#include "reference-server/domain/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/domain/card.h"
#include "reference-server/domain/domain_private.h"
#include "reference-server/fault.h"

/* Whether `participant` is the caller this call is about; all other members count as staff. In a
 * group room all callers are. */
static bool is_its_caller(const struct call *call, const struct participant *participant)
{
    if (call->room)
        return participant->kind == PARTICIPANT_CALLER;
    return call->card && call->card->caller == participant;
}

const struct id *call_space_for(const struct call *call, const struct participant *member)
{
    bool is_guest = call->room && member->kind == PARTICIPANT_CALLER;
    return is_guest ? &member->space_id : &call->space_id;
}

void call_add(struct call *call, struct participant *participant)
{
    assert(!participant->call && call->member_count < CALL_MEMBERS_MAX);
    call->members[call->member_count++] = participant;
    if (!is_its_caller(call, participant))
        call->staff_count++;
    participant->call = call;
}

static void tell_one(const struct call *call, struct participant *participant,
                     struct outcome *outcome)
{
    if (!participant->connection)
        return;
    struct effect *effect = outcome_add(outcome, EFFECT_CALL_CHANGED);
    effect->to = participant;
    effect->call_id = call->id;
    effect->space_id = *call_space_for(call, participant);
}

void call_take_out(struct call *call, struct participant *participant, struct outcome *outcome)
{
    assert(participant->call == call);
    size_t i = 0;
    while (call->members[i] != participant)
        i++;
    memmove(&call->members[i], &call->members[i + 1],
            (call->member_count - i - 1) * sizeof call->members[0]);
    call->member_count--;
    if (!is_its_caller(call, participant))
        call->staff_count--;
    participant->call = NULL;
    tell_one(call, participant, outcome);
}

void call_tell(const struct call *call, struct outcome *outcome)
{
    for (size_t i = 0; i < call->member_count; i++)
        tell_one(call, call->members[i], outcome);
}

void call_dissolve(struct domain *domain, struct call *call, struct outcome *outcome)
{
    while (call->member_count > 0)
        call_take_out(call, call->members[call->member_count - 1], outcome);
    if (call->card)
        call->card->call = NULL;
    if (call->room) {
        call->room->call = NULL;
        call->room->gone = fault_is_on(FAULT_VANISHING_ROOMS);
    }
    domain->call_count--;
    free(call);
}

enum status call_make(struct domain *domain, struct call **ret_call)
{
    struct call *call = calloc(1, sizeof *call);
    if (!call)
        return STATUS_NO_MEMORY;
    enum status status = domain->ids.make(domain->ids.arg, &call->id);
    if (status != STATUS_OK) {
        free(call);
        return status;
    }
    domain->call_count++;
    *ret_call = call;
    return STATUS_OK;
}

static enum status call_create(struct domain *domain, struct card *card)
{
    struct call *call;
    enum status status = call_make(domain, &call);
    if (status != STATUS_OK)
        return status;
    call->card = card;
    call->clinic = card->clinic;
    call->card_id = card->id;
    call->space_id = card->space_id;
    card->call = call;
    call_add(call, card->caller);
    return STATUS_OK;
}

/* The staff are gone from the call and the caller, if still expected, waits on hold. */
static void put_on_hold(struct domain *domain, struct card *card, const char *cause,
                        const char *reason, int64_t now_us, struct outcome *outcome)
{
    if (card->presence == PRESENCE_LEFT || card->presence == PRESENCE_LOST) {
        card_end(domain, card, CALLER_GONE, card->presence == PRESENCE_LEFT ? "left" : "dropped",
                 now_us, outcome);
        return;
    }
    if (fault_is_on(FAULT_HOLD_ENDS)) {
        card_end(domain, card, CALLER_FINISHED, "ended", now_us, outcome);
        return;
    }
    card_act(domain, card, CALLER_PUT_ON_HOLD, now_us);
    card_tell_caller(card, reason, NULL, outcome);
    call_dissolve(domain, card->call, outcome);
    card_tell_changed(card, cause, outcome);
}

void call_depart(struct domain *domain, struct participant *actor, int64_t now_us,
                 struct outcome *outcome)
{
    struct call *call = actor->call;
    struct card *card = call->card;
    call_take_out(call, actor, outcome);
    if (call->staff_count > 0) {
        call_tell(call, outcome);
        if (card)
            card_tell_changed(card, "left", outcome);
    } else if (call->room) {
        room_empty(domain, call, now_us, outcome);
    } else if (card) {
        put_on_hold(domain, card, "left", "staff_left", now_us, outcome);
    } else {
        call_dissolve(domain, call, outcome);
    }
}

/* Whether one more may join: the place of a caller who is not there is kept for them. */
static bool is_full(const struct call *call)
{
    size_t cap = fault_is_on(FAULT_SEVENTH) ? CALL_MEMBERS_MAX : CALL_CAP;
    return call->staff_count + 1 >= cap;
}

enum status call_join(struct domain *domain, struct participant *actor, const char *card_id,
                      int64_t now_us, struct outcome *outcome, struct call **ret_call)
{
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_JOIN_CALL, &card);
    if (status != STATUS_OK)
        return status;
    if (card->area->room)
        return outcome_refuse(outcome, STATUS_CONFLICT, "room");
    if (actor->call && actor->call == card->call) {
        *ret_call = card->call;
        return STATUS_OK;
    }
    if (actor->call || (!card->call && card->caller->call))
        return outcome_refuse(outcome, STATUS_CONFLICT, "elsewhere");
    if (card->caller == actor || (!card->call && card->presence != PRESENCE_HERE))
        return outcome_refuse(outcome, STATUS_CONFLICT, "absent");
    if (card->call && is_full(card->call))
        return outcome_refuse(outcome, STATUS_FULL, "participants");

    bool is_first = !card->call;
    if (is_first) {
        status = call_create(domain, card);
        if (status != STATUS_OK)
            return status;
    }
    card_act(domain, card, CALLER_JOINED, now_us);
    if (card->seen_us == 0)
        card->seen_us = now_us;
    call_add(card->call, actor);
    if (is_first)
        card_tell_caller(card, "joined", NULL, outcome);
    call_tell(card->call, outcome);
    card_tell_changed(card, "joined", outcome);
    *ret_call = card->call;
    return STATUS_OK;
}

enum status call_leave(struct domain *domain, struct participant *actor, const char *card_id,
                       int64_t now_us, struct outcome *outcome)
{
    /* By the call, not by the card: after a transfer the card may be hidden from who stayed. */
    if (actor->call && strcmp(actor->call->card_id.text, card_id) == 0 &&
        !is_its_caller(actor->call, actor)) {
        call_depart(domain, actor, now_us, outcome);
        return STATUS_OK;
    }
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_USE_WAITING_AREA, &card);
    return status == STATUS_OK ? outcome_refuse(outcome, STATUS_CONFLICT, "apart") : status;
}

enum status call_hold(struct domain *domain, struct participant *actor, const char *card_id,
                      int64_t now_us, struct outcome *outcome)
{
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_USE_WAITING_AREA, &card);
    if (status != STATUS_OK)
        return status;
    if (card->state != CALLER_IN_CALL)
        return outcome_refuse(outcome, STATUS_CONFLICT, caller_state_name(card->state));
    struct room *room = card->area->room;
    if (!room) {
        put_on_hold(domain, card, "held", "held", now_us, outcome);
        return STATUS_OK;
    }
    room_put_back(domain, card, "held", "held", now_us, outcome);
    room_tell(room, outcome);
    return STATUS_OK;
}

enum status call_end(struct domain *domain, struct participant *actor, const char *card_id,
                     int64_t now_us, struct outcome *outcome)
{
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_USE_WAITING_AREA, &card);
    if (status != STATUS_OK)
        return status;
    enum caller_state next;
    if (caller_state_next(card->state, CALLER_FINISHED, &next) != STATUS_OK)
        return outcome_refuse(outcome, STATUS_CONFLICT, caller_state_name(card->state));
    struct room *room = card->area->room;
    card_end(domain, card, CALLER_FINISHED, "ended", now_us, outcome);
    room_tell(room, outcome);
    return STATUS_OK;
}
