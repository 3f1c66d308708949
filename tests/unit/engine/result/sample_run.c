#include "sample_run.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"

#define START_REALTIME_US 1767312000000000LL /* 2026-01-02T00:00:00Z */

struct sample {
    const struct sample_settings *settings;
    struct random_stream random;
    struct metrics *metrics;
    struct ledger ledger;
    struct check_log *checks;
    struct run_counts counts;
    unsigned patient, nurse, doctor, video, audio;
    unsigned index, share;
};

/* Log-normal around `median` by Box and Muller. */
static int64_t draw(struct sample *sample, double median, double spread)
{
    double a = random_unit(&sample->random), b = random_unit(&sample->random);
    double normal = sqrt(-2 * log(1 - a)) * cos(2 * M_PI * b);
    return (int64_t)(median * exp(spread * normal));
}

static unsigned draw_role(struct sample *sample)
{
    const unsigned roles[] = {sample->patient, sample->nurse, sample->doctor};
    return roles[random_below(&sample->random, 3)];
}

static void record_join(struct sample *sample)
{
    static const struct {
        enum metric metric;
        double median_us, spread;
    } phases[] = {
        {METRIC_M_SIGNIN, 3100, 0.3},
        {METRIC_CONNECT_SIGNALLING, 2300, 0.4},
        {METRIC_CONNECT_ICE, 21000, 0.3},
        {METRIC_CONNECT_DTLS, 14000, 0.35},
        {METRIC_CONNECT_FIRST_RTP, 22000, .4},
        {METRIC_CONNECT_FIRST_AUDIO, 24000, 0.4},
        {METRIC_CONNECT_FIRST_FRAME, 61000, .4},
        {METRIC_M_LINK_WAITING, 5200, 0.4},
        {METRIC_M_ENTER_CARD, 1900, 0.5},
        {METRIC_M_JOIN_STATE, 2100, 0.5},
        {METRIC_M_JOIN_ACCEPTED, 1300, 0.4},
        {METRIC_M_HOLD_SILENCE, 1500, 0.6},
        {METRIC_M_TRANSFER_CARD, 4100, 0.5},
        {METRIC_M_END_GONE, 3300, 0.5},
        {METRIC_M_FANOUT, 900, 0.7},
        {METRIC_WAIT_TIME, 2600000, 0.6},
        {METRIC_M_REFUSE, 1100, 0.3},
    };
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        metric_record(sample->metrics, phases[i].metric,
                      draw(sample, phases[i].median_us, phases[i].spread), draw_role(sample), 0);
    }
    metric_record(sample->metrics, METRIC_M_JOIN_MEDIA, draw(sample, 65000, 0.4), draw_role(sample),
                  sample->video);
    metric_record(sample->metrics, METRIC_M_JOIN_MEDIA, draw(sample, 27000, 0.4), draw_role(sample),
                  sample->audio);
}

static void record_media_second(struct sample *sample, unsigned participants, double slowness)
{
    for (unsigned i = 0; i < participants; i++) {
        unsigned role = draw_role(sample);
        int64_t slip_spread = sample->settings->kind == SAMPLE_INCONCLUSIVE ? 20 : 1;
        for (int frame = 0; frame < 20; frame++) {
            metric_record(sample->metrics, METRIC_FRAME_LATENCY,
                          draw(sample, 17500 * slowness, 0.12), role, 0);
        }
        for (int packet = 0; packet < 50; packet++) {
            metric_record(sample->metrics, METRIC_AUDIO_LATENCY, draw(sample, 600 * slowness, 0.5),
                          role, 0);
            metric_record(sample->metrics, METRIC_M_MOUTH_EAR, draw(sample, 41000, 0.15), role, 0);
        }
        metric_record(sample->metrics, METRIC_SEND_SLIP,
                      draw(sample, 120 * (double)slip_spread, 0.9), 0, 0);
        metric_record(sample->metrics, METRIC_VIDEO_FPS,
                      20000 - (int64_t)random_below(&sample->random, 900), role, 0);
        metric_record(sample->metrics, METRIC_VIDEO_JITTER, draw(sample, 700, 0.4), role, 0);
        metric_record(sample->metrics, METRIC_AV_SKEW, draw(sample, 16500, 0.1), role, 0);
        metric_record(sample->metrics, METRIC_FRAMES_EXPECTED, 20, role, 0);
        metric_record(sample->metrics, METRIC_FRAMES_RECEIVED, 20, role, 0);
        metric_record(sample->metrics, METRIC_AUDIO_EXPECTED, 50, role, 0);
        metric_record(sample->metrics, METRIC_AUDIO_RECEIVED, 50, role, 0);
        metric_record(sample->metrics, METRIC_AUDIO_SAMPLES, 48000, role, 0);
        metric_record(sample->metrics, METRIC_AUDIO_CONCEALED,
                      (int64_t)random_below(&sample->random, 60), role, 0);
        metric_record(sample->metrics, METRIC_VIDEO_US, US_PER_S, role, 0);
        metric_record(sample->metrics, METRIC_RTP_SENT, 110, role, 0);
        metric_record(sample->metrics, METRIC_RTP_RECEIVED, 110, role, 0);
        metric_record(sample->metrics, METRIC_RTP_BYTES_SENT, 74000, role, 0);
        metric_record(sample->metrics, METRIC_RTP_BYTES_RECEIVED, 73500, role, 0);
        if (random_below(&sample->random, 400) == 0) {
            metric_record(sample->metrics, METRIC_FREEZE_US, 240000, role, 0);
            metric_record(sample->metrics, METRIC_FREEZE_COUNT, 1, role, 0);
            metric_record(sample->metrics, METRIC_FRAMES_LOST, 1, role, 0);
        }
    }
    metric_record(sample->metrics, METRIC_VIDEO_PSNR, 36000 + draw(sample, 900, 0.3), 0, 0);
    metric_record(sample->metrics, METRIC_VIDEO_SSIM, 965000 + draw(sample, 9000, 0.2), 0, 0);
    metric_record(sample->metrics, METRIC_VIDEO_DECODED, 20, 0, 0);
}

static void write_session(struct sample *sample, struct shard_writer *writer, uint64_t index,
                          unsigned second)
{
    bool fails = sample->settings->kind == SAMPLE_FAILED && random_below(&sample->random, 9) == 0;
    int64_t intended_us = (int64_t)second * US_PER_S + (int64_t)index * 1000 % US_PER_S;
    int64_t join_us = draw(sample, 65000, 0.4);
    char plan[160], measures[96];
    const char *branches[] = {"routine", "urgent", "other clinic"};
    snprintf(plan, sizeof plan,
             "{\"actors\":{\"patient\":\"p%llu\",\"nurse\":\"n%llu\"},\"branch\":\"%s\"}",
             (unsigned long long)index, (unsigned long long)index % 5, branches[index % 3]);
    snprintf(measures, sizeof measures, "{\"join_media\":%lld,\"hold_silence\":%lld}",
             (long long)join_us, (long long)draw(sample, 1500, 0.5));
    struct session_record record = {
        .index = index,
        .seed = random_mix(sample->settings->seed, index),
        .outcome = fails ? "failed" : "completed",
        .reason = fails ? "expect 'joined' by doctor: nothing within 5 s (teletriage.lua:88)" : "",
        .plan = plan,
        .measures = measures,
        .intended_us = intended_us,
        .started_us = intended_us + 300,
        .ended_us = intended_us + 11 * US_PER_S + (int64_t)random_below(&sample->random, 3000000),
        .worst_join_us = join_us,
    };
    shard_writer_session(writer, &record);
    sample->counts.planned++;
    sample->counts.started++;
    *(fails ? &sample->counts.failed : &sample->counts.completed) += 1;
    for (int i = 0; i < 3; i++) {
        record_join(sample);
    }
}

static void write_checks(struct sample *sample, uint64_t index)
{
    static const char *const ids[] = {"WA-01", "WA-04", "WA-09", "WA-15",
                                      "WA-18", "TR-08", "SES-15"};
    bool failing = sample->settings->kind == SAMPLE_FAILED;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        bool fails = failing && i == 4 && index % 4 == 0;
        check_log_add(sample->checks, ids[i], fails ? CHECK_FAIL : CHECK_PASS, (int64_t)index,
                      (int64_t)index * 400000,
                      fails ? "waiting patient p7 received 3 video packets of nurse n2 & <doctor>"
                            : NULL,
                      fails ? "evidence/WA-18-1" : NULL);
    }
    check_log_add(sample->checks, "WA-27", index % 5 == 0 ? CHECK_WARN : CHECK_PASS, (int64_t)index,
                  0, index % 5 == 0 ? "the card came after 1.2 s" : NULL, NULL);
}

static void write_second(struct sample *sample, struct shard_writer *writer, unsigned second)
{
    bool unfit = sample->settings->kind == SAMPLE_INCONCLUSIVE && second % 6 == 3;
    double ramp = second < 8 ? second / 8.0 : 1, wave = 1 + 0.15 * sin(second / 5.0);
    unsigned running = (unsigned)(sample->share * ramp);
    record_media_second(sample, running * 2, wave * (unfit ? 3 : 1));
    metric_record(sample->metrics, METRIC_LOOP_LAG, draw(sample, 900, 0.5), 0, 0);
    metric_record(sample->metrics, METRIC_START_LAG, draw(sample, 300, 0.5), 0, 0);
    struct shard_second row = {
        .at_us = (int64_t)(second + 1) * US_PER_S + 1500,
        .offered = sample->counts.planned,
        .running = running,
        .participants = running * 2,
        .completed = sample->counts.completed,
        .failed = sample->counts.failed,
        .late_starts = unfit && second % 4 == 1,
        .loop_cpu = (unfit ? 0.93 : 0.1 + 0.35 * ramp) + 0.03 * random_unit(&sample->random),
        .loop_lag_us = draw(sample, 900, 0.5),
    };
    row.cpu = row.loop_cpu + 0.08; /* probes */
    shard_writer_second(writer, sample->metrics, &row);
}

static void prepare(struct sample *sample, const struct sample_settings *settings, unsigned index)
{
    *sample = (struct sample){.settings = settings, .index = index};
    random_stream_init(&sample->random, random_mix(settings->seed, index));
    sample->metrics = metrics_create();
    sample->checks = check_log_create();
    sample->share = settings->sessions / settings->shards;
    sample->patient = metrics_tag(sample->metrics, "role=patient");
    sample->nurse = metrics_tag(sample->metrics, "role=triage_nurse");
    sample->doctor = metrics_tag(sample->metrics, "role=doctor");
    sample->video = metrics_tag(sample->metrics, "kind=video");
    sample->audio = metrics_tag(sample->metrics, "kind=audio");
}

static void close_shard(struct sample *sample, struct shard_writer *writer)
{
    bool failing = sample->settings->kind == SAMPLE_FAILED;
    uint64_t completed = sample->counts.completed;
    sample->counts.participants_peak = sample->share * 2;
    sample->counts.participants_total = sample->counts.started * 3;
    ledger_add(&sample->ledger, "sessions", sample->counts.planned, sample->counts.started, 0,
               NULL);
    ledger_add(&sample->ledger, "joins", completed * 2, completed * 2 - (failing ? 3 : 0), 0, NULL);
    ledger_add(&sample->ledger, "frames", completed * 400, completed * 400 - 9, 9,
               "cut in the last second of a call");
    metric_record_custom(sample->metrics, "story.decision", "us", draw(sample, 2e6, 0.2), 0);
    struct shard_totals totals = {.shard_index = sample->index,
                                  .shard_count = sample->settings->shards,
                                  .metrics = sample->metrics,
                                  .counts = &sample->counts,
                                  .ledger = &sample->ledger,
                                  .checks = sample->checks};
    struct failure failure = {0};
    enum status status = shard_writer_close(writer, &totals, &failure);
    assert(status == STATUS_OK);
}

void sample_shard_write(const struct sample_settings *settings, const char *folder, unsigned index,
                        struct metrics *metrics)
{
    struct sample sample;
    struct shard_writer *writer = NULL;
    struct failure failure = {0};
    enum status status = shard_writer_open(folder, &writer, &failure);
    assert(status == STATUS_OK);
    prepare(&sample, settings, index);
    for (unsigned second = 0; second < settings->seconds; second++) {
        for (unsigned k = 0; k < (sample.share + 11) / 12; k++) {
            uint64_t number = (sample.counts.planned) * settings->shards + index;
            write_session(&sample, writer, number, second);
            write_checks(&sample, number);
        }
        if (settings->kind == SAMPLE_FAILED && second == 30) {
            metric_record(sample.metrics, METRIC_FORBIDDEN_PACKETS, 3, sample.patient, 0);
        }
        write_second(&sample, writer, second);
    }
    close_shard(&sample, writer);
    if (metrics != NULL) {
        metrics_merge(metrics, sample.metrics);
    }
    shard_writer_destroy(writer);
    metrics_destroy(sample.metrics);
    check_log_destroy(sample.checks);
}

void sample_info_fill(const struct sample_settings *settings, struct run_info *info)
{
    strcpy(info->program_version, "0.1.0");
    snprintf(info->command, sizeof info->command,
             "caseload run teletriage --sessions %u --duration %us --seed %llu --probes 5",
             settings->sessions, settings->seconds, (unsigned long long)settings->seed);
    strcpy(info->story, "teletriage");
    strcpy(info->story_title, "Tele-triage: a nurse sorts, a doctor takes over");
    strcpy(info->story_path, "scenarios/teletriage.lua");
    info->seed = settings->seed;
    info->workers = settings->shards;
    info->sessions = settings->sessions;
    strcpy(info->arrivals, "constant");
    strcpy(info->media, "full");
    strcpy(info->video, "640x360 VP8 500 kbit/s");
    strcpy(info->audio, "Opus 32 kbit/s");
    strcpy(info->send, "paced");
    strcpy(info->client, "full");
    strcpy(info->io_path, "send, recvmmsg on taken-over sockets");
    strcpy(info->srtp_build, "OpenSSL, static");
    strcpy(info->srtp_suite, "AEAD_AES_128_GCM");
    strcpy(info->target_name, "reference");
    strcpy(info->target_url, "embedded");
    strcpy(info->target_version, "0.1.0");
    info->target_embedded = true;
    info->target_declares = "{\"features\":[\"clinic\",\"transfer\"],\"capacity\":6}";
    info->settings = "{\"sessions\":100,\"story\":\"teletriage\",\"talk\":\"8s\"}";
    info->probe_share = 0.05;
    info->start_realtime_us = START_REALTIME_US;
    info->end_realtime_us = START_REALTIME_US + (int64_t)settings->seconds * US_PER_S;
    info->duration_us = (int64_t)settings->seconds * US_PER_S;
    host_card_read(&info->host);
    info->stall_before_us = 210;
    info->stall_after_us = 260;
    run_info_add_library(info, "libwebsockets", "4.1.6");
    run_info_add_library(info, "libnice", "0.1.21");
    run_info_add_library(info, "libsrtp2", "2.5.0");
    run_info_add_library(info, "libvpx", "1.12.0");
    run_info_add_note(info, "loopback: the sender's core pays the receiver's network stack");
    run_info_add_note(info, "generator and server shared this machine");
}

static void add_thresholds(const struct sample_settings *settings, struct run_result *result)
{
    static const char *const texts[] = {"m.join_media{kind=video}.p95<250ms", "freeze.ratio<1%",
                                        "frame.loss.ratio<1%", "m.mouth_ear.p95<150ms",
                                        "isolation.forbidden.count==0"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == STATUS_OK; i++) {
        bool counted = i == 4 && settings->kind != SAMPLE_FAILED;
        status = counted ? STATUS_OK : threshold_list_add(&result->thresholds, texts[i], NULL);
    }
    if (settings->kind == SAMPLE_FAILED && status == STATUS_OK) {
        status = threshold_list_add(&result->thresholds, "frame.latency.p99<20ms", NULL);
    }
    assert(status == STATUS_OK);
}

enum exit_code sample_run_write(const struct sample_settings *settings, const char *folder)
{
    struct failure failure = {0};
    enum status status = run_folder_create(folder, "teletriage", &failure);
    assert(status == STATUS_OK);
    struct run_result *result = run_result_create();
    assert(result != NULL);
    result->shards_expected = settings->shards;
    for (unsigned i = 0; i < settings->shards; i++) {
        char shard[1024];
        status = run_folder_add_shard(folder, i, shard, sizeof shard, &failure);
        assert(status == STATUS_OK);
        sample_shard_write(settings, shard, i, NULL);
        status = run_result_add_shard(result, shard, &failure);
        assert(status == STATUS_OK);
    }
    for (unsigned second = 0; second < settings->seconds; second++) {
        struct target_second target = target_second_unknown((int64_t)(second + 1) * US_PER_S);
        target.cpu = 0.2 + 0.5 * (second < 8 ? second / 8.0 : 1) + 0.04 * sin(second);
        target.rss_bytes = 60000000 + second * 50000;
        run_result_add_target_second(result, &target);
    }
    sample_info_fill(settings, &result->info);
    add_thresholds(settings, result);
    enum exit_code code = run_result_judge(result, settings->seconds);
    status = run_result_write(result, folder, &failure);
    assert(status == STATUS_OK);
    run_result_destroy(result);
    return code;
}

enum exit_code sample_share_write(const struct sample_settings *settings, const char *folder,
                                  unsigned index, struct metrics *metrics)
{
    struct failure failure = {0};
    char shard[1024];
    struct run_result *result = run_result_create();
    assert(result != NULL);
    enum status status = run_folder_create(folder, "teletriage", &failure);
    assert(status == STATUS_OK);
    status = run_folder_add_shard(folder, 0, shard, sizeof shard, &failure);
    assert(status == STATUS_OK);
    sample_shard_write(settings, shard, index, metrics);
    status = run_result_add_shard(result, shard, &failure);
    assert(status == STATUS_OK);
    sample_info_fill(settings, &result->info);
    result->info.sharded = true;
    result->info.shard_index = index;
    result->info.shard_count = settings->shards;
    result->info.workers = 1;
    result->info.start = (struct run_start){.at_us = SAMPLE_START_AT_US, .skew_us = 120 + index};
    result->info.start_realtime_us = SAMPLE_START_AT_US;
    result->info.end_realtime_us = SAMPLE_START_AT_US + (int64_t)settings->seconds * US_PER_S;
    strcpy(result->info.story_digest, "fnv1a64:af63dc4c8601ec8c");
    strcpy(result->info.fixture_digest, "fnv1a64:85944171f73967e8");
    add_thresholds(settings, result);
    enum exit_code code = run_result_judge(result, settings->seconds);
    status = run_result_write(result, folder, &failure);
    assert(status == STATUS_OK);
    run_result_destroy(result);
    return code;
}
