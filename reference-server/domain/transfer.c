#include "reference-server/domain/transfer.h"

#include <assert.h>

#include "reference-server/domain/card.h"
#include "reference-server/domain/domain_private.h"
#include "reference-server/fault.h"

static bool may_send_to(const struct participant *actor, const struct clinic *clinic)
{
    return actor_may(actor, ACT_TRANSFER_INTO, clinic) || fault_is_on(FAULT_ANY_TARGET);
}

/* The card; who is in its call needs the right to send it on all the same. */
static enum status find_source(const struct domain *domain, const struct participant *actor,
                               const char *card_id, struct card **ret_card)
{
    enum status status = card_find(domain, actor, card_id, ACT_TRANSFER_FROM, ret_card);
    if (status == STATUS_OK && !actor_may(actor, ACT_TRANSFER_FROM, (*ret_card)->clinic))
        return STATUS_FORBIDDEN;
    return status;
}

enum status transfer_next_target(const struct domain *domain, const struct participant *actor,
                                 const char *card_id, const struct clinic *previous,
                                 struct clinic **ret_clinic)
{
    struct card *card = NULL;
    enum status status = find_source(domain, actor, card_id, &card);
    if (status != STATUS_OK)
        return status;
    const struct directory *directory = &domain->directory;
    struct clinic *found = NULL;
    for (size_t i = previous ? previous->index + 1 : 0; i < directory->clinic_count && !found;
         i++) {
        struct clinic *clinic = directory->clinics[i];
        if (clinic != card->clinic && clinic->organisation == card->clinic->organisation &&
            may_send_to(actor, clinic))
            found = clinic;
    }
    *ret_clinic = found;
    return STATUS_OK;
}

static enum status check_target(const struct domain *domain, const struct participant *actor,
                                const struct card *card, const char *clinic_id,
                                struct outcome *outcome, struct clinic **ret_clinic)
{
    struct clinic *clinic = directory_clinic_by_id(&domain->directory, clinic_id);
    if (!clinic || clinic->organisation != card->clinic->organisation)
        return STATUS_NOT_FOUND;
    if (!actor_may(actor, ACT_KNOW_CLINIC, clinic) && !fault_is_on(FAULT_ANY_TARGET))
        return STATUS_NOT_FOUND;
    if (!may_send_to(actor, clinic))
        return STATUS_FORBIDDEN;
    if (clinic == card->clinic)
        return outcome_refuse(outcome, STATUS_CONFLICT, "here");
    if (clinic->settings.closed)
        return outcome_refuse(outcome, STATUS_CONFLICT, "closed");
    *ret_clinic = clinic;
    return STATUS_OK;
}

/* The caller leaves the call, and the actor too if in it; those who stay lose the card. */
static void leave_call(struct domain *domain, struct card *card, struct participant *actor,
                       struct outcome *outcome)
{
    struct call *call = card->call;
    if (!call)
        return;
    if (card->caller->call == call)
        call_take_out(call, card->caller, outcome);
    if (actor->call == call)
        call_take_out(call, actor, outcome);
    call->card = NULL;
    card->call = NULL;
    if (call->staff_count > 0)
        call_tell(call, outcome);
    else
        call_dissolve(domain, call, outcome);
}

/* The source is told before the target, so that who sees both never sees two cards. */
static void tell_source(struct card *card, struct clinic *source, int64_t now_us,
                        struct outcome *outcome)
{
    card_note_visit(card, "transferred", now_us, outcome);
    if (fault_is_on(FAULT_KEEP_CARD))
        return;
    struct effect *removed = outcome_add(outcome, EFFECT_CARD_REMOVED);
    removed->area = &source->area;
    removed->card_id = card->id;
    removed->cause = "transferred";
}

enum status card_transfer(struct domain *domain, struct participant *actor, const char *card_id,
                          const char *clinic_id, int64_t now_us, struct outcome *outcome)
{
    struct card *card = NULL;
    enum status status = find_source(domain, actor, card_id, &card);
    if (status != STATUS_OK)
        return status;
    if (card->area->room)
        return outcome_refuse(outcome, STATUS_CONFLICT, "room");
    struct clinic *target = NULL;
    status = check_target(domain, actor, card, clinic_id, outcome, &target);
    if (status != STATUS_OK)
        return status;
    if (card->presence == PRESENCE_LEFT || card->presence == PRESENCE_LOST)
        return outcome_refuse(outcome, STATUS_CONFLICT, "absent");

    card_act(domain, card, CALLER_TRANSFERRED, now_us);
    card->since_us = now_us; /* a new wait, also from waiting to waiting */
    card_tell_caller(card, "transferred", target, outcome);
    leave_call(domain, card, actor, outcome);
    tell_source(card, card->clinic, now_us, outcome);
    card_move(card, target, now_us);
    card_tell_changed(card, "transferred", outcome);
    return STATUS_OK;
}
