/* caseload doctor: what this machine allows, what is in use, and whether it is quiet enough. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/args.h"
#include "common/base/clock.h"
#include "engine/command/calibrate_command.h"
#include "engine/command/command.h"
#include "engine/measure/verdict.h"
#include "engine/result/run_info.h"
#include "engine/run/libraries.h"
#include "engine/run/limits.h"
#include "engine/run/resource.h"
#include "engine/run/stall_probe.h"

#define STALL_PROBE_US (2 * US_PER_S)
/* What a busy participant receives: audio and 360p video, 500 + 32 kbit/s with headers. */
#define PARTICIPANT_BYTES_PER_S 75000

static unsigned findings;

static void say(const char *what, const char *value)
{
    printf("  %-22s %s\n", what, value);
}

static void warn(const char *what, const char *mend)
{
    printf("! %-22s %s\n", what, mend);
    findings++;
}

static bool in_path(const char *program)
{
    static const char *const folders[] = {"/usr/bin", "/usr/local/bin", "/bin"};
    char path[256];

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], program);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static void show_host(const struct host_card *host)
{
    char text[256];

    say("processor", host->cpu);
    snprintf(text, sizeof text, "%u%s", host->cores, host->virtual_machine ? " (virtual)" : "");
    say("cores", text);
    snprintf(text, sizeof text, "%.1f GiB", (double)host->memory_bytes / (1 << 30));
    say("memory", text);
    say("kernel", host->kernel);
    say("system", host->system);
}

static void show_descriptors(const struct system_limits *limits)
{
    unsigned long long most = limits->descriptors;
    unsigned long long free =
        most > LIMITS_DESCRIPTORS_RESERVE ? most - LIMITS_DESCRIPTORS_RESERVE : 0;
    char text[256];

    if (most == 0)
        return;
    snprintf(text, sizeof text,
             "%llu per process: about %llu participants with media per shard, %llu without", most,
             free / LIMITS_DESCRIPTORS_MEDIA, free / LIMITS_DESCRIPTORS_SIGNALLING);
    say("descriptors", text);
    if (most < 4096)
        warn("descriptors", "few: raise with ulimit -n 20000");
}

/* Connections: ports that they come from, room to wait in, entries of a firewall. */
static void show_connections(const struct system_limits *limits)
{
    char text[256];

    if (limits->local_ports) {
        snprintf(text, sizeof text, "%llu: so many connections to one address and port",
                 (unsigned long long)limits->local_ports);
        say("local ports", text);
        if (limits->local_ports < 20000)
            warn("local ports", "few: sysctl -w net.ipv4.ip_local_port_range='1024 65535'");
    }
    if (limits->listen_backlog) {
        snprintf(text, sizeof text, "%llu connections may wait to be accepted (somaxconn)",
                 (unsigned long long)limits->listen_backlog);
        say("listen backlog", text);
        if (limits->listen_backlog < 1024)
            warn("listen backlog", "short: sysctl -w net.core.somaxconn=4096");
    }
    if (limits->conntrack_max) {
        snprintf(text, sizeof text, "%llu of %llu entries in use",
                 (unsigned long long)limits->conntrack_used,
                 (unsigned long long)limits->conntrack_max);
        say("connection tracking", text);
        if (limits->conntrack_max < 65536)
            warn("connection tracking", "few: sysctl -w net.netfilter.nf_conntrack_max=262144");
    }
}

static void show_buffers(const struct system_limits *limits)
{
    char text[256];

    if (limits->rx_buffer_bytes == 0)
        return;
    snprintf(text, sizeof text, "%llu KiB: holds %.0f ms of 200 participants on one socket",
             (unsigned long long)(limits->rx_buffer_bytes / 1024),
             1e3 * (double)limits->rx_buffer_bytes / (200.0 * PARTICIPANT_BYTES_PER_S));
    say("socket buffers", text);
    if (limits->rx_buffer_bytes < SYSTEM_LIMITS_RX_BUFFER_BYTES)
        warn("socket buffers", "small: sysctl -w net.core.rmem_max=8388608");
}

static void show_limits(void)
{
    struct system_limits limits;
    char text[64];

    system_limits_read(&limits);
    snprintf(text, sizeof text, "%.1f GiB", (double)limits.memory_bytes / (1 << 30));
    if (limits.memory_bytes)
        say("memory available", text);
    show_descriptors(&limits);
    show_connections(&limits);
    show_buffers(&limits);
}

static void show_software(void)
{
    size_t count;
    const struct library_version *libraries = library_versions(&count);
    char path[RESOURCE_PATH_SIZE];
    struct failure failure;

    for (size_t i = 0; i < count; i++)
        say(libraries[i].name, libraries[i].version);
    if (!strstr(libraries[count - 1].version, "OpenSSL"))
        warn("libsrtp2", "the distribution's build: its cost per packet grows with the number of "
                         "sessions; run tools/install-deps and build again");
    if (in_path("gnuplot"))
        say("gnuplot", "found");
    else
        warn("gnuplot", "not found: reports will have no plots");
    if (resource_program("caseload-server", path, sizeof path, &failure) == STATUS_OK)
        say("caseload-server", path);
    else
        warn("caseload-server", failure.message);
    if (resource_home(path, sizeof path, &failure) == STATUS_OK)
        say("stories in", path);
    else
        warn("stories", failure.message);
}

static void show_stalls(void)
{
    struct stall_report report;
    char text[200];

    if (stall_probe_run(STALL_PROBE_US, &report) != STATUS_OK)
        return;
    snprintf(text, sizeof text, "p99.9 %.2f ms, longest %.2f ms on %u cores in %d s",
             (double)report.p999_us / US_PER_MS, (double)report.max_us / US_PER_MS, report.cores,
             (int)(STALL_PROBE_US / US_PER_S));
    say("processor stalls", text);
    if (report.noisy)
        warn("processor stalls", "above 1 ms: this host is noisy, its latencies say little about a "
                                 "platform; compare ratios");
}

struct doctor_options {
    bool calibrate, budget;
    const char *client, *io, *send;
    uint64_t from, to;
};

static int measure_generator(const struct doctor_options *given)
{
    struct calibration_settings settings = {
        .light = given->client && strcmp(given->client, "light") == 0,
        .io_uring = !given->io || strcmp(given->io, "uring") == 0,
        .burst = given->send && strcmp(given->send, "burst") == 0,
        .from = given->from & ~1ULL,
        .to = given->to & ~1ULL,
        .hold_us = 5 * US_PER_S,
        .once = given->budget,
        .quiet = given->budget,
    };

    if (settings.from < 2 || settings.to < settings.from || settings.to > 2 * REFLECTOR_PAIRS_MAX) {
        fprintf(stderr, "caseload doctor: --from %llu --to %llu: takes 2 to %d participants\n",
                (unsigned long long)given->from, (unsigned long long)given->to,
                2 * REFLECTOR_PAIRS_MAX);
        return EXIT_CODE_USAGE;
    }
    return given->budget ? budget_print(&settings) : calibrate_print(&settings);
}

static int show_everything(void)
{
    struct host_card host;

    host_card_read(&host);
    show_host(&host);
    show_limits();
    show_software();
    show_stalls();
    printf("\n%u finding%s\n", findings, findings == 1 ? "" : "s");
    return EXIT_CODE_PASSED;
}

int command_doctor(int argc, char **argv)
{
    struct doctor_options given = {.from = 100, .to = 4000};
    struct arg_option options[] = {
        {.name = "calibrate",
         .kind = ARG_FLAG,
         .value = &given.calibrate,
         .help = "measure how many participants one core of this host can play"},
        {.name = "budget",
         .kind = ARG_FLAG,
         .value = &given.budget,
         .help = "measure what a participant takes: memory, descriptors, processor"},
        {.name = "client",
         .operand = "full|light",
         .kind = ARG_TEXT,
         .value = &given.client,
         .choices = "full|light",
         .help = "the kind of client that is measured (full)"},
        {.name = "io",
         .operand = "uring|calls",
         .kind = ARG_TEXT,
         .value = &given.io,
         .choices = "uring|calls",
         .help = "media through io_uring where the host allows it (default), or by system calls"},
        {.name = "send",
         .operand = "paced|burst",
         .kind = ARG_TEXT,
         .value = &given.send,
         .choices = "paced|burst",
         .help = "spread a frame's packets over its time (default), or send them at once"},
        {.name = "from",
         .operand = "N",
         .kind = ARG_COUNT,
         .value = &given.from,
         .help = "participants of the first step (100)"},
        {.name = "to",
         .operand = "N",
         .kind = ARG_COUNT,
         .value = &given.to,
         .help = "try no more than so many (4000)"},
    };
    struct arg_command command = {
        .name = "doctor",
        .operands = "",
        .summary = "tell what this machine allows and what is in use",
        .more =
            "Lines with \"!\" want attention; exit 0 all the same. Longest wall time: 10 s; with "
            "--calibrate 5 minutes,\nwith --budget 30 s.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options};
    struct failure failure = {0};
    size_t count = 0;
    bool help = false;

    if (args_parse(&command, argc, argv, NULL, 0, &count, &help, &failure) != STATUS_OK) {
        fprintf(stderr, "caseload doctor: %s\n", failure.message);
        return EXIT_CODE_USAGE;
    }
    if (help) {
        args_print_help(&command, "caseload", stdout);
        return EXIT_CODE_PASSED;
    }
    return given.calibrate || given.budget ? measure_generator(&given) : show_everything();
}
