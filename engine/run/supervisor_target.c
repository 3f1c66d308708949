/* The platform under load: the embedded server, the path to it and what its metrics show. */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/net/path_probe.h"
#include "common/net/web_client.h"
#include "engine/run/resource.h"
#include "engine/run/supervisor_private.h"

/* Of the idle path. */
#define PATH_PROBES 50
#define PATH_LIMIT_US (5 * US_PER_S)

enum status supervisor_start_server(struct supervisor *supervisor, struct failure *failure)
{
    const struct run_settings *settings = supervisor->run->settings;
    char program[RESOURCE_PATH_SIZE];
    enum status status;

    if (settings->url)
        return STATUS_OK;
    status = resource_program("caseload-server", program, sizeof program, failure);
    if (status != STATUS_OK)
        return status;
    if (settings->server_cpu > 0 &&
        (status = cpu_quota_create(settings->server_cpu, &supervisor->quota, failure)) != STATUS_OK)
        return status;
    progress_say(&supervisor->progress, "starting the embedded reference server");
    status = embedded_server_start(
        &(struct embedded_server_settings){.program = program,
                                           .fixture_json = supervisor->run->fixture,
                                           .folder = settings->out,
                                           .plain = settings->plain,
                                           .media_workers = settings->media_workers,
                                           .spared_cores = settings->pin ? settings->workers : 0,
                                           .faults = settings->faults.items,
                                           .fault_count = settings->faults.count},
        &supervisor->server, failure);
    if (status != STATUS_OK || !supervisor->quota)
        return status;
    cpu_quota_describe(supervisor->quota, supervisor->run->cpu_limit_by,
                       sizeof supervisor->run->cpu_limit_by);
    return cpu_quota_add(supervisor->quota, embedded_server_pid(supervisor->server), failure);
}

void supervisor_measure_path(struct supervisor *supervisor)
{
    struct supervision *run = supervisor->run;
    const char *url =
        supervisor->server ? embedded_server_url(supervisor->server) : run->settings->url;
    char address[64];
    struct web_url parts;
    struct path_probe probe;
    struct failure ignored;

    if (run->settings->measure_path && web_url_parse(url, &parts, &ignored) == STATUS_OK &&
        web_resolve(parts.host, address, sizeof address, &ignored) == STATUS_OK &&
        path_probe_run(address, parts.port, PATH_PROBES, PATH_LIMIT_US, &probe, &ignored) ==
            STATUS_OK)
        run->idle_path =
            (struct idle_path){probe.sent, probe.lost, probe.rtt_p50_us, probe.rtt_max_us};
}

enum status supervisor_watch_target(struct supervisor *supervisor, struct failure *failure)
{
    const struct run_settings *settings = supervisor->run->settings;
    struct embedded_server *server = supervisor->server;
    struct target_watch_config config = {.loop = supervisor->loop,
                                         .metrics_url = settings->target_metrics,
                                         .metrics = supervisor->run->target_metrics,
                                         .metric_count = supervisor->run->target_metric_count,
                                         .ca_pem = supervisor->run->ca_pem,
                                         .insecure = settings->insecure,
                                         .quota = supervisor->quota,
                                         .now_us = clock_monotonic_us()};
    char url[RESOURCE_PATH_SIZE];

    if (server) {
        snprintf(url, sizeof url, "%s/metrics", embedded_server_url(server));
        config.metrics_url = url;
        config.ca_pem = embedded_server_ca_pem(server);
        config.pid = embedded_server_pid(server);
    }
    return config.metrics_url ? target_watch_create(&config, &supervisor->watch, failure)
                              : STATUS_OK;
}

void supervisor_sample_target(struct supervisor *supervisor, int64_t now_us)
{
    struct supervision *run = supervisor->run;
    struct target_second second;

    if (!supervisor->watch || !target_watch_second(supervisor->watch, now_us, &second))
        return;
    supervisor->target_cpu = second.cpu;
    if (run->start_us != 0 && now_us >= run->start_us &&
        run->target_second_count < SUPERVISOR_SECONDS_MAX)
        run->target_seconds[run->target_second_count++] = second;
}

void supervisor_check_server(struct supervisor *supervisor)
{
    char message[400];

    if (!supervisor->server || !embedded_server_died(supervisor->server, message, sizeof message))
        return;
    if (supervisor->run->start_us == 0)
        supervisor->run->prepared = STATUS_UNREACHABLE;
    supervisor->run->target_lost = true;
    snprintf(supervisor->run->message, sizeof supervisor->run->message, "%s", message);
    supervisor->stop_at_us = clock_monotonic_us() + AFTER_LOSS_US;
}
