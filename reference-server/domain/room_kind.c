#include "reference-server/domain/room_kind.h"

#include <assert.h>
#include <string.h>

static const struct room_terms terms[ROOM_KIND_COUNT] = {
#define X(id, name, purpose, cap, see, use, add)                                                   \
    [ROOM_##id] = {name, purpose, cap, ACT_##see, ACT_##use, ACT_##add},
    ROOM_KIND_LIST(X)
#undef X
};

const struct room_terms *room_terms(enum room_kind kind)
{
    assert(kind < ROOM_KIND_COUNT);
    return &terms[kind];
}

enum room_kind room_kind_by_name(const char *name)
{
    unsigned kind = 0;
    while (kind < ROOM_KIND_COUNT && strcmp(terms[kind].name, name) != 0)
        kind++;
    return (enum room_kind)kind;
}
