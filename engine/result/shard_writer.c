#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "engine/measure/metric_delta.h"
#include "engine/result/json_member.h"
#include "engine/result/result_file.h"
#include "engine/result/result_json.h"
#include "engine/result/session_index.h"
#include "engine/result/shard_files.h"
#include "engine/result/shard_result.h"

/* The metrics whose increase makes up a second. */
struct second_deltas {
    struct metric_delta frame_latency, audio_latency, send_slip, event_wait;
    struct metric_delta packets_sent, packets_received, bytes_sent, bytes_received;
    struct metric_delta kernel_drops, network_refused, probe_refused, decoded, undecodable;
};

struct shard_writer {
    char folder[RESULT_PATH_SIZE];
    FILE *sessions, *seconds;
    uint64_t session_count, second_count;
    struct second_deltas deltas;
    struct health health;
    struct failure failure; /* the first failure of the disk; STATUS_OK while there is none */
};

static enum status open_stream(const char *folder, const char *name, FILE **ret_stream,
                               struct failure *failure)
{
    char path[RESULT_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return failure_set(failure, STATUS_TOO_LARGE, "the path is too long: %s", folder);
    }
    errno = 0;
    *ret_stream = fopen(path, "wbx");
    return *ret_stream != NULL ? STATUS_OK : result_file_fail(failure, "write", path);
}

enum status shard_writer_open(const char *folder, struct shard_writer **ret_writer,
                              struct failure *failure)
{
    struct shard_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for the results of a shard");
    }
    snprintf(writer->folder, sizeof writer->folder, "%s", folder);
    enum status status = open_stream(folder, SHARD_SESSIONS_FILE, &writer->sessions, failure);
    if (status == STATUS_OK) {
        status = open_stream(folder, SHARD_SECONDS_FILE, &writer->seconds, failure);
    }
    if (status != STATUS_OK) {
        shard_writer_destroy(writer);
        return status;
    }
    *ret_writer = writer;
    return STATUS_OK;
}

static void close_stream(FILE **stream)
{
    if (*stream != NULL) {
        fclose(*stream);
        *stream = NULL;
    }
}

void shard_writer_destroy(struct shard_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    close_stream(&writer->sessions);
    close_stream(&writer->seconds);
    struct metric_delta *deltas = (struct metric_delta *)&writer->deltas;
    for (size_t i = 0; i < sizeof writer->deltas / sizeof *deltas; i++) {
        metric_delta_finish(&deltas[i]);
    }
    free(writer);
}

/* Consumes `json`. */
static void write_line(struct shard_writer *writer, FILE *stream, const char *name, json_t *json)
{
    errno = 0;
    if (writer->failure.status == STATUS_OK && !result_file_write_line(stream, json)) {
        char path[RESULT_PATH_SIZE + 32];
        snprintf(path, sizeof path, "%s/%s", writer->folder, name);
        result_file_fail(&writer->failure, "write", path);
    }
    json_decref(json);
}

static json_t *time_or_null(int64_t us)
{
    return us >= 0 ? json_integer(us) : json_null();
}

/* A line must fit the reader: one with too long a plan says so instead of carrying it. */
static void fit_line(json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    if (text == NULL || strlen(text) > SESSION_LINE_MAX - 64) {
        json_object_set_new(line, "plan", json_object());
        json_object_set_new(line, "measures", json_object());
        json_object_set_new(line, "shortened", json_true());
    }
    free(text);
}

void shard_writer_session(struct shard_writer *writer, const struct session_record *record)
{
    char seed[24];
    json_t *line = json_object();
    snprintf(seed, sizeof seed, "0x%016llx", (unsigned long long)record->seed);
    member_set_text(line, "schema", SESSION_SCHEMA);
    member_set_count(line, "index", record->index);
    member_set_text(line, "story", record->story != NULL ? record->story : "");
    member_set_text(line, "seed", seed); /* 64 bits: more than JSON numbers hold */
    json_object_set_new(line, "intended_us", json_integer(record->intended_us));
    member_set_object(line, "plan", record->plan);
    member_set_text(line, "outcome", record->outcome);
    member_set_text(line, "reason", record->reason != NULL ? record->reason : "");
    json_object_set_new(line, "started_us", time_or_null(record->started_us));
    json_object_set_new(line, "ended_us", time_or_null(record->ended_us));
    json_object_set_new(line, "worst_join_us", json_integer(record->worst_join_us));
    member_set_object(line, "measures", record->measures);
    fit_line(line);
    write_line(writer, writer->sessions, SHARD_SESSIONS_FILE, line);
    writer->session_count++;
}

/* What 99 % did not exceed; of fewer than 100, what all but one did not: a single one is no per
 * cent. */
static int64_t p99_of(const struct histogram *gained)
{
    double share = gained->count >= 100 ? 0.99 : 1 - 1.0 / (double)gained->count;

    return gained->count > 1 ? histogram_quantile(gained, share) : 0;
}

/* The increase of a histogram as its count, and as JSON or p99 where asked. */
static uint64_t take_histogram(struct metric_delta *delta, const struct metrics *metrics,
                               enum metric metric, json_t **ret_json, int64_t *ret_p99)
{
    struct histogram gained = {0};
    metric_delta_histogram(delta, metrics, metric, &gained);
    uint64_t count = gained.count;
    if (ret_json != NULL) {
        *ret_json = histogram_to_json(&gained);
    }
    if (ret_p99 != NULL) {
        *ret_p99 = p99_of(&gained);
    }
    histogram_finish(&gained);
    return count;
}

static uint64_t take_sum(struct metric_delta *delta, const struct metrics *metrics,
                         enum metric metric)
{
    int64_t gained = metric_delta_sum(delta, metrics, metric);
    return gained > 0 ? (uint64_t)gained : 0;
}

static struct health_window take_window(struct second_deltas *deltas, const struct metrics *metrics,
                                        const struct shard_second *second)
{
    struct health_window window = {.cpu = second->loop_cpu,
                                   .loop_lag_us = second->loop_lag_us,
                                   .late_starts = second->late_starts};
    take_histogram(&deltas->send_slip, metrics, METRIC_SEND_SLIP, NULL, &window.send_slip_p99_us);
    take_histogram(&deltas->event_wait, metrics, METRIC_EVENT_WAIT, NULL,
                   &window.event_wait_p99_us);
    window.kernel_drops = take_sum(&deltas->kernel_drops, metrics, METRIC_KERNEL_DROPS);
    window.network_refused = take_sum(&deltas->network_refused, metrics, METRIC_NET_REFUSED);
    window.probe_refused = take_sum(&deltas->probe_refused, metrics, METRIC_PROBE_REFUSED);
    window.probe_frames = window.probe_refused +
                          take_sum(&deltas->decoded, metrics, METRIC_VIDEO_DECODED) +
                          take_sum(&deltas->undecodable, metrics, METRIC_VIDEO_UNDECODABLE);
    return window;
}

void shard_writer_begin(struct shard_writer *writer, const struct metrics *metrics)
{
    take_histogram(&writer->deltas.send_slip, metrics, METRIC_SEND_SLIP, NULL, NULL);
    take_histogram(&writer->deltas.event_wait, metrics, METRIC_EVENT_WAIT, NULL, NULL);
}

struct health_window shard_writer_second(struct shard_writer *writer, const struct metrics *metrics,
                                         const struct shard_second *second)
{
    struct second_deltas *deltas = &writer->deltas;
    struct health_window window = take_window(deltas, metrics, second);
    health_add(&writer->health, &window);

    json_t *line = json_object(), *latency = NULL;
    /* The second whose end is nearest: ticks drift by less than they last. */
    int64_t row = (second->at_us + US_PER_S / 2) / US_PER_S - 1;
    json_object_set_new(line, "second", json_integer(row > 0 ? row : 0));
    member_set_count(line, "offered", second->offered);
    member_set_count(line, "running", second->running);
    member_set_count(line, "participants", second->participants);
    member_set_count(line, "completed", second->completed);
    member_set_count(line, "failed", second->failed);
    member_set_count(
        line, "frames_received",
        take_histogram(&deltas->frame_latency, metrics, METRIC_FRAME_LATENCY, &latency, NULL));
    json_object_set_new(line, "frame_latency", latency);
    member_set_count(
        line, "audio_received",
        take_histogram(&deltas->audio_latency, metrics, METRIC_AUDIO_LATENCY, NULL, NULL));
    member_set_count(line, "packets_sent",
                     take_sum(&deltas->packets_sent, metrics, METRIC_RTP_SENT));
    member_set_count(line, "packets_received",
                     take_sum(&deltas->packets_received, metrics, METRIC_RTP_RECEIVED));
    member_set_count(line, "bytes_sent",
                     take_sum(&deltas->bytes_sent, metrics, METRIC_RTP_BYTES_SENT));
    member_set_count(line, "bytes_received",
                     take_sum(&deltas->bytes_received, metrics, METRIC_RTP_BYTES_RECEIVED));
    member_set_number(line, "cpu", second->cpu);
    member_set_number(line, "loop_cpu", second->loop_cpu);
    json_object_set_new(line, "loop_lag_us", json_integer(second->loop_lag_us));
    json_object_set_new(line, "send_slip_p99_us", json_integer(window.send_slip_p99_us));
    write_line(writer, writer->seconds, SHARD_SECONDS_FILE, line);
    writer->second_count++;
    return window;
}

const struct health *shard_writer_health(const struct shard_writer *writer)
{
    return &writer->health;
}

static json_t *totals_to_json(const struct shard_writer *writer, const struct shard_totals *totals)
{
    json_t *state = json_object();
    member_set_text(state, "schema", SHARD_STATE_SCHEMA);
    member_set_count(state, "shard_index", totals->shard_index);
    member_set_count(state, "shard_count", totals->shard_count);
    member_set_count(state, "session_lines", writer->session_count);
    member_set_count(state, "second_lines", writer->second_count);
    member_set_count(state, "metrics_refused", metrics_refused(totals->metrics));
    member_set_count(state, "checks_refused",
                     totals->checks != NULL ? check_log_refused(totals->checks) : 0);
    member_set_count(state, "ledger_refused", totals->ledger != NULL ? totals->ledger->refused : 0);
    json_object_set_new(state, "counts", counts_to_json(totals->counts));
    json_object_set_new(state, "metrics", metrics_to_json(totals->metrics));
    json_object_set_new(state, "health", health_to_json(&writer->health));
    json_object_set_new(state, "ledger",
                        totals->ledger != NULL ? ledger_to_json(totals->ledger) : json_array());
    json_object_set_new(state, "checks",
                        totals->checks != NULL ? checks_to_json(totals->checks) : json_array());
    json_object_set_new(state, "hold", hold_to_json(totals->hold));
    return state;
}

/* Sets the writer's failure when the stream's content did not reach the disk. */
static void flush_stream(struct shard_writer *writer, FILE **stream, const char *name)
{
    errno = 0;
    bool good = *stream != NULL && fflush(*stream) == 0 && !ferror(*stream);
    close_stream(stream);
    if (!good && writer->failure.status == STATUS_OK) {
        char path[RESULT_PATH_SIZE + 32];
        snprintf(path, sizeof path, "%s/%s", writer->folder, name);
        result_file_fail(&writer->failure, "write", path);
    }
}

enum status shard_writer_close(struct shard_writer *writer, const struct shard_totals *totals,
                               struct failure *failure)
{
    flush_stream(writer, &writer->sessions, SHARD_SESSIONS_FILE);
    flush_stream(writer, &writer->seconds, SHARD_SECONDS_FILE);
    if (writer->failure.status != STATUS_OK) {
        return failure_set(failure, writer->failure.status, "%s", writer->failure.message);
    }
    json_t *state = totals_to_json(writer, totals);
    enum status status = result_file_write_json(writer->folder, SHARD_STATE_FILE, state,
                                                RESULT_DIGITS_EXACT, failure);
    json_decref(state);
    return status;
}
