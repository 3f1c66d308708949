/* The fixture file of docs/protocol.md: what a run needs, created once in an empty database. */
#ifndef CASELOAD_SERVER_FIXTURE_H
#define CASELOAD_SERVER_FIXTURE_H

#include "common/base/status.h"
#include "reference-server/store/store.h"

/* What the fixture needs and the store does not know. */
struct fixture_tools {
    /* `cost` is "normal" or "load"; fills at most `size` bytes with a text hash. Slow. */
    enum status (*hash_password)(const char *password, const char *cost, char *ret_hash,
                                 size_t size);
    enum status (*make_id)(char *ret_id, size_t size);
    bool (*role_is_known)(const char *role, bool *ret_of_organisation);
};

/* All or nothing. MALFORMED, INVALID: the message names the file and the place in it; EXISTS: the
 * database holds an organisation already, or a name or link stands twice; IO. */
MUST_CHECK enum status fixture_load(struct store *store, const char *path,
                                    const struct fixture_tools *tools, struct failure *failure);
/* The same from text; `name` stands for the path in messages. */
MUST_CHECK enum status fixture_load_text(struct store *store, const char *name, const char *text,
                                         size_t size, const struct fixture_tools *tools,
                                         struct failure *failure);

#endif
