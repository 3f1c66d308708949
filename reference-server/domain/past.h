/* Spaces that are over, so that "gone" can be said to those who knew them and "hidden" to all
 * others. Bounded: the oldest is forgotten first. */
#ifndef CASELOAD_SERVER_PAST_H
#define CASELOAD_SERVER_PAST_H

#include <stddef.h>

#include "common/base/status.h"
#include "reference-server/domain/id.h"

struct clinic;
struct past;

struct past_space {
    struct id space_id, card_id, participant_id;
    struct token_key token;
    struct clinic *clinic; /* where it ended */
};

/* `limit` > 0. NULL: no memory. */
struct past *past_create(size_t limit);
void past_destroy(struct past *past);
/* Copies. Where memory is short the space is simply not remembered. */
void past_add(struct past *past, const struct past_space *space);
/* NULL: not remembered. Valid until the next past_add. */
const struct past_space *past_by_space(const struct past *past, const char *space_id);
const struct past_space *past_by_card(const struct past *past, const char *card_id);
const struct past_space *past_by_token(const struct past *past, const struct token_key *token);
size_t past_count(const struct past *past);

#endif
