/* One change of the directory by the administration. It is first written to the store, on the
 * helper thread, then made in memory, then answered: what was acknowledged outlives the process.
 * Changes come one after the other, and nothing else changes the directory, so what is written may
 * read it. */
#ifndef CASELOAD_SERVER_CHANGE_H
#define CASELOAD_SERVER_CHANGE_H

#include "reference-server/domain/directory.h"
#include "reference-server/domain/invitation.h"
#include "reference-server/store/store.h"

#define CHANGE_NAME_SIZE 321 /* 80 characters of UTF-8 */
#define CHANGE_LINK_SIZE 33

enum change_kind {
    CHANGE_NOTHING,
    CHANGE_ADD_CLINIC,       /* organisation, clinic_id, name, link, clinic_settings */
    CHANGE_SET_CLINIC,       /* membership.clinic, name, clinic_settings */
    CHANGE_SET_ORGANISATION, /* organisation, organisation_settings; clinics get what is pushed */
    CHANGE_ADD_INVITATION,   /* invitation */
    CHANGE_TAKE_INVITATION,  /* invitation, user */
    CHANGE_DENY,             /* user, membership: its new denied */
    CHANGE_REMOVE_ROLE,      /* user, membership */
    CHANGE_ADD_ROOM,      /* membership.clinic, room_kind, room_id, name, link, user: the owner */
    CHANGE_SET_ROOM_LINK, /* room, link */
};

/* Pointers are borrowed from the directory. */
struct change {
    enum change_kind kind;
    struct user *user;
    struct membership membership; /* organisation and clinic that it is about; the role */
    struct room *room;
    enum room_kind room_kind;
    struct id clinic_id, room_id;
    int position; /* of a new room */
    char name[CHANGE_NAME_SIZE], link[CHANGE_LINK_SIZE];
    struct clinic_settings clinic_settings;
    struct organisation_settings organisation_settings;
    bool pushed[CALL_OPTION_COUNT]; /* which options the clinics get of it */
    struct invitation invitation;
};

/* As one transaction. EXISTS, IO, NO_MEMORY: nothing was written. */
MUST_CHECK enum status change_write(const struct change *change, struct store *store);
/* What was written. NO_MEMORY: only after the next start. */
MUST_CHECK enum status change_make(const struct change *change, struct directory *directory);

#endif
