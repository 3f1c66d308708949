#include "engine/command/load_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "engine/command/command_line.h"
#include "engine/run/arrival_day.h"
#include "engine/run/start_time.h"

#define SERVER_CPU_MAX 10000 /* a hundred cores */
/* Below it the smallest of three encodings, a tenth, is too little for any picture. */
#define SIMULCAST_KBPS_MIN 300

static void add(struct load_options *options, const char *name, const char *operand,
                enum arg_kind kind, void *value, const char *help, const char *choices)
{
    options->table[options->count++] = (struct arg_option){.name = name,
                                                           .operand = operand,
                                                           .kind = kind,
                                                           .value = value,
                                                           .help = help,
                                                           .choices = choices};
}

static void add_shape(struct load_options *o)
{
    add(o, "sessions", "N", ARG_COUNT, &o->sessions,
        "keep N sessions running (closed model), or with --rate the most at once", NULL);
    add(o, "rate", "R/s", ARG_TEXT, &o->rate,
        "start sessions at this rate, e.g. 2/s, 30/m or 500/h (open model)", NULL);
    add(o, "arrivals", "SHAPE", ARG_TEXT, &o->arrivals,
        "how starts come with --rate: constant, poisson, burst:50%,5m,1h or day:FILE.csv "
        "(constant)",
        NULL);
    add(o, "compress", "N", ARG_TEXT, &o->compress,
        "with day:FILE the whole day's arrivals in an N-th of its time (1)", NULL);
    add(o, "duration", "D", ARG_DURATION, &o->duration_us,
        "start sessions for so long, e.g. 90s or 10m (as the story says)", NULL);
    add(o, "ramp", "D", ARG_DURATION, &o->ramp_us,
        "reach the full load after this time (10 starts a second, at most a fifth of the duration)",
        NULL);
    add(o, "threshold", "EXPR", ARG_LIST, &o->thresholds,
        "pass only when EXPR holds, e.g. 'm.join_media.p95<500ms'; may be repeated", NULL);
    add(o, "repeat", "N", ARG_NOT_YET, NULL, "run N times and write a run set", NULL);
}

static void add_media(struct load_options *o)
{
    add(o, "media", "full|audio|none", ARG_TEXT, &o->media,
        "what participants send: video and audio (default), audio, or nothing", "full|audio|none");
    add(o, "video", "RES@KBPS[,simulcast]", ARG_TEXT, &o->video,
        "picture size (180p, 360p or 720p) and kbit/s (360p@500); ,simulcast: smaller encodings "
        "and temporal layers beside it; ,temporal: temporal layers alone",
        NULL);
    add(o, "audio", "KBPS[,dtx|fec]", ARG_TEXT, &o->audio,
        "Opus bit rate (32), with discontinuous transmission or forward error correction", NULL);
    add(o, "media-file", "FILE", ARG_TEXT, &o->media_file,
        "send this .ivf, .webm, .y4m, .wav or .opus instead of the synthetic media", NULL);
    add(o, "probes", "PERCENT", ARG_TEXT, &o->probes,
        "share of participants that decode and compare pictures and sound (5)", NULL);
    add(o, "send", "paced|burst", ARG_TEXT, &o->send,
        "spread a frame's packets over its time (default), or send them at once", "paced|burst");
    add(o, "io", "uring|calls", ARG_TEXT, &o->io,
        "media through io_uring where the host allows it (default), or by system calls",
        "uring|calls");
    add(o, "client", "full|light", ARG_TEXT, &o->client,
        "full: a libnice agent and a socket each (default); light: many addresses on one socket",
        "full|light");
    add(o, "client-addresses", "BLOCK", ARG_TEXT, &o->client_addresses,
        "IPv4 block of this host that light clients send from (" ADDRESS_RANGE_DEFAULT ")", NULL);
    add(o, "net", "PROFILE", ARG_TEXT, &o->net,
        "emulated network of everybody's media: dsl, wifi-lossy, weak-mobile, satellite, …, or "
        "'delay=40ms,jitter=10ms,loss=1%,rate=2mbit/s' (docs/network-profiles.md)",
        NULL);
    add(o, "capture", "SESSION", ARG_COUNT, &o->capture,
        "write the packets of this session (its index) as pcapng into evidence/", NULL);
    add(o, "keep-keys", NULL, ARG_FLAG, &o->keep_keys,
        "needs --capture: write the SRTP keys beside it (evidence is then secret)", NULL);
}

static void add_target(struct load_options *o)
{
    add(o, "target", "NAME|FILE", ARG_TEXT, &o->target,
        "the driver that speaks the platform's protocol (reference)", NULL);
    add(o, "target-config", "FILE", ARG_TEXT, &o->target_config,
        "fixture of a running platform: its clinics, links and accounts", NULL);
    add(o, "url", "URL", ARG_TEXT, &o->url,
        "the platform; without it a caseload-server is started for the run", NULL);
    add(o, "ca", "FILE", ARG_TEXT, &o->ca, "trust exactly the certificates of this PEM file", NULL);
    add(o, "insecure", NULL, ARG_FLAG, &o->insecure, "accept any certificate of the platform",
        NULL);
    add(o, "plain", NULL, ARG_FLAG, &o->plain,
        "the embedded server speaks without TLS (named in the result)", NULL);
    add(o, "fault", "NAME", ARG_LIST, &o->faults,
        "switch on a misbehaviour of the embedded server; may be repeated", NULL);
    add(o, "media-workers", "N", ARG_COUNT, &o->media_workers,
        "media threads of the embedded server (1)", NULL);
    add(o, "target-metrics", "URL", ARG_TEXT, &o->target_metrics,
        "OpenMetrics page of the platform or its host (node_exporter): its processor, packets, "
        "drops",
        NULL);
    add(o, "server-cpu", "PERCENT", ARG_COUNT, &o->server_cpu,
        "hold the embedded server to this share of one core (cgroup quota; 30: 0.3 cores)", NULL);
    add(o, "pin", NULL, ARG_FLAG, &o->pin,
        "a core for each worker, the other cores for the embedded server", NULL);
}

void load_options_init(struct load_options *o, bool with_shape)
{
    *o = (struct load_options){.workers = 1,
                               .media_workers = 1,
                               .capture = UINT64_MAX,
                               .timeout_us = 10 * US_PER_S,
                               .duration_us = -1,
                               .ramp_us = -1};
    if (with_shape)
        add_shape(o);
    add_target(o);
    add_media(o);
    add(o, "workers", "N", ARG_COUNT, &o->workers,
        "processes that share the sessions on this machine (1)", NULL);
    add(o, "shard", "i/N", ARG_TEXT, &o->shard,
        "run share i (from 0) of N of the plan; merge joins the N folders (needs --url, --seed and "
        "--start-at)",
        NULL);
    add(o, "start-at", "TIME", ARG_TEXT, &o->start_at,
        "begin at this instant, e.g. 2026-01-31T12:00:00Z, or seconds since 1970", NULL);
    add(o, "seed", "N", ARG_COUNT, &o->seed, "same seed, same plan; drawn and printed by default",
        NULL);
    add(o, "set", "KEY=VALUE", ARG_LIST, &o->set,
        "change a setting of the story, e.g. consult=30s; may be repeated", NULL);
    add(o, "timeout", "D", ARG_DURATION, &o->timeout_us,
        "the longest that the platform may take to answer (10s)", NULL);
    add(o, "out", "DIR", ARG_TEXT, &o->out, "run folder, new or empty (results/runs/TIME-STORY)",
        NULL);
    add(o, "quiet", NULL, ARG_FLAG, &o->quiet, "no progress, no table", NULL);
}

/* A decimal number at the start of `text`; *ret_end points behind it. */
static bool leading_number(const char *text, double *ret_value, const char **ret_end)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || value < 0 || value > 1e12)
        return false;
    *ret_value = value;
    *ret_end = end;
    return true;
}

enum status parse_rate(const char *text, double *ret_per_s)
{
    const char *unit;
    double value;

    if (!leading_number(text, &value, &unit) || value <= 0)
        return STATUS_MALFORMED;
    if (strcmp(unit, "/s") == 0)
        *ret_per_s = value;
    else if (strcmp(unit, "/m") == 0)
        *ret_per_s = value / 60;
    else if (strcmp(unit, "/h") == 0)
        *ret_per_s = value / 3600;
    else
        return STATUS_MALFORMED;
    return STATUS_OK;
}

/* "" or what may follow the bitrate. False: something else. */
static bool parse_layers(const char *text, struct clip_settings *clip)
{
    clip->temporal = *text != '\0';
    clip->encodings = 1;
    if (strcmp(text, ",simulcast") == 0)
        clip->encodings = (uint8_t)clip_encodings_possible(clip->width, clip->height);
    else
        return *text == '\0' || strcmp(text, ",temporal") == 0;
    return clip->encodings > 1;
}

enum status parse_video(const char *text, struct clip_settings *clip, struct failure *failure)
{
    static const struct {
        const char *name;
        uint16_t width, height;
    } sizes[] = {{"180p@", 320, 180}, {"360p@", 640, 360}, {"720p@", 1280, 720}};
    const char *rest;
    double kbps;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t length = strlen(sizes[i].name);
        if (strncmp(text, sizes[i].name, length) != 0)
            continue;
        clip->width = sizes[i].width;
        clip->height = sizes[i].height;
        if (!leading_number(text + length, &kbps, &rest) || kbps < 30 || kbps > 20000 ||
            !parse_layers(rest, clip) || (clip->encodings > 1 && kbps < SIMULCAST_KBPS_MIN))
            break;
        clip->video_bitrate_bps = (uint32_t)(kbps * 1000);
        return STATUS_OK;
    }
    return failure_set(failure, STATUS_INVALID,
                       "--video %s: takes 180p, 360p or 720p and 30 to 20000 kbit/s, as 360p@500; "
                       "then ,temporal or (360p and 720p, from %d kbit/s) ,simulcast",
                       text, SIMULCAST_KBPS_MIN);
}

enum status parse_audio(const char *text, struct clip_settings *clip, struct failure *failure)
{
    const char *rest;
    double kbps;

    if (!leading_number(text, &kbps, &rest) || kbps < 6 || kbps > 510)
        return failure_set(failure, STATUS_INVALID, "--audio %s: takes 6 to 510 kbit/s, as 32",
                           text);
    clip->audio_bitrate_bps = (uint32_t)(kbps * 1000);
    clip->audio_dtx = strcmp(rest, ",dtx") == 0;
    clip->audio_fec = strcmp(rest, ",fec") == 0;
    if (*rest && !clip->audio_dtx && !clip->audio_fec)
        return failure_set(failure, STATUS_INVALID, "--audio %s: \"%s\" is neither ,dtx nor ,fec",
                           text, rest);
    return STATUS_OK;
}

static enum status set_client(const struct load_options *o, struct run_settings *settings,
                              struct failure *failure)
{
    struct failure why;

    settings->light = o->client && strcmp(o->client, "light") == 0;
    if (o->client_addresses && !settings->light)
        return failure_set(failure, STATUS_INVALID, "--client-addresses needs --client light");
    if (address_range_parse(o->client_addresses ? o->client_addresses : ADDRESS_RANGE_DEFAULT,
                            &settings->client_addresses, &why) != STATUS_OK)
        return failure_set(failure, STATUS_INVALID, "--client-addresses %s", why.message);
    return STATUS_OK;
}

static enum status set_media(const struct load_options *o, struct run_settings *settings,
                             struct failure *failure)
{
    struct clip_file_parts parts;
    enum status status = STATUS_OK;
    const char *rest;
    double percent = 5;

    settings->clip = clip_settings_default();
    settings->media = MEDIA_FULL;
    if (o->media && strcmp(o->media, "audio") == 0)
        settings->media = MEDIA_AUDIO;
    else if (o->media && strcmp(o->media, "none") == 0)
        settings->media = MEDIA_NONE;
    settings->has_network = o->net != NULL;
    if (o->net && (status = net_profile_parse(o->net, &settings->network, failure)) != STATUS_OK)
        return status;
    settings->io_uring = !o->io || strcmp(o->io, "uring") == 0;
    settings->burst = o->send && strcmp(o->send, "burst") == 0;
    status = set_client(o, settings, failure);
    if (status == STATUS_OK && o->video)
        status = parse_video(o->video, &settings->clip, failure);
    if (status == STATUS_OK && o->audio)
        status = parse_audio(o->audio, &settings->clip, failure);
    if (status != STATUS_OK)
        return status;
    if (o->media_file) {
        if (!clip_file_parts(o->media_file, &parts))
            return failure_set(failure, STATUS_INVALID,
                               "--media-file %s: takes .ivf, .webm, .y4m, .wav or .opus",
                               o->media_file);
        if (parts.video && settings->clip.temporal)
            return failure_set(failure, STATUS_INVALID,
                               "--video %s: layers are made of the synthetic picture only, not of "
                               "--media-file %s",
                               o->video, o->media_file);
        if (parts.video)
            settings->clip.video_path = o->media_file;
        if (parts.audio)
            settings->clip.audio_path = o->media_file;
    }
    if (o->probes && (!leading_number(o->probes, &percent, &rest) ||
                      (*rest && strcmp(rest, "%") != 0) || percent > 100))
        return failure_set(failure, STATUS_INVALID, "--probes %s: takes 0 to 100 percent",
                           o->probes);
    settings->probe_share = percent / 100;
    return STATUS_OK;
}

static enum status set_arrivals(const struct load_options *o, struct run_settings *settings,
                                struct failure *failure)
{
    char folder[RESOURCE_PATH_SIZE + 16];
    struct failure reason;
    const char *rest;

    if (o->compress && (!leading_number(o->compress, &settings->compress, &rest) || *rest ||
                        settings->compress < 1 || settings->compress > ARRIVAL_COMPRESS_MAX))
        return failure_set(failure, STATUS_INVALID, "--compress %s: takes 1 to %.0f", o->compress,
                           ARRIVAL_COMPRESS_MAX);
    if (!o->arrivals)
        return STATUS_OK;
    snprintf(folder, sizeof folder, "%s/scenarios", settings->home);
    enum status status = arrival_pattern_parse(o->arrivals, settings->compress, folder,
                                               &settings->arrivals, &reason);
    return status == STATUS_OK ? STATUS_OK
                               : failure_set(failure, status, "--arrivals %s", reason.message);
}

static enum status set_shape(const struct load_options *o, struct run_settings *settings,
                             struct failure *failure)
{
    enum status status;

    settings->sessions = o->sessions;
    settings->duration_us = o->duration_us;
    settings->ramp_us = o->ramp_us;
    if (o->rate && parse_rate(o->rate, &settings->rate_per_s) != STATUS_OK)
        return failure_set(failure, STATUS_INVALID,
                           "--rate %s: takes a rate such as 2/s, 30/m, 60/h", o->rate);
    if ((status = set_arrivals(o, settings, failure)) != STATUS_OK)
        return status;
    if (o->duration_us == 0)
        return failure_set(failure, STATUS_INVALID, "--duration: in no time nothing would start");
    if (o->sessions > 1000000)
        return failure_set(failure, STATUS_INVALID, "--sessions %llu: at most 1000000",
                           (unsigned long long)o->sessions);
    return STATUS_OK;
}

/* Shards know nothing of each other: what makes them parts of one plan must be given to each. */
static enum status set_shard(const struct load_options *o, struct run_settings *settings,
                             struct failure *failure)
{
    unsigned *index = &settings->shard_index, *count = &settings->shard_count;
    char rest;

    settings->sharded = true;
    if (sscanf(o->shard, "%u/%u%c", index, count, &rest) != 2 || *count < 1 ||
        *count > RUN_PROCESSES_MAX || *index >= *count)
        return failure_set(failure, STATUS_INVALID,
                           "--shard %s: takes i/N with i from 0 to N-1 and N up to %d", o->shard,
                           RUN_PROCESSES_MAX);
    if (!o->url)
        return failure_set(failure, STATUS_INVALID,
                           "--shard %s needs --url: shards share one platform", o->shard);
    if (o->seed == 0)
        return failure_set(failure, STATUS_INVALID,
                           "--shard %s needs --seed, from 1: shards of one plan share it",
                           o->shard);
    if (!o->start_at)
        return failure_set(failure, STATUS_INVALID,
                           "--shard %s needs --start-at: shards begin together", o->shard);
    if (o->workers * *count > RUN_PROCESSES_MAX)
        return failure_set(failure, STATUS_INVALID,
                           "--shard %s with --workers %llu: at most %d processes in all", o->shard,
                           (unsigned long long)o->workers, RUN_PROCESSES_MAX);
    return STATUS_OK;
}

static enum status set_sharing(const struct load_options *o, struct run_settings *settings,
                               struct failure *failure)
{
    enum status status = STATUS_OK;

    if (o->workers < 1 || o->workers > RUN_WORKERS_MAX)
        return failure_set(failure, STATUS_INVALID, "--workers %llu: takes 1 to %d",
                           (unsigned long long)o->workers, RUN_WORKERS_MAX);
    if (o->media_workers < 1 || o->media_workers > 16)
        return failure_set(failure, STATUS_INVALID, "--media-workers %llu: takes 1 to 16",
                           (unsigned long long)o->media_workers);
    settings->workers = (unsigned)o->workers;
    settings->media_workers = (unsigned)o->media_workers;
    settings->shard_count = 1;
    if (o->shard)
        status = set_shard(o, settings, failure);
    if (status == STATUS_OK && o->start_at)
        status =
            start_time_parse(o->start_at, clock_realtime_us(), &settings->start_at_us, failure);
    if (status != STATUS_OK)
        return status;
    settings->seed = o->seed;
    if (o->seed == 0 && random_secret(&settings->seed, 4) != STATUS_OK)
        return failure_set(failure, STATUS_INTERNAL, "no random numbers from the kernel");
    return STATUS_OK;
}

static enum status set_target(const struct load_options *o, struct run_settings *settings,
                              struct failure *failure)
{
    const char *target = o->target ? o->target : "reference";
    enum status status;

    settings->url = o->url;
    settings->ca_path = o->ca;
    settings->insecure = o->insecure;
    settings->plain = o->plain;
    settings->target_config = o->target_config;
    settings->faults = o->faults;
    settings->server_cpu = (double)o->server_cpu / 100;
    settings->pin = o->pin;
    settings->target_metrics = o->target_metrics;
    if (o->target_metrics && !o->url)
        return failure_set(
            failure, STATUS_INVALID,
            "--target-metrics is for --url: the embedded server is looked into anyway");
    if (o->pin && o->url)
        return failure_set(failure, STATUS_INVALID,
                           "--pin is for the embedded server: not with --url");
    if (o->server_cpu && o->url)
        return failure_set(failure, STATUS_INVALID,
                           "--server-cpu is for the embedded server, not for --url %s", o->url);
    if (o->server_cpu > SERVER_CPU_MAX)
        return failure_set(failure, STATUS_INVALID, "--server-cpu %llu: takes 1 to %d percent",
                           (unsigned long long)o->server_cpu, SERVER_CPU_MAX);
    if (o->faults.count && o->url)
        return failure_set(failure, STATUS_INVALID,
                           "--fault is for the embedded server, not for --url %s", o->url);
    if (o->url && !o->target_config)
        return failure_set(failure, STATUS_INVALID,
                           "--url %s needs --target-config FILE: which clinics and accounts are "
                           "there (docs/protocol.md, Fixture)",
                           o->url);
    status = resource_target(settings->home, target, settings->target_path,
                             sizeof settings->target_path, failure);
    snprintf(settings->target_name, sizeof settings->target_name, "%s", target);
    return status;
}

enum status load_options_settings(const struct load_options *o, const char *story, int argc,
                                  char **argv, struct run_settings *ret_settings,
                                  struct failure *failure)
{
    struct run_settings settings = {.story = story,
                                    .quiet = o->quiet,
                                    .set = o->set,
                                    .thresholds = o->thresholds,
                                    .keep_keys = o->keep_keys,
                                    .trace = o->trace,
                                    .timeout_us = o->timeout_us,
                                    .capture_session =
                                        o->capture == UINT64_MAX ? -1 : (int64_t)o->capture};
    enum status status;

    if ((status = resource_home(settings.home, sizeof settings.home, failure)) != STATUS_OK ||
        (status = resource_story(settings.home, story, settings.story_path,
                                 sizeof settings.story_path, failure)) != STATUS_OK ||
        (status = set_target(o, &settings, failure)) != STATUS_OK ||
        (status = set_media(o, &settings, failure)) != STATUS_OK ||
        (status = set_shape(o, &settings, failure)) != STATUS_OK ||
        (status = set_sharing(o, &settings, failure)) != STATUS_OK)
        return status;
    if (o->keep_keys && o->capture == UINT64_MAX)
        return failure_set(
            failure, STATUS_INVALID,
            "--keep-keys needs --capture SESSION: keys are kept of what is captured");
    if (o->timeout_us < 100 * US_PER_MS)
        return failure_set(failure, STATUS_INVALID, "--timeout: at least 100ms");
    if (o->out)
        snprintf(settings.out, sizeof settings.out, "%s", o->out);
    command_line_join(argc, argv, settings.command_line, sizeof settings.command_line);
    *ret_settings = settings;
    return STATUS_OK;
}
