#include "engine/run/run.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/webrtc/transport/media_crypto.h"
#include "common/webrtc/transport/media_ring.h"
#include "engine/result/report.h"
#include "engine/result/run_result.h"
#include "engine/run/libraries.h"
#include "engine/run/limits.h"
#include "engine/run/own_cores.h"
#include "engine/run/result_table.h"
#include "engine/run/stall_probe.h"
#include "engine/run/story_outline.h"
#include "engine/run/supervisor.h"

#define STALL_PROBE_US (300 * US_PER_MS)

struct run {
    struct run_settings *settings; /* borrowed */
    struct story_outline outline;
    struct supervision supervision;
    struct run_result *result;
    char *settings_json, *ca_pem;
    run_taken_fn *take; /* NULL: a table for people */
    void *arg;
};

static void say_failure(const struct failure *failure)
{
    fprintf(stderr, "caseload: %s\n", failure->message);
}

/* A story or setting that the user got wrong is 2; what the machine refuses is 6. */
static int exit_code_of(enum status status)
{
    switch (status) {
    case STATUS_NO_MEMORY:
    case STATUS_INTERNAL:
    case STATUS_CRYPTO:
        return EXIT_CODE_INTERNAL;
    case STATUS_UNREACHABLE:
    case STATUS_TIMED_OUT:
        return EXIT_CODE_UNREACHABLE;
    default:
        return EXIT_CODE_USAGE;
    }
}

/* ---- before ---- */

static enum status choose_folder(struct run *run, struct failure *failure)
{
    struct run_settings *settings = run->settings;
    time_t now = time(NULL);
    char stamp[32];
    struct tm utc;

    if (settings->out[0] == '\0') {
        gmtime_r(&now, &utc);
        strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
        snprintf(settings->out, sizeof settings->out, "results/runs/%s-%s", stamp,
                 run->outline.story.name);
    }
    return run_folder_create(settings->out, run->outline.story.name, failure);
}

/* What a story asks of media says nothing about a run that was told to do without, nor about one
 * whose network is emulated: it was written for a platform, not for a network. */
static bool is_measured(const char *threshold, enum media_mode mode)
{
    static const char *const video[] = {"frame.", "freeze.", "video.", "av.", "witness.video"};
    static const char *const media[] = {"audio.",         "m.join_media", "m.mouth_ear",
                                        "m.rejoin_media", "rtp.",         "witness.audio"};

    char name[THRESHOLD_TEXT_SIZE], *tag;

    snprintf(name, sizeof name, "%s", threshold);
    if ((tag = strchr(name, '{')))
        *tag = '.'; /* where the statistic would stand */
    for (size_t i = 0; mode != MEDIA_FULL && i < sizeof video / sizeof *video; i++)
        if (strncmp(name, video[i], strlen(video[i])) == 0)
            return false;
    for (size_t i = 0; mode == MEDIA_NONE && i < sizeof media / sizeof *media; i++)
        if (strncmp(name, media[i], strlen(media[i])) == 0)
            return false;
    return true;
}

static enum status add_thresholds(struct run *run, struct failure *failure)
{
    const struct run_settings *settings = run->settings;
    enum media_mode mode = settings->has_network ? MEDIA_NONE : settings->media;
    const struct story *story = &run->outline.story;
    const struct arg_list *given = &settings->thresholds;
    enum status status = STATUS_OK;

    run->result->hold_asked = run->settings->hold.length_us > 0;
    for (size_t i = 0; i < story->threshold_count && status == STATUS_OK; i++)
        if (!run->result->hold_asked && is_measured(story->thresholds[i], mode))
            status = threshold_list_add(&run->result->thresholds, story->thresholds[i], failure);
    for (size_t i = 0; i < given->count && status == STATUS_OK; i++)
        status = threshold_list_add(&run->result->thresholds, given->items[i], failure);
    return status;
}

/* Tells one day's file from another of its name. */
static json_int_t digest_of_shape(const struct run_settings *settings)
{
    const struct arrival_shape *shape = &settings->arrivals.shape;
    uint64_t hash = random_mix(0, (uint64_t)shape->period_us);

    for (size_t i = 0; i < shape->count; i++)
        hash = random_mix(random_mix(hash, (uint64_t)shape->steps[i].from_us),
                          (uint64_t)llround(shape->steps[i].level * 1e9));
    return (json_int_t)(hash >> 1);
}

/* Story settings with --set applied, and the load shape: what "the same plan" means. */
static enum status describe_settings(struct run *run, struct failure *failure)
{
    const struct run_settings *settings = run->settings;
    const struct story *story = &run->outline.story;
    json_t *values = json_object(), *root;

    for (size_t i = 0; i < story->setting_count; i++)
        json_object_set_new(values, story->settings[i].name, json_string(story->settings[i].value));
    for (size_t i = 0; i < settings->set.count; i++) {
        const char *equals = strchr(settings->set.items[i], '=');
        char name[64];
        if (!equals)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(equals - settings->set.items[i]),
                 settings->set.items[i]);
        json_object_set_new(values, name, json_string(equals + 1));
    }
    root = json_pack(
        "{s:s, s:o, s:I, s:f, s:I, s:I, s:s, s:i, s:i, s:i, s:i, s:b, s:s}", "story", story->name,
        "settings", values, "sessions", (json_int_t)settings->sessions, "rate_per_s",
        settings->rate_per_s, "duration_us", (json_int_t)settings->duration_us, "ramp_us",
        (json_int_t)settings->ramp_us, "arrivals", settings->arrivals.text, "media",
        (int)settings->media, "video_width", (int)settings->clip.width, "video_bps",
        (int)settings->clip.video_bitrate_bps, "audio_bps", (int)settings->clip.audio_bitrate_bps,
        "burst", settings->burst, "client", settings->light ? "light" : "full");
    if (root && settings->arrivals.shape.count > 0)
        json_object_set_new(root, "arrival_shape", json_integer(digest_of_shape(settings)));
    if (root && settings->has_network)
        json_object_set_new(root, "network", json_string(settings->network.text));
    if (root && settings->clip.temporal)
        json_object_set_new(root, "video_encodings", json_integer(settings->clip.encodings));
    run->settings_json = root ? json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(root);
    return run->settings_json ? STATUS_OK : failure_set(failure, STATUS_NO_MEMORY, "out of memory");
}

static enum status prepare(struct run *run, struct failure *failure)
{
    enum status status;

    if ((status = story_outline_read(run->settings, &run->outline, failure)) != STATUS_OK)
        return status;
    run->result = run_result_create();
    if (!run->result)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    if ((status = add_thresholds(run, failure)) != STATUS_OK ||
        (run->settings->pin &&
         (status = own_cores_check(run->settings->workers, failure)) != STATUS_OK) ||
        (status = limits_check(run->settings, &run->outline, failure)) != STATUS_OK ||
        (status = describe_settings(run, failure)) != STATUS_OK)
        return status;
    if (run->settings->ca_path &&
        (status = read_text_file(run->settings->ca_path, &run->ca_pem, failure)) != STATUS_OK)
        return status;
    run->settings->io_uring =
        run->settings->io_uring && run->settings->media != MEDIA_NONE && media_ring_available();
    return choose_folder(run, failure);
}

/* ---- after ---- */

static const char *const media_names[] = {"full", "audio", "none"};

static void describe_network(const struct net_profile *network, struct run_info *info)
{
    snprintf(info->network, sizeof info->network, "%s", network->text);
    run_info_add_note(info,
                      "emulated network '%s': media figures are those of network and platform "
                      "together; the story's own thresholds on them are not applied",
                      network->name);
}

/* A figure from light clients never stands without its caveat. */
static void describe_client(const struct run_settings *settings, struct run_info *info)
{
    snprintf(info->client, sizeof info->client, "%s", settings->light ? "light" : "full");
    if (!settings->light) {
        snprintf(info->io_path, sizeof info->io_path, "%s on taken-over sockets",
                 settings->io_uring ? "io_uring" : "sendto, recvmmsg");
        return;
    }
    snprintf(info->io_path, sizeof info->io_path, "sendmmsg, recvmmsg on one socket per shard%s",
             settings->burst ? ", segmented" : "");
    run_info_add_note(info,
                      RUN_NOTE_LIGHT "; a server's figure needs full clients, or the ratio of "
                                     "its CPU per packet full/light beside it");
}

static void describe_media(const struct run_settings *settings, struct run_info *info)
{
    const struct clip_settings *clip = &settings->clip;

    snprintf(info->media, sizeof info->media, "%s", media_names[settings->media]);
    snprintf(info->video, sizeof info->video, "%ux%u VP8 %u kbit/s%s%s", clip->width, clip->height,
             clip->video_bitrate_bps / 1000, clip->temporal ? ", L1T3" : "",
             clip->encodings > 1 ? ", simulcast" : "");
    snprintf(info->audio, sizeof info->audio, "Opus %u kbit/s", clip->audio_bitrate_bps / 1000);
    snprintf(info->send, sizeof info->send, "%s", settings->burst ? "burst" : "paced");
    if (settings->has_network)
        describe_network(&settings->network, info);
    describe_client(settings, info);
    snprintf(info->srtp_build, sizeof info->srtp_build, "%s", media_crypto_build());
    info->probe_share = settings->probe_share;
}

/* Of the embedded server one thread signals, and each media worker is one; of another one its
 * metrics tell. Below zero: not known. */
static double target_cores(const struct run *run, const struct host_card *host)
{
    const struct run_settings *settings = run->settings;
    double threads = 1 + settings->media_workers, cores = host->cores ? host->cores : 1;

    if (settings->pin)
        cores -= settings->workers;
    if (settings->url)
        return run->supervision.target_cores > 0 ? (double)run->supervision.target_cores : -1;
    if (settings->server_cpu > 0)
        return settings->server_cpu;
    return threads < cores ? threads : cores;
}

static void describe_target(const struct run *run, struct run_info *info)
{
    const struct run_settings *settings = run->settings;

    snprintf(info->target_name, sizeof info->target_name, "%s", settings->target_name);
    snprintf(info->target_url, sizeof info->target_url, "%s",
             settings->url ? settings->url : "embedded");
    info->target_embedded = !settings->url;
    if (info->target_embedded)
        snprintf(info->target_version, sizeof info->target_version, "caseload-server %s",
                 CASELOAD_VERSION);
    info->target_cores = target_cores(run, &info->host);
    info->cpu_limit = info->target_embedded ? settings->server_cpu : 0;
    snprintf(info->cpu_limit_by, sizeof info->cpu_limit_by, "%s", run->supervision.cpu_limit_by);
    info->idle_path = run->supervision.idle_path;
    info->plain = settings->plain || (settings->url && strncmp(settings->url, "http:", 5) == 0);
    if (info->plain)
        run_info_add_note(info, "signalling without TLS (--plain)");
    if (info->target_embedded) {
        run_info_add_note(info, "loopback: the sender's core pays the receiver's network stack");
        run_info_add_note(info, "generator and server shared this machine%s",
                          settings->pin ? ", each on cores of its own (--pin)" : "");
        run_info_add_note(info, "accounts use the cheapest password cost (fixture: load)");
    }
    for (size_t i = 0; i < settings->faults.count; i++)
        run_info_add_note(info, "fault switched on in the server: %s", settings->faults.items[i]);
}

/* Which file it was, without where on this machine: a shipped story below scenarios/, another one
 * as it was given. */
static void describe_story_path(const struct run_settings *settings, struct run_info *info)
{
    char folder[RESOURCE_PATH_SIZE + 16];
    int length = snprintf(folder, sizeof folder, "%s/scenarios/", settings->home);
    bool shipped = strncmp(settings->story_path, folder, (size_t)length) == 0;

    snprintf(info->story_path, sizeof info->story_path, "%s",
             shipped ? settings->story_path + length : settings->story);
}

static void describe_sharing(const struct run *run, struct run_info *info)
{
    const struct run_settings *settings = run->settings;

    if (settings->sharded)
        run_info_add_note(info, "share %u of %u: judged alone; caseload merge judges the whole",
                          settings->shard_index, settings->shard_count);
    if (run->supervision.start_late)
        run_info_add_note(info,
                          "late: ready after the instant of --start-at, began %.3f s after it",
                          (double)run->supervision.start_skew_us / US_PER_S);
}

static void describe_run(const struct run *run, struct run_info *info)
{
    const struct run_settings *settings = run->settings;
    const struct story *story = &run->outline.story;
    size_t count;
    const struct library_version *libraries = library_versions(&count);

    snprintf(info->program_version, sizeof info->program_version, "%s", CASELOAD_VERSION);
    snprintf(info->command, sizeof info->command, "%s", settings->command_line);
    snprintf(info->story, sizeof info->story, "%s", story->name);
    snprintf(info->story_title, sizeof info->story_title, "%s", story->title);
    info->examination = story->examination;
    describe_story_path(settings, info);
    info->seed = settings->seed;
    info->shard_index = settings->shard_index;
    info->shard_count = settings->shard_count;
    info->sharded = settings->sharded;
    info->start = (struct run_start){.at_us = settings->start_at_us,
                                     .skew_us = run->supervision.start_skew_us,
                                     .late = run->supervision.start_late};
    snprintf(info->story_digest, sizeof info->story_digest, "%s", run->outline.story_digest);
    snprintf(info->fixture_digest, sizeof info->fixture_digest, "%s", run->outline.fixture_digest);
    describe_sharing(run, info);
    info->workers = settings->workers;
    info->settings = run->settings_json;
    info->duration_us = settings->duration_us;
    info->sessions = settings->sessions;
    info->rate_per_s = settings->rate_per_s;
    snprintf(info->arrivals, sizeof info->arrivals, "%s", settings->arrivals.text);
    info->compress = settings->arrivals.compress;
    info->hold_begin_us = settings->hold.begin_us;
    info->hold_length_us = settings->hold.length_us;
    info->hold_limit_us = settings->hold.limit_us;
    info->start_realtime_us = run->supervision.start_realtime_us;
    info->end_realtime_us = run->supervision.end_realtime_us;
    host_card_read(&info->host);
    for (size_t i = 0; i < count; i++)
        run_info_add_library(info, libraries[i].name, libraries[i].version);
    describe_media(settings, info);
    describe_target(run, info);
}

static void merge_shards(struct run *run)
{
    struct supervision *supervision = &run->supervision;
    struct run_result *result = run->result;
    struct failure failure;
    char folder[RESOURCE_PATH_SIZE + 32];

    result->shards_expected = supervision->shard_count;
    for (unsigned i = 0; i < supervision->shard_count; i++) {
        snprintf(folder, sizeof folder, "%s/shard-%u", run->settings->out, i);
        if (run_result_add_shard(result, folder, &failure) != STATUS_OK &&
            supervision->prepared == STATUS_OK)
            verdict_add(&result->verdict, EXIT_CODE_INCONCLUSIVE, "shard %u is lost: %s", i,
                        failure.message);
    }
    for (size_t i = 0; i < supervision->target_second_count; i++) {
        struct target_second second = supervision->target_seconds[i];
        second.at_us -= supervision->start_us;
        run_result_add_target_second(result, &second);
    }
}

/* What only the parent saw. */
static void add_reasons(struct run *run)
{
    const struct supervision *supervision = &run->supervision;
    struct verdict *verdict = &run->result->verdict;

    if (supervision->interrupted)
        verdict_add(verdict,
                    supervision->signal_number == 15 ? EXIT_CODE_TERMINATED : EXIT_CODE_INTERRUPTED,
                    "interrupted by signal %d; results are partial", supervision->signal_number);
    if (supervision->script_failed)
        verdict_add(verdict, EXIT_CODE_USAGE, "%s", supervision->message);
    else if (supervision->prepared != STATUS_OK)
        verdict_add(verdict,
                    exit_code_of(supervision->prepared) == EXIT_CODE_INTERNAL
                        ? EXIT_CODE_INTERNAL
                        : EXIT_CODE_UNREACHABLE,
                    "%s", supervision->message);
    else if (supervision->target_lost)
        verdict_add(verdict, EXIT_CODE_TARGET_LOST, "%s", supervision->message);
    else if (supervision->wall_time_over || supervision->shards_lost > 0)
        verdict_add(verdict, EXIT_CODE_INCONCLUSIVE, "%s", supervision->message);
}

static void measure_stalls(struct run_info *info, int64_t *ret_p999_us)
{
    struct stall_report report;

    *ret_p999_us = -1;
    if (stall_probe_run(STALL_PROBE_US, &report) != STATUS_OK)
        return;
    *ret_p999_us = report.p999_us;
    info->host_noisy |= report.noisy;
}

static int judge_and_write(struct run *run)
{
    struct run_result *result = run->result;
    struct supervision *supervision = &run->supervision;
    struct failure failure = {0};
    double duration_s = (double)run->settings->duration_us / US_PER_S;

    merge_shards(run);
    describe_run(run, &result->info);
    add_reasons(run);
    result->told_reasons = result->verdict.count;
    if (run->settings->weigh)
        run->settings->weigh(run->settings->weigh_arg, result);
    /* Nothing began: a shortfall is a consequence, the reason is said already. */
    enum exit_code code = supervision->start_us != 0
                              ? run_result_judge(result, duration_s > 0 ? duration_s : 1)
                              : result->verdict.code;
    if (run_result_write(result, run->settings->out, &failure) != STATUS_OK) {
        say_failure(&failure);
        return EXIT_CODE_INTERNAL;
    }
    if (supervision->start_us != 0 && !run->settings->report_later &&
        report_write(run->settings->out, &failure) != STATUS_OK)
        fprintf(stderr, "caseload: no report: %s\n", failure.message);
    if (run->take)
        run->take(run->arg, result);
    else if (!run->settings->quiet && supervision->start_us != 0)
        result_table_print(stdout, result, run->settings->out);
    if (!run->take && code != EXIT_CODE_PASSED)
        fprintf(stderr, "caseload: %s: %s\n", exit_code_verdict(code),
                verdict_main_reason(&result->verdict));
    return (int)code;
}

static void announce(const struct run *run)
{
    const struct run_settings *settings = run->settings;
    char load[160];

    if (settings->quiet || run->take)
        return;
    if (settings->rate_per_s > 0)
        snprintf(load, sizeof load, "%.3g sessions/s (%s)", settings->rate_per_s,
                 settings->arrivals.text);
    else
        snprintf(load, sizeof load, "%llu sessions at once",
                 (unsigned long long)settings->sessions);
    fprintf(stderr, "%s: %s for %lld s, seed %llu, at most %lld s in all; results in %s\n",
            run->outline.story.title, load, (long long)(settings->duration_us / US_PER_S),
            (unsigned long long)settings->seed,
            (long long)(supervisor_wall_limit_us(&run->supervision) / US_PER_S), settings->out);
}

/* Of the stamps in media: one for all shards of a plan, so that what belongs to another shard is
 * known as a stranger's, and another one for each run. */
static uint32_t run_number(const struct run_settings *settings)
{
    int64_t when_us = settings->sharded ? settings->start_at_us : clock_realtime_us();

    return (uint32_t)random_mix(settings->seed, (uint64_t)when_us);
}

static int run_all(struct run *run)
{
    struct failure failure = {0};
    enum status status = prepare(run, &failure);

    if (status == STATUS_OK) {
        run->supervision = (struct supervision){
            .settings = run->settings,
            .fixture = run->outline.fixture,
            .ca_pem = run->ca_pem,
            .sessions_at_once = run->outline.sessions_at_once,
            .target_metrics = run->outline.story.target_metrics,
            .target_metric_count = run->outline.story.target_metric_count,
            .grace_us = run->settings->hold.length_us ? 0 : run->outline.story.grace_us,
            .run = run_number(run->settings),
        };
        announce(run);
        measure_stalls(&run->result->info, &run->result->info.stall_before_us);
        status = supervisor_run(&run->supervision, &failure);
    }
    if (status != STATUS_OK) {
        say_failure(&failure);
        return exit_code_of(status);
    }
    measure_stalls(&run->result->info, &run->result->info.stall_after_us);
    return judge_and_write(run);
}

int run_carry_out(struct run_settings *settings, run_taken_fn *take, void *arg)
{
    struct run run = {.settings = settings, .take = take, .arg = arg};
    int code = run_all(&run);

    supervision_finish(&run.supervision);
    run_result_destroy(run.result);
    story_outline_finish(&run.outline);
    free(run.settings_json);
    free(run.ca_pem);
    return code;
}

int run_execute(struct run_settings *settings)
{
    return run_carry_out(settings, NULL, NULL);
}
