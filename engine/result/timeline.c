#include "engine/result/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/result_json.h"
#include "engine/result/shard_files.h"

/* A line is at most every bucket of a histogram, 20 bytes each, and some numbers. */
#define SECOND_LINE_MAX (HISTOGRAM_BUCKETS * 20 + 4096)

struct timeline_row *timeline_row_at(struct run_result *result, uint64_t second)
{
    if (second >= RUN_TIMELINE_MAX) {
        return NULL;
    }
    if (second >= result->timeline_count) {
        size_t count = (size_t)second + 1;
        struct timeline_row *rows = realloc(result->timeline, count * sizeof *rows);
        if (rows == NULL) {
            return NULL;
        }
        for (size_t i = result->timeline_count; i < count; i++) {
            rows[i] = result->carry; /* no histogram in it */
            rows[i].target = target_second_unknown(0);
        }
        result->timeline = rows;
        result->timeline_count = count;
    }
    return &result->timeline[second];
}

/* What holds at the end of a second, as against what happened in it. */
struct gauges {
    uint64_t offered, running, participants, completed, failed;
};

/* Unsigned arithmetic: `sign` -1 takes away exactly what was added. */
static void add_gauges(struct timeline_row *row, const struct gauges *gauges, int sign)
{
    uint64_t factor = sign < 0 ? UINT64_MAX : 1;
    row->offered += factor * gauges->offered;
    row->running += factor * gauges->running;
    row->participants += factor * gauges->participants;
    row->completed += factor * gauges->completed;
    row->failed += factor * gauges->failed;
}

struct shard_line {
    uint64_t second;
    struct gauges gauges;
    uint64_t packets_sent, packets_received, bytes_sent, bytes_received;
    uint64_t frames_received, audio_received;
    double cpu, loop_cpu;
    int64_t loop_lag_us, send_slip_p99_us;
};

static bool read_line(const json_t *json, struct shard_line *line, struct histogram *latency)
{
    return member_read_count(json, "second", &line->second) &&
           member_read_count(json, "offered", &line->gauges.offered) &&
           member_read_count(json, "running", &line->gauges.running) &&
           member_read_count(json, "participants", &line->gauges.participants) &&
           member_read_count(json, "completed", &line->gauges.completed) &&
           member_read_count(json, "failed", &line->gauges.failed) &&
           member_read_count(json, "packets_sent", &line->packets_sent) &&
           member_read_count(json, "packets_received", &line->packets_received) &&
           member_read_count(json, "bytes_sent", &line->bytes_sent) &&
           member_read_count(json, "bytes_received", &line->bytes_received) &&
           member_read_count(json, "frames_received", &line->frames_received) &&
           member_read_count(json, "audio_received", &line->audio_received) &&
           member_read_number(json, "cpu", &line->cpu) &&
           member_read_number(json, "loop_cpu", &line->loop_cpu) &&
           member_read_integer(json, "loop_lag_us", &line->loop_lag_us) &&
           member_read_integer(json, "send_slip_p99_us", &line->send_slip_p99_us) &&
           histogram_from_json(json_object_get(json, "frame_latency"), latency) == STATUS_OK;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* No file can make a sum wrap around. */
static void add_to(int64_t *sum, uint64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum)) {
        *sum = INT64_MAX;
    }
}

static enum status add_events(struct timeline_row *row, const struct shard_line *line,
                              const struct histogram *latency)
{
    row->present = true;
    add_to(&row->packets_sent, line->packets_sent);
    add_to(&row->packets_received, line->packets_received);
    add_to(&row->bytes_sent, line->bytes_sent);
    add_to(&row->bytes_received, line->bytes_received);
    add_to(&row->frames_received, line->frames_received);
    add_to(&row->audio_received, line->audio_received);
    row->generator_cpu += line->cpu;
    row->generator_cpu_max =
        line->loop_cpu > row->generator_cpu_max ? line->loop_cpu : row->generator_cpu_max;
    row->loop_lag_us = larger(row->loop_lag_us, line->loop_lag_us);
    row->send_slip_p99_us = larger(row->send_slip_p99_us, line->send_slip_p99_us);
    return sparse_histogram_add(&row->frame_latency, latency);
}

/* What a shard said last, and about which second of the run. */
struct shard_cursor {
    bool begun;
    uint64_t late_s; /* how much later than the run the shard began */
    uint64_t second;
    struct gauges gauges;
};

/* Gauges of the seconds from the last line to this one: a tick that came early replaces what its
 * second said before, and seconds that a late tick skipped are filled. */
static enum status advance(struct run_result *result, struct shard_cursor *cursor,
                           const struct shard_line *line)
{
    uint64_t from = cursor->begun ? cursor->second + 1 : line->second;
    if (cursor->begun && line->second == cursor->second) {
        add_gauges(&result->timeline[line->second], &cursor->gauges, -1);
        from = line->second;
    }
    for (uint64_t second = from; second <= line->second; second++) {
        struct timeline_row *row = timeline_row_at(result, second);
        if (row == NULL) {
            return STATUS_TOO_LARGE;
        }
        add_gauges(row, &line->gauges, 1);
    }
    *cursor = (struct shard_cursor){true, cursor->late_s, line->second, line->gauges};
    return STATUS_OK;
}

/* From the shard's seconds to those of the run; false: beyond its end. */
static bool move(struct shard_line *line, uint64_t late_s)
{
    if (line->second >= RUN_TIMELINE_MAX || late_s >= RUN_TIMELINE_MAX - line->second) {
        return false;
    }
    line->second += late_s;
    return true;
}

/* `apply` false: only look whether the line could be taken. */
static enum status take_line(struct run_result *result, struct shard_cursor *cursor,
                             const char *text, size_t size, bool apply)
{
    struct shard_line line;
    struct histogram latency = {0};
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    enum status status = STATUS_MALFORMED;
    if (json != NULL && read_line(json, &line, &latency) && move(&line, cursor->late_s) &&
        (!cursor->begun || line.second >= cursor->second)) {
        status = STATUS_OK;
        if (apply) {
            status = advance(result, cursor, &line);
        } else {
            cursor->begun = true;
            cursor->second = line.second;
        }
        if (status == STATUS_OK && apply) {
            status = add_events(&result->timeline[line.second], &line, &latency);
        }
    }
    histogram_finish(&latency);
    json_decref(json);
    return status;
}

/* A finished shard runs nothing any more, but what it counted stays counted. */
static void carry_on(struct run_result *result, const struct shard_cursor *cursor)
{
    struct gauges rest = cursor->gauges;
    rest.running = rest.participants = 0;
    for (uint64_t second = cursor->begun ? cursor->second + 1 : 0; second < result->timeline_count;
         second++) {
        add_gauges(&result->timeline[second], &rest, 1);
    }
    add_gauges(&result->carry, &rest, 1);
}

static enum status take_lines(struct run_result *result, struct shard_cursor *cursor, FILE *stream,
                              bool apply, uint64_t *ret_lines)
{
    char *text = malloc(SECOND_LINE_MAX);
    enum status status = text != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    *ret_lines = 0;
    while (status == STATUS_OK && fgets(text, SECOND_LINE_MAX, stream) != NULL) {
        *ret_lines += 1;
        status = take_line(result, cursor, text, strlen(text), apply);
    }
    free(text);
    return status == STATUS_OK && ferror(stream) ? STATUS_IO : status;
}

enum status timeline_add_shard(struct run_result *result, const char *shard_folder,
                               uint64_t expected, uint64_t late_s, struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", shard_folder, SHARD_SECONDS_FILE);
    errno = 0;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return result_file_fail(failure, "read", path);
    }
    struct shard_cursor cursor = {.late_s = late_s}, trial = cursor;
    uint64_t lines;
    /* Twice: a file with a broken line adds nothing at all. */
    enum status status = take_lines(result, &trial, stream, false, &lines);
    if (status == STATUS_OK && lines != expected) {
        status = STATUS_MALFORMED;
    }
    if (status == STATUS_OK) {
        rewind(stream);
        status = take_lines(result, &cursor, stream, true, &lines);
    }
    if (status == STATUS_OK) {
        carry_on(result, &cursor);
    } else {
        failure_set(failure, status, "%s:%llu: %s (its shard wrote %llu lines)", path,
                    (unsigned long long)lines, status_text(status), (unsigned long long)expected);
    }
    fclose(stream);
    return status;
}

void run_result_add_target_second(struct run_result *result, const struct target_second *second)
{
    int64_t number = (second->at_us + US_PER_S / 2) / US_PER_S - 1;
    struct timeline_row *row = number >= 0 ? timeline_row_at(result, (uint64_t)number) : NULL;
    if (row != NULL) {
        row->target = *second;
    }
}
