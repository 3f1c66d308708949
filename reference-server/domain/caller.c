#include "reference-server/domain/caller.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/domain/domain_private.h"
#include "reference-server/domain/past.h"
#include "reference-server/fault.h"

void grace_start(struct domain *domain, struct card *card, int64_t now_us)
{
    card->presence = PRESENCE_GRACE;
    card->grace_until_us = now_us + domain->grace_us;
    card->grace_next = NULL;
    card->grace_previous = domain->grace_last;
    if (domain->grace_last)
        domain->grace_last->grace_next = card;
    else
        domain->grace_first = card;
    domain->grace_last = card;
}

void grace_stop(struct domain *domain, struct card *card)
{
    if (card->presence != PRESENCE_GRACE)
        return;
    if (card->grace_previous)
        card->grace_previous->grace_next = card->grace_next;
    else
        domain->grace_first = card->grace_next;
    if (card->grace_next)
        card->grace_next->grace_previous = card->grace_previous;
    else
        domain->grace_last = card->grace_previous;
    card->grace_next = card->grace_previous = NULL;
    card->presence = PRESENCE_LOST;
}

bool domain_advance(struct domain *domain, int64_t now_us, struct outcome *outcome)
{
    struct card *card = domain->grace_first;
    outcome_clear(outcome);
    if (!card || card->grace_until_us > now_us)
        return false;
    grace_stop(domain, card);
    /* As long as staff are in the call the caller may still come back (SES-15). */
    if (card->state == CALLER_IN_CALL)
        return true;
    if (fault_is_on(FAULT_GHOST_CARD)) {
        card->presence = PRESENCE_HERE;
        return true;
    }
    card_end(domain, card, CALLER_GONE, "dropped", now_us, outcome);
    return true;
}

enum status caller_enter(struct domain *domain, const struct entry *entry, int64_t now_us,
                         struct outcome *outcome, struct participant **ret_caller)
{
    assert(entry->connection);
    if (!entry->area->room && entry->area->clinic->settings.closed)
        return outcome_refuse(outcome, STATUS_CONFLICT, "closed");
    struct participant *caller = calloc(1, sizeof *caller);
    if (!caller)
        return STATUS_NO_MEMORY;
    caller->kind = PARTICIPANT_CALLER;
    caller->connection = entry->connection;

    struct card *card = NULL;
    enum status status = domain->ids.make(domain->ids.arg, &caller->id);
    if (status == STATUS_OK)
        status = card_create(domain, entry->area, caller, entry->name, entry->details,
                             &entry->token, now_us, &card);
    if (status != STATUS_OK) {
        free(caller);
        return outcome_refuse(outcome, status, status == STATUS_FULL ? "spaces" : NULL);
    }
    caller->card = card;
    caller->space_id = card->space_id;
    domain->caller_count++;
    card_tell_changed(card, "entered", outcome);
    *ret_caller = caller;
    return STATUS_OK;
}

enum status caller_return(struct domain *domain, const struct area *area,
                          const struct token_key *token, void *connection, int64_t now_us,
                          struct outcome *outcome, struct participant **ret_caller)
{
    (void)now_us;
    struct card *card = key_table_find(&domain->cards_by_token, token, sizeof *token);
    if (!card)
        return past_by_token(domain->past, token) ? STATUS_GONE : STATUS_NOT_FOUND;
    if (area != card->entry_area && area != card->area)
        return STATUS_NOT_FOUND;

    struct participant *caller = card->caller;
    outcome->replaced = caller->connection;
    caller->connection = connection;
    grace_stop(domain, card);
    card->presence = PRESENCE_HERE;
    if (card->call) {
        if (!caller->call)
            call_add(card->call, caller);
        call_tell(card->call, outcome);
    }
    card_tell_changed(card, "returned", outcome);
    *ret_caller = caller;
    return STATUS_OK;
}

/* Out of any call, whoever's it is, without connection. */
static void step_out(struct domain *domain, struct participant *caller, int64_t now_us,
                     struct outcome *outcome)
{
    struct call *call = caller->call;
    caller->connection = NULL;
    if (!call)
        return;
    if (call->room || call->card == caller->card) {
        call_take_out(call, caller, outcome);
        call_tell(call, outcome);
    } else {
        call_depart(domain, caller, now_us, outcome); /* only FAULT_PATIENT_ACTS leads here */
    }
}

void caller_detach(struct domain *domain, struct participant *caller, int64_t now_us,
                   struct outcome *outcome)
{
    struct card *card = caller->card;
    step_out(domain, caller, now_us, outcome);
    if (!card) {
        free(caller);
        return;
    }
    grace_start(domain, card, now_us);
    card_tell_changed(card, "dropped", outcome);
}

enum status caller_leave(struct domain *domain, struct participant *caller, int64_t now_us,
                         struct outcome *outcome)
{
    struct card *card = caller->card;
    if (!card)
        return STATUS_GONE;
    step_out(domain, caller, now_us, outcome);
    if (card->state == CALLER_IN_CALL) {
        card->presence = PRESENCE_LEFT;
        card_tell_changed(card, "left", outcome);
    } else if (!fault_is_on(FAULT_GHOST_CARD)) {
        card_end(domain, card, CALLER_GONE, "left", now_us, outcome);
    }
    return STATUS_OK;
}
