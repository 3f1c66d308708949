/* Who is who behind a reflector's one port: two sides per pair, learned from authenticated STUN,
 * found again by source address. Pure: addresses in, addresses out. Used by reflector.c. */
#ifndef CASELOAD_REFLECTOR_TABLE_H
#define CASELOAD_REFLECTOR_TABLE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define REFLECTOR_PAIRS_MAX 4096

enum reflector_side { REFLECTOR_CALLER, REFLECTOR_CALLEE };

/* The username fragment the reflector has for one side of a pair, such as "r00012a": long enough
 * for RFC 8839 §5.4 (4 to 256 characters), and it alone tells whose check it is. */
#define REFLECTOR_UFRAG_SIZE 8
void reflector_ufrag(size_t pair, enum reflector_side side, char ret_ufrag[REFLECTOR_UFRAG_SIZE]);
/* False: no fragment of ours. */
bool reflector_ufrag_read(const char *ufrag, size_t *ret_pair, enum reflector_side *ret_side);

struct reflector_table;

/* NULL: no memory. */
struct reflector_table *reflector_table_create(void);
void reflector_table_destroy(struct reflector_table *table);
/* This side of this pair is at `address` now. FULL: more addresses than clients have. */
enum status reflector_table_learn(struct reflector_table *table, size_t pair,
                                  enum reflector_side side, const struct sockaddr_in *address);
/* Where the other side of the sender's pair is; NULL: nobody knows the sender, or the other side
 * has not been heard of. */
const struct sockaddr_in *reflector_table_other(const struct reflector_table *table,
                                                const struct sockaddr_in *source);

#endif
