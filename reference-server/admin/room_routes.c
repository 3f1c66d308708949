/* Rooms of a clinic: which there are, new ones, new links. */
#include <stdio.h>
#include <string.h>

#include "reference-server/admin/admin_private.h"
#include "reference-server/admin/room_json.h"
#include "reference-server/fault.h"

enum { NAME_CHARACTERS_MAX = 80, ROOMS_OF_CLINIC_MAX = 200 };

enum status handle_list_rooms(struct exchange *exchange)
{
    enum status status = STATUS_NOT_FOUND;
    for (unsigned kind = 0; kind < ROOM_KIND_COUNT && status != STATUS_OK; kind++)
        status = exchange_clinic(exchange, room_terms((enum room_kind)kind)->see,
                                 &exchange->change.membership.clinic);
    return status;
}

json_t *view_rooms_of_clinic(struct exchange *exchange)
{
    return view_rooms(exchange->change.membership.clinic, exchange->user);
}

/* ---- a new one ---- */

static bool has_room_of(const struct clinic *clinic, const struct user *owner)
{
    for (size_t i = 0; i < clinic->room_count; i++) {
        if (clinic->rooms[i]->owner == owner)
            return true;
    }
    return false;
}

/* A user room's owner: a member who may use one, and has none yet. */
static enum status take_owner(struct exchange *exchange, const struct clinic *clinic)
{
    struct change *change = &exchange->change;
    const char *id = exchange_text(exchange, "owner", ID_LENGTH);
    bool is_user_room = change->room_kind == ROOM_USER;
    if (is_user_room != (json_object_get(exchange->body, "owner") != NULL))
        return exchange_refuse(exchange, STATUS_INVALID,
                               "a user room, and no other, has an 'owner'");
    if (!is_user_room)
        return STATUS_OK;
    change->user = id ? directory_user_by_id(exchange_directory(exchange), id) : NULL;
    if (!change->user || !user_may(change->user, ACT_USE_USER_ROOM, clinic))
        return exchange_refuse(exchange, STATUS_INVALID,
                               "'owner' is nobody here who may use a user room");
    if (has_room_of(clinic, change->user))
        return exchange_refuse(exchange, STATUS_CONFLICT, "they have a room here");
    return STATUS_OK;
}

static enum status take_kind(struct exchange *exchange)
{
    const char *kind = exchange_text(exchange, "kind", NAME_CHARACTERS_MAX);
    exchange->change.room_kind = kind ? room_kind_by_name(kind) : ROOM_KIND_COUNT;
    if (kind && strcmp(kind, "waiting_area") == 0 && fault_is_on(FAULT_SECOND_AREA))
        exchange->change.room_kind = ROOM_GROUP;
    if (exchange->change.room_kind == ROOM_KIND_COUNT)
        return exchange_refuse(exchange, STATUS_INVALID,
                               "'kind' is none of \"group\", \"meeting\", \"user\"");
    return STATUS_OK;
}

enum status handle_add_room(struct exchange *exchange)
{
    static const char *const members[] = {"kind", "name", NULL, "owner", NULL};
    struct change *change = &exchange->change;
    struct id_source *ids = exchange_ids(exchange);
    struct clinic *clinic;
    enum status status = exchange_clinic(exchange, ACT_KNOW_CLINIC, &clinic);
    if (status != STATUS_OK || (status = exchange_check_body(exchange, members)) != STATUS_OK ||
        (status = take_kind(exchange)) != STATUS_OK)
        return status;
    if (!user_may(exchange->user, room_terms(change->room_kind)->add, clinic))
        return STATUS_FORBIDDEN;
    const char *name = exchange_text(exchange, "name", NAME_CHARACTERS_MAX);
    if (!name)
        return exchange_refuse(exchange, STATUS_INVALID, "'name' is not 1 to %d characters of text",
                               NAME_CHARACTERS_MAX);
    if ((status = take_owner(exchange, clinic)) != STATUS_OK)
        return status;
    if (clinic->room_count >= ROOMS_OF_CLINIC_MAX)
        return exchange_refuse(exchange, STATUS_FULL, "a clinic has %d rooms at most",
                               ROOMS_OF_CLINIC_MAX);
    if ((status = ids->make(ids->arg, &change->room_id)) != STATUS_OK ||
        (status = exchange_make_link(exchange)) != STATUS_OK)
        return status;
    snprintf(change->name, sizeof change->name, "%s", name);
    change->position = (int)exchange_directory(exchange)->room_count;
    change->membership.clinic = clinic;
    change->kind = CHANGE_ADD_ROOM;
    return STATUS_OK;
}

json_t *view_new_room(struct exchange *exchange)
{
    return view_room(
        directory_room_by_id(exchange_directory(exchange), exchange->change.room_id.text),
        exchange->user);
}

/* ---- a new link ---- */

enum status handle_renew_link(struct exchange *exchange)
{
    struct change *change = &exchange->change;
    change->room = directory_room_by_id(exchange_directory(exchange), exchange->argument[0]);
    if (!change->room || !room_is_shown_to(change->room, exchange->user))
        return STATUS_NOT_FOUND;
    if (!room_is_managed_by(change->room, exchange->user))
        return STATUS_FORBIDDEN;
    enum status status = exchange_make_link(exchange);
    if (status == STATUS_OK)
        change->kind = CHANGE_SET_ROOM_LINK;
    return status;
}

json_t *view_link(struct exchange *exchange)
{
    return json_pack("{s:s}", "link", exchange->change.link);
}
