#include "reference-server/domain/card.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/domain/domain_private.h"
#include "reference-server/domain/past.h"
#include "reference-server/fault.h"

static void append_to_area(struct card *card, struct area *area)
{
    card->area = area;
    card->clinic = area->clinic;
    card->next = NULL;
    card->previous = area->last_card;
    if (area->last_card)
        area->last_card->next = card;
    else
        area->first_card = card;
    area->last_card = card;
    area->card_count++;
}

static void take_from_area(struct card *card)
{
    struct area *area = card->area;
    if (card->previous)
        card->previous->next = card->next;
    else
        area->first_card = card->next;
    if (card->next)
        card->next->previous = card->previous;
    else
        area->last_card = card->previous;
    area->card_count--;
}

static void card_free(struct card *card)
{
    if (!card)
        return;
    free(card->name);
    free(card->note);
    details_finish(&card->details);
    free(card);
}

static void unlist(struct domain *domain, struct card *card)
{
    key_table_remove(&domain->cards_by_id, card->id.text, ID_LENGTH);
    key_table_remove(&domain->cards_by_space, card->space_id.text, ID_LENGTH);
    key_table_remove(&domain->cards_by_token, &card->token, sizeof card->token);
}

static enum status list(struct domain *domain, struct card *card)
{
    enum status status = key_table_add(&domain->cards_by_id, card->id.text, ID_LENGTH, card);
    if (status != STATUS_OK)
        return status;
    status = key_table_add(&domain->cards_by_space, card->space_id.text, ID_LENGTH, card);
    if (status != STATUS_OK)
        goto out_id;
    status = key_table_add(&domain->cards_by_token, &card->token, sizeof card->token, card);
    if (status == STATUS_OK)
        return STATUS_OK;
    key_table_remove(&domain->cards_by_space, card->space_id.text, ID_LENGTH);
out_id:
    key_table_remove(&domain->cards_by_id, card->id.text, ID_LENGTH);
    return status;
}

enum status card_create(struct domain *domain, struct area *area, struct participant *caller,
                        const char *name, const struct details *details,
                        const struct token_key *token, int64_t now_us, struct card **ret_card)
{
    if (domain->cards_by_id.count >= domain->card_limit)
        return STATUS_FULL;
    struct card *card = calloc(1, sizeof *card);
    if (!card)
        return STATUS_NO_MEMORY;

    enum status status = STATUS_NO_MEMORY;
    card->name = strdup(name);
    card->note = strdup("");
    if (!card->name || !card->note)
        goto out;
    status = details_copy(details, &card->details);
    if (status != STATUS_OK)
        goto out;
    status = domain->ids.make(domain->ids.arg, &card->id);
    if (status != STATUS_OK)
        goto out;
    status = domain->ids.make(domain->ids.arg, &card->space_id);
    if (status != STATUS_OK)
        goto out;
    card->token = *token;
    status = list(domain, card);
    if (status != STATUS_OK)
        goto out;

    card->caller = caller;
    card->entry_area = area;
    card->entered_us = card->since_us = card->came_here_us = now_us;
    append_to_area(card, area);
    domain->cards_in_state[card->state]++;
    *ret_card = card;
    return STATUS_OK;
out:
    card_free(card);
    return status;
}

void card_act(struct domain *domain, struct card *card, enum caller_act act, int64_t now_us)
{
    enum caller_state next = card->state;
    enum status status = caller_state_next(card->state, act, &next);
    assert(status == STATUS_OK);
    (void)status;
    if (next != card->state)
        card->since_us = now_us;
    domain->cards_in_state[card->state]--;
    domain->cards_in_state[next]++;
    card->state = next;
}

void card_move(struct card *card, struct clinic *clinic, int64_t now_us)
{
    card->transferred_from = card->clinic;
    if (fault_is_on(FAULT_KEEP_CARD))
        card->kept_in = card->clinic;
    take_from_area(card);
    append_to_area(card, &clinic->area);
    card->came_here_us = now_us;
    card->seen_us = 0;
}

static void remember(struct domain *domain, const struct card *card)
{
    past_add(domain->past, &(struct past_space){
                               .space_id = card->space_id,
                               .card_id = card->id,
                               .participant_id = card->caller->id,
                               .token = card->token,
                               .clinic = card->clinic,
                           });
}

void card_end(struct domain *domain, struct card *card, enum caller_act act, const char *cause,
              int64_t now_us, struct outcome *outcome)
{
    struct participant *caller = card->caller;
    grace_stop(domain, card);
    card_act(domain, card, act, now_us);
    card_tell_caller(card, "ended", NULL, outcome);
    if (card->call && card->call->room)
        room_forget(card, outcome);
    else if (card->call)
        call_dissolve(domain, card->call, outcome);

    struct effect *removed = outcome_add(outcome, EFFECT_CARD_REMOVED);
    removed->area = card->area;
    removed->card_id = card->id;
    removed->cause = cause;
    card_note_visit(card, cause, now_us, outcome);

    remember(domain, card);
    domain->cards_in_state[card->state]--;
    take_from_area(card);
    unlist(domain, card);
    card_free(card);

    caller->card = NULL;
    domain->caller_count--;
    if (!caller->connection)
        free(caller);
}

void card_tell_changed(struct card *card, const char *cause, struct outcome *outcome)
{
    struct effect *effect = outcome_add(outcome, EFFECT_CARD_CHANGED);
    effect->area = card->area;
    effect->card = card;
    effect->cause = cause;
    if (card->area->room && card->area->room->owner && fault_is_on(FAULT_PUBLIC_USER_ROOMS)) {
        struct effect *shown = outcome_add(outcome, EFFECT_CARD_CHANGED);
        *shown = *effect;
        shown->area = &card->clinic->area;
    }
}

void card_tell_caller(const struct card *card, const char *reason, struct clinic *clinic,
                      struct outcome *outcome)
{
    if (!card->caller->connection)
        return;
    struct effect *effect = outcome_add(outcome, EFFECT_SPACE_CHANGED);
    effect->to = card->caller;
    effect->space_id = card->space_id;
    effect->state = card->state;
    effect->cause = reason;
    effect->clinic = clinic;
}

void card_note_visit(const struct card *card, const char *cause, int64_t now_us,
                     struct outcome *outcome)
{
    struct effect *effect = outcome_add(outcome, EFFECT_VISIT_ENDED);
    clinic_totals_add(&card->clinic->totals, card->came_here_us, card->seen_us, now_us);
    effect->visit = (struct visit){
        .space_id = card->space_id,
        .clinic_id = card->clinic->id,
        .entered_us = card->came_here_us,
        .seen_us = card->seen_us,
        .ended_us = now_us,
        .cause = cause,
    };
}

/* NOT_FOUND: the actor may not know the clinic; FORBIDDEN: may know it, not do that. */
static enum status check(const struct participant *actor, const struct clinic *clinic,
                         enum act to_know, enum act to_do)
{
    if (!actor_may(actor, to_know, clinic))
        return fault_is_on(FAULT_TELL_EXISTENCE) ? STATUS_FORBIDDEN : STATUS_NOT_FOUND;
    return actor_may(actor, to_do, clinic) ? STATUS_OK : STATUS_FORBIDDEN;
}

enum status clinic_find(const struct domain *domain, const struct participant *actor,
                        const char *clinic_id, struct clinic **ret_clinic)
{
    struct clinic *clinic = directory_clinic_by_id(&domain->directory, clinic_id);
    if (!clinic)
        return STATUS_NOT_FOUND;
    enum status status = check(actor, clinic, ACT_KNOW_CLINIC, ACT_VIEW_WAITING_AREA);
    if (status != STATUS_OK && !fault_is_on(FAULT_TELL_OTHERS))
        return status;
    *ret_clinic = clinic;
    return STATUS_OK;
}

enum status clinic_find_for(const struct domain *domain, const struct participant *actor,
                            const char *clinic_id, enum act act, struct clinic **ret_clinic)
{
    struct clinic *clinic = directory_clinic_by_id(&domain->directory, clinic_id);
    if (!clinic)
        return STATUS_NOT_FOUND;
    enum status status = check(actor, clinic, ACT_KNOW_CLINIC, act);
    if (status == STATUS_OK)
        *ret_clinic = clinic;
    return status;
}

static enum status check_card(const struct participant *actor, const struct card *card,
                              enum act act)
{
    bool may_act = actor->user || fault_is_on(FAULT_PATIENT_ACTS);
    if (may_act && card->call && actor->call == card->call)
        return STATUS_OK;
    if (card->area->room)
        return room_check(card->area->room, actor);
    enum status status = check(actor, card->clinic, ACT_VIEW_WAITING_AREA, act);
    if (status != STATUS_OK && card->kept_in)
        status = check(actor, card->kept_in, ACT_VIEW_WAITING_AREA, act);
    return status;
}

/* GONE for those who may know of the clinic's callers, NOT_FOUND for all others. */
static enum status check_past(const struct participant *actor, const struct past_space *space)
{
    if (!space || check(actor, space->clinic, ACT_VIEW_WAITING_AREA, ACT_VIEW_WAITING_AREA))
        return STATUS_NOT_FOUND;
    return STATUS_GONE;
}

enum status card_find(const struct domain *domain, const struct participant *actor,
                      const char *card_id, enum act act, struct card **ret_card)
{
    struct card *card = key_table_find(&domain->cards_by_id, card_id, strlen(card_id));
    if (!card)
        return check_past(actor, past_by_card(domain->past, card_id));
    enum status status = check_card(actor, card, act);
    if (status == STATUS_OK)
        *ret_card = card;
    return status;
}

static enum status past_space_find(const struct domain *domain, const struct participant *actor,
                                   const char *space_id, struct card **ret_card)
{
    enum status status = STATUS_GONE;
    if (actor->user || strcmp(actor->space_id.text, space_id) != 0)
        status = check_past(actor, past_by_space(domain->past, space_id));
    if (status == STATUS_GONE && fault_is_on(FAULT_KEEP_SPACE)) {
        *ret_card = NULL;
        return STATUS_OK;
    }
    return status;
}

enum status space_find(const struct domain *domain, const struct participant *actor,
                       const char *space_id, struct card **ret_card)
{
    struct card *card = key_table_find(&domain->cards_by_space, space_id, strlen(space_id));
    if (!card)
        return past_space_find(domain, actor, space_id, ret_card);
    enum status status =
        actor->card == card ? STATUS_OK : check_card(actor, card, ACT_VIEW_WAITING_AREA);
    if (status == STATUS_OK)
        *ret_card = card;
    return status;
}

/* With FAULT_KEEP_CARD: the first card after `previous` (NULL: of all) that another clinic has and
 * this one still shows. */
static struct card *next_kept(const struct domain *domain, const struct clinic *clinic,
                              const struct card *previous)
{
    bool passed = !previous;
    for (size_t i = 0; i < domain->directory.clinic_count; i++) {
        struct card *card = domain->directory.clinics[i]->area.first_card;
        for (; card; card = card->next) {
            if (passed && card->kept_in == clinic && card->clinic != clinic)
                return card;
            passed = passed || card == previous;
        }
    }
    return NULL;
}

struct card *area_next_card(const struct domain *domain, const struct area *area,
                            const struct card *previous)
{
    struct card *next = NULL;
    bool own = !previous || previous->area == area;
    if (own)
        next = previous ? previous->next : area->first_card;
    if (next || area->room || !fault_is_on(FAULT_KEEP_CARD))
        return next;
    return next_kept(domain, area->clinic, own ? NULL : previous);
}

enum status card_note(struct domain *domain, struct participant *actor, const char *card_id,
                      const char *note, enum priority priority, struct outcome *outcome)
{
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_USE_WAITING_AREA, &card);
    if (status != STATUS_OK)
        return status;
    if (note) {
        char *copy = strdup(note);
        if (!copy)
            return STATUS_NO_MEMORY;
        free(card->note);
        card->note = copy;
    }
    if (priority < PRIORITY_COUNT)
        card->priority = priority;
    card_tell_changed(card, "noted", outcome);
    return STATUS_OK;
}

enum status card_update(struct domain *domain, struct participant *actor, const char *card_id,
                        const char *name, const struct details *details, struct outcome *outcome)
{
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_USE_WAITING_AREA, &card);
    if (status != STATUS_OK)
        return status;

    char *new_name = strdup(name ? name : card->name);
    if (!new_name)
        return STATUS_NO_MEMORY;
    if (details) {
        struct details copy;
        status = details_copy(details, &copy);
        if (status != STATUS_OK) {
            free(new_name);
            return status;
        }
        details_finish(&card->details);
        card->details = copy;
    }
    free(card->name);
    card->name = new_name;
    card_tell_changed(card, "updated", outcome);
    if (card->call && name)
        call_tell(card->call, outcome);
    return STATUS_OK;
}

enum status card_remove(struct domain *domain, struct participant *actor, const char *card_id,
                        int64_t now_us, struct outcome *outcome)
{
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_USE_WAITING_AREA, &card);
    if (status != STATUS_OK)
        return status;
    struct room *room = card->area->room;
    card_end(domain, card, CALLER_REMOVED, "removed", now_us, outcome);
    room_tell(room, outcome);
    return STATUS_OK;
}
