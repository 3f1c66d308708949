#include "reference-server/domain/key_table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"

enum { FIRST_CAPACITY = 32 };

struct key_table_entry {
    const void *key; /* NULL: free */
    size_t size;
    uint64_t hash;
    void *value;
};

static uint64_t hash_key(const void *key, size_t size)
{
    const uint8_t *byte = key;
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3ULL;
    return random_mix(hash, size);
}

/* The entry that holds the key, or the free one where it would go. Open addressing with linear
 * probing; at most two thirds are taken, so a free one exists. */
static struct key_table_entry *probe(const struct key_table *table, const void *key, size_t size,
                                     uint64_t hash)
{
    for (size_t i = hash;; i++) {
        struct key_table_entry *entry = &table->entries[i & (table->capacity - 1)];
        if (!entry->key ||
            (entry->hash == hash && entry->size == size && memcmp(entry->key, key, size) == 0))
            return entry;
    }
}

static enum status grow(struct key_table *table)
{
    size_t capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
    struct key_table_entry *entries = calloc(capacity, sizeof *entries);
    if (!entries)
        return STATUS_NO_MEMORY;

    struct key_table grown = {.entries = entries, .capacity = capacity, .count = table->count};
    for (size_t i = 0; i < table->capacity; i++) {
        const struct key_table_entry *entry = &table->entries[i];
        if (entry->key)
            *probe(&grown, entry->key, entry->size, entry->hash) = *entry;
    }
    free(table->entries);
    *table = grown;
    return STATUS_OK;
}

void key_table_finish(struct key_table *table)
{
    free(table->entries);
    *table = (struct key_table){0};
}

enum status key_table_add(struct key_table *table, const void *key, size_t size, void *value)
{
    assert(key && value);
    if ((table->count + 1) * 3 > table->capacity * 2) {
        enum status status = grow(table);
        if (status != STATUS_OK)
            return status;
    }
    uint64_t hash = hash_key(key, size);
    struct key_table_entry *entry = probe(table, key, size, hash);
    if (entry->key)
        return STATUS_EXISTS;
    *entry = (struct key_table_entry){.key = key, .size = size, .hash = hash, .value = value};
    table->count++;
    return STATUS_OK;
}

void *key_table_find(const struct key_table *table, const void *key, size_t size)
{
    if (table->count == 0)
        return NULL;
    return probe(table, key, size, hash_key(key, size))->value;
}

/* Close the gap at `hole`: pull back every follower that could not be found beyond a free entry. */
static void close_gap(struct key_table *table, size_t hole)
{
    size_t mask = table->capacity - 1;
    for (size_t i = (hole + 1) & mask; table->entries[i].key; i = (i + 1) & mask) {
        size_t distance_home = (i - table->entries[i].hash) & mask;
        size_t distance_hole = (i - hole) & mask;
        if (distance_home >= distance_hole) {
            table->entries[hole] = table->entries[i];
            hole = i;
        }
    }
    table->entries[hole] = (struct key_table_entry){0};
}

void key_table_remove(struct key_table *table, const void *key, size_t size)
{
    if (table->count == 0)
        return;
    struct key_table_entry *entry = probe(table, key, size, hash_key(key, size));
    if (!entry->key)
        return;
    table->count--;
    close_gap(table, (size_t)(entry - table->entries));
}
