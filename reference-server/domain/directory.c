#include "reference-server/domain/directory.h"

#include <stdlib.h>
#include <string.h>

#include "reference-server/domain/invitation.h"
#include "reference-server/fault.h"

/* Append `item` to an owned array of pointers that grows by doubling. */
static enum status append(void *array_at, size_t *count, void *item)
{
    void **array;
    memcpy(&array, array_at, sizeof array);
    if ((*count & (*count - 1)) == 0) { /* full at 0, 1, 2, 4, … */
        void **grown = realloc(array, (*count ? *count * 2 : 1) * sizeof *grown);
        if (!grown)
            return STATUS_NO_MEMORY;
        array = grown;
        memcpy(array_at, &array, sizeof array);
    }
    array[(*count)++] = item;
    return STATUS_OK;
}

static enum status set_id(struct id *id, const char *text)
{
    if (strlen(text) != ID_LENGTH)
        return STATUS_INVALID;
    memcpy(id->text, text, ID_LENGTH + 1);
    return STATUS_OK;
}

static void organisation_destroy(struct organisation *organisation)
{
    if (!organisation)
        return;
    free(organisation->name);
    free(organisation->clinics);
    free(organisation);
}

static void clinic_destroy(struct clinic *clinic)
{
    if (!clinic)
        return;
    free(clinic->name);
    free(clinic->link);
    free(clinic->rooms);
    free(clinic);
}

static void room_destroy(struct room *room)
{
    if (!room)
        return;
    free(room->name);
    free(room->link);
    free(room);
}

static void user_destroy(struct user *user)
{
    if (!user)
        return;
    free(user->username);
    free(user->name);
    free(user->password_hash);
    free(user->memberships);
    free(user);
}

void directory_finish(struct directory *directory)
{
    for (size_t i = 0; i < directory->organisation_count; i++)
        organisation_destroy(directory->organisations[i]);
    for (size_t i = 0; i < directory->clinic_count; i++)
        clinic_destroy(directory->clinics[i]);
    for (size_t i = 0; i < directory->room_count; i++)
        room_destroy(directory->rooms[i]);
    for (size_t i = 0; i < directory->user_count; i++)
        user_destroy(directory->users[i]);
    free(directory->organisations);
    free(directory->clinics);
    free(directory->rooms);
    free(directory->users);
    key_table_finish(&directory->organisations_by_id);
    key_table_finish(&directory->clinics_by_id);
    key_table_finish(&directory->rooms_by_id);
    key_table_finish(&directory->areas_by_link);
    key_table_finish(&directory->users_by_id);
    key_table_finish(&directory->users_by_name);
    invitations_finish(directory);
    *directory = (struct directory){0};
}

enum status directory_add_organisation(struct directory *directory, const char *id,
                                       const char *name)
{
    enum status status = STATUS_NO_MEMORY;
    struct organisation *organisation = calloc(1, sizeof *organisation);
    if (!organisation || !(organisation->name = strdup(name)))
        goto out;
    status = set_id(&organisation->id, id);
    if (status != STATUS_OK)
        goto out;
    status = key_table_add(&directory->organisations_by_id, organisation->id.text, ID_LENGTH,
                           organisation);
    if (status != STATUS_OK)
        goto out;
    status = append(&directory->organisations, &directory->organisation_count, organisation);
    if (status == STATUS_OK)
        return STATUS_OK;
    key_table_remove(&directory->organisations_by_id, organisation->id.text, ID_LENGTH);
out:
    organisation_destroy(organisation);
    return status;
}

/* Into all lists or none. */
static enum status list_clinic(struct directory *directory, struct clinic *clinic)
{
    enum status status =
        key_table_add(&directory->clinics_by_id, clinic->id.text, ID_LENGTH, clinic);
    if (status != STATUS_OK)
        return status;
    status =
        key_table_add(&directory->areas_by_link, clinic->link, strlen(clinic->link), &clinic->area);
    if (status != STATUS_OK)
        goto out_id;
    struct organisation *organisation = clinic->organisation;
    status = append(&organisation->clinics, &organisation->clinic_count, clinic);
    if (status != STATUS_OK)
        goto out_link;
    status = append(&directory->clinics, &directory->clinic_count, clinic);
    if (status == STATUS_OK)
        return STATUS_OK;
    organisation->clinic_count--;
out_link:
    key_table_remove(&directory->areas_by_link, clinic->link, strlen(clinic->link));
out_id:
    key_table_remove(&directory->clinics_by_id, clinic->id.text, ID_LENGTH);
    return status;
}

enum status directory_add_clinic(struct directory *directory, const char *id,
                                 const char *organisation_id, const char *name, const char *link)
{
    struct organisation *organisation = directory_organisation_by_id(directory, organisation_id);
    if (!organisation)
        return STATUS_NOT_FOUND;

    enum status status = STATUS_NO_MEMORY;
    struct clinic *clinic = calloc(1, sizeof *clinic);
    if (!clinic || !(clinic->name = strdup(name)) || !(clinic->link = strdup(link)))
        goto out;
    clinic->organisation = organisation;
    clinic->index = (unsigned)directory->clinic_count;
    status = set_id(&clinic->id, id);
    clinic->area = (struct area){.id = clinic->id, .clinic = clinic};
    if (status == STATUS_OK)
        status = list_clinic(directory, clinic);
    if (status == STATUS_OK)
        return STATUS_OK;
out:
    clinic_destroy(clinic);
    return status;
}

static enum status list_room(struct directory *directory, struct room *room)
{
    struct clinic *clinic = room->clinic;
    enum status status =
        key_table_add(&directory->rooms_by_id, room->area.id.text, ID_LENGTH, room);
    if (status != STATUS_OK)
        return status;
    status = key_table_add(&directory->areas_by_link, room->link, strlen(room->link), &room->area);
    if (status != STATUS_OK)
        goto out_id;
    status = append(&clinic->rooms, &clinic->room_count, room);
    if (status != STATUS_OK)
        goto out_link;
    status = append(&directory->rooms, &directory->room_count, room);
    if (status == STATUS_OK)
        return STATUS_OK;
    clinic->room_count--;
out_link:
    key_table_remove(&directory->areas_by_link, room->link, strlen(room->link));
out_id:
    key_table_remove(&directory->rooms_by_id, room->area.id.text, ID_LENGTH);
    return status;
}

/* Its clinic and owner. */
static enum status resolve_room(const struct directory *directory, const struct new_room *given,
                                struct clinic **ret_clinic, struct user **ret_owner)
{
    *ret_clinic = directory_clinic_by_id(directory, given->clinic_id);
    *ret_owner = given->owner_id ? directory_user_by_id(directory, given->owner_id) : NULL;
    if (!*ret_clinic || (given->owner_id && !*ret_owner))
        return STATUS_NOT_FOUND;
    return (given->kind == ROOM_USER) == (*ret_owner != NULL) ? STATUS_OK : STATUS_INVALID;
}

enum status directory_add_room(struct directory *directory, const struct new_room *given)
{
    struct clinic *clinic;
    struct user *owner;
    enum status status = resolve_room(directory, given, &clinic, &owner);
    if (status != STATUS_OK)
        return status;

    status = STATUS_NO_MEMORY;
    struct room *room = calloc(1, sizeof *room);
    if (!room || !(room->name = strdup(given->name)) || !(room->link = strdup(given->link)))
        goto out;
    room->kind = given->kind;
    room->clinic = clinic;
    room->owner = owner;
    room->index = (unsigned)directory->room_count;
    room->area = (struct area){.clinic = clinic, .room = room};
    status = set_id(&room->area.id, given->id);
    if (status == STATUS_OK)
        status = list_room(directory, room);
    if (status == STATUS_OK)
        return STATUS_OK;
out:
    room_destroy(room);
    return status;
}

enum status directory_set_room_link(struct directory *directory, struct room *room,
                                    const char *link)
{
    char *copy = strdup(link);
    if (!copy)
        return STATUS_NO_MEMORY;
    enum status status = key_table_add(&directory->areas_by_link, copy, strlen(copy), &room->area);
    if (status != STATUS_OK) {
        free(copy);
        return status;
    }
    key_table_remove(&directory->areas_by_link, room->link, strlen(room->link));
    free(room->link);
    room->link = copy;
    return STATUS_OK;
}

static enum status list_user(struct directory *directory, struct user *user)
{
    size_t length = strlen(user->username);
    enum status status = key_table_add(&directory->users_by_id, user->id.text, ID_LENGTH, user);
    if (status != STATUS_OK)
        return status;
    status = key_table_add(&directory->users_by_name, user->username, length, user);
    if (status != STATUS_OK)
        goto out_id;
    status = append(&directory->users, &directory->user_count, user);
    if (status == STATUS_OK)
        return STATUS_OK;
    key_table_remove(&directory->users_by_name, user->username, length);
out_id:
    key_table_remove(&directory->users_by_id, user->id.text, ID_LENGTH);
    return status;
}

enum status directory_add_user(struct directory *directory, const char *id, const char *username,
                               const char *name, const char *password_hash)
{
    enum status status = STATUS_NO_MEMORY;
    struct user *user = calloc(1, sizeof *user);
    if (!user || !(user->username = strdup(username)) || !(user->name = strdup(name)) ||
        !(user->password_hash = strdup(password_hash)))
        goto out;
    status = set_id(&user->id, id);
    if (status == STATUS_OK)
        status = list_user(directory, user);
    if (status == STATUS_OK)
        return STATUS_OK;
out:
    user_destroy(user);
    return status;
}

enum status directory_add_membership(struct directory *directory, const char *user_id,
                                     const char *organisation_id, const char *clinic_id,
                                     enum role role, uint32_t denied)
{
    struct user *user = directory_user_by_id(directory, user_id);
    struct organisation *organisation = directory_organisation_by_id(directory, organisation_id);
    struct clinic *clinic = clinic_id ? directory_clinic_by_id(directory, clinic_id) : NULL;
    if (!user || !organisation || (clinic_id && !clinic))
        return STATUS_NOT_FOUND;
    if (role_is_of_organisation(role) != !clinic ||
        (clinic && clinic->organisation != organisation))
        return STATUS_INVALID;
    if (user_membership(user, organisation, clinic, role))
        return STATUS_EXISTS;

    struct membership *grown =
        realloc(user->memberships, (user->membership_count + 1) * sizeof *grown);
    if (!grown)
        return STATUS_NO_MEMORY;
    user->memberships = grown;
    user->memberships[user->membership_count++] = (struct membership){
        .organisation = organisation, .clinic = clinic, .role = role, .denied = denied};
    return STATUS_OK;
}

enum status clinic_rename(struct clinic *clinic, const char *name)
{
    char *copy = strdup(name);
    if (!copy)
        return STATUS_NO_MEMORY;
    free(clinic->name);
    clinic->name = copy;
    return STATUS_OK;
}

struct membership *user_membership(const struct user *user, const struct organisation *organisation,
                                   const struct clinic *clinic, enum role role)
{
    for (size_t i = 0; i < user->membership_count; i++) {
        struct membership *membership = &user->memberships[i];
        if (membership->organisation == organisation && membership->clinic == clinic &&
            membership->role == role)
            return membership;
    }
    return NULL;
}

void user_remove_membership(struct user *user, struct membership *membership)
{
    size_t index = (size_t)(membership - user->memberships);
    user->membership_count--;
    memmove(membership, membership + 1,
            (user->membership_count - index) * sizeof *user->memberships);
}

struct organisation *directory_organisation_by_id(const struct directory *directory, const char *id)
{
    return key_table_find(&directory->organisations_by_id, id, strlen(id));
}

struct clinic *directory_clinic_by_id(const struct directory *directory, const char *id)
{
    return key_table_find(&directory->clinics_by_id, id, strlen(id));
}

struct area *directory_area_by_link(const struct directory *directory, const char *link)
{
    return key_table_find(&directory->areas_by_link, link, strlen(link));
}

struct clinic *directory_clinic_by_link(const struct directory *directory, const char *link)
{
    const struct area *area = directory_area_by_link(directory, link);
    return area && !area->room ? area->clinic : NULL;
}

struct room *directory_room_by_id(const struct directory *directory, const char *id)
{
    return key_table_find(&directory->rooms_by_id, id, strlen(id));
}

struct user *directory_user_by_id(const struct directory *directory, const char *id)
{
    return key_table_find(&directory->users_by_id, id, strlen(id));
}

struct user *directory_user_by_name(const struct directory *directory, const char *username)
{
    return key_table_find(&directory->users_by_name, username, strlen(username));
}

static bool is_for(const struct membership *membership, const struct clinic *clinic)
{
    return membership->clinic ? membership->clinic == clinic
                              : membership->organisation == clinic->organisation;
}

static bool membership_gives(const struct membership *membership, enum act act)
{
    bool denied = (membership->denied & permission_bit(act)) != 0;
    return (!denied || fault_is_on(FAULT_FORGET_DENIAL)) &&
           permission_granted(act, ROLE_BIT(membership->role));
}

bool user_may(const struct user *user, enum act act, const struct clinic *clinic)
{
    for (size_t i = 0; i < user->membership_count; i++) {
        const struct membership *membership = &user->memberships[i];
        if (is_for(membership, clinic) && membership_gives(membership, act))
            return true;
    }
    return false;
}

bool user_may_in_organisation(const struct user *user, enum act act,
                              const struct organisation *organisation)
{
    for (size_t i = 0; i < user->membership_count; i++) {
        const struct membership *membership = &user->memberships[i];
        if (!membership->clinic && membership->organisation == organisation &&
            membership_gives(membership, act))
            return true;
    }
    return false;
}

bool user_knows_organisation(const struct user *user, const struct organisation *organisation)
{
    for (size_t i = 0; i < user->membership_count; i++) {
        if (user->memberships[i].organisation == organisation)
            return true;
    }
    return false;
}
