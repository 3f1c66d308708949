#include "reference-server/domain/chat.h"

#include <string.h>

#include "reference-server/domain/card.h"
#include "reference-server/domain/domain_private.h"

static void tell(struct participant *to, struct participant *from, const struct id *space_id,
                 const char *text, struct outcome *outcome)
{
    if (to == from || !to->connection)
        return;
    struct effect *effect = outcome_add(outcome, EFFECT_CHAT);
    effect->to = to;
    effect->from = from;
    effect->space_id = *space_id;
    effect->text = text;
}

static void tell_members(struct call *call, struct participant *from, const char *text,
                         struct outcome *outcome)
{
    for (size_t i = 0; i < call->member_count; i++)
        tell(call->members[i], from, call_space_for(call, call->members[i]), text, outcome);
}

enum status chat_send(struct domain *domain, struct participant *actor, const char *card_id,
                      const char *text, struct outcome *outcome)
{
    /* Who stayed in a call whose caller was transferred away writes to those who stayed. */
    if (actor->call && strcmp(actor->call->card_id.text, card_id) == 0) {
        tell_members(actor->call, actor, text, outcome);
        return STATUS_OK;
    }
    struct card *card = NULL;
    enum status status = card_find(domain, actor, card_id, ACT_USE_WAITING_AREA, &card);
    if (status != STATUS_OK)
        return status;
    if (card->call)
        tell_members(card->call, actor, text, outcome);
    else
        tell(card->caller, actor, &card->space_id, text, outcome);
    return STATUS_OK;
}

enum status chat_send_as_caller(struct domain *domain, struct participant *caller, const char *text,
                                struct outcome *outcome)
{
    (void)domain;
    struct card *card = caller->card;
    struct call *call = card ? card->call : caller->call;
    if (call) {
        tell_members(call, caller, text, outcome);
        return STATUS_OK;
    }
    if (!card)
        return STATUS_GONE;
    struct effect *effect = outcome_add(outcome, EFFECT_CARD_MESSAGE);
    effect->area = card->area;
    effect->card_id = card->id;
    effect->text = text;
    return STATUS_OK;
}
