/* Inside of the store: the connection and its prepared statements, shared by this folder's files.
 */
#ifndef CASELOAD_SERVER_STORE_PRIVATE_H
#define CASELOAD_SERVER_STORE_PRIVATE_H

#include <sqlite3.h>

#include "reference-server/store/store.h"

/* Every statement there is, prepared once at opening. */
#define STATEMENT_LIST(X)                                                                          \
    X(BEGIN, "BEGIN")                                                                              \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(ADD_ORGANISATION, "INSERT INTO organisations (id, name) VALUES (?, ?)")                      \
    X(SET_ORGANISATION, "UPDATE organisations SET settings = ? WHERE id = ?")                      \
    X(ADD_CLINIC, "INSERT INTO clinics (id, organisation_id, position, name, link) "               \
                  "VALUES (?, ?, ?, ?, ?)")                                                        \
    X(SET_CLINIC, "UPDATE clinics SET name = ?, settings = ? WHERE id = ?")                        \
    X(ADD_ROOM, "INSERT INTO rooms (id, clinic_id, position, name, link, kind, owner_id) "         \
                "VALUES (?, ?, ?, ?, ?, ?, ?)")                                                    \
    X(SET_ROOM_LINK, "UPDATE rooms SET link = ? WHERE id = ?")                                     \
    X(ADD_USER, "INSERT INTO users (id, username, name, password_hash) VALUES (?, ?, ?, ?)")       \
    X(ADD_MEMBERSHIP,                                                                              \
      "INSERT INTO memberships (user_id, organisation_id, clinic_id, role, denied) "               \
      "VALUES (?, ?, ?, ?, ?)")                                                                    \
    X(SET_MEMBERSHIP, "UPDATE memberships SET denied = ?5 WHERE user_id = ?1 AND "                 \
                      "organisation_id = ?2 AND clinic_id IS ?3 AND role = ?4")                    \
    X(REMOVE_MEMBERSHIP, "DELETE FROM memberships WHERE user_id = ? AND organisation_id = ? AND "  \
                         "clinic_id IS ? AND role = ?")                                            \
    X(ADD_INVITATION, "INSERT INTO invitations (hash, organisation_id, clinic_id, role, denied, "  \
                      "maker_id, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)")                        \
    X(REMOVE_INVITATION, "DELETE FROM invitations WHERE hash = ?")                                 \
    X(READ_ORGANISATIONS, "SELECT id, name, settings FROM organisations ORDER BY name, id")        \
    X(READ_CLINICS, "SELECT id, organisation_id, name, link, settings FROM clinics "               \
                    "ORDER BY organisation_id, position")                                          \
    X(READ_ROOMS, "SELECT id, clinic_id, name, link, kind, owner_id FROM rooms "                   \
                  "ORDER BY position, id")                                                         \
    X(READ_USERS, "SELECT id, username, name, password_hash FROM users ORDER BY username")         \
    X(READ_MEMBERSHIPS,                                                                            \
      "SELECT user_id, organisation_id, clinic_id, role, denied FROM memberships "                 \
      "ORDER BY user_id, clinic_id, role")                                                         \
    X(READ_INVITATIONS, "SELECT hash, organisation_id, clinic_id, role, denied, maker_id, "        \
                        "expires_at FROM invitations")                                             \
    X(SWEEP_INVITATIONS, "DELETE FROM invitations WHERE expires_at <= ?")                          \
    X(HAS_ORGANISATIONS, "SELECT EXISTS (SELECT 1 FROM organisations)")                            \
    X(DELETE_SETTING, "DELETE FROM settings WHERE name = ?")                                       \
    X(ADD_SETTING, "INSERT INTO settings (name, value) VALUES (?, ?)")                             \
    X(READ_SETTING, "SELECT value FROM settings WHERE name = ?")                                   \
    X(ADD_TOKEN, "INSERT INTO tokens (hash, user_id, issued_at, expires_at) VALUES (?, ?, ?, ?)")  \
    X(REVOKE_TOKEN, "UPDATE tokens SET revoked_at = ? WHERE hash = ? AND revoked_at IS NULL")      \
    X(READ_TOKENS, "SELECT hash, user_id, issued_at, expires_at FROM tokens "                      \
                   "WHERE revoked_at IS NULL AND expires_at > ?")                                  \
    X(ADD_VISIT, "INSERT INTO visits (space_id, clinic_id, entered_at, seen_at, ended_at, cause) " \
                 "VALUES (?, ?, ?, ?, ?, ?)")                                                      \
    X(READ_VISITS, "SELECT space_id, clinic_id, entered_at, seen_at, ended_at, cause FROM visits " \
                   "ORDER BY ended_at, space_id")

enum statement {
#define X(id, sql) STATEMENT_##id,
    STATEMENT_LIST(X)
#undef X
        STATEMENT_COUNT
};

struct store {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

/* Parameters are bound from 1; a NULL text is SQL's NULL. The statement borrows the text until it
 * is run. */
void bind_text(struct store *store, enum statement statement, int index, const char *text);
void bind_number(struct store *store, enum statement statement, int index, int64_t number);
void bind_null(struct store *store, enum statement statement, int index);
/* Run a statement without rows, reset it. EXISTS: a constraint; IO. */
MUST_CHECK enum status run(struct store *store, enum statement statement);
/* The next row: `*ret_more` false at the end (then it is reset). Leave a loop early by `stop`. */
MUST_CHECK enum status next_row(struct store *store, enum statement statement, bool *ret_more);
void stop(struct store *store, enum statement statement);
/* NULL for SQL's NULL; lives until the next row. */
const char *column_text(struct store *store, enum statement statement, int column);
int64_t column_number(struct store *store, enum statement statement, int column);

#endif
