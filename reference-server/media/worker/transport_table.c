#include "reference-server/media/worker/transport_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/media/media_terms.h"
#include "reference-server/media/worker/key_map.h"

enum {
    UFRAGS_PER_TRANSPORT = 2,    /* during an ICE restart the old one still answers */
    ADDRESSES_PER_TRANSPORT = 4, /* as server_transport keeps */
};

struct transport_table {
    struct key_map *by_ufrag, *by_address, *by_participant;
};

struct transport_table *transport_table_create(uint64_t seed)
{
    struct transport_table *table = calloc(1, sizeof *table);

    if (!table)
        return NULL;
    table->by_ufrag = key_map_create(TRANSPORTS_MAX * UFRAGS_PER_TRANSPORT, seed);
    table->by_address = key_map_create(TRANSPORTS_MAX * ADDRESSES_PER_TRANSPORT, seed);
    table->by_participant = key_map_create(TRANSPORTS_MAX, seed);
    if (!table->by_ufrag || !table->by_address || !table->by_participant) {
        transport_table_destroy(table);
        return NULL;
    }
    return table;
}

void transport_table_destroy(struct transport_table *table)
{
    if (!table)
        return;
    key_map_destroy(table->by_ufrag);
    key_map_destroy(table->by_address);
    key_map_destroy(table->by_participant);
    free(table);
}

static bool ufrag_key(const char *ufrag, uint64_t *ret_key)
{
    _Static_assert(MEDIA_UFRAG_LENGTH == sizeof *ret_key, "a ufrag is its own key");
    if (strlen(ufrag) != MEDIA_UFRAG_LENGTH)
        return false;
    memcpy(ret_key, ufrag, sizeof *ret_key);
    return true;
}

static uint64_t address_key(const struct sockaddr_in *address)
{
    return (uint64_t)address->sin_addr.s_addr << 16 | address->sin_port;
}

struct server_transport *transport_table_by_ufrag(const struct transport_table *table,
                                                  const char *ufrag)
{
    uint64_t key;
    return ufrag_key(ufrag, &key) ? key_map_find(table->by_ufrag, key) : NULL;
}

struct server_transport *transport_table_by_address(const struct transport_table *table,
                                                    const struct sockaddr_in *address)
{
    return key_map_find(table->by_address, address_key(address));
}

struct server_transport *transport_table_by_participant(const struct transport_table *table,
                                                        uint64_t participant)
{
    return key_map_find(table->by_participant, participant);
}

enum status transport_table_add_ufrag(struct transport_table *table, const char *ufrag,
                                      struct server_transport *transport)
{
    uint64_t key;
    return ufrag_key(ufrag, &key) ? key_map_put(table->by_ufrag, key, transport) : STATUS_INVALID;
}

enum status transport_table_add_participant(struct transport_table *table, uint64_t participant,
                                            struct server_transport *transport)
{
    return key_map_put(table->by_participant, participant, transport);
}

enum status transport_table_add_address(struct transport_table *table,
                                        const struct sockaddr_in *address,
                                        struct server_transport *transport,
                                        struct server_transport **ret_former)
{
    struct server_transport *former = key_map_find(table->by_address, address_key(address));
    enum status status = key_map_put(table->by_address, address_key(address), transport);

    if (status == STATUS_OK)
        *ret_former = former == transport ? NULL : former;
    return status;
}

static void remove_own(struct key_map *map, uint64_t key, const struct server_transport *transport)
{
    if (key_map_find(map, key) == transport)
        key_map_remove(map, key);
}

void transport_table_remove_ufrag(struct transport_table *table, const char *ufrag,
                                  const struct server_transport *transport)
{
    uint64_t key;
    if (ufrag_key(ufrag, &key))
        remove_own(table->by_ufrag, key, transport);
}

void transport_table_remove_address(struct transport_table *table,
                                    const struct sockaddr_in *address,
                                    const struct server_transport *transport)
{
    remove_own(table->by_address, address_key(address), transport);
}

void transport_table_remove_participant(struct transport_table *table, uint64_t participant)
{
    key_map_remove(table->by_participant, participant);
}

size_t transport_table_count(const struct transport_table *table)
{
    return key_map_count(table->by_participant);
}

struct server_transport *transport_table_next(const struct transport_table *table, size_t *cursor)
{
    return key_map_next(table->by_participant, cursor);
}
