/* A hash table from short byte keys (ids, links, names, token hashes) to pointers. Neither keys nor
 * values are owned: the key usually lies inside the value and must stay as it is while listed.
 * Keys are made by the server or its operator, never by a stranger, so the hash is not secret. */
#ifndef CASELOAD_SERVER_KEY_TABLE_H
#define CASELOAD_SERVER_KEY_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct key_table_entry;

struct key_table {
    struct key_table_entry *entries; /* owned; NULL while empty */
    size_t capacity;                 /* a power of two, or 0 */
    size_t count;
};

/* Zeroed memory is an empty table. */
void key_table_finish(struct key_table *table);
/* EXISTS, NO_MEMORY: nothing changed. */
MUST_CHECK enum status key_table_add(struct key_table *table, const void *key, size_t size,
                                     void *value);
/* NULL: not there. */
void *key_table_find(const struct key_table *table, const void *key, size_t size);
/* Removing what is not there does nothing. */
void key_table_remove(struct key_table *table, const void *key, size_t size);

#endif
