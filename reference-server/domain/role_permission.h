/* Who may do what: the roles, the acts, and the one table that joins them (requirement catalogue
 * B.1 and B.2). Used by the domain alone; nothing else decides. */
#ifndef CASELOAD_SERVER_ROLE_PERMISSION_H
#define CASELOAD_SERVER_ROLE_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

/* X(id, name in the protocol and the store, held in an organisation rather than a clinic) */
#define ROLE_LIST(X)                                                                               \
    X(ORGANISATION_ADMINISTRATOR, "organisation_administrator", true)                              \
    X(ORGANISATION_COORDINATOR, "organisation_coordinator", true)                                  \
    X(ORGANISATION_REPORTER, "organisation_reporter", true)                                        \
    X(CLINIC_ADMINISTRATOR, "clinic_administrator", false)                                         \
    X(CLINIC_CLERK, "clinic_clerk", false)                                                         \
    X(TEAM_MEMBER, "team_member", false)                                                           \
    X(SERVICE_REFERRER, "service_referrer", false)

enum role {
#define X(id, name, of_organisation) ROLE_##id,
    ROLE_LIST(X)
#undef X
        ROLE_COUNT
};

/* Rows of the matrix that exist so far, with their number there. Columns in the order of ROLE_LIST;
 * "o" and "d" are the catalogue's readings (proposed allowed, proposed denied), "x" is a cell that
 * the seed lists, "-" one that it denies or does not list.
 * X(id, name in the protocol, row, OA, OC, OR, CA, CC, TM, SR) */
#define ACT_LIST(X)                                                                                \
    /* no row: to whom the clinic's existence is no secret (others get "hidden") */                \
    X(KNOW_CLINIC, "know_clinic", 0, o, o, o, o, o, o, o)                                          \
    X(INVITE_ADMINISTRATOR, "invite_administrator", 1, x, -, -, -, -, -, -)                        \
    X(REMOVE_ADMINISTRATOR, "remove_administrator", 2, x, -, -, -, -, -, -)                        \
    X(MANAGE_COORDINATORS, "manage_coordinators", 3, x, x, -, -, -, -, -)                          \
    X(MANAGE_REPORTERS, "manage_reporters", 4, x, x, -, -, -, -, -)                                \
    X(CREATE_CLINIC, "create_clinic", 5, x, x, -, -, -, -, -)                                      \
    X(MANAGE_TEAM, "manage_team", 6, x, d, -, x, x, -, -)                                          \
    X(SET_PERMISSIONS, "set_permissions", 7, x, d, -, x, x, -, -)                                  \
    X(CONFIGURE_WAITING_AREA, "configure_waiting_area", 8, x, x, -, x, -, -, -)                    \
    X(CONFIGURE_CALL_INTERFACE, "configure_call_interface", 9, x, x, -, x, -, -, -)                \
    X(CONFIGURE_ADD_ONS, "configure_add_ons", 10, x, x, -, x, -, -, -)                             \
    X(CONFIGURE_ORGANISATION, "configure_organisation", 11, x, x, -, -, -, -, -)                   \
    X(CONFIGURE_REPORTS, "configure_reports", 12, x, x, x, -, -, -, -)                             \
    X(RUN_ORGANISATION_REPORT, "run_organisation_report", 13, x, x, x, -, -, -, -)                 \
    X(RUN_CLINIC_REPORT, "run_clinic_report", 14, o, x, d, o, -, -, -)                             \
    X(LIST_CLINICS, "list_clinics", 15, o, x, x, -, -, -, -)                                       \
    X(ENTER_CLINIC, "enter_clinic", 16, o, o, -, o, o, o, -)                                       \
    X(VIEW_WAITING_AREA, "view_waiting_area", 17, x, x, -, x, x, x, -)                             \
    X(USE_WAITING_AREA, "use_waiting_area", 18, x, x, -, x, x, x, -)                               \
    X(SEND_LINK, "send_link", 19, x, x, -, x, x, x, -)                                             \
    X(JOIN_CALL, "join_call", 20, x, d, -, x, x, x, -)                                             \
    X(VIEW_MEETING_ROOMS, "view_meeting_rooms", 22, x, d, -, x, x, x, -)                           \
    X(USE_MEETING_ROOM, "use_meeting_room", 23, x, d, -, x, x, x, -)                               \
    X(ADD_MEETING_ROOM, "add_meeting_room", 24, x, d, -, x, -, -, -)                               \
    X(VIEW_USER_ROOMS, "view_user_rooms", 25, x, d, -, x, x, x, -)                                 \
    X(USE_USER_ROOM, "use_user_room", 26, x, d, -, x, x, x, -)                                     \
    X(ADD_USER_ROOM, "add_user_room", 27, x, d, -, x, -, -, -)                                     \
    /* "existing" ones */                                                                          \
    X(USE_GROUP_ROOM, "use_group_room", 28, o, d, -, o, o, x, -)                                   \
    X(ADD_GROUP_ROOM, "add_group_room", 29, o, d, -, o, -, -, -)                                   \
    /* the source of a transfer */                                                                 \
    X(TRANSFER_FROM, "transfer_from", 30, x, o, -, x, x, x, -)                                     \
    /* its target: own access to the waiting area (row 30), or the referrer's role (31, 32) */     \
    X(TRANSFER_INTO, "transfer_into", 31, x, o, -, x, x, x, x)

enum act {
#define X(id, ...) ACT_##id,
    ACT_LIST(X)
#undef X
        ACT_COUNT
};

/* ROLE_COUNT when there is none of that name. */
enum role role_by_name(const char *name);
const char *role_name(enum role role);
bool role_is_of_organisation(enum role role);

/* A set of roles: bit `role` of an unsigned. */
#define ROLE_BIT(role) (1u << (role))

/* Whether any role of the set may (the faults grant and deny apart). The empty set (a patient, an
 * outsider) may nothing. */
bool permission_granted(enum act act, unsigned roles);
/* Row number of the act in the catalogue's matrix B.2, or 0. */
int permission_row(enum act act);
/* The act in a membership's set of what was denied (directory.h); 0: it has no row. */
uint32_t permission_bit(enum act act);
/* Whether any act is of that row. */
bool permission_has_row(int row);
const char *permission_name(enum act act);
/* ACT_COUNT when there is none of that name. */
enum act permission_by_name(const char *name);

#endif
