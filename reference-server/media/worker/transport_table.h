/* Which transport of a worker a datagram belongs to: STUN by username fragment, everything else by
 * source address, commands by participant. Pure; the transports are borrowed. */
#ifndef CASELOAD_TRANSPORT_TABLE_H
#define CASELOAD_TRANSPORT_TABLE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define TRANSPORTS_MAX 16384 /* of one worker */

struct server_transport;
struct transport_table;

struct transport_table *transport_table_create(uint64_t seed);
void transport_table_destroy(struct transport_table *table);

/* `ufrag`: MEDIA_UFRAG_LENGTH characters; NULL results when it is anything else or unknown. */
struct server_transport *transport_table_by_ufrag(const struct transport_table *table,
                                                  const char *ufrag);
struct server_transport *transport_table_by_address(const struct transport_table *table,
                                                    const struct sockaddr_in *address);
struct server_transport *transport_table_by_participant(const struct transport_table *table,
                                                        uint64_t participant);

MUST_CHECK enum status transport_table_add_ufrag(struct transport_table *table, const char *ufrag,
                                                 struct server_transport *transport);
MUST_CHECK enum status transport_table_add_participant(struct transport_table *table,
                                                       uint64_t participant,
                                                       struct server_transport *transport);
/* An address that belonged to another transport changes hands; that one is returned through
 * `*ret_former` (else NULL). */
MUST_CHECK enum status transport_table_add_address(struct transport_table *table,
                                                   const struct sockaddr_in *address,
                                                   struct server_transport *transport,
                                                   struct server_transport **ret_former);
/* Entries of other transports are left alone. */
void transport_table_remove_ufrag(struct transport_table *table, const char *ufrag,
                                  const struct server_transport *transport);
void transport_table_remove_address(struct transport_table *table,
                                    const struct sockaddr_in *address,
                                    const struct server_transport *transport);
void transport_table_remove_participant(struct transport_table *table, uint64_t participant);

size_t transport_table_count(const struct transport_table *table);
/* Walk all transports: start with `*cursor` 0; NULL at the end. */
struct server_transport *transport_table_next(const struct transport_table *table, size_t *cursor);

#endif
