#include "engine/conform/conformance.h"

#include <stddef.h>

/* The strongest first. */
static const enum check_verdict order[] = {
    CHECK_ERROR, CHECK_FAIL,    CHECK_BLOCKED, CHECK_INCONCLUSIVE,
    CHECK_WARN,  CHECK_DIFFERS, CHECK_PASS,    CHECK_NA,
};

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
    ret_row->observed = observed;
    ret_row->observations = count_all(observed);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (observed->counts[order[i]] == 0)
            continue;
        const struct check_entry *first = check_first_entry(observed, order[i]);
        ret_row->verdict = order[i];
        if (first)
            ret_row->message = first->message;
        break;
    }
    if (ret_row->verdict == CHECK_FAIL && requirement->level != REQUIREMENT_MUST)
        ret_row->verdict = CHECK_WARN;
}
