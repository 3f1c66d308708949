#include "engine/result/run_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "engine/result/json_member.h"
#include "engine/result/shard_files.h"

/* Of the settings in canonical form: compact, sorted members. */
static void digest_settings(const json_t *settings, char *text)
{
    char *canonical = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    size_t size = canonical != NULL ? strlen(canonical) : 0;
    digest_format(digest_add(DIGEST_EMPTY, canonical, size), text);
    free(canonical);
}

static void set_time(json_t *object, const char *name, int64_t realtime_us)
{
    char text[32];
    clock_format_utc(realtime_us, text, sizeof text);
    member_set_text(object, name, text);
}

static void set_flag(json_t *object, const char *name, bool value)
{
    json_object_set_new(object, name, json_boolean(value));
}

json_t *run_story_to_json(const struct run_info *info)
{
    json_t *story = json_object();
    member_set_text(story, "name", info->story);
    member_set_text(story, "title", info->story_title);
    member_set_text(story, "path", info->story_path);
    member_set_text(story, "digest", info->story_digest);
    set_flag(story, "examination", info->examination);
    return story;
}

static json_t *load_to_json(const struct run_info *info)
{
    json_t *load = json_object();
    member_set_count(load, "sessions", info->sessions);
    member_set_number(load, "rate_per_s", info->rate_per_s);
    member_set_text(load, "arrivals", info->arrivals);
    if (info->compress > 1) {
        member_set_number(load, "compress", info->compress);
    }
    json_object_set_new(load, "duration_us", json_integer(info->duration_us));
    json_object_set_new(load, "hold",
                        info->hold_length_us > 0
                            ? json_pack("{s:I, s:I, s:I}", "begin_us",
                                        (json_int_t)info->hold_begin_us, "length_us",
                                        (json_int_t)info->hold_length_us, "limit_us",
                                        (json_int_t)info->hold_limit_us)
                            : json_null());
    return load;
}

json_t *run_media_to_json(const struct run_info *info)
{
    json_t *media = json_object();
    member_set_text(media, "mode", info->media);
    member_set_text(media, "video", info->video);
    member_set_text(media, "audio", info->audio);
    member_set_text(media, "send", info->send);
    member_set_text(media, "client", info->client);
    member_set_text(media, "network", info->network);
    member_set_text(media, "io_path", info->io_path);
    member_set_text(media, "srtp_build", info->srtp_build);
    member_set_text(media, "srtp_suite", info->srtp_suite);
    member_set_number(media, "probe_share", info->probe_share);
    return media;
}

json_t *run_target_to_json(const struct run_info *info)
{
    json_t *target = json_object();
    member_set_text(target, "name", info->target_name);
    member_set_text(target, "url", info->target_url);
    member_set_text(target, "version", info->target_version);
    set_flag(target, "embedded", info->target_embedded);
    set_flag(target, "plain", info->plain);
    json_object_set_new(target, "cores",
                        info->target_cores > 0 ? json_real(info->target_cores) : json_null());
    json_object_set_new(target, "cpu_limit",
                        info->cpu_limit > 0 ? json_pack("{s:f, s:s}", "cores", info->cpu_limit,
                                                        "by", info->cpu_limit_by)
                                            : json_null());
    member_set_object(target, "declares", info->target_declares);
    return target;
}

json_t *run_host_to_json(const struct run_info *info)
{
    const struct host_card *card = &info->host;
    json_t *host = json_object();
    member_set_text(host, "cpu", card->cpu);
    member_set_count(host, "cores", card->cores);
    member_set_count(host, "memory_bytes", card->memory_bytes);
    member_set_text(host, "kernel", card->kernel);
    member_set_text(host, "system", card->system);
    member_set_text(host, "governor", card->governor);
    set_flag(host, "virtual_machine", card->virtual_machine);
    member_set_count(host, "files_max", card->files_max);
    member_set_count(host, "rx_buffer_max_bytes", card->rx_buffer_max_bytes);
    member_set_count(host, "tx_buffer_max_bytes", card->tx_buffer_max_bytes);
    set_flag(host, "noisy", info->host_noisy);
    json_object_set_new(host, "stall_before_us",
                        info->stall_before_us >= 0 ? json_integer(info->stall_before_us)
                                                   : json_null());
    json_object_set_new(host, "stall_after_us",
                        info->stall_after_us >= 0 ? json_integer(info->stall_after_us)
                                                  : json_null());
    return host;
}

json_t *run_idle_path_to_json(const struct idle_path *path)
{
    if (path->sent == 0) {
        return json_null();
    }
    json_t *object = json_object();
    member_set_count(object, "sent", path->sent);
    member_set_count(object, "lost", path->lost);
    json_object_set_new(object, "rtt_p50_us",
                        path->rtt_p50_us >= 0 ? json_integer(path->rtt_p50_us) : json_null());
    json_object_set_new(object, "rtt_max_us",
                        path->rtt_max_us >= 0 ? json_integer(path->rtt_max_us) : json_null());
    return object;
}

/* null: no instant was asked for. */
static json_t *start_to_json(const struct run_start *start)
{
    if (start->at_us == 0) {
        return json_null();
    }
    json_t *object = json_object();
    set_time(object, "at", start->at_us);
    json_object_set_new(object, "at_us", json_integer(start->at_us));
    json_object_set_new(object, "skew_us", json_integer(start->skew_us));
    json_object_set_new(object, "skew_max_us", json_integer(RUN_START_SKEW_MAX_US));
    set_flag(object, "late", start->late);
    return object;
}

static json_t *shard_to_json(const struct run_shard *shard)
{
    json_t *object = json_object();
    member_set_count(object, "index", shard->index);
    member_set_text(object, "folder", shard->folder);
    member_set_count(object, "workers", shard->workers);
    member_set_text(object, "cpu", shard->cpu);
    member_set_count(object, "cores", shard->cores);
    set_flag(object, "noisy", shard->host_noisy);
    json_object_set_new(object, "start_at", start_to_json(&shard->start));
    set_time(object, "start", shard->start_realtime_us);
    set_time(object, "end", shard->end_realtime_us);
    member_set_text(object, "lost", shard->lost);
    return object;
}

/* Empty when the run was not merged from shards. */
static json_t *shards_to_json(const struct run_result *result)
{
    json_t *array = json_array();
    for (size_t i = 0; i < result->shard_count; i++) {
        json_array_append_new(array, shard_to_json(&result->shards[i]));
    }
    return array;
}

static json_t *files_to_json(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "run.json", RUN_SCHEMA, "summary.json",
                     SUMMARY_SCHEMA, "checks.jsonl", CHECK_SCHEMA, "sessions.jsonl", SESSION_SCHEMA,
                     "timeline.csv", TIMELINE_SCHEMA, "histograms/*.json", HISTOGRAM_SCHEMA);
}

static json_t *notes_to_json(const struct run_info *info)
{
    json_t *notes = json_array();
    for (size_t i = 0; i < info->note_count; i++) {
        json_t *holder = json_object();
        member_set_text(holder, "note", info->notes[i]);
        json_array_append(notes, json_object_get(holder, "note"));
        json_decref(holder);
    }
    return notes;
}

/* What shards have in common stands in the first one's run.json; the rest is the merged run's own.
 */
static json_t *merged_to_json(const struct run_result *result)
{
    const struct run_info *info = &result->info;
    json_t *run = json_deep_copy(result->base), *host = json_object_get(run, "host");
    member_set_text(run, "command", info->command);
    json_object_set_new(run, "shard", json_pack("{s:i, s:i}", "index", 0, "count", 1));
    json_object_set_new(run, "start_at", start_to_json(&info->start));
    json_object_set_new(run, "shards", shards_to_json(result));
    member_set_count(run, "workers", info->workers);
    set_time(run, "start", info->start_realtime_us);
    set_time(run, "end", info->end_realtime_us);
    set_flag(host, "noisy", info->host_noisy);
    json_object_set_new(run, "notes", notes_to_json(info));
    return run;
}

json_t *run_to_json(const struct run_result *result)
{
    if (result->base != NULL) {
        return merged_to_json(result);
    }
    const struct run_info *info = &result->info;
    json_t *run = json_object(), *libraries = json_object();
    char digest[DIGEST_TEXT_SIZE], seed[24];
    member_set_text(run, "schema", RUN_SCHEMA);
    member_set_text(run, "program_version", info->program_version);
    member_set_text(run, "command", info->command);
    json_object_set_new(run, "story", run_story_to_json(info));
    member_set_object(run, "settings", info->settings);
    digest_settings(json_object_get(run, "settings"), digest);
    member_set_text(run, "settings_digest", digest);
    member_set_text(run, "fixture_digest", info->fixture_digest);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)info->seed);
    member_set_text(run, "seed", seed); /* 64 bits: more than JSON numbers hold */
    json_object_set_new(
        run, "shard",
        json_pack("{s:i, s:i}", "index", (int)info->shard_index, "count", (int)info->shard_count));
    json_object_set_new(run, "start_at", start_to_json(&info->start));
    json_object_set_new(run, "shards", shards_to_json(result));
    member_set_count(run, "workers", info->workers);
    json_object_set_new(run, "load", load_to_json(info));
    json_object_set_new(run, "media", run_media_to_json(info));
    json_object_set_new(run, "target", run_target_to_json(info));
    json_object_set_new(run, "idle_path", run_idle_path_to_json(&info->idle_path));
    set_time(run, "start", info->start_realtime_us);
    set_time(run, "end", info->end_realtime_us);
    json_object_set_new(run, "host", run_host_to_json(info));
    for (size_t i = 0; i < info->library_count; i++) {
        member_set_text(libraries, info->libraries[i].name, info->libraries[i].version);
    }
    json_object_set_new(run, "libraries", libraries);
    json_object_set_new(run, "notes", notes_to_json(info));
    json_object_set_new(run, "files", files_to_json());
    return run;
}
