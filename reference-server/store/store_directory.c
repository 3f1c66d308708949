/* Rows that seldom change: organisations, clinics, rooms, users, memberships, invitations,
 * settings. */
#include <stdio.h>
#include <string.h>

#include "reference-server/store/store_private.h"

enum status store_add_organisation(struct store *store, const char *id, const char *name)
{
    bind_text(store, STATEMENT_ADD_ORGANISATION, 1, id);
    bind_text(store, STATEMENT_ADD_ORGANISATION, 2, name);
    return run(store, STATEMENT_ADD_ORGANISATION);
}

enum status store_add_clinic(struct store *store, const char *id, const char *organisation_id,
                             int position, const char *name, const char *link)
{
    bind_text(store, STATEMENT_ADD_CLINIC, 1, id);
    bind_text(store, STATEMENT_ADD_CLINIC, 2, organisation_id);
    bind_number(store, STATEMENT_ADD_CLINIC, 3, position);
    bind_text(store, STATEMENT_ADD_CLINIC, 4, name);
    bind_text(store, STATEMENT_ADD_CLINIC, 5, link);
    return run(store, STATEMENT_ADD_CLINIC);
}

enum status store_add_room(struct store *store, const struct store_room *room, int position)
{
    bind_text(store, STATEMENT_ADD_ROOM, 1, room->id);
    bind_text(store, STATEMENT_ADD_ROOM, 2, room->clinic_id);
    bind_number(store, STATEMENT_ADD_ROOM, 3, position);
    bind_text(store, STATEMENT_ADD_ROOM, 4, room->name);
    bind_text(store, STATEMENT_ADD_ROOM, 5, room->link);
    bind_text(store, STATEMENT_ADD_ROOM, 6, room->kind);
    bind_text(store, STATEMENT_ADD_ROOM, 7, room->owner_id);
    return run(store, STATEMENT_ADD_ROOM);
}

enum status store_set_room_link(struct store *store, const char *id, const char *link)
{
    bind_text(store, STATEMENT_SET_ROOM_LINK, 1, link);
    bind_text(store, STATEMENT_SET_ROOM_LINK, 2, id);
    return run(store, STATEMENT_SET_ROOM_LINK);
}

enum status store_add_user(struct store *store, const char *id, const char *username,
                           const char *name, const char *password_hash)
{
    bind_text(store, STATEMENT_ADD_USER, 1, id);
    bind_text(store, STATEMENT_ADD_USER, 2, username);
    bind_text(store, STATEMENT_ADD_USER, 3, name);
    bind_text(store, STATEMENT_ADD_USER, 4, password_hash);
    return run(store, STATEMENT_ADD_USER);
}

enum status store_set_organisation(struct store *store, const char *id, const char *settings)
{
    bind_text(store, STATEMENT_SET_ORGANISATION, 1, settings);
    bind_text(store, STATEMENT_SET_ORGANISATION, 2, id);
    return run(store, STATEMENT_SET_ORGANISATION);
}

enum status store_set_clinic(struct store *store, const char *id, const char *name,
                             const char *settings)
{
    bind_text(store, STATEMENT_SET_CLINIC, 1, name);
    bind_text(store, STATEMENT_SET_CLINIC, 2, settings);
    bind_text(store, STATEMENT_SET_CLINIC, 3, id);
    return run(store, STATEMENT_SET_CLINIC);
}

/* The four columns that say which. */
static void bind_membership(struct store *store, enum statement statement,
                            const struct store_membership *membership)
{
    bind_text(store, statement, 1, membership->user_id);
    bind_text(store, statement, 2, membership->organisation_id);
    bind_text(store, statement, 3, membership->clinic_id);
    bind_text(store, statement, 4, membership->role);
}

enum status store_add_membership(struct store *store, const struct store_membership *membership)
{
    bind_membership(store, STATEMENT_ADD_MEMBERSHIP, membership);
    bind_number(store, STATEMENT_ADD_MEMBERSHIP, 5, membership->denied);
    return run(store, STATEMENT_ADD_MEMBERSHIP);
}

enum status store_set_membership(struct store *store, const struct store_membership *membership)
{
    bind_membership(store, STATEMENT_SET_MEMBERSHIP, membership);
    bind_number(store, STATEMENT_SET_MEMBERSHIP, 5, membership->denied);
    return run(store, STATEMENT_SET_MEMBERSHIP);
}

enum status store_remove_membership(struct store *store, const struct store_membership *membership)
{
    bind_membership(store, STATEMENT_REMOVE_MEMBERSHIP, membership);
    return run(store, STATEMENT_REMOVE_MEMBERSHIP);
}

enum status store_add_invitation(struct store *store, const struct store_invitation *invitation)
{
    bind_text(store, STATEMENT_ADD_INVITATION, 1, invitation->hash);
    bind_text(store, STATEMENT_ADD_INVITATION, 2, invitation->offered.organisation_id);
    bind_text(store, STATEMENT_ADD_INVITATION, 3, invitation->offered.clinic_id);
    bind_text(store, STATEMENT_ADD_INVITATION, 4, invitation->offered.role);
    bind_number(store, STATEMENT_ADD_INVITATION, 5, invitation->offered.denied);
    bind_text(store, STATEMENT_ADD_INVITATION, 6, invitation->maker_id);
    bind_number(store, STATEMENT_ADD_INVITATION, 7, invitation->expires_at_us);
    return run(store, STATEMENT_ADD_INVITATION);
}

enum status store_remove_invitation(struct store *store, const char *hash)
{
    bind_text(store, STATEMENT_REMOVE_INVITATION, 1, hash);
    return run(store, STATEMENT_REMOVE_INVITATION);
}

enum status store_sweep_invitations(struct store *store, int64_t now_us)
{
    bind_number(store, STATEMENT_SWEEP_INVITATIONS, 1, now_us);
    return run(store, STATEMENT_SWEEP_INVITATIONS);
}

/* Of the row that was read: organisation, clinic, role and denied stand side by side. */
static struct store_membership membership_at(struct store *store, enum statement statement)
{
    return (struct store_membership){
        .organisation_id = column_text(store, statement, 1),
        .clinic_id = column_text(store, statement, 2),
        .role = column_text(store, statement, 3),
        .denied = (uint32_t)column_number(store, statement, 4),
    };
}

static enum status hand_over_member(struct store *store, const struct store_reader *reader)
{
    struct store_membership membership = membership_at(store, STATEMENT_READ_MEMBERSHIPS);
    membership.user_id = column_text(store, STATEMENT_READ_MEMBERSHIPS, 0);
    return reader->membership(reader->arg, &membership);
}

static enum status hand_over_invitation(struct store *store, const struct store_reader *reader)
{
    const struct store_invitation invitation = {
        .hash = column_text(store, STATEMENT_READ_INVITATIONS, 0),
        .offered = membership_at(store, STATEMENT_READ_INVITATIONS),
        .maker_id = column_text(store, STATEMENT_READ_INVITATIONS, 5),
        .expires_at_us = column_number(store, STATEMENT_READ_INVITATIONS, 6),
    };
    return reader->invitation(reader->arg, &invitation);
}

static enum status hand_over_room(struct store *store, const struct store_reader *reader)
{
    const struct store_room room = {
        .id = column_text(store, STATEMENT_READ_ROOMS, 0),
        .clinic_id = column_text(store, STATEMENT_READ_ROOMS, 1),
        .name = column_text(store, STATEMENT_READ_ROOMS, 2),
        .link = column_text(store, STATEMENT_READ_ROOMS, 3),
        .kind = column_text(store, STATEMENT_READ_ROOMS, 4),
        .owner_id = column_text(store, STATEMENT_READ_ROOMS, 5),
    };
    return reader->room(reader->arg, &room);
}

static enum status hand_over(struct store *store, enum statement statement,
                             const struct store_reader *reader)
{
    const char *text[5];
    for (int i = 0; i < 5; i++)
        text[i] = column_text(store, statement, i); /* NULL beyond the last column too */
    switch (statement) {
    case STATEMENT_READ_ORGANISATIONS:
        return reader->organisation(reader->arg, text[0], text[1], text[2]);
    case STATEMENT_READ_CLINICS:
        return reader->clinic(reader->arg, text[0], text[1], text[2], text[3], text[4]);
    case STATEMENT_READ_USERS:
        return reader->user(reader->arg, text[0], text[1], text[2], text[3]);
    case STATEMENT_READ_ROOMS:
        return hand_over_room(store, reader);
    case STATEMENT_READ_MEMBERSHIPS:
        return hand_over_member(store, reader);
    default:
        return hand_over_invitation(store, reader);
    }
}

static enum status read_all(struct store *store, enum statement statement,
                            const struct store_reader *reader)
{
    for (;;) {
        bool more = false;
        enum status status = next_row(store, statement, &more);
        if (status != STATUS_OK || !more)
            return status;
        status = hand_over(store, statement, reader);
        if (status != STATUS_OK) {
            stop(store, statement);
            return status;
        }
    }
}

enum status store_read_directory(struct store *store, const struct store_reader *reader)
{
    static const enum statement order[] = {
        STATEMENT_READ_ORGANISATIONS, STATEMENT_READ_CLINICS,     STATEMENT_READ_USERS,
        STATEMENT_READ_ROOMS,         STATEMENT_READ_MEMBERSHIPS, STATEMENT_READ_INVITATIONS};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof order / sizeof order[0] && status == STATUS_OK; i++)
        status = read_all(store, order[i], reader);
    return status;
}

enum status store_has_organisations(struct store *store, bool *ret_has)
{
    bool more = false;
    enum status status = next_row(store, STATEMENT_HAS_ORGANISATIONS, &more);
    if (status != STATUS_OK)
        return status;
    *ret_has = more && column_number(store, STATEMENT_HAS_ORGANISATIONS, 0) != 0;
    stop(store, STATEMENT_HAS_ORGANISATIONS);
    return STATUS_OK;
}

enum status store_set(struct store *store, const char *name, const char *value)
{
    bind_text(store, STATEMENT_DELETE_SETTING, 1, name);
    enum status status = run(store, STATEMENT_DELETE_SETTING);
    if (status != STATUS_OK)
        return status;
    bind_text(store, STATEMENT_ADD_SETTING, 1, name);
    bind_text(store, STATEMENT_ADD_SETTING, 2, value);
    return run(store, STATEMENT_ADD_SETTING);
}

enum status store_read_setting(struct store *store, const char *name, char *ret_value, size_t size)
{
    bool more = false;
    bind_text(store, STATEMENT_READ_SETTING, 1, name);
    enum status status = next_row(store, STATEMENT_READ_SETTING, &more);
    if (status != STATUS_OK)
        return status;
    if (!more)
        return STATUS_NOT_FOUND;
    snprintf(ret_value, size, "%s", column_text(store, STATEMENT_READ_SETTING, 0));
    stop(store, STATEMENT_READ_SETTING);
    return STATUS_OK;
}
