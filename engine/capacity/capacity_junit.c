/* junit.xml of a capacity folder, for a CI that gates on it: the verdict, isolation, and each step.
 * That an objective breaks at some load is what was looked for: such a step has not failed. */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/capacity/capacity.h"
#include "engine/result/junit.h"

static enum junit_kind verdict_kind(enum exit_code code)
{
    const char *verdict = exit_code_verdict(code);

    if (strcmp(verdict, "passed") == 0)
        return JUNIT_PASSED;
    return strcmp(verdict, "failed") == 0 ? JUNIT_FAILURE : JUNIT_ERROR;
}

static void add_verdict(struct junit *junit, const struct capacity *capacity)
{
    char headline[800], message[1400];

    capacity_headline(capacity, headline, sizeof headline);
    snprintf(message, sizeof message, "exit %d, %s: %s; %s", (int)capacity->verdict.code,
             exit_code_meaning(capacity->verdict.code), verdict_main_reason(&capacity->verdict),
             headline);
    junit_add_case(junit, "capacity", "verdict", verdict_kind(capacity->verdict.code), message);
}

static void add_step(struct junit *junit, const struct capacity_step *step)
{
    static const char *const words[TRIAL_OUTCOME_COUNT] = {
        [TRIAL_PASSED] = "all held",
        [TRIAL_FAILED] = "an objective broke",
        [TRIAL_UNFIT] = "the generator was not fit",
        [TRIAL_UNSURE] = "too few samples",
        [TRIAL_PARTIAL] = "a part of the load was missing",
    };
    bool told = step->outcome == TRIAL_PASSED || step->outcome == TRIAL_FAILED;
    char name[120];

    snprintf(name, sizeof name, "%u at %llu: %s", step->number, (unsigned long long)step->load,
             words[step->outcome]);
    junit_add_case(junit, "step", name,
                   step->isolation ? JUNIT_FAILURE
                   : told          ? JUNIT_PASSED
                                   : JUNIT_SKIPPED,
                   step->isolation ? "somebody received what they must not" : step->why);
}

enum status capacity_write_junit(const struct capacity *capacity, struct failure *failure)
{
    struct junit junit;
    double seconds = (double)(capacity->end_realtime_us - capacity->start_realtime_us) / US_PER_S;

    if (capacity->end_realtime_us == 0)
        return junit_write_unfinished(capacity->folder, capacity->info.story, failure);
    junit_init(&junit, capacity->info.story);
    add_verdict(&junit, capacity);
    for (size_t i = 0; i < capacity->step_count; i++)
        add_step(&junit, &capacity->steps[i]);
    return junit_finish(&junit, capacity->folder, seconds, capacity->start_realtime_us, failure);
}
