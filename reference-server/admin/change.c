#include "reference-server/admin/change.h"

#include <stdlib.h>
#include <string.h>

#include "reference-server/admin/settings_json.h"
#include "reference-server/auth/token.h"
#include "reference-server/fault.h"

/* ---- to the store ---- */

static enum status set_clinic(struct store *store, const char *id, const char *name,
                              const struct clinic_settings *settings)
{
    json_t *json = settings_of_clinic(settings);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    enum status status = text ? store_set_clinic(store, id, name, text) : STATUS_NO_MEMORY;
    free(text);
    json_decref(json);
    return status;
}

static enum status add_clinic(const struct change *change, struct store *store)
{
    const struct organisation *organisation = change->membership.organisation;
    enum status status =
        store_add_clinic(store, change->clinic_id.text, organisation->id.text,
                         (int)organisation->clinic_count, change->name, change->link);
    return status == STATUS_OK
               ? set_clinic(store, change->clinic_id.text, change->name, &change->clinic_settings)
               : status;
}

/* What is set for the organisation, for a clinic of it. */
static void push(const struct change *change, struct clinic_settings *settings)
{
    for (unsigned i = 0; i < CALL_OPTION_COUNT; i++) {
        if (change->pushed[i])
            settings->call_options[i] = change->organisation_settings.call_options[i];
    }
}

static enum status set_organisation(const struct change *change, struct store *store)
{
    const struct organisation *organisation = change->membership.organisation;
    json_t *json = settings_of_organisation(&change->organisation_settings);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    enum status status =
        text ? store_set_organisation(store, organisation->id.text, text) : STATUS_NO_MEMORY;
    for (size_t i = 0; i < organisation->clinic_count && status == STATUS_OK; i++) {
        struct clinic_settings settings = organisation->clinics[i]->settings;
        push(change, &settings);
        status = set_clinic(store, organisation->clinics[i]->id.text,
                            organisation->clinics[i]->name, &settings);
    }
    free(text);
    json_decref(json);
    return status;
}

static struct store_membership row_of(const struct membership *membership, const struct user *user)
{
    return (struct store_membership){
        .user_id = user ? user->id.text : NULL,
        .organisation_id = membership->organisation->id.text,
        .clinic_id = membership->clinic ? membership->clinic->id.text : NULL,
        .role = role_name(membership->role),
        .denied = membership->denied,
    };
}

static enum status add_invitation(const struct change *change, struct store *store)
{
    char hash[TOKEN_HEX_SIZE];
    token_key_write(&change->invitation.key, hash);
    return store_add_invitation(
        store, &(struct store_invitation){.hash = hash,
                                          .maker_id = change->invitation.maker->id.text,
                                          .offered = row_of(&change->invitation.offered, NULL),
                                          .expires_at_us = change->invitation.expires_at_us});
}

static enum status take_invitation(const struct change *change, struct store *store)
{
    char hash[TOKEN_HEX_SIZE];
    struct store_membership row = row_of(&change->invitation.offered, change->user);
    token_key_write(&change->invitation.key, hash);
    enum status status = store_remove_invitation(store, hash);
    return status == STATUS_OK ? store_add_membership(store, &row) : status;
}

static enum status add_room(const struct change *change, struct store *store)
{
    const struct store_room row = {.id = change->room_id.text,
                                   .clinic_id = change->membership.clinic->id.text,
                                   .kind = room_terms(change->room_kind)->name,
                                   .owner_id = change->user ? change->user->id.text : NULL,
                                   .name = change->name,
                                   .link = change->link};
    return store_add_room(store, &row, change->position);
}

static enum status write_one(const struct change *change, struct store *store)
{
    struct store_membership row;
    switch (change->kind) {
    case CHANGE_ADD_CLINIC:
        return add_clinic(change, store);
    case CHANGE_SET_CLINIC:
        return set_clinic(store, change->membership.clinic->id.text, change->name,
                          &change->clinic_settings);
    case CHANGE_SET_ORGANISATION:
        return set_organisation(change, store);
    case CHANGE_ADD_INVITATION:
        return add_invitation(change, store);
    case CHANGE_TAKE_INVITATION:
        return take_invitation(change, store);
    case CHANGE_DENY:
        row = row_of(&change->membership, change->user);
        return store_set_membership(store, &row);
    case CHANGE_REMOVE_ROLE:
        row = row_of(&change->membership, change->user);
        return store_remove_membership(store, &row);
    case CHANGE_ADD_ROOM:
        return add_room(change, store);
    case CHANGE_SET_ROOM_LINK:
        return store_set_room_link(store, change->room->area.id.text, change->link);
    case CHANGE_NOTHING:
        break;
    }
    return STATUS_INVALID;
}

enum status change_write(const struct change *change, struct store *store)
{
    enum status status = store_begin(store);
    if (status == STATUS_OK)
        status = write_one(change, store);
    if (status == STATUS_OK)
        status = store_commit(store);
    if (status != STATUS_OK)
        store_rollback(store);
    return status;
}

/* ---- in memory ---- */

static enum status make_clinic(const struct change *change, struct directory *directory)
{
    enum status status =
        directory_add_clinic(directory, change->clinic_id.text,
                             change->membership.organisation->id.text, change->name, change->link);
    if (status == STATUS_OK)
        directory_clinic_by_id(directory, change->clinic_id.text)->settings =
            change->clinic_settings;
    return status;
}

static void make_organisation_settings(const struct change *change)
{
    struct organisation *organisation = change->membership.organisation;
    organisation->settings = change->organisation_settings;
    if (fault_is_on(FAULT_NO_FILTER_DOWN))
        return;
    for (size_t i = 0; i < organisation->clinic_count; i++)
        push(change, &organisation->clinics[i]->settings);
}

static enum status make_membership(const struct change *change, struct directory *directory)
{
    const struct membership *offered = &change->invitation.offered;
    struct invitation *invitation = invitation_find(directory, &change->invitation.key, 0);
    if (invitation)
        invitation_remove(directory, invitation);
    return directory_add_membership(
        directory, change->user->id.text, offered->organisation->id.text,
        offered->clinic ? offered->clinic->id.text : NULL, offered->role, offered->denied);
}

static enum status make_room(const struct change *change, struct directory *directory)
{
    return directory_add_room(
        directory, &(struct new_room){.id = change->room_id.text,
                                      .clinic_id = change->membership.clinic->id.text,
                                      .name = change->name,
                                      .link = change->link,
                                      .kind = change->room_kind,
                                      .owner_id = change->user ? change->user->id.text : NULL});
}

static struct membership *changed_membership(const struct change *change)
{
    return user_membership(change->user, change->membership.organisation, change->membership.clinic,
                           change->membership.role);
}

enum status change_make(const struct change *change, struct directory *directory)
{
    struct clinic *clinic = change->membership.clinic;
    switch (change->kind) {
    case CHANGE_ADD_CLINIC:
        return make_clinic(change, directory);
    case CHANGE_SET_CLINIC:
        if (fault_is_on(FAULT_FORGET_SETTINGS))
            return STATUS_OK;
        clinic->settings = change->clinic_settings;
        return clinic_rename(clinic, change->name);
    case CHANGE_SET_ORGANISATION:
        make_organisation_settings(change);
        return STATUS_OK;
    case CHANGE_ADD_INVITATION:
        return invitation_add(directory, &change->invitation);
    case CHANGE_TAKE_INVITATION:
        return make_membership(change, directory);
    case CHANGE_DENY:
        changed_membership(change)->denied = change->membership.denied;
        return STATUS_OK;
    case CHANGE_REMOVE_ROLE:
        user_remove_membership(change->user, changed_membership(change));
        return STATUS_OK;
    case CHANGE_ADD_ROOM:
        return make_room(change, directory);
    case CHANGE_SET_ROOM_LINK:
        if (fault_is_on(FAULT_KEEP_ROOM_LINK))
            return STATUS_OK;
        return directory_set_room_link(directory, change->room, change->link);
    case CHANGE_NOTHING:
        break;
    }
    return STATUS_INVALID;
}
