/* The living staff tokens, in memory; the journal brings every change to the store. */
#ifndef CASELOAD_SERVER_TOKEN_TABLE_H
#define CASELOAD_SERVER_TOKEN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "reference-server/domain/directory.h"

struct token_table;

struct staff_token {
    struct token_key key;
    struct user *user;     /* borrowed */
    int64_t expires_at_us; /* since 1970 */
};

/* `limit` tokens at once. NULL: no memory. */
struct token_table *token_table_create(size_t limit);
void token_table_destroy(struct token_table *table);
/* Copies. FULL, EXISTS, NO_MEMORY. */
MUST_CHECK enum status token_table_add(struct token_table *table, const struct staff_token *token);
/* NULL: unknown, revoked, or expired by `now_us`. Valid until the table changes. */
const struct staff_token *token_table_find(const struct token_table *table,
                                           const struct token_key *key, int64_t now_us);
void token_table_remove(struct token_table *table, const struct token_key *key);
/* Forget what has expired by `now_us`. */
void token_table_sweep(struct token_table *table, int64_t now_us);
size_t token_table_count(const struct token_table *table);

#endif
