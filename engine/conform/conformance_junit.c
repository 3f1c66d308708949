/* junit.xml of a conformance run, in the place of the run's own: a case for each row, by its
 * verdict and not by the counts, and for each stale entry of the known failures. */
#include <stdio.h>

#include "engine/conform/conformance_files.h"
#include "engine/result/junit.h"

static enum junit_kind kind_of(const struct conformance_row *row, bool excused)
{
    switch (row->verdict) {
    case CHECK_PASS:
    case CHECK_WARN:
        return JUNIT_PASSED;
    case CHECK_FAIL:
    case CHECK_BLOCKED:
        return excused ? JUNIT_SKIPPED : JUNIT_FAILURE;
    case CHECK_NA:
    case CHECK_NOTRUN:
    case CHECK_DIFFERS:
        return JUNIT_SKIPPED;
    default:
        return JUNIT_ERROR;
    }
}

static void add_row(struct junit *junit, const struct conformance_result *result,
                    const struct conformance_row *row)
{
    const struct known_failure *excuse = conformance_excuse(result, row);
    char message[1400];

    snprintf(message, sizeof message, "%s%s%s%s: %s%s%s", check_verdict_word(row->verdict),
             excuse ? ", known (" : "", excuse ? excuse->ticket : "", excuse ? ")" : "",
             row->requirement->text, *row->message ? " " : "", row->message);
    junit_add_case(junit, "requirement", row->requirement->id, kind_of(row, excuse != NULL),
                   message);
}

static void add_stale(struct junit *junit, const struct conformance_result *result)
{
    const struct known_failures *known = result->input.known;
    char said[KNOWN_SAID_SIZE];

    for (size_t i = 0; known && i < known_failures_count(known); i++) {
        if (!known_outcome_is_stale(result->outcomes[i]))
            continue;
        known_failure_say(known, i, result->outcomes[i], said, sizeof said);
        junit_add_case(junit, "known-failure", known_failures_at(known, i)->requirement,
                       JUNIT_FAILURE, said);
    }
}

enum status conformance_junit_write(const struct conformance_story *story, const char *folder,
                                    struct failure *failure)
{
    const struct conformance_result *result = story->result;
    struct junit junit;

    junit_init(&junit, story->run->info.story);
    junit_add_run(&junit, story->run);
    for (size_t i = 0; i < result->count; i++)
        add_row(&junit, result, &result->rows[i]);
    add_stale(&junit, result);
    return junit_finish_run(&junit, story->run, folder, failure);
}
