#include "engine/capacity/capacity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "engine/capacity/capacity_report.h"
#include "engine/run/run.h"
#include "engine/run/story_outline.h"
#include "engine/run/supervisor.h"

/* The longest session may be half as long again as the mean: then the last of the first have ended,
 * and as many end as begin. And a moment for the joins of that time. */
#define RISE_SESSIONS 1.5
#define SETTLE_US (2 * US_PER_S)
/* A hold waits for samples so many times its length. */
#define HOLD_LIMIT_FACTOR 4
/* Arrivals go on behind the hold until every shard has closed it. */
#define BEHIND_US (5 * US_PER_S)
/* Of a run behind what the supervisor allows: stall probes, merging, its report. */
#define REPORT_US (60 * US_PER_S)
/* Behind the last step: the report of all of them, and what the steps before took too long. */
#define FINISH_US (60 * US_PER_S)
/* Sessions above the planned that are started at all: what piles up is seen, and bounded. */
#define CAP_FACTOR 1.5

void capacity_times_plan(int64_t session_us, int64_t hold_us, struct capacity_times *ret_times)
{
    *ret_times = (struct capacity_times){
        .session_us = session_us,
        .rise_us = (int64_t)(RISE_SESSIONS * (double)session_us) + SETTLE_US,
        .hold_us = hold_us,
        .hold_limit_us = HOLD_LIMIT_FACTOR * hold_us,
    };
}

static int64_t duration_us(const struct capacity_times *times)
{
    return times->rise_us + times->hold_limit_us + BEHIND_US;
}

/* ---- what it says ---- */

const char *capacity_unit(const struct capacity_settings *settings)
{
    return settings->by_rate ? "starts a minute" : "sessions at once";
}

const struct capacity_step *capacity_breaking_step(const struct capacity *capacity)
{
    struct search_interval interval;

    search_interval(&capacity->search, &interval);
    for (size_t i = capacity->step_count; i-- > 0;) {
        const struct capacity_step *step = &capacity->steps[i];
        enum trial_outcome wanted = interval.fail_is_generator ? TRIAL_UNFIT : TRIAL_FAILED;
        if (interval.fail > 0 && step->load == interval.fail && step->outcome == wanted)
            return step;
    }
    return NULL;
}

static void describe_load(const struct capacity *capacity, char *text, size_t size)
{
    const struct run_info *info = &capacity->info;
    int at = 0;

    if (strcmp(info->media, "full") == 0)
        at = snprintf(text, size, "%s and %s, %s", info->video, info->audio, info->send);
    else if (strcmp(info->media, "audio") == 0)
        at = snprintf(text, size, "%s, %s", info->audio, info->send);
    else
        at = snprintf(text, size, "signalling only");
    if (info->cpu_limit > 0 && at > 0 && (size_t)at < size)
        snprintf(text + at, size - (size_t)at, ", server held to %.0f %% of a core",
                 info->cpu_limit * 100);
}

static size_t headline_figure(const struct capacity *capacity, char *text, size_t size)
{
    struct search_interval found;
    char load[200];
    const char *story = capacity->info.story;
    const char *unit = capacity_unit(capacity->settings);
    int at;

    search_interval(&capacity->search, &found);
    describe_load(capacity, load, sizeof load);
    if (found.pass > 0 && found.pass_holds == 0)
        at =
            snprintf(text, size, "nothing is certain of %s %s at %s: up to %llu held on too little",
                     story, unit, load, (unsigned long long)found.pass);
    else if (found.pass > 0 && found.fail > 0)
        at = snprintf(text, size, "carries %s%llu (%llu–%llu) %s %s at %s",
                      found.fail_is_generator ? "at least " : "", (unsigned long long)found.pass,
                      (unsigned long long)found.pass, (unsigned long long)found.fail, story, unit,
                      load);
    else if (found.pass > 0)
        at = snprintf(text, size, "carries at least %llu %s %s at %s",
                      (unsigned long long)found.pass, story, unit, load);
    else if (found.fail_is_generator)
        at = snprintf(text, size,
                      "nothing is known of %s %s at %s: the generator was not fit at %llu", story,
                      unit, load, (unsigned long long)found.fail);
    else if (found.fail > 0)
        at = snprintf(text, size, "does not carry %llu %s %s at %s", (unsigned long long)found.fail,
                      story, unit, load);
    else
        at = snprintf(text, size, "nothing is known of %s %s at %s", story, unit, load);
    return at > 0 && (size_t)at < size ? (size_t)at : size - 1;
}

void capacity_headline(const struct capacity *capacity, char *text, size_t size)
{
    const struct capacity_step *step = capacity_breaking_step(capacity);
    size_t at = headline_figure(capacity, text, size);

    if (step && step->outcome == TRIAL_UNFIT)
        snprintf(text + at, size - at, "; generator limited: %s", step->why);
    else if (step)
        snprintf(text + at, size - at, "; first broken: %s; because %s", step->why, step->because);
    else if (capacity->end == SEARCH_NOT_REACHED)
        snprintf(text + at, size - at, "; nothing broke up to the highest load asked for");
    else
        snprintf(text + at, size - at, "; inconclusive");
}

/* ---- a step ---- */

struct taking {
    struct capacity *capacity;
    struct capacity_step *step;
    bool taken;
};

static void on_result(void *arg, const struct run_result *result)
{
    struct taking *taking = arg;
    struct run_info *info = &taking->capacity->info;

    *info = result->info;
    info->settings = info->target_declares = NULL; /* borrowed from the run */
    step_judge(taking->step, result, result->info.target_cores);
    taking->taken = true;
}

static void shape_step(const struct capacity *capacity, struct capacity_step *step)
{
    double session_s = (double)capacity->times.session_us / US_PER_S, load = (double)step->load;

    step->rate_per_s = capacity->settings->by_rate ? load / 60 : load / session_s;
    step->planned = step->rate_per_s * session_s;
    snprintf(step->folder, sizeof step->folder, "steps/%02u-%llu", step->number,
             (unsigned long long)step->load);
}

/* The built-in thresholds and the objectives tell how many samples a hold has to wait for. */
static void plan_hold(const struct capacity *capacity, struct hold_plan *ret_plan)
{
    const struct arg_list *objectives = &capacity->settings->run.thresholds;
    struct threshold threshold;

    *ret_plan = (struct hold_plan){.begin_us = capacity->times.rise_us,
                                   .length_us = capacity->times.hold_us,
                                   .limit_us = capacity->times.hold_limit_us};
    for (size_t i = 0; i < objectives->count; i++)
        if (threshold_parse(objectives->items[i], &threshold, NULL) == STATUS_OK)
            hold_plan_add_need(ret_plan, &threshold); /* one too many is judged all the same */
}

/* Evenly spaced: what chance adds to the load would be added to what is measured. */
static enum status plan_run(const struct capacity *capacity, const struct capacity_step *step,
                            struct run_settings *ret_run, struct failure *failure)
{
    *ret_run = capacity->settings->run;
    snprintf(ret_run->out, sizeof ret_run->out, "%.900s/%s", capacity->folder, step->folder);
    ret_run->rate_per_s = step->rate_per_s;
    ret_run->sessions = (uint64_t)ceil(CAP_FACTOR * step->planned) + 2;
    ret_run->ramp_us = 0;
    ret_run->duration_us = duration_us(&capacity->times);
    plan_hold(capacity, &ret_run->hold);
    return arrival_pattern_parse("constant", 0, NULL, &ret_run->arrivals, failure);
}

/* Codes after which another step would say nothing. */
static bool is_over(int code)
{
    return code == EXIT_CODE_INTERNAL || code == EXIT_CODE_USAGE || code == EXIT_CODE_UNREACHABLE ||
           code == EXIT_CODE_TARGET_LOST || code == EXIT_CODE_INTERRUPTED ||
           code == EXIT_CODE_TERMINATED;
}

/* False: nothing more is to be tried; the verdict says why. */
static bool run_step(struct capacity *capacity, uint64_t load)
{
    struct capacity_step *step = &capacity->steps[capacity->step_count];
    struct taking taking = {.capacity = capacity, .step = step};
    struct run_settings run;
    struct failure failure = {0};
    int code;

    *step = (struct capacity_step){.number = (unsigned)capacity->step_count + 1, .load = load};
    shape_step(capacity, step);
    code = plan_run(capacity, step, &run, &failure) == STATUS_OK
               ? run_carry_out(&run, on_result, &taking)
               : EXIT_CODE_INTERNAL;
    if (taking.taken) {
        capacity->step_count++;
        if (code != EXIT_CODE_INTERRUPTED && code != EXIT_CODE_TERMINATED) /* said nothing */
            search_add(&capacity->search, load, step->outcome);
        if (step->isolation)
            verdict_add(&capacity->verdict, EXIT_CODE_CONFORMANCE, "isolation broke at %llu: %s",
                        (unsigned long long)load, step->folder);
        if (!run.quiet)
            capacity_print_step(step, stdout);
    }
    if (is_over(code))
        verdict_add(&capacity->verdict, (enum exit_code)code, "step %u at %llu: %s", step->number,
                    (unsigned long long)load,
                    taking.taken && step->why[0] ? step->why
                                                 : exit_code_meaning((enum exit_code)code));
    if (taking.taken && capacity_write(capacity, &failure) != STATUS_OK)
        verdict_add(&capacity->verdict, EXIT_CODE_INTERNAL, "%s", failure.message);
    return !is_over(code) && failure.status == STATUS_OK;
}

/* ---- all of them ---- */

static bool choose_load(struct capacity *capacity, uint64_t *ret_load)
{
    const struct capacity_settings *settings = capacity->settings;

    if (settings->step_count == 0) {
        capacity->end = search_next(&capacity->search, ret_load);
        return capacity->end == SEARCH_GOES_ON;
    }
    if (capacity->step_count < settings->step_count) {
        *ret_load = settings->steps[capacity->step_count];
        return true;
    }
    capacity->end = search_conclude(&capacity->search);
    return false;
}

static void conclude(struct capacity *capacity)
{
    static const enum exit_code codes[SEARCH_END_COUNT] = {
        [SEARCH_GOES_ON] = EXIT_CODE_INCONCLUSIVE,
        [SEARCH_FOUND] = EXIT_CODE_PASSED,
        [SEARCH_NOT_REACHED] = EXIT_CODE_PASSED,
        [SEARCH_GENERATOR_LIMITED] = EXIT_CODE_INCONCLUSIVE,
        [SEARCH_FAILS_AT_LOWEST] = EXIT_CODE_THRESHOLD,
        [SEARCH_INCONCLUSIVE] = EXIT_CODE_INCONCLUSIVE};

    if (capacity->end == SEARCH_GOES_ON)
        capacity->end = SEARCH_INCONCLUSIVE;
    if (codes[capacity->end] != EXIT_CODE_PASSED)
        verdict_add(&capacity->verdict, codes[capacity->end], "%s", search_end_word(capacity->end));
}

static void search_all(struct capacity *capacity)
{
    int64_t until_us = clock_monotonic_us() + capacity->times.wall_us;
    uint64_t load;

    while (choose_load(capacity, &load)) {
        if (clock_monotonic_us() + capacity->times.step_us > until_us) {
            verdict_add(&capacity->verdict, EXIT_CODE_INCONCLUSIVE,
                        "the longest wall time does not allow another step");
            break;
        }
        if (!run_step(capacity, load))
            break;
    }
    conclude(capacity);
}

static enum status choose_folder(struct capacity *capacity, const struct story *story,
                                 struct failure *failure)
{
    const char *out = capacity->settings->run.out;
    char steps[RESOURCE_PATH_SIZE + 16], stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    enum status status;

    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    if (out[0])
        snprintf(capacity->folder, sizeof capacity->folder, "%s", out);
    else
        snprintf(capacity->folder, sizeof capacity->folder, "results/runs/%s-capacity-%s", stamp,
                 story->name);
    status = run_folder_make_empty(capacity->folder, failure);
    snprintf(steps, sizeof steps, "%s/steps", capacity->folder);
    return status == STATUS_OK ? run_folder_make_empty(steps, failure) : status;
}

static enum status prepare(struct capacity *capacity, const struct capacity_settings *settings,
                           struct story_outline *outline, struct failure *failure)
{
    struct run_settings run = settings->run;
    unsigned trials = settings->step_count ? (unsigned)settings->step_count : settings->trials_max;
    enum status status = story_outline_read(&run, outline, failure);

    if (status != STATUS_OK)
        return status;
    if (outline->story.planned_us <= 0)
        return failure_set(failure, STATUS_INVALID,
                           "%s does not say how long a session is planned (load.planned): so many "
                           "at once cannot be kept running",
                           outline->story.name);
    capacity_times_plan(outline->story.planned_us, settings->hold_us, &capacity->times);
    run.duration_us = duration_us(&capacity->times);
    capacity->times.step_us =
        supervisor_wall_limit_us(&(struct supervision){.settings = &run}) + REPORT_US;
    capacity->times.wall_us = capacity->times.step_us * trials + FINISH_US;
    capacity->search =
        (struct search){.from = settings->from, .to = settings->to, .trials_max = trials};
    capacity->steps = calloc(trials, sizeof *capacity->steps);
    if (!capacity->steps)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    return choose_folder(capacity, &outline->story, failure);
}

static int finish(struct capacity *capacity)
{
    struct failure failure = {0};

    capacity->end_realtime_us = clock_realtime_us();
    if (capacity_write(capacity, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload: %s\n", failure.message);
        return EXIT_CODE_INTERNAL;
    }
    if (capacity_report_write(capacity->folder, &failure) != STATUS_OK)
        fprintf(stderr, "caseload: no report: %s\n", failure.message);
    if (!capacity->settings->run.quiet)
        capacity_print(capacity, stdout);
    if (capacity->verdict.code != EXIT_CODE_PASSED)
        fprintf(stderr, "caseload: %s: %s\n", exit_code_verdict(capacity->verdict.code),
                verdict_main_reason(&capacity->verdict));
    return (int)capacity->verdict.code;
}

int capacity_execute(struct capacity_settings *settings)
{
    struct capacity capacity = {.settings = settings, .start_realtime_us = clock_realtime_us()};
    struct story_outline outline = {0};
    struct failure failure = {0};
    int code = EXIT_CODE_USAGE;

    if (prepare(&capacity, settings, &outline, &failure) == STATUS_OK) {
        if (!settings->run.quiet)
            capacity_announce(&capacity, stderr);
        search_all(&capacity);
        code = finish(&capacity);
    } else {
        fprintf(stderr, "caseload capacity: %s\n", failure.message);
    }
    story_outline_finish(&outline);
    free(capacity.steps);
    return code;
}
