#include "engine/result/report_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/run_json.h"
#include "engine/result/session_index.h"

#define REPORT_SECONDS_MAX RUN_TIMELINE_MAX
#define REPORT_CHECKS_MAX 20000

const json_t *report_get(const json_t *object, const char *path)
{
    char name[96];
    while (object != NULL && *path != '\0') {
        size_t size = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)size, path);
        object = json_object_get(object, name);
        path += size + (path[size] == '.');
    }
    return object;
}

double report_number(const json_t *object, const char *path)
{
    return json_number_value(report_get(object, path));
}

const char *report_text(const json_t *object, const char *path)
{
    const char *text = json_string_value(report_get(object, path));
    return text != NULL ? text : "";
}

bool report_flag(const json_t *object, const char *path)
{
    return json_is_true(report_get(object, path));
}

static const json_t *find_tagged(const json_t *object, const char *tag)
{
    return tag[0] == '\0' ? object : json_object_get(json_object_get(object, "by"), tag);
}

const json_t *report_metric(const struct report_source *source, const char *name, const char *tag)
{
    const json_t *metrics = json_object_get(source->summary, "metrics");
    return find_tagged(json_object_get(metrics, name), tag);
}

double report_ratio(const struct report_source *source, const char *name, const char *tag)
{
    const json_t *ratios = json_object_get(source->summary, "ratios");
    const json_t *value = json_object_get(find_tagged(json_object_get(ratios, name), tag), "value");
    return json_is_number(value) ? json_number_value(value) : -1;
}

static enum status load_object(const char *folder, const char *name, const char *schema,
                               json_t **ret_object, struct failure *failure)
{
    enum status status = result_file_read_json(folder, name, ret_object, failure);
    if (status != STATUS_OK) {
        return status;
    }
    if (strcmp(report_text(*ret_object, "schema"), schema) != 0) {
        return failure_set(failure, STATUS_MALFORMED, "%s/%s is not of schema %s", folder, name,
                           schema);
    }
    return STATUS_OK;
}

typedef enum status line_fn(struct report_source *source, json_t *line);

/* Every line of a .jsonl file as an object, borrowed by `take`. */
static enum status load_lines(struct report_source *source, const char *name, line_fn *take,
                              struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    static char text[SESSION_LINE_MAX + 64];
    unsigned long number = 0;
    snprintf(path, sizeof path, "%s/%s", source->folder, name);
    errno = 0;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return result_file_fail(failure, "read", path);
    }
    enum status status = STATUS_OK;
    while (status == STATUS_OK && fgets(text, sizeof text, stream) != NULL) {
        json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        number++;
        status = json_is_object(line) ? take(source, line) : STATUS_MALFORMED;
        json_decref(line);
    }
    fclose(stream);
    if (status != STATUS_OK) {
        failure_set(failure, status, "%s:%lu: %s", path, number, status_text(status));
    }
    return status;
}

static enum status take_check(struct report_source *source, json_t *line)
{
    size_t count = json_array_size(source->requirements);
    if (count > REPORT_CHECKS_MAX) {
        return STATUS_TOO_LARGE;
    }
    if (strcmp(report_text(line, "kind"), "requirement") == 0) {
        json_object_set_new(line, "checks", json_array());
        json_array_append(source->requirements, line);
    } else if (count > 0) {
        json_t *checks = json_object_get(json_array_get(source->requirements, count - 1), "checks");
        json_array_append(checks, line);
    }
    return STATUS_OK;
}

/* Larger is worse: what did not complete, then by the slowest join. */
static double badness(const json_t *session)
{
    const char *outcome = report_text(session, "outcome");
    double rank = strcmp(outcome, "failed") == 0 ? 2 : strcmp(outcome, "completed") == 0 ? 0 : 1;
    return rank * 1e12 + report_number(session, "worst_join_us");
}

static enum status take_session(struct report_source *source, json_t *line)
{
    size_t at = json_array_size(source->worst);
    source->session_lines++;
    while (at > 0 && badness(json_array_get(source->worst, at - 1)) < badness(line)) {
        at--;
    }
    if (at < REPORT_WORST_MAX) {
        json_array_insert(source->worst, at, line);
        json_array_remove(source->worst, REPORT_WORST_MAX);
    }
    return STATUS_OK;
}

/* The columns of timeline.csv that are read, in its order; the others are skipped. */
enum column {
    COLUMN_SECOND,
    COLUMN_OFFERED,
    COLUMN_RUNNING,
    COLUMN_PARTICIPANTS,
    COLUMN_BITS_SENT,
    COLUMN_BITS_RECEIVED,
    COLUMN_P50,
    COLUMN_P95,
    COLUMN_P99,
    COLUMN_CPU,
    COLUMN_CPU_MAX,
    COLUMN_TARGET_CPU,
    COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = {
    "second",
    "offered",
    "running",
    "participants",
    "bits_sent",
    "bits_received",
    "frame_latency_p50_us",
    "frame_latency_p95_us",
    "frame_latency_p99_us",
    "generator_cpu",
    "generator_cpu_max",
    "target_cpu",
};

/* Which field of a row each column is; false: one is missing. */
static bool read_header(char *line, size_t fields[COLUMN_COUNT])
{
    unsigned found = 0;
    size_t index = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *rest = line, *name; (name = strsep(&rest, ",")) != NULL; index++) {
        for (unsigned i = 0; i < COLUMN_COUNT; i++) {
            if (strcmp(name, column_names[i]) == 0) {
                fields[i] = index;
                found |= 1U << i;
            }
        }
    }
    return found == (1U << COLUMN_COUNT) - 1;
}

static bool read_row(char *line, const size_t fields[COLUMN_COUNT], struct report_second *row)
{
    double values[COLUMN_COUNT];
    size_t index = 0;
    bool good = true;
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        values[i] = -1;
    }
    line[strcspn(line, "\r\n")] = '\0';
    for (char *rest = line, *text; (text = strsep(&rest, ",")) != NULL; index++) {
        for (unsigned i = 0; i < COLUMN_COUNT; i++) {
            if (fields[i] == index && text[0] != '\0') {
                char *end;
                values[i] = strtod(text, &end);
                good &= *end == '\0';
            }
        }
    }
    *row = (struct report_second){
        .second = values[COLUMN_SECOND],
        .offered = values[COLUMN_OFFERED],
        .running = values[COLUMN_RUNNING],
        .participants = values[COLUMN_PARTICIPANTS],
        .sent_mbps = values[COLUMN_BITS_SENT] / 1e6,
        .received_mbps = values[COLUMN_BITS_RECEIVED] / 1e6,
        .latency_p50_ms = values[COLUMN_P50] / 1e3,
        .latency_p95_ms = values[COLUMN_P95] / 1e3,
        .latency_p99_ms = values[COLUMN_P99] / 1e3,
        .generator_cpu = values[COLUMN_CPU],
        .generator_cpu_max = values[COLUMN_CPU_MAX],
        .target_cpu = values[COLUMN_TARGET_CPU],
    };
    return good && row->second >= 0;
}

static enum status append_second(struct report_source *source, const struct report_second *row)
{
    if (source->second_count == REPORT_SECONDS_MAX) {
        return STATUS_TOO_LARGE;
    }
    if ((source->second_count & (source->second_count - 1)) == 0) {
        size_t capacity = source->second_count > 0 ? 2 * source->second_count : 1;
        struct report_second *rows = realloc(source->seconds, capacity * sizeof *rows);
        if (rows == NULL) {
            return STATUS_NO_MEMORY;
        }
        source->seconds = rows;
    }
    source->seconds[source->second_count++] = *row;
    return STATUS_OK;
}

static enum status load_timeline(struct report_source *source, struct failure *failure)
{
    char path[RESULT_PATH_SIZE], line[2048];
    size_t fields[COLUMN_COUNT];
    struct report_second row;
    snprintf(path, sizeof path, "%s/timeline.csv", source->folder);
    errno = 0;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return result_file_fail(failure, "read", path);
    }
    enum status status = fgets(line, sizeof line, stream) != NULL && read_header(line, fields)
                             ? STATUS_OK
                             : STATUS_MALFORMED;
    while (status == STATUS_OK && fgets(line, sizeof line, stream) != NULL) {
        status = read_row(line, fields, &row) ? append_second(source, &row) : STATUS_MALFORMED;
    }
    fclose(stream);
    if (status != STATUS_OK) {
        failure_set(failure, status, "%s: %s", path, status_text(status));
    }
    return status;
}

enum status report_source_load(const char *folder, struct report_source *ret_source,
                               struct failure *failure)
{
    struct report_source source = {
        .folder = folder, .requirements = json_array(), .worst = json_array()};
    enum status status = load_object(folder, "run.json", RUN_SCHEMA, &source.run, failure);
    if (status == STATUS_OK) {
        status = load_object(folder, "summary.json", SUMMARY_SCHEMA, &source.summary, failure);
    }
    if (status == STATUS_OK) {
        status = load_lines(&source, "checks.jsonl", take_check, failure);
    }
    if (status == STATUS_OK) {
        status = load_lines(&source, "sessions.jsonl", take_session, failure);
    }
    if (status == STATUS_OK) {
        status = load_timeline(&source, failure);
    }
    if (status == STATUS_OK) {
        *ret_source = source;
    } else {
        report_source_finish(&source);
    }
    return status;
}

void report_source_finish(struct report_source *source)
{
    json_decref(source->run);
    json_decref(source->summary);
    json_decref(source->requirements);
    json_decref(source->worst);
    free(source->seconds);
    *source = (struct report_source){0};
}
