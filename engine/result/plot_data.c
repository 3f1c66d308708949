#include "engine/result/plot_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/histogram.h"
#include "engine/result/result_file.h"
#include "engine/result/result_json.h"

/* More points than a drawing has columns only make it heavy. */
#define TIMELINE_POINTS_MAX 800

/* The phases of joining in their order. Connecting is a chain: each begins where the one before it
 * ended. What follows the join counts from the join itself. */
static const struct {
    const char *metric, *label;
    bool chained;
} phases[] = {
    {"connect.signalling", "connect: signalling", true},
    {"connect.ice", "connect: ICE", true},
    {"connect.dtls", "connect: DTLS", true},
    {"m.join_accepted", "join: accepted", false},
    {"connect.first_rtp", "join: first packet", false},
    {"connect.first_audio", "join: first sound", false},
    {"connect.first_frame", "join: first picture", false},
};

enum status plot_data_join(const struct report_source *source, const char *folder, size_t *ret_rows,
                           struct failure *failure)
{
    struct result_file file;
    double start_ms = 0;
    enum status status = result_file_open(&file, failure, folder, "join.csv");
    if (status != STATUS_OK) {
        return status;
    }
    fputs("row,phase,start_ms,p50_ms,p95_ms,chained\n", file.stream);
    *ret_rows = 0;
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        const json_t *metric = report_metric(source, phases[i].metric, "");
        if (report_number(metric, "count") <= 0) {
            continue;
        }
        double p50_ms = report_number(metric, "p50") / 1e3;
        *ret_rows += 1;
        fprintf(file.stream, "%zu,%s,%.3f,%.3f,%.3f,%d\n", *ret_rows, phases[i].label,
                phases[i].chained ? start_ms : 0, p50_ms, report_number(metric, "p95") / 1e3,
                phases[i].chained);
        start_ms += phases[i].chained ? p50_ms : 0;
    }
    return result_file_commit(&file, failure);
}

static const char *const series[] = {"frame.latency", "audio.latency", "m.mouth_ear"};
#define SERIES_COUNT (sizeof series / sizeof series[0])

/* An empty histogram when there is none. */
static enum status load_histogram(const struct report_source *source, const char *metric,
                                  struct histogram *histogram, struct failure *failure)
{
    char name[96];
    json_t *json = NULL;
    if (report_metric(source, metric, "") == NULL) {
        return STATUS_OK;
    }
    snprintf(name, sizeof name, "histograms/%s.json", metric);
    enum status status = result_file_read_json(source->folder, name, &json, failure);
    if (status != STATUS_OK) {
        return status;
    }
    status = histogram_from_json(json_object_get(json, "total"), histogram);
    json_decref(json);
    return status == STATUS_OK
               ? status
               : failure_set(failure, status, "%s/%s is not a histogram", source->folder, name);
}

/* Ten steps per decade of 1/(1-percentile) from the median on, as far as any series has values. */
static size_t write_percentiles(FILE *stream, const struct histogram histograms[SERIES_COUNT])
{
    uint64_t most = 0;
    size_t rows = 0;
    for (size_t i = 0; i < SERIES_COUNT; i++) {
        most = histograms[i].count > most ? histograms[i].count : most;
    }
    for (int step = 3; most > 1; step++) {
        double inverse = pow(10, step / 10.0);
        if (inverse > (double)most) {
            break;
        }
        fprintf(stream, "%.6g,%.8g", inverse, 100 * (1 - 1 / inverse));
        for (size_t i = 0; i < SERIES_COUNT; i++) {
            if ((double)histograms[i].count >= inverse) {
                fprintf(stream, ",%.3f",
                        (double)histogram_quantile(&histograms[i], 1 - 1 / inverse) / 1e3);
            } else {
                fputc(',', stream);
            }
        }
        fputc('\n', stream);
        rows++;
    }
    return rows;
}

enum status plot_data_percentiles(const struct report_source *source, const char *folder,
                                  size_t *ret_rows, struct failure *failure)
{
    struct histogram histograms[SERIES_COUNT] = {0};
    struct result_file file = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < SERIES_COUNT && status == STATUS_OK; i++) {
        status = load_histogram(source, series[i], &histograms[i], failure);
    }
    if (status == STATUS_OK) {
        status = result_file_open(&file, failure, folder, "percentiles.csv");
    }
    if (status == STATUS_OK) {
        fputs("one_over_rest,percentile,frame_latency_ms,audio_latency_ms,mouth_ear_ms\n",
              file.stream);
        *ret_rows = write_percentiles(file.stream, histograms);
        status = result_file_commit(&file, failure);
    }
    for (size_t i = 0; i < SERIES_COUNT; i++) {
        histogram_finish(&histograms[i]);
    }
    return status;
}

/* One point for `count` seconds: the mean of what is known, the worst of the percentiles. */
static struct report_second summarize(const struct report_second *rows, size_t count)
{
    struct report_second sum = {
        .latency_p50_ms = -1, .latency_p95_ms = -1, .latency_p99_ms = -1, .target_cpu = -1};
    double target = 0;
    size_t targets = 0;
    for (size_t i = 0; i < count; i++) {
        sum.offered += rows[i].offered / (double)count;
        sum.running += rows[i].running / (double)count;
        sum.participants += rows[i].participants / (double)count;
        sum.sent_mbps += rows[i].sent_mbps / (double)count;
        sum.received_mbps += rows[i].received_mbps / (double)count;
        sum.generator_cpu += rows[i].generator_cpu / (double)count;
        sum.generator_cpu_max = fmax(sum.generator_cpu_max, rows[i].generator_cpu_max);
        sum.latency_p50_ms = fmax(sum.latency_p50_ms, rows[i].latency_p50_ms);
        sum.latency_p95_ms = fmax(sum.latency_p95_ms, rows[i].latency_p95_ms);
        sum.latency_p99_ms = fmax(sum.latency_p99_ms, rows[i].latency_p99_ms);
        if (rows[i].target_cpu >= 0) {
            target += rows[i].target_cpu;
            targets++;
        }
    }
    sum.second = rows[0].second;
    sum.target_cpu = targets > 0 ? target / (double)targets : -1;
    return sum;
}

static void write_known(FILE *stream, double value, int decimals)
{
    if (value >= 0) {
        fprintf(stream, ",%.*f", decimals, value);
    } else {
        fputc(',', stream);
    }
}

typedef void point_fn(FILE *stream, const struct report_second *point);

static void write_timeline_point(FILE *stream, const struct report_second *point)
{
    fprintf(stream, "%.0f,%.1f,%.1f", point->second, point->running, point->participants);
    write_known(stream, point->latency_p50_ms, 3);
    write_known(stream, point->latency_p95_ms, 3);
    write_known(stream, point->latency_p99_ms, 3);
    fprintf(stream, ",%.3f,%.3f\n", point->sent_mbps, point->received_mbps);
}

static void write_load_point(FILE *stream, const struct report_second *point)
{
    fprintf(stream, "%.0f,%.1f,%.4f,%.4f", point->second, point->participants, point->generator_cpu,
            point->generator_cpu_max);
    write_known(stream, point->target_cpu, 4);
    fputc('\n', stream);
}

static enum status write_points(const struct report_source *source, const char *folder,
                                const char *name, const char *header, point_fn *write_point,
                                size_t *ret_rows, struct failure *failure)
{
    struct result_file file;
    size_t step = source->second_count / TIMELINE_POINTS_MAX + 1;
    enum status status = result_file_open(&file, failure, folder, "%s", name);
    if (status != STATUS_OK) {
        return status;
    }
    fputs(header, file.stream);
    *ret_rows = 0;
    for (size_t i = 0; i < source->second_count; i += step) {
        size_t left = source->second_count - i;
        struct report_second point = summarize(&source->seconds[i], left < step ? left : step);
        write_point(file.stream, &point);
        *ret_rows += 1;
    }
    return result_file_commit(&file, failure);
}

enum status plot_data_timeline(const struct report_source *source, const char *folder,
                               size_t *ret_rows, struct failure *failure)
{
    return write_points(source, folder, "timeline.csv",
                        "second,running,participants,frame_latency_p50_ms,frame_latency_p95_ms,"
                        "frame_latency_p99_ms,sent_mbps,received_mbps\n",
                        write_timeline_point, ret_rows, failure);
}

enum status plot_data_load(const struct report_source *source, const char *folder, size_t *ret_rows,
                           struct failure *failure)
{
    return write_points(
        source, folder, "load.csv",
        "second,participants,generator_cpu_cores,busiest_shard_cpu,target_cpu_cores\n",
        write_load_point, ret_rows, failure);
}
