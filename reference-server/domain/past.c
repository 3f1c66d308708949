#include "reference-server/domain/past.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/domain/key_table.h"

struct entry {
    struct past_space space;
    struct entry *next; /* younger */
};

struct past {
    size_t limit, count;
    struct entry *oldest, *youngest;
    struct key_table by_space, by_card, by_token;
};

struct past *past_create(size_t limit)
{
    assert(limit > 0);
    struct past *past = calloc(1, sizeof *past);
    if (past)
        past->limit = limit;
    return past;
}

static void forget(struct past *past, struct entry *entry)
{
    key_table_remove(&past->by_space, entry->space.space_id.text, ID_LENGTH);
    key_table_remove(&past->by_card, entry->space.card_id.text, ID_LENGTH);
    key_table_remove(&past->by_token, &entry->space.token, sizeof entry->space.token);
    free(entry);
}

static void forget_oldest(struct past *past)
{
    struct entry *oldest = past->oldest;
    past->oldest = oldest->next;
    if (!past->oldest)
        past->youngest = NULL;
    past->count--;
    forget(past, oldest);
}

void past_destroy(struct past *past)
{
    if (!past)
        return;
    while (past->oldest)
        forget_oldest(past);
    key_table_finish(&past->by_space);
    key_table_finish(&past->by_card);
    key_table_finish(&past->by_token);
    free(past);
}

void past_add(struct past *past, const struct past_space *space)
{
    if (past->count == past->limit)
        forget_oldest(past);
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return;
    entry->space = *space;
    struct past_space *kept = &entry->space;
    if (key_table_add(&past->by_space, kept->space_id.text, ID_LENGTH, entry) != STATUS_OK ||
        key_table_add(&past->by_card, kept->card_id.text, ID_LENGTH, entry) != STATUS_OK ||
        key_table_add(&past->by_token, &kept->token, sizeof kept->token, entry) != STATUS_OK) {
        forget(past, entry);
        return;
    }
    if (past->youngest)
        past->youngest->next = entry;
    else
        past->oldest = entry;
    past->youngest = entry;
    past->count++;
}

static const struct past_space *space_of(const struct entry *entry)
{
    return entry ? &entry->space : NULL;
}

const struct past_space *past_by_space(const struct past *past, const char *space_id)
{
    return space_of(key_table_find(&past->by_space, space_id, strlen(space_id)));
}

const struct past_space *past_by_card(const struct past *past, const char *card_id)
{
    return space_of(key_table_find(&past->by_card, card_id, strlen(card_id)));
}

const struct past_space *past_by_token(const struct past *past, const struct token_key *token)
{
    return space_of(key_table_find(&past->by_token, token, sizeof *token));
}

size_t past_count(const struct past *past)
{
    return past->count;
}
