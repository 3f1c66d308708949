#include "engine/conform/conformance_result.h"

#include <stdlib.h>
#include <string.h>

/* What cannot be reached because it is not there. */
static void judge(const struct conformance_result *result, const struct requirement *requirement,
                  const struct check_requirement *observed, struct conformance_row *ret_row)
{
    const char *why = declared_absent_reason(result->input.absent, requirement);

    conformance_judge(requirement, observed, ret_row);
    if (why && (ret_row->verdict == CHECK_NOTRUN || ret_row->verdict == CHECK_BLOCKED)) {
        ret_row->verdict = CHECK_NA;
        ret_row->message = why;
    }
}

static void take_asked(struct conformance_result *result, const struct check_log *checks)
{
    const struct catalogue *catalogue = result->input.catalogue;

    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        const struct requirement *requirement = catalogue_at(catalogue, i);
        if (!row_is_chosen(result->input.choice, requirement))
            continue;
        struct conformance_row *row = &result->rows[result->count++];
        judge(result, requirement, check_log_find(checks, requirement->id), row);
        result->counts[row->verdict]++;
        result->lacking += row->verdict == CHECK_NOTRUN && requirement->level != REQUIREMENT_MAY;
    }
    result->asked = result->count;
}

static bool is_claimed(const struct conformance_result *result,
                       const struct requirement *requirement)
{
    const struct row_choice claimed = {.profiles = result->input.choice->profiles};

    return row_is_chosen(&claimed, requirement);
}

static void take_besides(struct conformance_result *result, const struct check_log *checks)
{
    const struct catalogue *catalogue = result->input.catalogue;

    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        const struct requirement *requirement = catalogue_at(catalogue, i);
        const struct check_requirement *observed = check_log_find(checks, requirement->id);
        if (observed && is_claimed(result, requirement) &&
            !row_is_chosen(result->input.choice, requirement))
            judge(result, requirement, observed, &result->rows[result->count++]);
    }
}

/* Its place among the rows; the count when there is none. */
static size_t place_of(const struct conformance_result *result, const char *id)
{
    size_t i = 0;

    while (i < result->count && strcmp(result->rows[i].requirement->id, id) != 0)
        i++;
    return i;
}

/* Of a row that was only seen besides, or in a part of a run, some of its checks were played: what
 * failed has failed, what passed has not yet. */
static enum check_verdict known_verdict(const struct conformance_result *result, const char *id,
                                        bool whole)
{
    size_t place = place_of(result, id);

    if (place == result->count)
        return CHECK_NOTRUN;
    enum check_verdict verdict = result->rows[place].verdict;
    bool fails = check_verdict_is_bad(verdict) || verdict == CHECK_WARN;
    return fails || (whole && place < result->asked) ? verdict : CHECK_NOTRUN;
}

static void judge_known(struct conformance_result *result, bool whole)
{
    const struct known_failures *known = result->input.known;

    for (size_t i = 0; known && i < known_failures_count(known); i++) {
        const struct known_failure *entry = known_failures_at(known, i);
        bool is_row = catalogue_find(result->input.catalogue, entry->requirement) != NULL;
        result->outcomes[i] = known_failure_judge(
            entry, is_row, known_verdict(result, entry->requirement, whole), result->input.today);
    }
}

enum status conformance_result_make(const struct conformance_input *input,
                                    const struct check_log *checks, bool whole,
                                    struct conformance_result *ret_result, struct failure *failure)
{
    struct conformance_result result = {.input = *input};

    result.rows = calloc(catalogue_count(input->catalogue) + 1, sizeof *result.rows);
    if (!result.rows)
        return failure_set(failure, STATUS_NO_MEMORY, "conformance: out of memory");
    take_asked(&result, checks);
    take_besides(&result, checks);
    judge_known(&result, whole);
    *ret_result = result;
    return STATUS_OK;
}

void conformance_result_finish(struct conformance_result *result)
{
    free(result->rows);
    result->rows = NULL;
    result->asked = result->count = 0;
}

const struct known_failure *conformance_excuse(const struct conformance_result *result,
                                               const struct conformance_row *row)
{
    const struct known_failures *known = result->input.known;

    for (size_t i = 0; known && i < known_failures_count(known); i++) {
        const struct known_failure *entry = known_failures_at(known, i);
        if (result->outcomes[i] == KNOWN_FAILS &&
            strcmp(entry->requirement, row->requirement->id) == 0)
            return entry;
    }
    return NULL;
}

size_t conformance_excused_count(const struct conformance_result *result)
{
    size_t count = 0;

    for (size_t i = 0; i < result->asked; i++)
        count += conformance_excuse(result, &result->rows[i]) != NULL;
    return count;
}

/* What is not there or not claimed cannot fail. */
static void excuse_absent(const struct conformance_result *result, struct check_log *checks)
{
    const struct catalogue *catalogue = result->input.catalogue;

    for (size_t i = 0; i < result->count; i++)
        if (result->rows[i].verdict == CHECK_NA)
            check_log_excuse(checks, result->rows[i].requirement->id);
    for (size_t i = 0; i < catalogue_count(catalogue); i++)
        if (!is_claimed(result, catalogue_at(catalogue, i)))
            check_log_excuse(checks, catalogue_at(catalogue, i)->id);
}

void conformance_result_weigh(const struct conformance_result *result, struct check_log *checks,
                              struct verdict *verdict)
{
    const struct known_failures *known = result->input.known;
    char said[KNOWN_SAID_SIZE];

    excuse_absent(result, checks);
    for (size_t i = 0; known && i < known_failures_count(known); i++) {
        if (result->outcomes[i] == KNOWN_FAILS)
            check_log_excuse(checks, known_failures_at(known, i)->requirement);
        if (!known_outcome_is_stale(result->outcomes[i]))
            continue;
        known_failure_say(known, i, result->outcomes[i], said, sizeof said);
        verdict_add(verdict, EXIT_CODE_STALE, "%s", said);
    }
    if (result->lacking > 0)
        verdict_add(verdict, EXIT_CODE_SHORTFALL,
                    "%zu row%s that must or should hold %s not observed (NOTRUN)", result->lacking,
                    result->lacking == 1 ? "" : "s", result->lacking == 1 ? "was" : "were");
}
