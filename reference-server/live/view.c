#include <string.h>

#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "reference-server/live/live_private.h"

struct connection *connection_of(const struct participant *participant)
{
    return participant->connection;
}

json_t *view_time(const struct live *live, int64_t monotonic_us)
{
    char text[32];
    clock_format_utc(monotonic_us + live->config.realtime_offset_us, text, sizeof text);
    return json_string(text);
}

json_t *view_waiting(const struct clinic *clinic)
{
    return json_pack("{s:s, s:s, s:b}", "name", clinic->name, "welcome", clinic->settings.welcome,
                     "music", clinic->settings.music);
}

json_t *view_area(const struct area *area)
{
    return json_pack("{s:s}", area->room ? "room" : "clinic", area->id.text);
}

static json_t *view_details(const struct details *details)
{
    json_t *object = json_object();
    for (size_t i = 0; i < details->count; i++)
        json_object_set_new(object, details->items[i].name, json_string(details->items[i].value));
    return object;
}

/* The staff in the call of a card; other callers of a group room are none. */
static json_t *view_staff(const struct card *card)
{
    json_t *list = json_array();
    for (size_t i = 0; card->call && i < card->call->member_count; i++) {
        const struct participant *member = card->call->members[i];
        if (member != card->caller && !(card->call->room && member->card))
            json_array_append_new(list, json_pack("{s:s, s:s}", "participant", member->id.text,
                                                  "name", participant_name(member)));
    }
    return list;
}

/* What a card shows, less what a fault keeps from it. */
static json_t *view_entered(const struct card *card)
{
    bool hidden = fault_is_on(FAULT_NAMELESS_CARDS) ||
                  (card->transferred_from && fault_is_on(FAULT_FORGET_DETAILS));
    return hidden ? json_object() : view_details(&card->details);
}

json_t *view_card(const struct live *live, const struct card *card)
{
    const struct clinic *from =
        fault_is_on(FAULT_UNMARKED_TRANSFER) ? NULL : card->transferred_from;
    json_t *view = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:b}", "id", card->id.text,
        "clinic", card->clinic->id.text, "space", card->space_id.text, "name",
        fault_is_on(FAULT_NAMELESS_CARDS) ? "" : card->name, "details", view_entered(card), "state",
        caller_state_name(card->state), "priority", priority_name(card->priority), "note",
        card->note, "entered_at", view_time(live, card->entered_us), "since",
        view_time(live, card->since_us), "transferred_from", view_clinic(from), "staff",
        view_staff(card), "present", card->presence == PRESENCE_HERE);
    if (view && card->area->room)
        json_object_set_new(view, "room", json_string(card->area->id.text));
    return view;
}

static json_t *view_participant(const struct participant *participant)
{
    return json_pack("{s:s, s:s, s:s}", "participant", participant->id.text, "name",
                     participant_name(participant), "kind",
                     participant_kind_name(participant->kind));
}

json_t *view_members(const struct call *call)
{
    json_t *list = json_array();
    for (size_t i = 0; call && i < call->member_count; i++)
        json_array_append_new(list, view_participant(call->members[i]));
    return list;
}

json_t *view_user(const struct user *user)
{
    return view_named(&user->id, user->name);
}

json_t *view_space(const struct card *card)
{
    json_t *people = card->call ? view_members(card->call) : json_array();
    if (!card->call && card->presence == PRESENCE_HERE)
        json_array_append_new(people, view_participant(card->caller));
    return json_pack("{s:s, s:s, s:{s:s}, s:o}", "space", card->space_id.text, "state",
                     caller_state_name(card->state), "clinic", "name", card->clinic->name,
                     "participants", people);
}
