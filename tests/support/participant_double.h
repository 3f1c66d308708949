/* People without media (engine/participant/participant.h without an endpoint): whoever may hear
 * whom does so 5 ms later, as soon as both are connected and the sender sends. A test can leak a
 * packet. */
#ifndef CASELOAD_PARTICIPANT_DOUBLE_H
#define CASELOAD_PARTICIPANT_DOUBLE_H

#include <stddef.h>

#include "engine/participant/participant.h"

/* Participants created and not destroyed. */
size_t participant_double_count(void);
/* The n-th that is alive, in order of creation; NULL: none. */
struct participant *participant_double_at(size_t n);
const char *participant_double_name(const struct participant *participant);
/* `receiver` gets a packet of `sender` now, permitted or not. */
void participant_double_leak(struct participant *receiver, struct participant *sender);
/* What participant_network was given last; "" before. */
const char *participant_double_network(const struct participant *participant);
/* Its media is lost for good. */
void participant_double_lose(struct participant *participant, const char *why);

#endif
