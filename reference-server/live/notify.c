#include "reference-server/fault.h"
#include "reference-server/live/live_private.h"

/* What a change of a card tells, and where it stands. */
static json_t *view_change(struct live *live, const struct effect *effect)
{
    json_t *params = view_area(effect->area);
    json_object_set_new(params, "cause", json_string(effect->cause));
    if (effect->kind == EFFECT_CARD_CHANGED)
        json_object_set_new(params, "card", view_card(live, effect->card));
    else
        json_object_set_new(params, "card_id", json_string(effect->card_id.text));
    return params;
}

/* FAULT_SHOW_CARD: the next connected caller of the area learns of this card. */
static void show_to_another_caller(struct live *live, const struct effect *effect)
{
    for (struct card *card = effect->area->first_card; card; card = card->next) {
        struct connection *connection = connection_of(card->caller);
        if (card == effect->card || !connection)
            continue;
        connection_notify(connection, "card.changed", view_change(live, effect));
        return;
    }
}

static void card_changed(struct live *live, const struct effect *effect)
{
    dashboard_publish_numbered(live, effect->area, "card.changed", view_change(live, effect));
    if (fault_is_on(FAULT_SHOW_CARD))
        show_to_another_caller(live, effect);
}

static void card_removed(struct live *live, const struct effect *effect)
{
    dashboard_publish_numbered(live, effect->area, "card.removed", view_change(live, effect));
}

/* FAULT_SILENT_ADMISSION: of three callers one. */
static bool keeps_silent(struct live *live, const struct effect *effect)
{
    return fault_is_on(FAULT_SILENT_ADMISSION) && effect->state == CALLER_IN_CALL &&
           ++live->counts.faults_admitted % 3 == 0;
}

static void space_changed(struct live *live, const struct effect *effect)
{
    if (keeps_silent(live, effect))
        return;
    struct connection *connection = connection_of(effect->to);
    json_t *params = json_pack("{s:s, s:s, s:s}", "space", effect->space_id.text, "state",
                               caller_state_name(effect->state), "reason", effect->cause);
    if (params && effect->clinic)
        json_object_set_new(params, "clinic", view_waiting(effect->clinic));
    if (effect->state == CALLER_ENDED || effect->state == CALLER_LEFT)
        media_drop(live, connection);
    connection_notify(connection, "space.changed", params);
}

/* FAULT_TELL_EVERYBODY: the newest connection of staff that is in no call. */
static void tell_somebody_else(struct live *live, const struct effect *effect)
{
    for (struct connection *at = live->first; at; at = at->next) {
        if (!at->participant || at->participant->kind != PARTICIPANT_STAFF || at->participant->call)
            continue;
        connection_notify(at, "call.participants",
                          json_pack("{s:s, s:s, s:o}", "call", effect->call_id.text, "space",
                                    effect->space_id.text, "participants",
                                    view_members(effect->to->call)));
        return;
    }
}

static void call_changed(struct live *live, const struct effect *effect, bool keep_media)
{
    struct connection *connection = connection_of(effect->to);
    if (!keep_media)
        media_refresh(live, connection);
    connection_notify(connection, "call.participants",
                      json_pack("{s:s, s:s, s:o}", "call", effect->call_id.text, "space",
                                effect->space_id.text, "participants",
                                view_members(effect->to->call)));
    if (fault_is_on(FAULT_TELL_EVERYBODY))
        tell_somebody_else(live, effect);
}

static void chat(struct live *live, const struct effect *effect)
{
    connection_notify(connection_of(effect->to), "chat.message",
                      json_pack("{s:s, s:{s:s, s:s}, s:s, s:o}", "space", effect->space_id.text,
                                "from", "participant", effect->from->id.text, "name",
                                participant_name(effect->from), "text", effect->text, "at",
                                view_time(live, live->now_us)));
}

static void card_message(struct live *live, const struct effect *effect)
{
    json_t *params = view_area(effect->area);
    json_object_set_new(params, "card_id", json_string(effect->card_id.text));
    json_object_set_new(params, "text", json_string(effect->text));
    dashboard_publish(live, effect->area, "card.message", params);
}

/* FAULT_STAY_IN_CALL: whether this is the outcome of a hold, whose media then goes on. */
static bool keeps_media(const struct outcome *outcome)
{
    if (!fault_is_on(FAULT_STAY_IN_CALL))
        return false;
    for (size_t i = 0; i < outcome->count; i++) {
        if (outcome->effects[i].kind == EFFECT_SPACE_CHANGED &&
            outcome->effects[i].state == CALLER_ON_HOLD)
            return true;
    }
    return false;
}

void live_note_visits(struct live *live)
{
    for (; live->visits_noted < live->outcome.count; live->visits_noted++) {
        const struct effect *effect = &live->outcome.effects[live->visits_noted];
        if (effect->kind == EFFECT_VISIT_ENDED)
            live->config.on_visit(live->config.arg, &effect->visit);
    }
}

void live_carry_out(struct live *live)
{
    live_note_visits(live);
    live->visits_noted = 0;
    bool keep_media = keeps_media(&live->outcome);
    for (size_t i = 0; i < live->outcome.count; i++) {
        const struct effect *effect = &live->outcome.effects[i];
        switch (effect->kind) {
        case EFFECT_CARD_CHANGED:
            card_changed(live, effect);
            break;
        case EFFECT_CARD_REMOVED:
            card_removed(live, effect);
            break;
        case EFFECT_SPACE_CHANGED:
            space_changed(live, effect);
            break;
        case EFFECT_CALL_CHANGED:
            call_changed(live, effect, keep_media);
            break;
        case EFFECT_CHAT:
            chat(live, effect);
            break;
        case EFFECT_CARD_MESSAGE:
            card_message(live, effect);
            break;
        case EFFECT_VISIT_ENDED: /* noted above */
        case EFFECT_KIND_COUNT:
            break;
        }
    }
    outcome_clear(&live->outcome);
}
