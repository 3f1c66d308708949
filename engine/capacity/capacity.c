#include "engine/capacity/capacity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "engine/capacity/capacity_report.h"
#include "engine/result/report.h"
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
/* Sessions above the planned that are started at all: what piles up is seen, and bounded. Some more
 * for each shard: the plan is shared evenly between them, chance is not. */
#define CAP_FACTOR 1.5
#define CAP_MORE 2

bool capacity_by_clock(const struct capacity_settings *settings)
{
    return settings->step_count > 0 && settings->run.start_at_us != 0;
}

static int64_t whole_seconds_us(double us)
{
    return (int64_t)ceil(us / US_PER_S) * US_PER_S;
}

void capacity_times_plan(int64_t session_us, const struct capacity_settings *settings,
                         struct capacity_times *ret_times)
{
    bool by_clock = capacity_by_clock(settings);
    int64_t rise_us = whole_seconds_us(RISE_SESSIONS * (double)session_us + SETTLE_US);
    int64_t hold_us = by_clock ? whole_seconds_us((double)settings->hold_us) : settings->hold_us;

    *ret_times = (struct capacity_times){
        .session_us = session_us,
        .rise_us = rise_us,
        .hold_us = hold_us,
        .hold_limit_us = by_clock ? hold_us : HOLD_LIMIT_FACTOR * hold_us,
        .period_us = by_clock ? rise_us + hold_us + settings->gap_us : 0,
    };
}

int64_t capacity_step_at_us(const struct capacity_settings *settings,
                            const struct capacity_times *times, size_t index)
{
    return capacity_by_clock(settings)
               ? settings->run.start_at_us + (int64_t)index * times->period_us
               : 0;
}

static int64_t duration_us(const struct capacity_times *times)
{
    return times->rise_us + times->hold_limit_us + BEHIND_US;
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

struct capacity_step *capacity_new_step(struct capacity *capacity, uint64_t load)
{
    double session_s = (double)capacity->times.session_us / US_PER_S;
    struct capacity_step *step = &capacity->steps[capacity->step_count];

    *step = (struct capacity_step){
        .number = (unsigned)capacity->step_count + 1,
        .load = load,
        .share = capacity->shards ? 1 : 1.0 / capacity->settings->run.shard_count,
        .target = target_use_unknown()};
    step->rate_per_s = capacity->settings->by_rate ? (double)load / 60 : (double)load / session_s;
    step->planned = step->rate_per_s * session_s;
    snprintf(step->folder, sizeof step->folder, "steps/%02u-%llu", step->number,
             (unsigned long long)step->load);
    return step;
}

/* The built-in thresholds and the objectives tell how many samples a hold has to wait for; by the
 * clock it waits for nobody. */
static void plan_hold(const struct capacity *capacity, struct hold_plan *ret_plan)
{
    const struct arg_list *objectives = &capacity->settings->run.thresholds;
    struct threshold threshold;

    *ret_plan = (struct hold_plan){.begin_us = capacity->times.rise_us,
                                   .length_us = capacity->times.hold_us,
                                   .limit_us = capacity->times.hold_limit_us};
    for (size_t i = 0; i < objectives->count && capacity->times.period_us == 0; i++)
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
    ret_run->sessions =
        (uint64_t)ceil(CAP_FACTOR * step->planned) + CAP_MORE * ret_run->shard_count;
    ret_run->ramp_us = 0;
    ret_run->duration_us = duration_us(&capacity->times);
    ret_run->start_at_us =
        capacity_step_at_us(capacity->settings, &capacity->times, capacity->step_count);
    ret_run->measure_path = capacity->step_count == 0;
    ret_run->report_later = capacity->times.period_us > 0; /* the next instant does not wait */
    plan_hold(capacity, &ret_run->hold);
    return arrival_pattern_parse("constant", 0, NULL, &ret_run->arrivals, failure);
}

/* Codes after which another step would say nothing. */
bool capacity_is_over(int code)
{
    return code == EXIT_CODE_INTERNAL || code == EXIT_CODE_USAGE || code == EXIT_CODE_UNREACHABLE ||
           code == EXIT_CODE_TARGET_LOST || code == EXIT_CODE_INTERRUPTED ||
           code == EXIT_CODE_TERMINATED;
}

enum status capacity_add_step(struct capacity *capacity, struct capacity_step *step,
                              struct failure *failure)
{
    bool interrupted = step->exit_code == EXIT_CODE_INTERRUPTED ||
                       step->exit_code == EXIT_CODE_TERMINATED; /* it said nothing */

    capacity->step_count++;
    if (!interrupted)
        search_add(&capacity->search, step->load, step->outcome);
    if (step->isolation)
        verdict_add(&capacity->verdict, EXIT_CODE_CONFORMANCE, "isolation broke at %llu: %s",
                    (unsigned long long)step->load, step->folder);
    if (step->outcome == TRIAL_PARTIAL)
        verdict_add(&capacity->verdict, EXIT_CODE_INCONCLUSIVE, "step %u at %llu: %s", step->number,
                    (unsigned long long)step->load, step->why);
    if (!capacity->settings->run.quiet)
        capacity_print_step(step, stdout);
    return capacity_write(capacity, failure);
}

/* False: nothing more is to be tried; the verdict says why. */
static bool run_step(struct capacity *capacity, uint64_t load)
{
    struct capacity_step *step = capacity_new_step(capacity, load);
    struct taking taking = {.capacity = capacity, .step = step};
    struct run_settings run;
    struct failure failure = {0};
    int code;

    code = plan_run(capacity, step, &run, &failure) == STATUS_OK
               ? run_carry_out(&run, on_result, &taking)
               : EXIT_CODE_INTERNAL;
    if (run.measure_path)
        capacity->path = capacity->info.idle_path;
    if (taking.taken)
        step->exit_code = code;
    if (taking.taken && capacity_add_step(capacity, step, &failure) != STATUS_OK)
        verdict_add(&capacity->verdict, EXIT_CODE_INTERNAL, "%s", failure.message);
    if (capacity_is_over(code))
        verdict_add(&capacity->verdict, (enum exit_code)code, "step %u at %llu: %s", step->number,
                    (unsigned long long)load,
                    taking.taken && step->why[0] ? step->why
                                                 : exit_code_meaning((enum exit_code)code));
    return !capacity_is_over(code) && failure.status == STATUS_OK;
}

/* The instant has passed before anything was prepared: what began now would load the platform
 * while other hosts hold the next step. */
static bool skip_late_step(struct capacity *capacity, uint64_t load)
{
    int64_t at_us = capacity_step_at_us(capacity->settings, &capacity->times, capacity->step_count);
    int64_t late_us = clock_realtime_us() - at_us;
    struct capacity_step *step;
    struct failure failure = {0};

    if (at_us == 0 || late_us <= 0)
        return false;
    step = capacity_new_step(capacity, load);
    step->timed = true;
    step->start = (struct run_start){.at_us = at_us, .skew_us = late_us, .late = true};
    step->outcome = TRIAL_PARTIAL;
    step->exit_code = EXIT_CODE_INCONCLUSIVE;
    snprintf(step->why, sizeof step->why,
             "left out: its instant had passed by %.1f s when the step before was over (--gap)",
             (double)late_us / US_PER_S);
    if (capacity_add_step(capacity, step, &failure) != STATUS_OK)
        verdict_add(&capacity->verdict, EXIT_CODE_INTERNAL, "%s", failure.message);
    return true;
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
    return false;
}

static bool any_partial(const struct capacity *capacity)
{
    for (size_t i = 0; i < capacity->step_count; i++)
        if (capacity->steps[i].outcome == TRIAL_PARTIAL)
            return true;
    return false;
}

void capacity_conclude(struct capacity *capacity)
{
    static const enum exit_code codes[SEARCH_END_COUNT] = {
        [SEARCH_GOES_ON] = EXIT_CODE_INCONCLUSIVE,
        [SEARCH_FOUND] = EXIT_CODE_PASSED,
        [SEARCH_NOT_REACHED] = EXIT_CODE_PASSED,
        [SEARCH_GENERATOR_LIMITED] = EXIT_CODE_INCONCLUSIVE,
        [SEARCH_FAILS_AT_LOWEST] = EXIT_CODE_THRESHOLD,
        [SEARCH_INCONCLUSIVE] = EXIT_CODE_INCONCLUSIVE};

    size_t asked = capacity->settings->step_count;
    if (asked > 0 && capacity->step_count == asked && !any_partial(capacity))
        capacity->end = search_conclude(&capacity->search);
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
        if (!skip_late_step(capacity, load) && !run_step(capacity, load))
            break;
    }
    capacity_conclude(capacity);
}

enum status capacity_make_folder(struct capacity *capacity, const char *kind, const char *story,
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
        snprintf(capacity->folder, sizeof capacity->folder, "results/runs/%s-%s-%s", stamp, kind,
                 story);
    status = run_folder_make_empty(capacity->folder, failure);
    snprintf(steps, sizeof steps, "%s/steps", capacity->folder);
    if (status == STATUS_OK)
        status = run_folder_make_empty(steps, failure);
    return status == STATUS_OK ? capacity_write_junit(capacity, failure) : status;
}

/* By the clock they had to wait. */
static void write_step_reports(const struct capacity *capacity)
{
    char folder[RESOURCE_PATH_SIZE + 80];
    struct failure failure = {0};

    for (size_t i = 0; i < capacity->step_count && capacity->times.period_us > 0; i++) {
        snprintf(folder, sizeof folder, "%s/%s", capacity->folder, capacity->steps[i].folder);
        if (capacity->steps[i].to_us > 0 && report_write(folder, &failure) != STATUS_OK)
            fprintf(stderr, "caseload: no report: %s\n", failure.message);
    }
}

static int64_t wait_us(const struct capacity_settings *settings)
{
    int64_t ahead_us = settings->run.start_at_us - clock_realtime_us();

    return capacity_by_clock(settings) && ahead_us > 0 ? ahead_us : 0;
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
    capacity_times_plan(outline->story.planned_us, settings, &capacity->times);
    run.duration_us = duration_us(&capacity->times);
    run.start_at_us = 0; /* waiting is counted once */
    capacity->times.step_us =
        supervisor_wall_limit_us(&(struct supervision){.settings = &run}) + REPORT_US;
    capacity->times.wall_us = capacity->times.step_us * trials + FINISH_US + wait_us(settings);
    snprintf(capacity->info.story, sizeof capacity->info.story, "%s", outline->story.name);
    generator_use_read(&settings->run, &capacity->use);
    capacity->search =
        (struct search){.from = settings->from, .to = settings->to, .trials_max = trials};
    capacity->steps = calloc(trials, sizeof *capacity->steps);
    if (!capacity->steps)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    status = capacity_make_folder(capacity, "capacity", outline->story.name, failure);
    /* From now on whoever merges knows what this shard was to do. */
    return status == STATUS_OK ? capacity_write(capacity, failure) : status;
}

int capacity_finish(struct capacity *capacity, const char *command)
{
    struct failure failure = {0};

    if (!capacity->shards)
        capacity->end_realtime_us = clock_realtime_us();
    if (capacity_write(capacity, &failure) != STATUS_OK ||
        capacity_write_junit(capacity, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload %s: %s\n", command, failure.message);
        return EXIT_CODE_INTERNAL;
    }
    if (capacity_report_write(capacity->folder, &failure) != STATUS_OK)
        fprintf(stderr, "caseload %s: no report: %s\n", command, failure.message);
    if (!capacity->settings->run.quiet)
        capacity_print(capacity, stdout);
    if (capacity->verdict.code != EXIT_CODE_PASSED)
        fprintf(stderr, "caseload %s: %s: %s\n", command, exit_code_verdict(capacity->verdict.code),
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
        write_step_reports(&capacity);
        code = capacity_finish(&capacity, "capacity");
    } else {
        fprintf(stderr, "caseload capacity: %s\n", failure.message);
    }
    story_outline_finish(&outline);
    free(capacity.steps);
    return code;
}
