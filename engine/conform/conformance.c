#include "engine/conform/conformance.h"

#include <stddef.h>
#include <string.h>

/* The strongest first. */
static const enum check_verdict order[] = {
    CHECK_ERROR, CHECK_FAIL,    CHECK_BLOCKED, CHECK_INCONCLUSIVE,
    CHECK_WARN,  CHECK_DIFFERS, CHECK_PASS,    CHECK_NA,
};

static const char *first_message(const struct check_requirement *observed,
                                 enum check_verdict verdict)
{
    for (size_t i = 0; i < observed->kept_count; i++)
        if (observed->kept[i].verdict == verdict)
            return observed->kept[i].message;
    return "";
}

static uint64_t count_all(const struct check_requirement *observed)
{
    uint64_t sum = 0;

    for (int verdict = 0; verdict < CHECK_VERDICT_COUNT; verdict++)
        sum += observed->counts[verdict];
    return sum;
}

void conformance_judge(const struct requirement *requirement,
                       const struct check_requirement *observed, struct conformance_row *ret_row)
{
    *ret_row = (struct conformance_row){
        .requirement = requirement, .verdict = CHECK_NOTRUN, .message = ""};
    if (!observed)
        return;
    ret_row->observations = count_all(observed);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (observed->counts[order[i]] == 0)
            continue;
        ret_row->verdict = order[i];
        ret_row->message = first_message(observed, order[i]);
        break;
    }
    if (ret_row->verdict == CHECK_FAIL && requirement->level != REQUIREMENT_MUST)
        ret_row->verdict = CHECK_WARN;
}

const struct check_requirement *conformance_observed(const struct check_log *log, const char *id)
{
    for (size_t i = 0; i < check_log_count(log); i++)
        if (strcmp(check_log_requirement(log, i)->id, id) == 0)
            return check_log_requirement(log, i);
    return NULL;
}
