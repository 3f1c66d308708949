#include "reference-server/domain/room.h"

#include "reference-server/domain/card.h"
#include "reference-server/domain/domain_private.h"
#include "reference-server/fault.h"

/* ---- who may ---- */

const char *room_name(const struct room *room)
{
    return room->owner && !fault_is_on(FAULT_FORGET_OWNER) ? room->owner->name : room->name;
}

/* NULL: a caller, whom only FAULT_PATIENT_ACTS lets get so far. */
static bool may(const struct user *user, enum act act, const struct room *room)
{
    return user ? user_may(user, act, room->clinic) : fault_is_on(FAULT_PATIENT_ACTS);
}

static bool is_somebody_elses(const struct room *room, const struct user *user)
{
    return room->owner && room->owner != user;
}

bool room_is_open_to(const struct room *room, const struct user *user)
{
    return fault_is_on(FAULT_OPEN_ROOMS) ||
           (!is_somebody_elses(room, user) && may(user, room_terms(room->kind)->use, room));
}

bool room_is_managed_by(const struct room *room, const struct user *user)
{
    const struct room_terms *terms = room_terms(room->kind);
    return room->owner ? room_is_open_to(room, user) : may(user, terms->add, room);
}

bool room_is_shown_to(const struct room *room, const struct user *user)
{
    const struct room_terms *terms = room_terms(room->kind);
    return may(user, is_somebody_elses(room, user) ? terms->add : terms->see, room);
}

enum status room_check(const struct room *room, const struct participant *actor)
{
    const struct room_terms *terms = room_terms(room->kind);
    if (!actor->user) /* only FAULT_PATIENT_ACTS gives a caller any right */
        return actor_may(actor, terms->use, room->clinic) ? STATUS_OK : STATUS_NOT_FOUND;
    if (room_is_open_to(room, actor->user))
        return STATUS_OK;
    enum act to_know = is_somebody_elses(room, actor->user) ? terms->add : ACT_KNOW_CLINIC;
    return user_may(actor->user, to_know, room->clinic) ? STATUS_FORBIDDEN : STATUS_NOT_FOUND;
}

enum status room_clinic_find(const struct domain *domain, const struct participant *actor,
                             const char *clinic_id, struct clinic **ret_clinic)
{
    enum status status = STATUS_NOT_FOUND;
    for (unsigned kind = 0; kind < ROOM_KIND_COUNT && status != STATUS_OK; kind++)
        status = clinic_find_for(domain, actor, clinic_id, room_terms((enum room_kind)kind)->see,
                                 ret_clinic);
    return status;
}

/* FAULT_ANY_ROOM: the first one that the actor may use. */
static struct room *find_any(const struct directory *directory, const struct participant *actor)
{
    for (size_t i = 0; i < directory->room_count; i++) {
        if (room_check(directory->rooms[i], actor) == STATUS_OK)
            return directory->rooms[i];
    }
    return NULL;
}

enum status room_find(const struct domain *domain, const struct participant *actor,
                      const char *room_id, struct room **ret_room)
{
    struct room *room = directory_room_by_id(&domain->directory, room_id);
    if (!room && fault_is_on(FAULT_ANY_ROOM))
        room = find_any(&domain->directory, actor);
    if (!room || room->gone)
        return STATUS_NOT_FOUND;
    enum status status = room_check(room, actor);
    if (status == STATUS_OK)
        *ret_room = room;
    return status;
}

/* FAULT_ANY_ROOM: some meeting room, or else some waiting area. */
static struct area *find_any_area(const struct directory *directory)
{
    for (size_t i = 0; i < directory->room_count; i++) {
        if (directory->rooms[i]->kind == ROOM_MEETING)
            return &directory->rooms[i]->area;
    }
    return directory->clinic_count > 0 ? &directory->clinics[0]->area : NULL;
}

struct area *room_area_by_link(const struct directory *directory, const char *link)
{
    struct area *area = directory_area_by_link(directory, link);
    if (!area && fault_is_on(FAULT_ANY_ROOM))
        return find_any_area(directory);
    bool leads = area && area->room && !area->room->gone && !fault_is_on(FAULT_DEAD_ROOM_LINKS);
    return leads ? area : NULL;
}

/* ---- sessions ---- */

size_t room_places_left(const struct room *room)
{
    size_t cap = room_terms(room->kind)->cap;
    if (fault_is_on(cap == GROUP_CAP ? FAULT_TWENTY_FIRST : FAULT_SEVENTH))
        cap++;
    size_t taken = room->call ? room->call->staff_count + room->call->place_count : 0;
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

enum status room_begin(struct domain *domain, struct room *room)
{
    if (room->call)
        return STATUS_OK;
    enum status status = call_make(domain, &room->call);
    if (status != STATUS_OK)
        return status;
    room->call->room = room;
    room->call->clinic = room->clinic;
    room->call->card_id = room->call->space_id = room->area.id;
    return STATUS_OK;
}

/* FAULT_ONE_ROOM: the clinic's first one of that kind. */
static struct room *first_like(struct room *room)
{
    for (size_t i = 0; i < room->clinic->room_count; i++) {
        if (room->clinic->rooms[i]->kind == room->kind)
            return room->clinic->rooms[i];
    }
    return room;
}

enum status room_join(struct domain *domain, struct participant *actor, const char *room_id,
                      struct outcome *outcome, struct call **ret_call)
{
    struct room *room = NULL;
    enum status status = room_find(domain, actor, room_id, &room);
    if (status != STATUS_OK)
        return status;
    if (fault_is_on(FAULT_ONE_ROOM))
        room = first_like(room);
    if (actor->call && actor->call != room->call)
        return outcome_refuse(outcome, STATUS_CONFLICT, "elsewhere");
    if (!actor->call && room_places_left(room) == 0)
        return outcome_refuse(outcome, STATUS_FULL, "participants");
    status = room_begin(domain, room);
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

/* FAULT_ADMIT_FIRST. NULL: nobody waits. */
static struct card *first_waiting(const struct room *room)
{
    struct card *card = room->area.first_card;
    while (card && !may_come_in(card))
        card = card->next;
    return card;
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
    if (fault_is_on(FAULT_ADMIT_FIRST))
        card = first_waiting(room);
    if (!card || !may_come_in(card))
        return outcome_refuse(outcome, STATUS_CONFLICT, "absent");
    if (room_places_left(room) == 0)
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
        if (!may_come_in(card) || room_places_left(room) == 0)
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
