#include "reference-server/admin/room_json.h"

#include "reference-server/admin/named_json.h"
#include "reference-server/fault.h"

/* Rooms in one answer, so that it fits a message. */
enum { ROOMS_MAX = 500 };

/* Methods of a waiting area that are refused of who is in or in front of such a room (UR-11). */
static json_t *view_lacks(enum room_kind kind)
{
    json_t *list = json_pack("[s, s]", "call.join", "card.transfer");
    if (kind == ROOM_MEETING)
        json_array_append_new(list, json_string("room.watch"));
    return list;
}

json_t *view_room(const struct room *room, const struct user *user)
{
    const struct room_terms *terms = room_terms(room->kind);
    json_t *view = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:i, s:o}", "id", room->area.id.text, "clinic",
        room->clinic->id.text, "name", room_name(room), "kind", terms->name, "purpose",
        terms->purpose, "for_consultations", room->kind == ROOM_GROUP, "running",
        room->call != NULL, "participants", room->call ? (int)room->call->member_count : 0,
        "capacity", (int)terms->cap, "lacks", view_lacks(room->kind));
    if (view && room->owner)
        json_object_set_new(view, "owner", view_named(&room->owner->id, room->owner->name));
    if (view && (room_is_open_to(room, user) || room_is_managed_by(room, user)))
        json_object_set_new(view, "link", json_string(room->link));
    return view;
}

json_t *view_rooms(const struct clinic *clinic, const struct user *user)
{
    json_t *list = json_array();
    bool more = false;
    for (size_t i = 0; i < clinic->room_count && !more; i++) {
        if (clinic->rooms[i]->gone || !room_is_shown_to(clinic->rooms[i], user))
            continue;
        more = json_array_size(list) == ROOMS_MAX;
        if (!more)
            json_array_append_new(list, view_room(clinic->rooms[i], user));
    }
    if (fault_is_on(FAULT_SHORT_ROOM_LIST) && json_array_size(list) > 0)
        json_array_remove(list, json_array_size(list) - 1);
    json_t *view = json_pack("{s:o}", "rooms", list);
    if (view && more)
        json_object_set_new(view, "more", json_true());
    return view;
}
