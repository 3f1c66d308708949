/* Rows that seldom change: organisations, clinics, rooms, users, memberships, settings. */
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

enum status store_add_room(struct store *store, const char *id, const char *clinic_id, int position,
                           const char *name, const char *link)
{
    bind_text(store, STATEMENT_ADD_ROOM, 1, id);
    bind_text(store, STATEMENT_ADD_ROOM, 2, clinic_id);
    bind_number(store, STATEMENT_ADD_ROOM, 3, position);
    bind_text(store, STATEMENT_ADD_ROOM, 4, name);
    bind_text(store, STATEMENT_ADD_ROOM, 5, link);
    return run(store, STATEMENT_ADD_ROOM);
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

enum status store_add_membership(struct store *store, const char *user_id,
                                 const char *organisation_id, const char *clinic_id,
                                 const char *role)
{
    bind_text(store, STATEMENT_ADD_MEMBERSHIP, 1, user_id);
    bind_text(store, STATEMENT_ADD_MEMBERSHIP, 2, organisation_id);
    bind_text(store, STATEMENT_ADD_MEMBERSHIP, 3, clinic_id);
    bind_text(store, STATEMENT_ADD_MEMBERSHIP, 4, role);
    return run(store, STATEMENT_ADD_MEMBERSHIP);
}

static enum status hand_over(struct store *store, enum statement statement,
                             const struct store_reader *reader)
{
    const char *text[4];
    for (int i = 0; i < 4; i++)
        text[i] = column_text(store, statement, i); /* NULL beyond the last column too */
    switch (statement) {
    case STATEMENT_READ_ORGANISATIONS:
        return reader->organisation(reader->arg, text[0], text[1]);
    case STATEMENT_READ_CLINICS:
        return reader->clinic(reader->arg, text[0], text[1], text[2], text[3]);
    case STATEMENT_READ_ROOMS:
        return reader->room(reader->arg, text[0], text[1], text[2], text[3]);
    case STATEMENT_READ_USERS:
        return reader->user(reader->arg, text[0], text[1], text[2], text[3]);
    default:
        return reader->membership(reader->arg, text[0], text[1], text[2], text[3]);
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
    static const enum statement order[] = {STATEMENT_READ_ORGANISATIONS, STATEMENT_READ_CLINICS,
                                           STATEMENT_READ_ROOMS, STATEMENT_READ_USERS,
                                           STATEMENT_READ_MEMBERSHIPS};
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
