/* What must outlive the process: organisations, clinics, users, memberships, tokens (their hashes
 * only) and the append-only log of visits. Behind it SQLite, in a file (WAL) or in memory; no SQL
 * and no sqlite3 type leaves this folder, so another database can take its place. Who waits and who
 * is in which call is not here: live state is in memory (domain.h) and ends with the process. One
 * thread at a time uses a store. All times: microseconds since 1970-01-01T00:00:00Z. */
#ifndef CASELOAD_SERVER_STORE_H
#define CASELOAD_SERVER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct store;

/* `path` may be ":memory:". Makes the file (readable by its owner only), applies the migrations
 * that it lacks. UNSUPPORTED: written by a newer version; IO. The failure names the file. */
MUST_CHECK enum status store_open(const char *path, struct store **ret_store,
                                  struct failure *failure);
void store_close(struct store *store); /* NULL is allowed */
/* Whether it is in a file: what is in memory outlives nothing. */
bool store_is_kept(const struct store *store);

/* Several changes as one: all or none. No nesting. IO. */
MUST_CHECK enum status store_begin(struct store *store);
MUST_CHECK enum status store_commit(struct store *store);
void store_rollback(struct store *store);
/* What the database said about the last call that failed; valid until the next call. */
const char *store_message(const struct store *store);

/* EXISTS: id, link or user name is taken, or the row refers to nothing. */
MUST_CHECK enum status store_add_organisation(struct store *store, const char *id,
                                              const char *name);
MUST_CHECK enum status store_add_clinic(struct store *store, const char *id,
                                        const char *organisation_id, int position, const char *name,
                                        const char *link);
MUST_CHECK enum status store_add_user(struct store *store, const char *id, const char *username,
                                      const char *name, const char *password_hash);

/* `settings`: what the administration keeps there, as text. */
MUST_CHECK enum status store_set_organisation(struct store *store, const char *id,
                                              const char *settings);
MUST_CHECK enum status store_set_clinic(struct store *store, const char *id, const char *name,
                                        const char *settings);

/* A room of a clinic; `owner_id` is NULL but of a user room. */
struct store_room {
    const char *id, *clinic_id, *kind, *owner_id, *name, *link;
};

MUST_CHECK enum status store_add_room(struct store *store, const struct store_room *room,
                                      int position);
MUST_CHECK enum status store_set_room_link(struct store *store, const char *id, const char *link);

/* A role of a user: of the organisation, where `clinic_id` is NULL. `denied`: directory.h. */
struct store_membership {
    const char *user_id, *organisation_id, *clinic_id, *role;
    uint32_t denied;
};

MUST_CHECK enum status store_add_membership(struct store *store,
                                            const struct store_membership *membership);
/* What was denied to it; the other fields say which. */
MUST_CHECK enum status store_set_membership(struct store *store,
                                            const struct store_membership *membership);
MUST_CHECK enum status store_remove_membership(struct store *store,
                                               const struct store_membership *membership);

/* A role that somebody was offered; `hash` is that of the secret, lower-case hex. */
struct store_invitation {
    const char *hash, *maker_id;
    struct store_membership offered; /* without user_id */
    int64_t expires_at_us;
};

MUST_CHECK enum status store_add_invitation(struct store *store,
                                            const struct store_invitation *invitation);
MUST_CHECK enum status store_remove_invitation(struct store *store, const char *hash);
/* Those that are over by `now_us`. */
MUST_CHECK enum status store_sweep_invitations(struct store *store, int64_t now_us);

/* Receives the rows in an order in which everything referred to came before; texts are borrowed
 * during the call. Reading stops at the first status that is not OK and returns it. */
struct store_reader {
    void *arg;
    enum status (*organisation)(void *arg, const char *id, const char *name, const char *settings);
    enum status (*clinic)(void *arg, const char *id, const char *organisation_id, const char *name,
                          const char *link, const char *settings);
    enum status (*user)(void *arg, const char *id, const char *username, const char *name,
                        const char *password_hash);
    enum status (*room)(void *arg, const struct store_room *room);
    enum status (*membership)(void *arg, const struct store_membership *membership);
    enum status (*invitation)(void *arg, const struct store_invitation *invitation);
};

MUST_CHECK enum status store_read_directory(struct store *store, const struct store_reader *reader);
MUST_CHECK enum status store_has_organisations(struct store *store, bool *ret_has);

/* A setting kept with the data ("password_cost"). NOT_FOUND: never set. */
MUST_CHECK enum status store_set(struct store *store, const char *name, const char *value);
MUST_CHECK enum status store_read_setting(struct store *store, const char *name, char *ret_value,
                                          size_t size);

/* `hash`: lower-case hex. */
struct store_token {
    const char *hash, *user_id;
    int64_t issued_at_us, expires_at_us;
};

MUST_CHECK enum status store_add_token(struct store *store, const struct store_token *token);
MUST_CHECK enum status store_revoke_token(struct store *store, const char *hash,
                                          int64_t revoked_at_us);
/* Tokens that are neither revoked nor expired at `now_us`. */
typedef enum status store_token_fn(void *arg, const struct store_token *token);
MUST_CHECK enum status store_read_tokens(struct store *store, int64_t now_us,
                                         store_token_fn *on_token, void *arg);

/* One stay of a caller in one clinic. Only ever added. `seen_at_us` 0: never seen. */
struct store_visit {
    const char *space_id, *clinic_id, *cause;
    int64_t entered_at_us, seen_at_us, ended_at_us;
};

MUST_CHECK enum status store_add_visit(struct store *store, const struct store_visit *visit);
/* In order of their end. */
typedef enum status store_visit_fn(void *arg, const struct store_visit *visit);
MUST_CHECK enum status store_read_visits(struct store *store, store_visit_fn *on_visit, void *arg);

#endif
