#include "reference-server/domain/room.h"

#include "reference-server/domain/card.h"
#include "reference-server/domain/domain_private.h"
#include "reference-server/fault.h"

/* How many more may come in. */
static size_t places_left(const struct call *call)
{
    size_t cap = fault_is_on(FAULT_TWENTY_FIRST) ? GROUP_CAP + 1 : GROUP_CAP;
    size_t taken = call->staff_count + call->place_count;
    return taken < cap ? cap - taken : 0;
}

void room_tell(const struct room *room, struct outcome *outcome)
{
    if (room && room->call)
        call_tell(room->call, outcome);
}

/* The session in which the actor is. */
static enum status find_session(const struct domain *domain, const struct participant *actor,
                                const char *room_id, struct outcome *outcome,
                                struct room **ret_room)
{
    struct room *room = NULL;
    enum status status = room_find(domain, actor, room_id, &room);
    if (status != STATUS_OK)
        return status;
    if (!room->call || actor->call != room->call)
        return outcome_refuse(outcome, STATUS_CONFLICT, "apart");
    *ret_room = room;
    return STATUS_OK;
}

/* ---- staff ---- */

static enum status begin_session(struct domain *domain, struct room *room)
{
    enum status status = call_make(domain, &room->call);
    if (status != STATUS_OK)
        return status;
    room->call->room = room;
    room->call->clinic = room->clinic;
    room->call->card_id = room->call->space_id = room->area.id;
    return STATUS_OK;
}

enum status room_join(struct domain *domain, struct participant *actor, const char *room_id,
                      struct outcome *outcome, struct call **ret_call)
{
    struct room *room = NULL;
    enum status status = room_find(domain, actor, room_id, &room);
    if (status != STATUS_OK)
        return status;
    if (actor->call && actor->call != room->call)
        return outcome_refuse(outcome, STATUS_CONFLICT, "elsewhere");
    if (!actor->call && room->call && places_left(room->call) == 0)
        return outcome_refuse(outcome, STATUS_FULL, "participants");
    if (!room->call)
        status = begin_session(domain, room);
    if (status != STATUS_OK)
        return status;
    *ret_call = room->call;
    if (actor->call)
        return STATUS_OK;
    call_add(room->call, actor);
    call_tell(room->call, outcome);
    return STATUS_OK;
}

enum status room_leave(struct domain *domain, struct participant *actor, const char *room_id,
                       int64_t now_us, struct outcome *outcome)
{
    struct room *room = NULL;
    enum status status = find_session(domain, actor, room_id, outcome, &room);
    if (status == STATUS_OK)
        call_depart(domain, actor, now_us, outcome);
    return status;
}

/* ---- letting in ---- */

static void let_in(struct domain *domain, struct call *call, struct card *card, int64_t now_us,
                   struct outcome *outcome)
{
    card_act(domain, card, CALLER_JOINED, now_us);
    if (card->seen_us == 0)
        card->seen_us = now_us;
    card->call = call;
    call->place_count++;
    call_add(call, card->caller);
    card_tell_caller(card, "joined", NULL, outcome);
    card_tell_changed(card, "joined", outcome);
}

static bool may_come_in(const struct card *card)
{
    return !card->call && card->presence == PRESENCE_HERE && !card->caller->call;
}

enum status room_admit(struct domain *domain, struct participant *actor, const char *card_id,
                       int64_t now_us, struct outcome *outcome)
{
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_USE_GROUP_ROOM, &card);
    if (status != STATUS_OK)
        return status;
    struct room *room = card->area->room;
    if (!room || !room->call || actor->call != room->call)
        return outcome_refuse(outcome, STATUS_CONFLICT, "apart");
    if (card->call == room->call)
        return STATUS_OK;
    if (!may_come_in(card))
        return outcome_refuse(outcome, STATUS_CONFLICT, "absent");
    if (places_left(room->call) == 0)
        return outcome_refuse(outcome, STATUS_FULL, "participants");
    let_in(domain, room->call, card, now_us, outcome);
    call_tell(room->call, outcome);
    return STATUS_OK;
}

enum status room_admit_all(struct domain *domain, struct participant *actor, const char *room_id,
                           int64_t now_us, struct outcome *outcome,
                           struct card *ret_cards[ROOM_ADMITTED_MAX], size_t *ret_count)
{
    struct room *room = NULL;
    enum status status = find_session(domain, actor, room_id, outcome, &room);
    if (status != STATUS_OK)
        return status;
    size_t count = 0;
    bool any_waits = false;
    for (struct card *card = room->area.first_card; card; card = card->next) {
        any_waits |= may_come_in(card);
        if (!may_come_in(card) || places_left(room->call) == 0)
            continue;
        let_in(domain, room->call, card, now_us, outcome);
        ret_cards[count++] = card;
    }
    if (any_waits && count == 0)
        return outcome_refuse(outcome, STATUS_FULL, "participants");
    if (count > 0)
        call_tell(room->call, outcome);
    *ret_count = count;
    return STATUS_OK;
}

/* ---- putting back, ending ---- */

void room_forget(struct card *card, struct outcome *outcome)
{
    struct call *call = card->call;
    if (card->caller->call == call)
        call_take_out(call, card->caller, outcome);
    call->place_count--;
    card->call = NULL;
}

void room_put_back(struct domain *domain, struct card *card, const char *cause, const char *reason,
                   int64_t now_us, struct outcome *outcome)
{
    if (card->presence == PRESENCE_LEFT || card->presence == PRESENCE_LOST) {
        card_end(domain, card, CALLER_GONE, card->presence == PRESENCE_LEFT ? "left" : "dropped",
                 now_us, outcome);
        return;
    }
    card_act(domain, card, CALLER_PUT_ON_HOLD, now_us);
    card_tell_caller(card, reason, NULL, outcome);
    room_forget(card, outcome);
    card_tell_changed(card, cause, outcome);
}

void room_empty(struct domain *domain, struct call *call, int64_t now_us, struct outcome *outcome)
{
    struct card *next;
    for (struct card *card = call->room->area.first_card; card; card = next) {
        next = card->next;
        if (card->call == call)
            room_put_back(domain, card, "left", "staff_left", now_us, outcome);
    }
    call_dissolve(domain, call, outcome);
}

enum status room_end(struct domain *domain, struct participant *actor, const char *room_id,
                     int64_t now_us, struct outcome *outcome)
{
    struct room *room = NULL;
    enum status status = find_session(domain, actor, room_id, outcome, &room);
    if (status != STATUS_OK)
        return status;
    struct card *next;
    for (struct card *card = room->area.first_card; card; card = next) {
        next = card->next;
        if (card->call == room->call)
            card_end(domain, card, CALLER_FINISHED, "ended", now_us, outcome);
    }
    call_dissolve(domain, room->call, outcome);
    return STATUS_OK;
}
