#include "engine/capacity/staircase_set.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/shard_difference.h"
#include "engine/result/shard_set.h"

#define LOAD_MAX 1000000
/* A week: sums of a staircase's times have room. */
#define TIME_MAX_US (7 * 24 * 3600 * US_PER_S)
/* Until 10000-01-01, as in shard.json. */
#define INSTANT_MAX_US INT64_C(253402300800000000)

/* ---- one plan ---- */

static bool read_time(const json_t *plan, const char *name, int64_t *ret_us)
{
    return member_read_integer(plan, name, ret_us) && *ret_us > 0 && *ret_us <= TIME_MAX_US;
}

static bool read_steps(const json_t *steps, struct capacity_settings *settings)
{
    size_t index;
    json_t *load;

    settings->step_count = json_array_size(steps);
    if (settings->step_count == 0 || settings->step_count > SEARCH_TRIALS_MAX)
        return false;
    json_array_foreach(steps, index, load)
    {
        json_int_t value = json_integer_value(load);
        if (value < 1 || value > LOAD_MAX)
            return false;
        settings->steps[index] = (uint64_t)value;
    }
    return true;
}

static bool read_objectives(const json_t *objectives, struct arg_list *list)
{
    struct threshold threshold;
    size_t index;
    json_t *text;

    json_array_foreach(objectives, index, text)
    {
        if (list->count == sizeof list->items / sizeof *list->items || !json_is_string(text) ||
            threshold_parse(json_string_value(text), &threshold, NULL) != STATUS_OK)
            return false;
        list->items[list->count++] = json_string_value(text);
    }
    return json_is_array(objectives);
}

bool staircase_plan_read(const json_t *json, struct capacity_settings *settings,
                         struct capacity_times *times)
{
    const json_t *plan = json_object_get(json, "plan");
    const char *by = member_read_text(plan, "by"), *seed = member_read_text(plan, "seed");
    int64_t *start_at_us = &settings->run.start_at_us;

    if (!by || !seed || !read_steps(json_object_get(plan, "steps"), settings) ||
        !read_objectives(json_object_get(plan, "objectives"), &settings->run.thresholds) ||
        !read_time(plan, "session_us", &times->session_us) ||
        !read_time(plan, "rise_us", &times->rise_us) ||
        !read_time(plan, "hold_us", &times->hold_us) ||
        !read_time(plan, "period_us", &times->period_us) ||
        !member_read_integer(plan, "start_at_us", start_at_us) || *start_at_us <= 0 ||
        *start_at_us > INSTANT_MAX_US)
        return false;
    settings->by_rate = strcmp(by, "rate") == 0;
    settings->hold_us = times->hold_limit_us = times->hold_us;
    settings->gap_us = times->period_us - times->rise_us - times->hold_us;
    settings->trials_max = (unsigned)settings->step_count;
    settings->run.seed = strtoull(seed, NULL, 10);
    return settings->gap_us >= 0;
}

/* ---- one folder ---- */

static bool is_file(const char *folder, const char *name)
{
    char path[RESULT_PATH_SIZE];

    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path &&
           access(path, F_OK) == 0;
}

static enum status check_folder(const char *path, struct failure *failure)
{
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return failure_set(failure, STATUS_NOT_FOUND, "%s: no such folder", path);
    if (!is_file(path, CAPACITY_FILE) && (is_file(path, "run.json") || is_file(path, "shard-0")))
        return failure_set(failure, STATUS_INVALID,
                           "%s is of a run, and others are of staircases: they cannot be merged",
                           path);
    return STATUS_OK;
}

static bool is_staircase(struct staircase *staircase)
{
    struct capacity_settings settings = {0};
    struct capacity_times times = {0};
    const json_t *shard = json_object_get(staircase->json, "shard");
    const char *schema = member_read_text(staircase->json, "schema");
    uint64_t index, count;

    if (!schema || strcmp(schema, CAPACITY_SCHEMA) != 0 ||
        !member_read_count(shard, "index", &index) || !member_read_count(shard, "count", &count) ||
        index >= count || count > RUN_PROCESSES_MAX ||
        !staircase_plan_read(staircase->json, &settings, &times))
        return false;
    staircase->index = (unsigned)index;
    staircase->count = (unsigned)count;
    return true;
}

/* What is wrong with its content makes the shard a lost one; that it was never a shard does not. */
static enum status read_folder(struct staircase *staircase, const char *path,
                               struct failure *failure)
{
    struct failure reason = {0};
    enum status status = check_folder(path, failure);

    staircase->path = path;
    if (status != STATUS_OK)
        return status;
    if (!is_file(path, CAPACITY_FILE)) {
        snprintf(staircase->why, sizeof staircase->why,
                 "did not begin: there is no " CAPACITY_FILE);
        return STATUS_OK;
    }
    if (result_file_read_json(path, CAPACITY_FILE, &staircase->json, &reason) != STATUS_OK) {
        snprintf(staircase->why, sizeof staircase->why, "%.190s", reason.message);
        return STATUS_OK;
    }
    if (json_is_null(json_object_get(staircase->json, "shard")))
        return failure_set(failure, STATUS_INVALID,
                           "%s is of capacity without --shard: there is nothing to merge it with",
                           path);
    staircase->whole = is_staircase(staircase);
    if (!staircase->whole)
        snprintf(staircase->why, sizeof staircase->why,
                 CAPACITY_FILE " is not what a shard of a staircase writes");
    return STATUS_OK;
}

/* ---- all of them ---- */

static int compare(const void *a, const void *b)
{
    const struct staircase *left = a, *right = b;

    if (left->whole != right->whole)
        return left->whole ? -1 : 1;
    if (left->whole && left->index != right->index)
        return left->index < right->index ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

/* The plan, without how long it would take from when the shard was started. */
static json_t *common_part(const struct staircase *staircase)
{
    json_t *plan = json_copy(json_object_get(staircase->json, "plan")), *part = json_object();

    json_object_del(plan, "wall_us");
    json_object_set_new(part, "plan", plan);
    json_object_set(part, "program_version", json_object_get(staircase->json, "program_version"));
    json_object_set_new(part, "shards", json_integer(staircase->count));
    return part;
}

static enum status check_pair(const struct staircase *first, const struct staircase *other,
                              struct failure *failure)
{
    json_t *left = common_part(first), *right = common_part(other);
    char difference[256];
    enum status status = STATUS_OK;

    if (json_difference_find("capacity", left, right, difference, sizeof difference))
        status = failure_set(failure, STATUS_INVALID,
                             "shard %u (%.60s) and shard %u (%.60s) are not of one plan: %s",
                             first->index, first->path, other->index, other->path, difference);
    else if (first != other && first->index == other->index)
        status = failure_set(failure, STATUS_INVALID, "%s and %s are both shard %u of %u",
                             first->path, other->path, first->index, first->count);
    json_decref(left);
    json_decref(right);
    return status;
}

static enum status check_set(const struct staircase_set *set, struct failure *failure)
{
    enum status status = STATUS_OK;

    if (set->whole_count == 0)
        return failure_set(failure, STATUS_MALFORMED, "no whole shard is given; %s %s",
                           set->items[0].path, set->items[0].why);
    for (size_t i = 1; i < set->whole_count && status == STATUS_OK; i++) {
        status = check_pair(&set->items[0], &set->items[i], failure);
        if (status == STATUS_OK)
            status = check_pair(&set->items[i - 1], &set->items[i], failure);
    }
    return status;
}

enum status staircase_set_read(const char *const *folders, size_t count,
                               struct staircase_set *ret_set, struct failure *failure)
{
    enum status status = STATUS_OK;

    *ret_set = (struct staircase_set){.items = calloc(count, sizeof *ret_set->items)};
    if (!ret_set->items)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for the shards");
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct staircase *staircase = &ret_set->items[ret_set->count++];
        staircase->order = i;
        status = read_folder(staircase, folders[i], failure);
        ret_set->whole_count += staircase->whole;
    }
    if (status != STATUS_OK)
        return status;
    qsort(ret_set->items, ret_set->count, sizeof *ret_set->items, compare);
    return check_set(ret_set, failure);
}

void staircase_set_finish(struct staircase_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        json_decref(set->items[i].json);
    free(set->items);
    *set = (struct staircase_set){0};
}

void staircase_set_plan(const struct staircase_set *set, struct capacity_settings *ret_settings,
                        struct capacity_times *ret_times)
{
    struct capacity_settings settings = {.run.shard_count = set->items[0].count};
    struct capacity_times times = {0};

    staircase_plan_read(set->items[0].json, &settings, &times); /* it was read once: it can be */
    *ret_settings = settings;
    *ret_times = times;
}

const char *staircase_step_why(const struct staircase *staircase, unsigned number)
{
    const json_t *steps = json_object_get(staircase->json, "steps");
    const char *why = member_read_text(json_array_get(steps, number - 1), "why");

    return why ? why : "";
}
