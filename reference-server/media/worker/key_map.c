#include "reference-server/media/worker/key_map.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/random.h"

enum { FIRST_SIZE = 64 };

struct entry {
    uint64_t key;
    void *value; /* borrowed; NULL: free */
};

struct key_map {
    struct entry *entries; /* owned */
    size_t mask;           /* size - 1, size a power of two, at most half full */
    size_t count, limit;
    uint64_t seed;
};

struct key_map *key_map_create(size_t limit, uint64_t seed)
{
    struct key_map *map = malloc(sizeof *map);
    struct entry *entries = calloc(FIRST_SIZE, sizeof *entries);

    if (!map || !entries) {
        free(map);
        free(entries);
        return NULL;
    }
    *map =
        (struct key_map){.entries = entries, .mask = FIRST_SIZE - 1, .limit = limit, .seed = seed};
    return map;
}

void key_map_destroy(struct key_map *map)
{
    if (!map)
        return;
    free(map->entries);
    free(map);
}

static size_t home_of(const struct key_map *map, uint64_t key)
{
    return (size_t)random_mix(map->seed, key) & map->mask;
}

/* Where `key` is, or the free place where it would go. */
static struct entry *locate(const struct key_map *map, uint64_t key)
{
    size_t at = home_of(map, key);

    while (map->entries[at].value && map->entries[at].key != key)
        at = (at + 1) & map->mask;
    return &map->entries[at];
}

void *key_map_find(const struct key_map *map, uint64_t key)
{
    return locate(map, key)->value;
}

static enum status grow(struct key_map *map)
{
    struct key_map larger = *map;

    larger.mask = map->mask * 2 + 1;
    larger.entries = calloc(larger.mask + 1, sizeof *larger.entries);
    if (!larger.entries)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i <= map->mask; i++)
        if (map->entries[i].value)
            *locate(&larger, map->entries[i].key) = map->entries[i];
    free(map->entries);
    *map = larger;
    return STATUS_OK;
}

enum status key_map_put(struct key_map *map, uint64_t key, void *value)
{
    struct entry *entry = locate(map, key);

    assert(value != NULL);
    if (!entry->value) {
        if (map->count == map->limit)
            return STATUS_FULL;
        if ((map->count + 1) * 2 > map->mask + 1) {
            enum status status = grow(map);
            if (status != STATUS_OK)
                return status;
            entry = locate(map, key);
        }
        map->count++;
    }
    *entry = (struct entry){key, value};
    return STATUS_OK;
}

/* Entries behind the hole move up unless that would put them before their home (Knuth 6.4 R). */
static void close_hole(struct key_map *map, size_t hole)
{
    size_t at = hole;

    for (;;) {
        at = (at + 1) & map->mask;
        if (!map->entries[at].value)
            break;
        size_t home = home_of(map, map->entries[at].key);
        if (((at - home) & map->mask) < ((at - hole) & map->mask))
            continue;
        map->entries[hole] = map->entries[at];
        hole = at;
    }
    map->entries[hole].value = NULL;
}

void *key_map_remove(struct key_map *map, uint64_t key)
{
    struct entry *entry = locate(map, key);
    void *value = entry->value;

    if (value) {
        map->count--;
        close_hole(map, (size_t)(entry - map->entries));
    }
    return value;
}

size_t key_map_count(const struct key_map *map)
{
    return map->count;
}

void *key_map_next(const struct key_map *map, size_t *cursor)
{
    while (*cursor <= map->mask) {
        void *value = map->entries[(*cursor)++].value;
        if (value)
            return value;
    }
    return NULL;
}
