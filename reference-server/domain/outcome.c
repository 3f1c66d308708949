#include "reference-server/domain/outcome.h"

#include <assert.h>

void outcome_clear(struct outcome *outcome)
{
    /* The effects are large and each is zeroed when it is taken into use. */
    outcome->count = 0;
    outcome->detail = NULL;
    outcome->replaced = NULL;
}

struct effect *outcome_add(struct outcome *outcome, enum effect_kind kind)
{
    assert(outcome->count < EFFECTS_MAX);
    struct effect *effect = &outcome->effects[outcome->count++];
    *effect = (struct effect){.kind = kind};
    return effect;
}

enum status outcome_refuse(struct outcome *outcome, enum status status, const char *detail)
{
    outcome->detail = detail;
    return status;
}
