#include "reference-server/domain/invitation.h"

#include <stdlib.h>

enum status invitation_add(struct directory *directory, const struct invitation *invitation)
{
    if (directory->invitations_by_key.count == INVITATIONS_MAX)
        return STATUS_FULL;
    struct invitation *copy = malloc(sizeof *copy);
    if (!copy)
        return STATUS_NO_MEMORY;
    *copy = *invitation;
    enum status status = key_table_add(&directory->invitations_by_key, copy->key.bytes,
                                       sizeof copy->key.bytes, copy);
    if (status != STATUS_OK) {
        free(copy);
        return status;
    }
    copy->previous = NULL;
    copy->next = directory->invitations;
    if (copy->next)
        copy->next->previous = copy;
    directory->invitations = copy;
    return STATUS_OK;
}

bool invitation_has_room(struct directory *directory, const struct organisation *organisation,
                         int64_t now_us)
{
    size_t count = 0;
    for (struct invitation *at = directory->invitations, *next; at; at = next) {
        next = at->next;
        if (at->expires_at_us <= now_us)
            invitation_remove(directory, at);
        else
            count += at->offered.organisation == organisation;
    }
    return count < INVITATIONS_OF_ORGANISATION_MAX &&
           directory->invitations_by_key.count < INVITATIONS_MAX;
}

void invitation_remove(struct directory *directory, struct invitation *invitation)
{
    key_table_remove(&directory->invitations_by_key, invitation->key.bytes,
                     sizeof invitation->key.bytes);
    if (invitation->next)
        invitation->next->previous = invitation->previous;
    if (invitation->previous)
        invitation->previous->next = invitation->next;
    else
        directory->invitations = invitation->next;
    free(invitation);
}

struct invitation *invitation_find(struct directory *directory, const struct token_key *key,
                                   int64_t now_us)
{
    struct invitation *invitation =
        key_table_find(&directory->invitations_by_key, key->bytes, sizeof key->bytes);
    if (!invitation || invitation->expires_at_us > now_us)
        return invitation;
    invitation_remove(directory, invitation);
    return NULL;
}

void invitations_finish(struct directory *directory)
{
    while (directory->invitations)
        invitation_remove(directory, directory->invitations);
    key_table_finish(&directory->invitations_by_key);
}
