#include "engine/run/shard_recorder.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "engine/measure/metric_delta.h"
#include "engine/media/media_sink.h"
#include "engine/media/probe.h"
#include "engine/result/shard_result.h"
#include "engine/run/hold_recorder.h"
#include "engine/run/shard.h"
#include "engine/script/script.h"

struct shard_recorder {
    const struct shard_task *task;
    struct metrics *metrics;
    struct check_log *checks;
    struct ledger ledger;
    struct shard_writer *writer;
    struct metric_delta frame_latency;
    struct hold_recorder hold;
    int64_t start_us;
    uint64_t late_before;
    struct probe_stats probes_before;
};

enum status shard_recorder_create(const struct shard_task *task, struct metrics *metrics,
                                  struct shard_recorder **ret_recorder, struct failure *failure)
{
    struct shard_recorder *recorder = calloc(1, sizeof *recorder);
    enum status status;

    if (!recorder)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    recorder->task = task;
    recorder->metrics = metrics;
    recorder->checks = check_log_create();
    status = recorder->checks ? shard_writer_open(task->folder, &recorder->writer, failure)
                              : failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    if (status != STATUS_OK) {
        shard_recorder_destroy(recorder);
        return status;
    }
    *ret_recorder = recorder;
    return STATUS_OK;
}

void shard_recorder_destroy(struct shard_recorder *recorder)
{
    if (!recorder)
        return;
    shard_writer_destroy(recorder->writer);
    check_log_destroy(recorder->checks);
    metric_delta_finish(&recorder->frame_latency);
    hold_recorder_finish(&recorder->hold);
    free(recorder);
}

struct check_log *shard_recorder_checks(struct shard_recorder *recorder)
{
    return recorder->checks;
}

struct ledger *shard_recorder_ledger(struct shard_recorder *recorder)
{
    return &recorder->ledger;
}

void shard_recorder_begin(struct shard_recorder *recorder, int64_t start_us)
{
    recorder->start_us = start_us;
    shard_writer_begin(recorder->writer, recorder->metrics);
}

void shard_recorder_second(struct shard_recorder *recorder, struct shard_counts *counts,
                           int64_t now_us, int64_t loop_lag_us)
{
    struct histogram gained = {0};
    struct shard_second second = {.at_us = now_us - recorder->start_us,
                                  .offered = counts->planned,
                                  .running = counts->running,
                                  .participants = counts->participants,
                                  .completed = counts->completed,
                                  .failed = counts->failed,
                                  .late_starts = counts->late - recorder->late_before,
                                  .cpu = counts->cpu,
                                  .loop_cpu = counts->loop_cpu,
                                  .loop_lag_us = loop_lag_us};

    if (second.at_us <= 0)
        return;
    recorder->late_before = counts->late;
    struct health_window window = shard_writer_second(recorder->writer, recorder->metrics, &second);
    hold_recorder_second(&recorder->hold, &recorder->task->settings->hold, recorder->metrics,
                         counts, &window, second.at_us);
    hold_recorder_samples(&recorder->hold, &recorder->task->settings->hold, recorder->metrics,
                          counts->hold_samples);
    counts->frame_latency_p95_us = 0;
    if (metric_delta_histogram(&recorder->frame_latency, recorder->metrics, METRIC_FRAME_LATENCY,
                               &gained))
        counts->frame_latency_p95_us = histogram_quantile(&gained, 0.95);
    histogram_finish(&gained);
}

bool shard_recorder_hold_due(const struct shard_recorder *recorder)
{
    return hold_recorder_due(&recorder->hold, &recorder->task->settings->hold);
}

void shard_recorder_end_hold(struct shard_recorder *recorder)
{
    hold_recorder_end(&recorder->hold, recorder->metrics);
}

void shard_recorder_session(struct shard_recorder *recorder, const struct session_result *result,
                            int64_t start_us)
{
    static const char *const outcomes[] = {
        [SESSION_COMPLETED] = "completed", [SESSION_FAILED] = "failed", [SESSION_CUT] = "cut"};

    shard_writer_session(recorder->writer,
                         &(struct session_record){.index = result->index,
                                                  .seed = recorder->task->settings->seed,
                                                  .story = result->story,
                                                  .outcome = outcomes[result->outcome],
                                                  .reason = result->reason,
                                                  .plan = result->plan,
                                                  .measures = result->measures,
                                                  .intended_us = result->intended_us - start_us,
                                                  .started_us = result->started_us - start_us,
                                                  .ended_us = result->ended_us - start_us,
                                                  .worst_join_us = result->worst_join_us});
}

/* ---- probes ---- */

static void on_video(void *arg, const struct probe_video_result *result)
{
    struct shard_recorder *recorder = arg;

    media_sink_probed_video(recorder->metrics, result);
}

static void on_audio(void *arg, const struct probe_audio_result *result)
{
    struct shard_recorder *recorder = arg;

    media_sink_probed_audio(recorder->metrics, result);
}

void shard_recorder_probes(struct shard_recorder *recorder, struct probe_pool *probes)
{
    struct probe_stats stats, *before = &recorder->probes_before;
    struct probe_handlers handlers = {.on_video = on_video, .on_audio = on_audio, .arg = recorder};

    probe_pool_drain(probes, &handlers);
    probe_pool_stats(probes, &stats);
    uint64_t refused = stats.refused - before->refused + stats.results_lost - before->results_lost;
    if (refused > 0)
        metric_record(recorder->metrics, METRIC_PROBE_REFUSED, (int64_t)refused, 0, 0);
    *before = stats;
}

/* ---- the end ---- */

static bool is_network_lossy(const struct shard_recorder *recorder)
{
    struct metric_value value;

    return metrics_find(recorder->metrics, "net.lost", "", &value) ||
           metrics_find(recorder->metrics, "net.queue_dropped", "", &value);
}

static void fill_ledger(struct shard_recorder *recorder, const struct shard_counts *counts)
{
    struct metric_value expected, lost;
    static const struct {
        const char *name, *expected, *lost;
    } media[] = {{"video frames", "frame.expected", "frame.lost"},
                 {"audio packets", "audio.expected", "audio.lost"}};

    ledger_add(&recorder->ledger, "sessions", counts->planned,
               counts->completed + counts->failed + counts->cut, counts->dropped,
               "dropped: the cap of running sessions was reached");
    for (size_t i = 0; i < sizeof media / sizeof *media; i++) {
        uint64_t want, missing;
        if (!metrics_find(recorder->metrics, media[i].expected, "", &expected) ||
            !metrics_find(recorder->metrics, media[i].lost, "", &lost))
            continue;
        want = (uint64_t)expected.sum;
        missing = (uint64_t)lost.sum;
        /* Lost media is a measured quality, judged by thresholds: it is explained by the receivers'
         * own counters. What is neither received nor counted as lost would be unexplained. */
        ledger_add(&recorder->ledger, media[i].name, want, want - missing, missing,
                   is_network_lossy(recorder)
                       ? "lost on the way, counted by the receiver; an emulated network took part "
                         "(net.lost, net.queue_dropped)"
                       : "lost on the way, counted by the receiver");
    }
}

enum status shard_recorder_write(struct shard_recorder *recorder, const struct shard_counts *counts,
                                 const struct script_people *people, struct failure *failure)
{
    struct run_counts totals = {.planned = counts->planned,
                                .started = counts->started,
                                .completed = counts->completed,
                                .failed = counts->failed,
                                .late = counts->late,
                                .dropped = counts->dropped,
                                .cut = counts->cut,
                                .participants_peak = people->peak,
                                .participants_total = people->total};

    fill_ledger(recorder, counts);
    return shard_writer_close(recorder->writer,
                              &(struct shard_totals){.shard_index = recorder->task->index,
                                                     .shard_count = recorder->task->count,
                                                     .metrics = recorder->metrics,
                                                     .counts = &totals,
                                                     .ledger = &recorder->ledger,
                                                     .checks = recorder->checks,
                                                     .hold = &recorder->hold.hold},
                              failure);
}
