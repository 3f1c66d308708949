#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "engine/result/json_member.h"
#include "engine/result/junit.h"
#include "engine/result/percentile_listing.h"
#include "engine/result/result_file.h"
#include "engine/result/result_json.h"
#include "engine/result/run_json.h"
#include "engine/result/session_index.h"
#include "engine/result/shard_card.h"
#include "engine/result/shard_files.h"
#include "engine/result/target_lines.h"

/* Consumes `json`. */
static enum status write_json(const char *folder, const char *name, json_t *json,
                              struct failure *failure)
{
    enum status status = result_file_write_json(folder, name, json, RESULT_DIGITS_SHOWN, failure);
    json_decref(json);
    return status;
}

/* Consumes `json`. Errors are seen when the file is committed. */
static void write_line(FILE *stream, json_t *json)
{
    result_file_write_line(stream, json);
    json_decref(json);
}

static json_t *requirement_line(const struct check_requirement *requirement, const char *story)
{
    json_t *line = json_object(), *counts = json_object();
    member_set_text(line, "schema", CHECK_SCHEMA);
    member_set_text(line, "kind", "requirement");
    member_set_text(line, "requirement", requirement->id);
    member_set_text(line, "story", story);
    member_set_text(line, "verdict", check_verdict_word(requirement_verdict(requirement)));
    for (unsigned verdict = 0; verdict < CHECK_VERDICT_COUNT; verdict++) {
        if (requirement->counts[verdict] > 0) {
            member_set_count(counts, check_verdict_word((enum check_verdict)verdict),
                             requirement->counts[verdict]);
        }
    }
    json_object_set_new(line, "counts", counts);
    return line;
}

static json_t *check_line(const struct check_requirement *requirement,
                          const struct check_entry *entry, const char *story)
{
    json_t *line = json_object();
    member_set_text(line, "schema", CHECK_SCHEMA);
    member_set_text(line, "kind", "check");
    member_set_text(line, "requirement", requirement->id);
    member_set_text(line, "story", story);
    member_set_text(line, "verdict", check_verdict_word(entry->verdict));
    json_object_set_new(line, "session",
                        entry->session >= 0 ? json_integer(entry->session) : json_null());
    json_object_set_new(line, "at_us", json_integer(entry->at_us));
    member_set_text(line, "message", entry->message);
    member_set_text(line, "evidence", entry->evidence);
    return line;
}

static enum status write_checks(const struct run_result *result, const char *folder,
                                struct failure *failure)
{
    struct result_file file;
    enum status status = result_file_open(&file, failure, folder, "checks.jsonl");
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < check_log_count(result->checks); i++) {
        const struct check_requirement *requirement = check_log_requirement(result->checks, i);
        write_line(file.stream, requirement_line(requirement, result->info.story));
        for (size_t k = 0; k < requirement->kept_count; k++) {
            write_line(file.stream,
                       check_line(requirement, &requirement->kept[k], result->info.story));
        }
    }
    return result_file_commit(&file, failure);
}

/* Empty cells where nothing is known. */
static void write_latency(FILE *stream, const struct timeline_row *row)
{
    struct histogram latency = {0};
    sparse_histogram_expand(&row->frame_latency, &latency);
    if (latency.count == 0) {
        fputs(",,,", stream);
    } else {
        fprintf(stream, ",%lld,%lld,%lld", (long long)histogram_quantile(&latency, 0.5),
                (long long)histogram_quantile(&latency, 0.95),
                (long long)histogram_quantile(&latency, 0.99));
    }
    histogram_finish(&latency);
}

static void write_target(FILE *stream, const struct target_second *target)
{
    const struct {
        double value;
        int digits;
    } cells[] = {{target->cpu, 4},        {target->rss_bytes, 0}, {target->busiest, 4},
                 {target->throttled, 4},  {target->packets, 0},   {target->drops, 2},
                 {target->loop_lag_us, 0}};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        fputc(',', stream);
        if (cells[i].value >= 0) {
            fprintf(stream, "%.*f", cells[i].digits, cells[i].value);
        }
    }
    fputc('\n', stream);
}

static void write_row(FILE *stream, size_t second, const struct timeline_row *row)
{
    fprintf(stream, "%zu,%llu,%llu,%llu,%llu,%llu", second, (unsigned long long)row->offered,
            (unsigned long long)row->running, (unsigned long long)row->participants,
            (unsigned long long)row->completed, (unsigned long long)row->failed);
    fprintf(stream, ",%lld,%lld,%lld,%lld,%lld,%lld", (long long)row->packets_sent,
            (long long)row->packets_received, (long long)row->bytes_sent * 8,
            (long long)row->bytes_received * 8, (long long)row->frames_received,
            (long long)row->audio_received);
    write_latency(stream, row);
    fprintf(stream, ",%.4f,%.4f,%lld,%lld", row->generator_cpu, row->generator_cpu_max,
            (long long)row->loop_lag_us, (long long)row->send_slip_p99_us);
    write_target(stream, &row->target);
}

static enum status write_timeline(const struct run_result *result, const char *folder,
                                  struct failure *failure)
{
    struct result_file file;
    enum status status = result_file_open(&file, failure, folder, "timeline.csv");
    if (status != STATUS_OK) {
        return status;
    }
    fputs("second,offered,running,participants,completed,failed,packets_sent,packets_received,"
          "bits_sent,bits_received,frames_received,audio_received,frame_latency_p50_us,"
          "frame_latency_p95_us,frame_latency_p99_us,generator_cpu,generator_cpu_max,loop_lag_us,"
          "send_slip_p99_us,target_cpu,target_rss_bytes,target_busiest_thread,target_throttled,"
          "target_packets,target_drops,target_loop_lag_us\n",
          file.stream);
    for (size_t i = 0; i < result->timeline_count; i++) {
        if (result->timeline[i].present) {
            write_row(file.stream, i, &result->timeline[i]);
        }
    }
    return result_file_commit(&file, failure);
}

static enum status write_sessions(const struct run_result *result, const char *folder,
                                  struct failure *failure)
{
    struct result_file file;
    enum status status = result_file_open(&file, failure, folder, SHARD_SESSIONS_FILE);
    if (status != STATUS_OK) {
        return status;
    }
    status = session_index_write(result->sessions, file.stream, failure);
    if (status != STATUS_OK) {
        result_file_abandon(&file);
        return status;
    }
    return result_file_commit(&file, failure);
}

struct histogram_walk {
    const char *folder;
    const struct metrics *metrics;
    json_t *open; /* of the metric whose tags are being met */
    const char *open_name;
    enum status status;
    struct failure *failure;
};

static void close_histogram(struct histogram_walk *walk)
{
    char name[96];
    if (walk->open == NULL) {
        return;
    }
    snprintf(name, sizeof name, "%s.json", walk->open_name);
    if (walk->status == STATUS_OK) {
        walk->status = result_file_write_json(walk->folder, name, walk->open, RESULT_DIGITS_EXACT,
                                              walk->failure);
    }
    json_decref(walk->open);
    walk->open = NULL;
}

static enum status write_listing(const char *folder, const struct metric_info *info,
                                 const struct histogram *histogram, struct failure *failure)
{
    struct result_file file;
    enum status status = result_file_open(&file, failure, folder, "%s.hgrm", info->name);
    if (status != STATUS_OK) {
        return status;
    }
    bool duration = strcmp(info->unit, "us") == 0;
    percentile_listing_write(histogram, duration ? US_PER_MS : 1, file.stream);
    return result_file_commit(&file, failure);
}

/* The total comes before the tags. */
static void on_metric(void *arg, const struct metric_info *info, const char *tag,
                      const struct histogram *histogram, int64_t sum)
{
    struct histogram_walk *walk = arg;
    (void)sum;
    if (histogram == NULL || walk->status != STATUS_OK) {
        return;
    }
    if (walk->open == NULL || walk->open_name != info->name) {
        close_histogram(walk);
        walk->open = json_object();
        walk->open_name = info->name;
        member_set_text(walk->open, "schema", HISTOGRAM_SCHEMA);
        member_set_text(walk->open, "metric", info->name);
        member_set_text(walk->open, "unit", info->unit);
        member_set_text(walk->open, "kind", metric_kind_word(info->kind));
        member_set_text(walk->open, "meaning", info->meaning);
        json_object_set_new(walk->open, "by", json_object());
    }
    if (tag[0] == '\0') {
        json_object_set_new(walk->open, "total", histogram_to_json(histogram));
        if (walk->status == STATUS_OK) {
            walk->status = write_listing(walk->folder, info, histogram, walk->failure);
        }
    } else {
        json_object_set_new(json_object_get(walk->open, "by"), tag, histogram_to_json(histogram));
    }
}

static enum status write_histograms(const struct run_result *result, const char *folder,
                                    struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    snprintf(path, sizeof path, "%s/histograms", folder);
    struct histogram_walk walk = {.folder = path, .metrics = result->metrics, .failure = failure};
    metrics_visit(result->metrics, on_metric, &walk);
    close_histogram(&walk);
    return walk.status;
}

/* Only what lies inside the run folder and only our own files: shards that were started by hand are
 * their owner's. */
static void remove_shards(const struct run_result *result, const char *folder)
{
    static const char *const names[] = {SHARD_STATE_FILE, SHARD_SESSIONS_FILE, SHARD_SECONDS_FILE};
    const char *shard;
    for (size_t i = 0; (shard = session_index_folder(result->sessions, i)) != NULL; i++) {
        size_t size = strlen(folder);
        if (strncmp(shard, folder, size) != 0 || strncmp(shard + size, "/shard-", 7) != 0) {
            continue;
        }
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            char path[RESULT_PATH_SIZE];
            snprintf(path, sizeof path, "%s/%s", shard, names[k]);
            unlink(path);
        }
        rmdir(shard);
    }
}

enum status run_result_write(const struct run_result *result, const char *folder,
                             struct failure *failure)
{
    enum status status = write_json(folder, "run.json", run_to_json(result), failure);
    if (status == STATUS_OK) {
        status = write_sessions(result, folder, failure);
    }
    if (status == STATUS_OK) {
        status = write_checks(result, folder, failure);
    }
    if (status == STATUS_OK) {
        status = write_timeline(result, folder, failure);
    }
    if (status == STATUS_OK) {
        status = write_histograms(result, folder, failure);
    }
    /* The verdict last: where it is, everything is. */
    if (status == STATUS_OK) {
        status = write_json(folder, "summary.json", summary_to_json(result), failure);
    }
    if (status == STATUS_OK) {
        status = junit_write(result, folder, failure);
    }
    if (status == STATUS_OK && result->info.sharded) {
        status = target_lines_write(result, folder, failure);
    }
    if (status == STATUS_OK && result->info.sharded) {
        status = write_json(folder, SHARD_CARD_FILE, shard_card_to_json(result), failure);
    } else if (status == STATUS_OK) {
        remove_shards(result, folder);
    }
    return status;
}
