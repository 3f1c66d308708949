#include "engine/conform/declared_absent.h"

#include <jansson.h>
#include <stdlib.h>

struct declared_absent {
    json_t *reasons; /* by profile or id */
};

static enum status check_word(const struct catalogue *catalogue, const char *word,
                              const json_t *reason, struct failure *failure)
{
    if (!catalogue_has_profile(catalogue, word) && !catalogue_find(catalogue, word))
        return failure_set(failure, STATUS_NOT_FOUND,
                           "the driver declares '%.80s' absent, which is no profile and no row of "
                           "the catalogue",
                           word);
    if (!json_is_string(reason) || json_string_length(reason) == 0)
        return failure_set(failure, STATUS_MALFORMED,
                           "the driver declares %s absent and does not say why", word);
    return STATUS_OK;
}

enum status declared_absent_read(const char *json, const struct catalogue *catalogue,
                                 struct declared_absent **ret_absent, struct failure *failure)
{
    struct declared_absent *absent = calloc(1, sizeof *absent);
    enum status status = STATUS_OK;
    const char *word;
    json_t *reason;

    if (!absent)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    absent->reasons = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(absent->reasons))
        status = failure_set(failure, STATUS_MALFORMED,
                             "the driver's declares.absent is no table of reasons");
    json_object_foreach(absent->reasons, word, reason)
    {
        if (status == STATUS_OK)
            status = check_word(catalogue, word, reason, failure);
    }
    if (status != STATUS_OK) {
        declared_absent_destroy(absent);
        return status;
    }
    *ret_absent = absent;
    return STATUS_OK;
}

void declared_absent_destroy(struct declared_absent *absent)
{
    if (!absent)
        return;
    json_decref(absent->reasons);
    free(absent);
}

const char *declared_absent_reason(const struct declared_absent *absent,
                                   const struct requirement *row)
{
    const json_t *reason = absent ? json_object_get(absent->reasons, row->id) : NULL;

    if (absent && !reason)
        reason = json_object_get(absent->reasons, row->profile);
    return json_string_value(reason);
}
