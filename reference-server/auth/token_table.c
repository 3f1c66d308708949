#include "reference-server/auth/token_table.h"

#include <assert.h>
#include <stdlib.h>

struct entry {
    struct staff_token token;
    struct entry *next, *previous;
};

struct token_table {
    size_t limit;
    struct key_table by_key;
    struct entry *first;
};

struct token_table *token_table_create(size_t limit)
{
    assert(limit > 0);
    struct token_table *table = calloc(1, sizeof *table);
    if (table)
        table->limit = limit;
    return table;
}

static void drop(struct token_table *table, struct entry *entry)
{
    key_table_remove(&table->by_key, &entry->token.key, sizeof entry->token.key);
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        table->first = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    free(entry);
}

void token_table_destroy(struct token_table *table)
{
    if (!table)
        return;
    while (table->first)
        drop(table, table->first);
    key_table_finish(&table->by_key);
    free(table);
}

enum status token_table_add(struct token_table *table, const struct staff_token *token)
{
    if (table->by_key.count >= table->limit)
        return STATUS_FULL;
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return STATUS_NO_MEMORY;
    entry->token = *token;
    enum status status =
        key_table_add(&table->by_key, &entry->token.key, sizeof entry->token.key, entry);
    if (status != STATUS_OK) {
        free(entry);
        return status;
    }
    entry->next = table->first;
    if (table->first)
        table->first->previous = entry;
    table->first = entry;
    return STATUS_OK;
}

const struct staff_token *token_table_find(const struct token_table *table,
                                           const struct token_key *key, int64_t now_us)
{
    const struct entry *entry = key_table_find(&table->by_key, key, sizeof *key);
    return entry && entry->token.expires_at_us > now_us ? &entry->token : NULL;
}

void token_table_remove(struct token_table *table, const struct token_key *key)
{
    struct entry *entry = key_table_find(&table->by_key, key, sizeof *key);
    if (entry)
        drop(table, entry);
}

void token_table_sweep(struct token_table *table, int64_t now_us)
{
    struct entry *next;
    for (struct entry *entry = table->first; entry; entry = next) {
        next = entry->next;
        if (entry->token.expires_at_us <= now_us)
            drop(table, entry);
    }
}

size_t token_table_count(const struct token_table *table)
{
    return table->by_key.count;
}
