#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/run_json.h"
#include "engine/result/shard_set_private.h"
#include "engine/result/target_lines.h"

/* ---- what the merged run is ---- */

static void copy_text(char *into, size_t size, const json_t *object, const char *name)
{
    const char *text = member_read_text(object, name);
    snprintf(into, size, "%s", text != NULL ? text : "");
}

static void merge_times(struct run_info *info, const struct shard_card *card)
{
    const struct run_start *start = &card->start;
    if (card->begun && (info->start_realtime_us == 0 || card->start_us < info->start_realtime_us)) {
        info->start_realtime_us = card->start_us;
    }
    if (card->end_us > info->end_realtime_us) {
        info->end_realtime_us = card->end_us;
    }
    info->start.at_us = start->at_us;
    info->start.late |= start->late;
    if (llabs(start->skew_us) > llabs(info->start.skew_us)) {
        info->start.skew_us = start->skew_us;
    }
}

static bool has_note(const struct run_info *info, const char *note)
{
    for (size_t i = 0; i < info->note_count; i++) {
        if (strncmp(info->notes[i], note, sizeof info->notes[i] - 1) == 0) {
            return true;
        }
    }
    return false;
}

/* What has to be known of one shard has to be known of the whole; there is room for few. */
static void merge_notes(struct run_info *info, const json_t *run)
{
    size_t index;
    json_t *note;
    json_array_foreach(json_object_get(run, "notes"), index, note)
    {
        const char *text = json_string_value(note);
        if (text != NULL && !has_note(info, text)) {
            run_info_add_note(info, "%s", text);
        }
    }
}

/* Of the one target, as far as a shard saw it. */
static void merge_target_cores(struct run_info *info, const json_t *run)
{
    const json_t *cores = json_object_get(json_object_get(run, "target"), "cores");
    if (info->target_cores <= 0 && json_is_number(cores)) {
        info->target_cores = json_number_value(cores);
    }
}

static void describe_run(const struct shard_set *set, const char *command, struct run_info *info)
{
    run_info_read(set->folders[0].run, info);
    snprintf(info->command, sizeof info->command, "%s", command);
    info->duration_us = (int64_t)(shard_set_duration_s(set) * US_PER_S);
    run_info_add_note(info, "merged from %zu of %u shards", set->whole_count,
                      set->folders[0].card.count);
    for (size_t i = 0; i < set->whole_count; i++) {
        const struct shard_folder *folder = &set->folders[i];
        info->workers += folder->card.workers;
        info->host_noisy |=
            json_is_true(json_object_get(json_object_get(folder->run, "host"), "noisy"));
        merge_times(info, &folder->card);
        merge_notes(info, folder->run);
        merge_target_cores(info, folder->run);
    }
}

/* ---- one shard ---- */

static void describe_shard(const struct shard_folder *folder, struct run_shard *shard)
{
    const json_t *host = json_object_get(folder->run, "host");
    uint64_t cores = 0;
    *shard = (struct run_shard){.index = folder->card.index,
                                .workers = folder->card.workers,
                                .start = folder->card.start,
                                .start_realtime_us = folder->card.start_us,
                                .end_realtime_us = folder->card.end_us};
    snprintf(shard->folder, sizeof shard->folder, "%s", result_folder_name(folder->path));
    copy_text(shard->cpu, sizeof shard->cpu, host, "cpu");
    member_read_count(host, "cores", &cores);
    shard->cores = cores < UINT32_MAX ? (unsigned)cores : 0;
    shard->host_noisy = json_is_true(json_object_get(host, "noisy"));
}

/* What a shard alone was the end of is a hole in the whole. */
static enum exit_code code_in_whole(enum exit_code code)
{
    switch (code) {
    case EXIT_CODE_UNREACHABLE:
    case EXIT_CODE_INTERRUPTED:
    case EXIT_CODE_TERMINATED:
        return EXIT_CODE_INCONCLUSIVE;
    default:
        return code;
    }
}

static void merge_reasons(struct run_result *result, const struct shard_card *card, bool any_begun)
{
    for (size_t i = 0; i < card->told.count; i++) {
        const struct verdict_reason *reason = &card->told.reasons[i];
        verdict_add(&result->verdict, any_begun ? code_in_whole(reason->code) : reason->code,
                    "shard %u of %u: %s", card->index, card->count, reason->text);
    }
}

/* Seconds by which the shard's first one is behind the run's. */
static uint64_t late_seconds(const struct run_start *start)
{
    return start->skew_us > 0 ? (uint64_t)(start->skew_us + US_PER_S / 2) / US_PER_S : 0;
}

static void merge_worker(struct run_result *result, const struct shard_folder *folder,
                         unsigned worker, struct run_shard *shard)
{
    const struct shard_card *card = &folder->card;
    struct shard_place place = {.index = card->index + card->count * worker,
                                .count = card->count * card->workers,
                                .late_s = late_seconds(&card->start)};
    char path[RESULT_PATH_SIZE];
    struct failure failure = {0};
    enum status status;
    if (snprintf(path, sizeof path, "%s/shard-%u", folder->path, worker) >= (int)sizeof path) {
        status = failure_set(&failure, STATUS_TOO_LARGE, "the path is too long");
    } else {
        status = run_result_add_shard_at(result, path, &place, &failure);
    }
    if (status != STATUS_OK && shard->lost[0] == '\0') {
        snprintf(shard->lost, sizeof shard->lost, "is lost: worker %u of %u: %.150s", worker,
                 card->workers, failure.message);
    }
}

/* What it saw of the target is good to know, but nothing that it loaded. */
static void merge_target(struct run_result *result, const struct shard_folder *folder)
{
    struct failure failure = {0};
    if (target_lines_read(result, folder->path, late_seconds(&folder->card.start), &failure) !=
        STATUS_OK) {
        run_info_add_note(&result->info, "shard %u: %.150s", folder->card.index, failure.message);
    }
}

static void merge_shard(struct run_result *result, const struct shard_folder *folder,
                        struct run_shard *shard)
{
    const struct shard_card *card = &folder->card;
    describe_shard(folder, shard);
    result->shards_expected += card->workers;
    if (!card->begun) {
        snprintf(shard->lost, sizeof shard->lost, "is lost: it did not begin%s%.150s",
                 card->told.count > 0 ? ": " : "", verdict_main_reason(&card->told));
        return;
    }
    for (unsigned worker = 0; worker < card->workers; worker++) {
        merge_worker(result, folder, worker, shard);
    }
    merge_target(result, folder);
}

/* ---- all of them ---- */

static void miss_shard(struct run_result *result, const struct shard_set *set, unsigned index)
{
    struct run_shard *shard = &result->shards[index];
    *shard = (struct run_shard){.index = index};
    snprintf(shard->lost, sizeof shard->lost, "is missing");
    result->shards_expected += set->folders[0].card.workers; /* as many, as far as is known */
}

static void merge_shards(const struct shard_set *set, struct run_result *result)
{
    bool any_begun = false;
    size_t next = 0;
    for (size_t i = 0; i < set->whole_count; i++) {
        any_begun |= set->folders[i].card.begun;
    }
    result->shards_expected = 0;
    for (unsigned index = 0; index < result->shard_count; index++) {
        const struct shard_folder *folder = &set->folders[next];
        if (next == set->whole_count || folder->card.index != index) {
            miss_shard(result, set, index);
            continue;
        }
        merge_reasons(result, &folder->card, any_begun);
        merge_shard(result, folder, &result->shards[index]);
        next++;
    }
    for (size_t i = set->whole_count; i < set->count; i++) {
        verdict_add(&result->verdict, EXIT_CODE_INCONCLUSIVE, "%s is lost: %s",
                    result_folder_name(set->folders[i].path), set->folders[i].why);
    }
}

static enum status add_thresholds(const struct shard_set *set, const char *const *thresholds,
                                  size_t count, struct run_result *result, struct failure *failure)
{
    enum status status = STATUS_OK;
    result->thresholds = set->folders[0].card.thresholds;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = threshold_list_add(&result->thresholds, thresholds[i], failure);
    }
    return status == STATUS_OK ? status : STATUS_INVALID;
}

enum status shard_set_merge(const struct shard_set *set, const char *const *thresholds,
                            size_t threshold_count, const char *command,
                            struct run_result **ret_result, struct failure *failure)
{
    struct run_result *result = run_result_create();
    if (result == NULL) {
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for the results");
    }
    result->base = json_deep_copy(set->folders[0].run);
    result->shard_count = set->folders[0].card.count;
    result->shards = calloc(result->shard_count, sizeof *result->shards);
    enum status status = result->shards != NULL && result->base != NULL
                             ? add_thresholds(set, thresholds, threshold_count, result, failure)
                             : failure_set(failure, STATUS_NO_MEMORY, "no memory for the results");
    if (status != STATUS_OK) {
        run_result_destroy(result);
        return status;
    }
    /* Of a step of a capacity search the hold is judged, in the whole as in each shard. */
    result->hold_asked =
        json_is_object(json_object_get(json_object_get(result->base, "load"), "hold"));
    describe_run(set, command, &result->info);
    merge_shards(set, result);
    *ret_result = result;
    return STATUS_OK;
}
