#include "engine/capacity/capacity_merge.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "engine/capacity/capacity_report.h"
#include "engine/capacity/staircase_set.h"
#include "engine/result/report.h"
#include "engine/result/result_file.h"
#include "engine/result/run_json.h"
#include "engine/result/shard_set.h"

struct path {
    char text[RESULT_PATH_SIZE];
};

struct merging {
    const struct capacity_merge_request *request;
    struct staircase_set set;
    struct capacity_settings settings;
    struct capacity capacity;
    struct path *paths; /* of a step's parts; owned */
    const char **parts; /* into them; owned */
    size_t part_count;
};

bool capacity_merge_is_for(const char *const *folders, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (capacity_report_is_for(folders[i]))
            return true;
    return false;
}

/* ---- the shards ---- */

static void describe_shard(const struct staircase *staircase, struct capacity_shard *shard)
{
    struct run_info *info = calloc(1, sizeof *info);

    snprintf(shard->folder, sizeof shard->folder, "%s", result_folder_name(staircase->path));
    generator_use_from_json(json_object_get(staircase->json, "generator"), &shard->use);
    run_idle_path_read(json_object_get(staircase->json, "idle_path"), &shard->path);
    if (!info)
        return; /* host and I/O path stay unnamed */
    run_info_read(staircase->json, info);
    snprintf(shard->cpu, sizeof shard->cpu, "%s", info->host.cpu);
    shard->cores = info->host.cores;
    snprintf(shard->io_path, sizeof shard->io_path, "%s", info->io_path);
    free(info);
}

static void describe_shards(struct merging *merging)
{
    struct capacity *capacity = &merging->capacity;
    const struct staircase_set *set = &merging->set;

    for (unsigned i = 0; i < capacity->shard_count; i++) {
        capacity->shards[i].index = i;
        snprintf(capacity->shards[i].lost, sizeof capacity->shards[i].lost, "is missing");
    }
    for (size_t i = 0; i < set->whole_count; i++) {
        struct capacity_shard *shard = &capacity->shards[set->items[i].index];
        shard->lost[0] = '\0';
        describe_shard(&set->items[i], shard);
    }
    for (size_t i = set->whole_count; i < set->count; i++)
        verdict_add(&capacity->verdict, EXIT_CODE_INCONCLUSIVE, "%s is lost: %s",
                    result_folder_name(set->items[i].path), set->items[i].why);
}

/* ---- a step ---- */

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void find_parts(struct merging *merging, const struct capacity_step *step)
{
    merging->part_count = 0;
    for (size_t i = 0; i < merging->set.whole_count; i++) {
        const struct staircase *staircase = &merging->set.items[i];
        struct capacity_shard *shard = &merging->capacity.shards[staircase->index];
        char *text = merging->paths[merging->part_count].text;
        int length = snprintf(text, RESULT_PATH_SIZE, "%s/%s", staircase->path, step->folder);
        if (length < RESULT_PATH_SIZE && is_folder(text))
            merging->parts[merging->part_count++] = text;
        else if (shard->lost[0] == '\0')
            snprintf(shard->lost, sizeof shard->lost, "step %u: %.150s", step->number,
                     staircase_step_why(staircase, step->number)[0]
                         ? staircase_step_why(staircase, step->number)
                         : "did not come to it");
    }
}

static void say_partial(struct capacity_step *step, const char *why)
{
    step->timed = true;
    step->outcome = TRIAL_PARTIAL;
    step->exit_code = EXIT_CODE_INCONCLUSIVE;
    snprintf(step->why, sizeof step->why, "%s", why);
}

static void note_shards(struct capacity *capacity, const struct run_result *result)
{
    size_t step = capacity->step_count;

    for (size_t i = 0; i < result->shard_count && i < capacity->shard_count; i++) {
        const struct run_shard *part = &result->shards[i];
        struct capacity_shard *shard = &capacity->shards[i];
        shard->held[step] = part->folder[0] != '\0';
        shard->skew_us[step] = part->start.skew_us;
        if (part->lost[0] && shard->lost[0] == '\0')
            snprintf(shard->lost, sizeof shard->lost, "step %zu %.180s", step + 1, part->lost);
    }
}

static void note_times(struct capacity *capacity, const struct run_info *info)
{
    if (capacity->start_realtime_us == 0)
        capacity->start_realtime_us = info->start_realtime_us;
    if (info->end_realtime_us > capacity->end_realtime_us)
        capacity->end_realtime_us = info->end_realtime_us;
}

/* Judged, and its own run folder written. */
static enum status take_result(struct merging *merging, struct run_result *result,
                               double duration_s, struct capacity_step *step,
                               struct failure *failure)
{
    struct capacity *capacity = &merging->capacity;
    char folder[RESOURCE_PATH_SIZE + 80];
    struct failure ignored = {0};
    enum status status;

    run_result_judge(result, duration_s);
    snprintf(folder, sizeof folder, "%s/%s", capacity->folder, step->folder);
    if ((status = run_folder_create(folder, result->info.story, failure)) != STATUS_OK ||
        (status = run_result_write(result, folder, failure)) != STATUS_OK)
        return status;
    if (report_write(folder, &ignored) != STATUS_OK)
        fprintf(stderr, "caseload merge: no report: %s\n", ignored.message);
    step_judge(step, result, result->info.target_cores);
    note_shards(capacity, result);
    note_times(capacity, &result->info);
    if (result->shards_merged > 0)
        capacity->info = result->info;
    return STATUS_OK;
}

/* The parts of a step must be of as many shards as the staircase is. */
static enum status merge_parts(struct merging *merging, struct capacity_step *step,
                               struct failure *failure)
{
    const struct arg_list *thresholds = merging->request->thresholds;
    struct shard_set *set = NULL;
    struct run_result *result = NULL;
    enum status status = shard_set_read(merging->parts, merging->part_count, &set, failure);

    if (status == STATUS_MALFORMED) {
        say_partial(step, failure->message);
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = shard_set_merge(set, thresholds->items, thresholds->count,
                                 merging->request->command_line, &result, failure);
    if (status == STATUS_OK && result->shard_count != merging->capacity.shard_count)
        status = failure_set(failure, STATUS_INVALID, "%s is of %zu shards, its staircase of %u",
                             merging->parts[0], result->shard_count, merging->capacity.shard_count);
    if (status == STATUS_OK)
        status = take_result(merging, result, shard_set_duration_s(set), step, failure);
    run_result_destroy(result);
    shard_set_destroy(set);
    return status;
}

static enum status merge_step(struct merging *merging, uint64_t load, struct failure *failure)
{
    struct capacity *capacity = &merging->capacity;
    struct capacity_step *step = capacity_new_step(capacity, load);
    enum status status = STATUS_OK;

    find_parts(merging, step);
    if (merging->part_count == 0)
        say_partial(step, "no shard held it");
    else
        status = merge_parts(merging, step, failure);
    if (status != STATUS_OK)
        return status;
    if (capacity_is_over(step->exit_code))
        verdict_add(&capacity->verdict, (enum exit_code)step->exit_code, "step %u at %llu: %s",
                    step->number, (unsigned long long)load, step->why);
    return capacity_add_step(capacity, step, failure);
}

/* ---- all of them ---- */

/* Before anything is written: what cannot be merged is refused. */
static enum status check_parts(struct merging *merging, struct failure *failure)
{
    struct failure reason = {0};
    struct shard_set *set;

    for (size_t i = 0; i < merging->settings.step_count; i++) {
        merging->capacity.step_count = i;
        find_parts(merging, capacity_new_step(&merging->capacity, merging->settings.steps[i]));
        merging->capacity.step_count = 0;
        if (merging->part_count == 0)
            continue;
        enum status status = shard_set_read(merging->parts, merging->part_count, &set, &reason);
        if (status == STATUS_OK)
            shard_set_destroy(set);
        else if (status != STATUS_MALFORMED) /* that one is lost */
            return failure_set(failure, status, "%s", reason.message);
    }
    return STATUS_OK;
}

static enum status add_objectives(struct merging *merging, struct failure *failure)
{
    const struct arg_list *given = merging->request->thresholds;
    struct arg_list *objectives = &merging->settings.run.thresholds;
    struct threshold threshold;
    enum status status = STATUS_OK;

    for (size_t i = 0; i < given->count && status == STATUS_OK; i++) {
        status = threshold_parse(given->items[i], &threshold, failure);
        if (objectives->count < sizeof objectives->items / sizeof *objectives->items)
            objectives->items[objectives->count++] = given->items[i];
    }
    return status;
}

static enum status make(struct merging *merging, struct failure *failure)
{
    const struct capacity_merge_request *request = merging->request;
    struct capacity_settings *settings = &merging->settings;
    struct capacity *capacity = &merging->capacity;
    enum status status;

    staircase_set_plan(&merging->set, settings, &capacity->times);
    if ((status = add_objectives(merging, failure)) != STATUS_OK)
        return status;
    snprintf(settings->run.command_line, sizeof settings->run.command_line, "%s",
             request->command_line);
    snprintf(settings->run.out, sizeof settings->run.out, "%s", request->out ? request->out : "");
    settings->run.quiet = request->quiet;
    capacity->settings = settings;
    capacity->search = (struct search){.trials_max = settings->trials_max};
    capacity->shard_count = settings->run.shard_count;
    capacity->shards = calloc(capacity->shard_count, sizeof *capacity->shards);
    capacity->steps = calloc(settings->step_count, sizeof *capacity->steps);
    merging->paths = calloc(merging->set.whole_count, sizeof *merging->paths);
    merging->parts = calloc(merging->set.whole_count, sizeof *merging->parts);
    if (!capacity->shards || !capacity->steps || !merging->paths || !merging->parts)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    run_info_read(merging->set.items[0].json, &capacity->info);
    describe_shards(merging);
    if ((status = check_parts(merging, failure)) != STATUS_OK)
        return status;
    return capacity_make_folder(capacity, "merged-capacity", capacity->info.story, failure);
}

static int exit_code_of(enum status status)
{
    switch (status) {
    case STATUS_NO_MEMORY:
    case STATUS_IO:
    case STATUS_FULL:
        return EXIT_CODE_INTERNAL;
    case STATUS_MALFORMED:
        return EXIT_CODE_INCONCLUSIVE;
    default:
        return EXIT_CODE_USAGE;
    }
}

static enum status merge_all(struct merging *merging, struct failure *failure)
{
    enum status status = staircase_set_read(merging->request->folders,
                                            merging->request->folder_count, &merging->set, failure);

    if (status == STATUS_OK)
        status = make(merging, failure);
    for (size_t i = 0; status == STATUS_OK && i < merging->settings.step_count; i++)
        status = merge_step(merging, merging->settings.steps[i], failure);
    return status;
}

int capacity_merge(const struct capacity_merge_request *request)
{
    struct merging *merging = calloc(1, sizeof *merging); /* too large for a stack */
    struct failure failure = {0};
    int code;

    if (!merging)
        return EXIT_CODE_INTERNAL;
    merging->request = request;
    enum status status = merge_all(merging, &failure);
    if (status == STATUS_OK) {
        capacity_conclude(&merging->capacity);
        code = capacity_finish(&merging->capacity, "merge");
    } else {
        fprintf(stderr, "caseload merge: %s\n", failure.message);
        code = exit_code_of(status);
    }
    free(merging->capacity.shards);
    free(merging->capacity.steps);
    free(merging->paths);
    free(merging->parts);
    staircase_set_finish(&merging->set);
    free(merging);
    return code;
}
