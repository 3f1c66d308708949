#include "engine/calibrate/reflector_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Open addressing; a client that restarts leaves its former address behind. */
#define PLACES (REFLECTOR_PAIRS_MAX * 8)
#define ADDRESSES_MAX (PLACES / 2)

struct place {
    uint64_t key;  /* address and port; 0: free */
    uint32_t side; /* index into sides */
};

struct reflector_table {
    struct place places[PLACES];
    size_t count;
    struct sockaddr_in sides[2 * REFLECTOR_PAIRS_MAX]; /* sin_port 0: not heard of */
};

void reflector_ufrag(size_t pair, enum reflector_side side, char ret_ufrag[REFLECTOR_UFRAG_SIZE])
{
    snprintf(ret_ufrag, REFLECTOR_UFRAG_SIZE, "r%05zu%c", pair % 100000, 'a' + (int)side);
}

bool reflector_ufrag_read(const char *ufrag, size_t *ret_pair, enum reflector_side *ret_side)
{
    char again[REFLECTOR_UFRAG_SIZE];
    size_t pair;
    char side;

    if (sscanf(ufrag, "r%5zu%c", &pair, &side) != 2 || pair >= REFLECTOR_PAIRS_MAX || side < 'a' ||
        side > 'b')
        return false;
    reflector_ufrag(pair, (enum reflector_side)(side - 'a'), again);
    if (strcmp(ufrag, again) != 0)
        return false;
    *ret_pair = pair;
    *ret_side = (enum reflector_side)(side - 'a');
    return true;
}

struct reflector_table *reflector_table_create(void)
{
    return calloc(1, sizeof(struct reflector_table));
}

void reflector_table_destroy(struct reflector_table *table)
{
    free(table);
}

static uint64_t key_of(const struct sockaddr_in *address)
{
    return (uint64_t)ntohl(address->sin_addr.s_addr) << 16 | ntohs(address->sin_port);
}

/* Where `key` is, or where it would go. There is always a free place. */
static size_t find(const struct reflector_table *table, uint64_t key)
{
    size_t at = (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 32) % PLACES;

    while (table->places[at].key != 0 && table->places[at].key != key)
        at = (at + 1) % PLACES;
    return at;
}

enum status reflector_table_learn(struct reflector_table *table, size_t pair,
                                  enum reflector_side side, const struct sockaddr_in *address)
{
    uint64_t key = key_of(address);
    size_t at = find(table, key);
    uint32_t index = (uint32_t)(2 * pair + side);

    if (table->places[at].key == 0) {
        if (table->count == ADDRESSES_MAX)
            return STATUS_FULL;
        table->count++;
    }
    table->places[at] = (struct place){key, index};
    table->sides[index] = *address;
    return STATUS_OK;
}

const struct sockaddr_in *reflector_table_other(const struct reflector_table *table,
                                                const struct sockaddr_in *source)
{
    uint64_t key = key_of(source);
    const struct place *place = &table->places[find(table, key)];
    const struct sockaddr_in *other = &table->sides[place->side ^ 1];

    return place->key == key && key != 0 && other->sin_port != 0 ? other : NULL;
}
