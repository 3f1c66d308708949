/* What seldom changes: organisations, their clinics, users and their memberships, invitations.
 * Filled from the store at start; knows nothing of who is here now. Organisations, clinics, rooms
 * and users live as long as the directory. */
#ifndef CASELOAD_SERVER_DIRECTORY_H
#define CASELOAD_SERVER_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "reference-server/domain/clinic_settings.h"
#include "reference-server/domain/clinic_totals.h"
#include "reference-server/domain/id.h"
#include "reference-server/domain/key_table.h"
#include "reference-server/domain/role_permission.h"
#include "reference-server/domain/room_kind.h"

struct call;
struct card;
struct invitation;

/* Where callers wait, kept by card.c: a clinic's waiting area, or the waiting room in front of a
 * group room or a user room. */
struct area {
    struct id id; /* the clinic's, or the room's */
    struct clinic *clinic;
    struct room *room;                   /* NULL: the clinic's waiting area */
    struct card *first_card, *last_card; /* in order of entry, in this area */
    size_t card_count;
    void *dashboard; /* of the layer above */
};

struct organisation {
    struct id id;
    char *name;
    struct organisation_settings settings;
    struct clinic **clinics; /* in order of creation */
    size_t clinic_count;
};

/* A clinic has exactly one waiting area (INV-10), so its callers stand here. */
struct clinic {
    struct id id;
    char *name;
    char *link; /* the last part of its patients' URL */
    struct organisation *organisation;
    struct clinic_settings settings;
    struct clinic_totals totals;
    unsigned index; /* 0, 1, … in order of creation */
    struct area area;
    struct room **rooms; /* in order of creation */
    size_t room_count;
};

/* A room beside the waiting area: static, with a link of its own by which guests are invited
 * (MR-01, MR-09, GR-06, UR-06). */
struct room {
    enum room_kind kind;
    char *name;
    char *link;
    struct clinic *clinic;
    struct user *owner; /* of a user room; else NULL */
    bool gone;          /* FAULT_VANISHING_ROOMS only */
    unsigned index;     /* 0, 1, … in order of creation, over all clinics */
    struct area area;
    struct call *call; /* the session that runs in it; NULL: none */
    void *stage;       /* of the layer above */
};

struct membership {
    struct organisation *organisation;
    struct clinic *clinic; /* NULL: a role of the organisation */
    enum role role;
    uint32_t denied; /* what was taken from this member (ROLE-10): bit n for row n + 1 of B.2 */
};

struct user {
    struct id id;
    char *username;
    char *name;
    char *password_hash;
    struct membership *memberships;
    size_t membership_count;
};

struct directory {
    struct organisation **organisations;
    size_t organisation_count;
    struct clinic **clinics;
    size_t clinic_count;
    struct room **rooms;
    size_t room_count;
    struct user **users;
    size_t user_count;
    struct invitation *invitations; /* invitation.h */
    struct key_table organisations_by_id, clinics_by_id, rooms_by_id, areas_by_link, users_by_id,
        users_by_name, invitations_by_key;
};

/* Zeroed memory is an empty directory. Texts are copied. EXISTS: id, link or name is taken.
 * NOT_FOUND: the id referred to is unknown. */
void directory_finish(struct directory *directory);
MUST_CHECK enum status directory_add_organisation(struct directory *directory, const char *id,
                                                  const char *name);
MUST_CHECK enum status directory_add_clinic(struct directory *directory, const char *id,
                                            const char *organisation_id, const char *name,
                                            const char *link);
struct new_room {
    const char *id, *clinic_id, *name, *link;
    enum room_kind kind;
    const char *owner_id; /* of a user room; else NULL */
};
/* INVALID: an owner, and no user room; or none, and one. */
MUST_CHECK enum status directory_add_room(struct directory *directory, const struct new_room *room);
/* EXISTS, NO_MEMORY: it has its old link. */
MUST_CHECK enum status directory_set_room_link(struct directory *directory, struct room *room,
                                               const char *link);
MUST_CHECK enum status directory_add_user(struct directory *directory, const char *id,
                                          const char *username, const char *name,
                                          const char *password_hash);
/* `clinic_id` NULL: a role of the organisation. INVALID: the role does not fit the scope. EXISTS:
 * the user has it. */
MUST_CHECK enum status directory_add_membership(struct directory *directory, const char *user_id,
                                                const char *organisation_id, const char *clinic_id,
                                                enum role role, uint32_t denied);

/* NO_MEMORY: it has its old name. */
MUST_CHECK enum status clinic_rename(struct clinic *clinic, const char *name);
/* NULL: the user has no such role. */
struct membership *user_membership(const struct user *user, const struct organisation *organisation,
                                   const struct clinic *clinic, enum role role);
void user_remove_membership(struct user *user, struct membership *membership);
/* NULL: unknown. */
struct organisation *directory_organisation_by_id(const struct directory *directory,
                                                  const char *id);
struct clinic *directory_clinic_by_id(const struct directory *directory, const char *id);
struct clinic *directory_clinic_by_link(const struct directory *directory, const char *link);
struct room *directory_room_by_id(const struct directory *directory, const char *id);
/* Where the link leads: to a clinic's waiting area or to a room. */
struct area *directory_area_by_link(const struct directory *directory, const char *link);
struct user *directory_user_by_id(const struct directory *directory, const char *id);
struct user *directory_user_by_name(const struct directory *directory, const char *username);

/* Whether a role of the user for this clinic gives it and was not denied to them there. */
bool user_may(const struct user *user, enum act act, const struct clinic *clinic);
/* The same by the roles of the organisation alone. */
bool user_may_in_organisation(const struct user *user, enum act act,
                              const struct organisation *organisation);
/* Whether the user has any role there, be it in one clinic only. */
bool user_knows_organisation(const struct user *user, const struct organisation *organisation);

#endif
