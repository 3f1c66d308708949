#include "engine/result/shard_set.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/run_json.h"
#include "engine/result/shard_difference.h"
#include "engine/result/shard_set_private.h"

/* ---- one folder ---- */

static bool is_file(const char *folder, const char *name)
{
    char path[RESULT_PATH_SIZE];
    struct stat status;
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path &&
           stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static enum status check_folder(const char *path, struct failure *failure)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        return failure_set(failure, STATUS_NOT_FOUND, "%s: no such folder", path);
    }
    if (is_file(path, "summary.json") && is_file(path, "run.json") &&
        !is_file(path, SHARD_CARD_FILE)) {
        return failure_set(failure, STATUS_INVALID,
                           "%s is of a run without --shard: there is nothing to merge it with",
                           path);
    }
    return STATUS_OK;
}

/* run.json must be an object of ours and of the shard that the card names. */
static enum status check_run(const struct shard_folder *folder, struct failure *failure)
{
    const char *schema = member_read_text(folder->run, "schema");
    const json_t *shard = json_object_get(folder->run, "shard");
    uint64_t index, count;
    if (schema == NULL || strcmp(schema, RUN_SCHEMA) != 0 ||
        !member_read_count(shard, "index", &index) || !member_read_count(shard, "count", &count) ||
        index != folder->card.index || count != folder->card.count) {
        return failure_set(failure, STATUS_MALFORMED,
                           "%s/run.json is not of the shard that shard.json names", folder->path);
    }
    return STATUS_OK;
}

static enum status read_files(struct shard_folder *folder, struct failure *failure)
{
    json_t *json = NULL;
    enum status status = result_file_read_json(folder->path, SHARD_CARD_FILE, &json, failure);
    if (status != STATUS_OK) {
        return status;
    }
    status = shard_card_from_json(json, &folder->card);
    json_decref(json);
    if (status != STATUS_OK) {
        return failure_set(failure, status, "%s/%s is not what a shard writes", folder->path,
                           SHARD_CARD_FILE);
    }
    status = result_file_read_json(folder->path, "run.json", &folder->run, failure);
    return status == STATUS_OK ? check_run(folder, failure) : status;
}

/* Whatever is wrong with its content makes the shard a lost one. */
static enum status read_folder(struct shard_folder *folder, const char *path,
                               struct failure *failure)
{
    struct failure reason = {0};
    enum status status = check_folder(path, failure);
    folder->path = path;
    if (status != STATUS_OK) {
        return status;
    }
    status = read_files(folder, &reason);
    if (status == STATUS_NO_MEMORY) {
        return failure_set(failure, status, "%s", reason.message);
    }
    folder->whole = status == STATUS_OK;
    if (!folder->whole) {
        snprintf(folder->why, sizeof folder->why, "%s",
                 is_file(path, SHARD_CARD_FILE) ? reason.message
                                                : "did not finish: there is no shard.json");
    }
    return STATUS_OK;
}

/* ---- all of them ---- */

/* The whole ones first, by index; lost ones after them, as they were given. */
static int compare_folders(const void *a, const void *b)
{
    const struct shard_folder *left = a, *right = b;
    if (left->whole != right->whole) {
        return left->whole ? -1 : 1;
    }
    if (left->whole && left->card.index != right->card.index) {
        return left->card.index < right->card.index ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

static enum status check_pair(const struct shard_folder *first, const struct shard_folder *other,
                              struct failure *failure)
{
    char difference[256];
    if (!shard_difference_find(first, other, difference, sizeof difference)) {
        return STATUS_OK;
    }
    return failure_set(failure, STATUS_INVALID,
                       "shard %u (%.60s) and shard %u (%.60s) are not of one plan: %s",
                       first->card.index, first->path, other->card.index, other->path, difference);
}

static enum status check_set(const struct shard_set *set, struct failure *failure)
{
    const struct shard_folder *folders = set->folders;
    if (set->whole_count == 0) {
        return failure_set(failure, STATUS_MALFORMED, "no whole shard is given; %s: %s",
                           folders[0].path, folders[0].why);
    }
    for (size_t i = 1; i < set->whole_count; i++) {
        enum status status = check_pair(&folders[0], &folders[i], failure);
        if (status != STATUS_OK) {
            return status;
        }
        if (folders[i].card.index == folders[i - 1].card.index) {
            return failure_set(failure, STATUS_INVALID, "%s and %s are both shard %u of %u",
                               folders[i - 1].path, folders[i].path, folders[i].card.index,
                               folders[i].card.count);
        }
    }
    return STATUS_OK;
}

static enum status fill_set(struct shard_set *set, const char *const *folders, size_t count,
                            struct failure *failure)
{
    for (size_t i = 0; i < count; i++) {
        struct shard_folder *folder = &set->folders[set->count++];
        folder->order = i;
        enum status status = read_folder(folder, folders[i], failure);
        if (status != STATUS_OK) {
            return status;
        }
        set->whole_count += folder->whole;
    }
    qsort(set->folders, set->count, sizeof *set->folders, compare_folders);
    return check_set(set, failure);
}

enum status shard_set_read(const char *const *folders, size_t count, struct shard_set **ret_set,
                           struct failure *failure)
{
    if (count == 0 || count > SHARD_COUNT_MAX) {
        return failure_set(failure, STATUS_INVALID, "takes the folders of 1 to %d shards",
                           SHARD_COUNT_MAX);
    }
    struct shard_set *set = calloc(1, sizeof *set);
    if (set != NULL) {
        set->folders = calloc(count, sizeof *set->folders);
    }
    enum status status = set != NULL && set->folders != NULL
                             ? fill_set(set, folders, count, failure)
                             : failure_set(failure, STATUS_NO_MEMORY, "no memory for the shards");
    if (status != STATUS_OK) {
        shard_set_destroy(set);
        return status;
    }
    *ret_set = set;
    return STATUS_OK;
}

void shard_set_destroy(struct shard_set *set)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        json_decref(set->folders[i].run);
    }
    free(set->folders);
    free(set);
}

const char *shard_set_story(const struct shard_set *set)
{
    const char *name = member_read_text(json_object_get(set->folders[0].run, "story"), "name");
    return name != NULL ? name : "";
}

double shard_set_duration_s(const struct shard_set *set)
{
    const json_t *load = json_object_get(set->folders[0].run, "load");
    double duration_us = json_number_value(json_object_get(load, "duration_us"));
    return duration_us > 0 ? duration_us / US_PER_S : 1;
}
