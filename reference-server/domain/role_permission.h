/* Who may do what: the roles, the acts, and the one table that joins them (requirement catalogue
 * B.1 and B.2). Used by the domain alone; nothing else decides. */
#ifndef CASELOAD_SERVER_ROLE_PERMISSION_H
#define CASELOAD_SERVER_ROLE_PERMISSION_H

#include <stdbool.h>

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
 * X(id, row, OA, OC, OR, CA, CC, TM, SR) */
#define ACT_LIST(X)                                                                                \
    /* no row: to whom the clinic's existence is no secret (others get "hidden") */                \
    X(KNOW_CLINIC, 0, o, o, o, o, o, o, o)                                                         \
    X(VIEW_WAITING_AREA, 17, x, x, -, x, x, x, -)                                                  \
    X(USE_WAITING_AREA, 18, x, x, -, x, x, x, -)                                                   \
    X(JOIN_CALL, 20, x, d, -, x, x, x, -)                                                          \
    /* "existing" ones: nobody makes one over this connection */                                   \
    X(USE_GROUP_ROOM, 28, o, d, -, o, o, x, -)                                                     \
    /* the source of a transfer */                                                                 \
    X(TRANSFER_FROM, 30, x, o, -, x, x, x, -)                                                      \
    /* its target: own access to the waiting area (row 30), or the referrer's role (31, 32) */     \
    X(TRANSFER_INTO, 31, x, o, -, x, x, x, x)

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

/* Whether any role of the set may. The empty set (a patient, an outsider) may nothing. */
bool permission_granted(enum act act, unsigned roles);
/* Row number of the act in the catalogue's matrix B.2, or 0. */
int permission_row(enum act act);

#endif
