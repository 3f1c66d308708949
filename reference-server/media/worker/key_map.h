/* A hash map from 64-bit keys to borrowed pointers, with a cap: linear probing, so that a look-up
 * on the packet path is one or two cache lines. Pure; single-threaded. */
#ifndef CASELOAD_KEY_MAP_H
#define CASELOAD_KEY_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct key_map;

/* At most `limit` entries; `seed` keeps strangers from choosing keys that collide. NULL: no
 * memory. */
struct key_map *key_map_create(size_t limit, uint64_t seed);
void key_map_destroy(struct key_map *map);
/* NULL when absent. */
void *key_map_find(const struct key_map *map, uint64_t key);
/* Adds or replaces; `value` is not NULL. FULL, NO_MEMORY. */
MUST_CHECK enum status key_map_put(struct key_map *map, uint64_t key, void *value);
/* The value that was there, or NULL. */
void *key_map_remove(struct key_map *map, uint64_t key);
size_t key_map_count(const struct key_map *map);
/* Walk all values: start with `*cursor` 0; NULL at the end. Do not add or remove on the way. */
void *key_map_next(const struct key_map *map, size_t *cursor);

#endif
