#include "engine/run/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/loop.h"
#include "common/net/path_probe.h"
#include "common/net/web_client.h"
#include "engine/run/cpu_quota.h"
#include "engine/run/embedded_server.h"
#include "engine/run/progress.h"
#include "engine/run/shard.h"
#include "engine/run/shard_link.h"
#include "engine/run/start_time.h"
#include "engine/run/target_watch.h"

#define PREPARE_LIMIT_US (60 * US_PER_S)
#define CLOSE_LIMIT_US (30 * US_PER_S)
#define START_DELAY_US (100 * US_PER_MS)
/* Of the idle path. */
#define PATH_PROBES 50
#define PATH_LIMIT_US (5 * US_PER_S)
#define CHECK_EVERY_US (250 * US_PER_MS)
/* After the platform died, sessions get this long to notice before they are cut. */
#define AFTER_LOSS_US (3 * US_PER_S)

struct child {
    pid_t pid; /* 0: reaped */
    int link;
    struct loop_watch *watch;
    bool prepared, finished;
    struct shard_counts counts;
};

struct supervisor {
    struct supervision *run;
    struct loop *loop;
    struct loop_timer *check_timer, *start_timer;
    struct embedded_server *server;
    struct cpu_quota *quota;    /* NULL: the server may use what there is */
    struct target_watch *watch; /* NULL: nothing can be seen */
    double target_cpu;          /* < 0: not known */
    struct progress progress;
    struct child *children;
    int64_t prepare_limit_us, stop_at_us, wall_limit_us;
    bool prepared, stopping, hold_ended;
};

static int64_t wait_for_start_us(const struct run_settings *settings)
{
    int64_t wait_us = settings->start_at_us - clock_realtime_us();

    return wait_us > 0 ? wait_us : 0;
}

int64_t supervisor_wall_limit_us(const struct supervision *supervision)
{
    const struct run_settings *settings = supervision->settings;

    return PREPARE_LIMIT_US + wait_for_start_us(settings) + settings->duration_us +
           supervision->grace_us + CLOSE_LIMIT_US;
}

static void note(struct supervisor *supervisor, const char *text)
{
    if (supervisor->run->message[0] == '\0')
        snprintf(supervisor->run->message, sizeof supervisor->run->message, "%s", text);
}

static void send_all(struct supervisor *supervisor, enum shard_message_kind kind, int64_t at_us)
{
    struct shard_message message = {.kind = kind, .at_us = at_us};

    for (unsigned i = 0; i < supervisor->run->shard_count; i++)
        if (supervisor->children[i].pid > 0)
            shard_link_send(supervisor->children[i].link, &message);
}

static void stop_shards(struct supervisor *supervisor)
{
    if (!supervisor->stopping)
        send_all(supervisor, SHARD_STOP, 0);
    supervisor->stopping = true;
}

/* ---- counting ---- */

static void sum_counts(const struct supervisor *supervisor, struct shard_counts *ret_sum)
{
    struct shard_counts sum = {0};

    for (unsigned i = 0; i < supervisor->run->shard_count; i++) {
        const struct shard_counts *counts = &supervisor->children[i].counts;
        sum.running += counts->running;
        sum.participants += counts->participants;
        sum.completed += counts->completed;
        sum.failed += counts->failed;
        sum.loop_cpu += counts->loop_cpu / supervisor->run->shard_count;
        if (counts->frame_latency_p95_us > sum.frame_latency_p95_us)
            sum.frame_latency_p95_us = counts->frame_latency_p95_us;
    }
    *ret_sum = sum;
}

static bool all_children(const struct supervisor *supervisor, bool (*test)(const struct child *))
{
    for (unsigned i = 0; i < supervisor->run->shard_count; i++)
        if (!test(&supervisor->children[i]))
            return false;
    return true;
}

static bool is_prepared(const struct child *child)
{
    return child->prepared;
}

static bool is_over(const struct child *child)
{
    return child->pid == 0;
}

/* ---- the begin ---- */

static void begin(struct supervisor *supervisor, int64_t realtime_us)
{
    struct supervision *run = supervisor->run;

    run->start_realtime_us = realtime_us;
    run->start_us = realtime_us - clock_realtime_offset_us();
    supervisor->progress.start_us = run->start_us;
    supervisor->progress.duration_us = run->settings->duration_us;
    send_all(supervisor, SHARD_START, run->start_us);
}

/* Too late for the instant: begin at once all the same. */
static void on_start_timer(void *arg, int64_t now_us)
{
    struct supervisor *supervisor = arg;
    int64_t at_us = supervisor->run->settings->start_at_us, realtime_us = clock_realtime_us();
    int64_t wait_us = start_time_wait_us(at_us, realtime_us);

    (void)now_us;
    if (supervisor->stopping)
        return;
    if (wait_us > 0)
        loop_timer_start(supervisor->start_timer, wait_us, 0);
    else
        begin(supervisor, at_us > realtime_us ? at_us : realtime_us);
}

static void await_start(struct supervisor *supervisor)
{
    int64_t wait_us = supervisor->run->settings->start_at_us - clock_realtime_us();

    supervisor->run->start_late = wait_us < 0;
    if (wait_us < 0)
        progress_say(&supervisor->progress,
                     "late: ready %.3f s after the instant of --start-at; beginning now",
                     (double)-wait_us / US_PER_S);
    else
        progress_say(&supervisor->progress, "ready; beginning in %.1f s",
                     (double)wait_us / US_PER_S);
    on_start_timer(supervisor, 0);
}

/* ---- what shards say ---- */

static void on_prepared(struct supervisor *supervisor, struct child *child,
                        const struct shard_message *message)
{
    struct supervision *run = supervisor->run;

    if (message->status != STATUS_OK) {
        if (run->prepared == STATUS_OK)
            run->prepared = message->status;
        run->script_failed |= message->status == STATUS_INVALID;
        note(supervisor, message->text);
        stop_shards(supervisor);
        return;
    }
    child->prepared = true;
    if (!supervisor->prepared && all_children(supervisor, is_prepared)) {
        supervisor->prepared = true;
        if (run->settings->start_at_us != 0)
            await_start(supervisor);
        else
            begin(supervisor, clock_realtime_us() + START_DELAY_US);
    }
}

/* Where the host's clock and the process's own delays put the begin, as against the plan. */
static void on_begun(struct supervision *run, int64_t at_us)
{
    int64_t skew_us = at_us + clock_realtime_offset_us() - run->settings->start_at_us;

    if (run->settings->start_at_us != 0 && llabs(skew_us) > llabs(run->start_skew_us))
        run->start_skew_us = skew_us;
}

static void on_message(struct supervisor *supervisor, struct child *child,
                       const struct shard_message *message)
{
    switch (message->kind) {
    case SHARD_PREPARED:
        on_prepared(supervisor, child, message);
        break;
    case SHARD_BEGUN:
        on_begun(supervisor->run, message->at_us);
        break;
    case SHARD_SECOND:
        child->counts = message->counts;
        break;
    case SHARD_FINISHED:
        child->finished = message->status == STATUS_OK;
        if (message->status != STATUS_OK)
            note(supervisor, message->text);
        break;
    case SHARD_TARGET_LOST:
        supervisor->run->target_lost = true;
        if (supervisor->run->start_us == 0) /* while waiting for the instant */
            supervisor->run->prepared = STATUS_UNREACHABLE;
        note(supervisor, message->text);
        if (supervisor->stop_at_us == 0)
            supervisor->stop_at_us = clock_monotonic_us() + AFTER_LOSS_US;
        break;
    case SHARD_SCRIPT_ERROR:
        supervisor->run->script_failed = true;
        note(supervisor, message->text);
        stop_shards(supervisor);
        break;
    default:
        break;
    }
}

/* Long enough, and every need met by all shards together? Then the hold may end everywhere. */
static void check_hold(struct supervisor *supervisor, int64_t now_us)
{
    const struct hold_plan *plan = &supervisor->run->settings->hold;

    if (plan->length_us == 0 || supervisor->hold_ended || supervisor->run->start_us == 0 ||
        now_us < supervisor->run->start_us + plan->begin_us + plan->length_us)
        return;
    for (size_t i = 0; i < plan->need_count; i++) {
        uint64_t samples = 0;
        for (unsigned k = 0; k < supervisor->run->shard_count; k++)
            samples += supervisor->children[k].counts.hold_samples[i];
        if (samples < plan->needs[i].samples)
            return;
    }
    supervisor->hold_ended = true;
    send_all(supervisor, SHARD_HOLD_END, 0);
}

static void child_over(struct supervisor *supervisor, struct child *child)
{
    int how = 0;

    loop_watch_destroy(child->watch);
    child->watch = NULL;
    close(child->link);
    waitpid(child->pid, &how, 0);
    child->pid = 0;
    if (!child->finished && supervisor->run->prepared == STATUS_OK) {
        char text[200];
        supervisor->run->shards_lost++;
        if (WIFSIGNALED(how))
            snprintf(text, sizeof text, "a shard process was ended by signal %d (%s)",
                     WTERMSIG(how), strsignal(WTERMSIG(how)));
        else
            snprintf(text, sizeof text, "a shard process ended with exit code %d and no results",
                     WEXITSTATUS(how));
        note(supervisor, text);
    }
    if (all_children(supervisor, is_over))
        loop_stop(supervisor->loop);
}

static void on_link(void *arg, int fd, int events)
{
    struct supervisor *supervisor = arg;
    struct shard_message message;
    enum status status;

    (void)events;
    for (unsigned i = 0; i < supervisor->run->shard_count; i++) {
        struct child *child = &supervisor->children[i];
        if (child->pid == 0 || child->link != fd)
            continue;
        while ((status = shard_link_receive(fd, &message)) == STATUS_OK)
            on_message(supervisor, child, &message);
        if (status != STATUS_AGAIN)
            child_over(supervisor, child);
        return;
    }
}

/* ---- time and signals ---- */

static void sample_target(struct supervisor *supervisor, int64_t now_us)
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

static void check_server(struct supervisor *supervisor)
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

static void end_children(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->run->shard_count; i++)
        if (supervisor->children[i].pid > 0)
            kill(supervisor->children[i].pid, SIGKILL);
}

static void on_check(void *arg, int64_t now_us)
{
    struct supervisor *supervisor = arg;
    struct supervision *run = supervisor->run;
    struct shard_counts sum;

    check_server(supervisor);
    sample_target(supervisor, now_us);
    check_hold(supervisor, now_us);
    sum_counts(supervisor, &sum);
    progress_show(&supervisor->progress, &sum, supervisor->target_cpu, now_us);
    if (supervisor->stop_at_us != 0 && now_us >= supervisor->stop_at_us)
        stop_shards(supervisor);
    if (!supervisor->prepared && now_us >= supervisor->prepare_limit_us &&
        run->prepared == STATUS_OK) {
        run->prepared = STATUS_TIMED_OUT;
        note(supervisor, "the platform was not prepared within 60 s");
        end_children(supervisor);
    }
    if (now_us >= supervisor->wall_limit_us && !run->wall_time_over) {
        run->wall_time_over = true;
        note(supervisor, "the run did not end within its longest wall time");
        end_children(supervisor);
    }
}

static void on_signal(void *arg, int signal_number)
{
    struct supervisor *supervisor = arg;

    if (supervisor->run->interrupted) {
        end_children(supervisor); /* asked twice: at once */
        return;
    }
    supervisor->run->interrupted = true;
    supervisor->run->signal_number = signal_number;
    progress_say(&supervisor->progress,
                 "interrupted: closing sessions and writing what there is (again: at once)");
    if (supervisor->run->start_us == 0)
        end_children(supervisor);
    else
        stop_shards(supervisor);
}

/* ---- starting ---- */

static enum status start_server(struct supervisor *supervisor, struct failure *failure)
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
                                           .faults = settings->faults.items,
                                           .fault_count = settings->faults.count},
        &supervisor->server, failure);
    if (status != STATUS_OK || !supervisor->quota)
        return status;
    cpu_quota_describe(supervisor->quota, supervisor->run->cpu_limit_by,
                       sizeof supervisor->run->cpu_limit_by);
    return cpu_quota_add(supervisor->quota, embedded_server_pid(supervisor->server), failure);
}

/* A path that does not answer is said as one; whether the platform can be reached is seen next. */
static void measure_path(struct supervisor *supervisor)
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

static enum status make_folder(const char *path, struct failure *failure)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return failure_set(failure, STATUS_IO, "%s: %s", path, strerror(errno));
    return STATUS_OK;
}

/* In the child process. */
_Noreturn static void become_shard(struct supervisor *supervisor, unsigned index, int link,
                                   const char *folder, const char *evidence)
{
    struct supervision *run = supervisor->run;
    struct shard_task task = {
        .settings = run->settings,
        .url = supervisor->server ? embedded_server_url(supervisor->server) : run->settings->url,
        .ca_pem = supervisor->server ? embedded_server_ca_pem(supervisor->server) : run->ca_pem,
        .fixture = run->fixture,
        .folder = folder,
        .evidence_folder = evidence,
        .sessions_at_once = run->sessions_at_once,
        .run = run->run,
        /* Session k is of shard k mod N, however many workers each shard has. */
        .index = run->settings->shard_index + run->settings->shard_count * index,
        .count = run->settings->shard_count * run->settings->workers,
        .link = link,
    };

    for (unsigned i = 0; i < index; i++)
        close(supervisor->children[i].link);
    exit(shard_run(&task) == STATUS_OK ? 0 : 1);
}

static enum status start_shard(struct supervisor *supervisor, unsigned index,
                               struct failure *failure)
{
    struct child *child = &supervisor->children[index];
    char folder[RESOURCE_PATH_SIZE + 32], evidence[RESOURCE_PATH_SIZE + 32];
    int links[2];
    enum status status;

    snprintf(folder, sizeof folder, "%s/shard-%u", supervisor->run->settings->out, index);
    snprintf(evidence, sizeof evidence, "%s/evidence", supervisor->run->settings->out);
    if ((status = make_folder(folder, failure)) != STATUS_OK ||
        (status = make_folder(evidence, failure)) != STATUS_OK)
        return status;
    if (shard_link_create(links) != STATUS_OK)
        return failure_set(failure, STATUS_IO, "socketpair: %s", strerror(errno));
    fflush(NULL);
    child->pid = fork();
    if (child->pid == 0) {
        close(links[0]);
        become_shard(supervisor, index, links[1], folder, evidence);
    }
    close(links[1]);
    child->link = links[0];
    if (child->pid < 0) {
        child->pid = 0;
        close(links[0]);
        return failure_set(failure, STATUS_IO, "fork: %s", strerror(errno));
    }
    return STATUS_OK;
}

/* All forks come before the parent has a loop of its own. */
static enum status start_shards(struct supervisor *supervisor, struct failure *failure)
{
    enum status status = STATUS_OK;

    for (unsigned i = 0; i < supervisor->run->shard_count && status == STATUS_OK; i++)
        status = start_shard(supervisor, i, failure);
    return status;
}

/* The embedded server always, another one where it shows its metrics. */
static enum status watch_target(struct supervisor *supervisor, struct failure *failure)
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

static enum status watch_all(struct supervisor *supervisor, struct failure *failure)
{
    supervisor->loop = loop_create();
    if (!supervisor->loop)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    supervisor->check_timer = loop_timer_create(supervisor->loop, on_check, supervisor);
    supervisor->start_timer = loop_timer_create(supervisor->loop, on_start_timer, supervisor);
    if (!supervisor->check_timer || !supervisor->start_timer ||
        loop_on_signal(supervisor->loop, SIGINT, on_signal, supervisor) != STATUS_OK ||
        loop_on_signal(supervisor->loop, SIGTERM, on_signal, supervisor) != STATUS_OK)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    for (unsigned i = 0; i < supervisor->run->shard_count; i++) {
        struct child *child = &supervisor->children[i];
        child->watch =
            loop_watch_create(supervisor->loop, child->link, LOOP_READ, on_link, supervisor);
        if (!child->watch)
            return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    }
    loop_timer_start(supervisor->check_timer, CHECK_EVERY_US, CHECK_EVERY_US);
    return watch_target(supervisor, failure);
}

static void supervisor_close(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->run->shard_count; i++) {
        struct child *child = &supervisor->children[i];
        if (child->pid > 0) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, NULL, 0);
            loop_watch_destroy(child->watch);
            close(child->link);
        }
    }
    progress_close(&supervisor->progress);
    if (supervisor->watch)
        supervisor->run->target_cores = target_watch_cores(supervisor->watch);
    target_watch_destroy(supervisor->watch);
    embedded_server_stop(supervisor->server);
    cpu_quota_destroy(supervisor->quota);
    loop_timer_destroy(supervisor->check_timer);
    loop_timer_destroy(supervisor->start_timer);
    loop_destroy(supervisor->loop);
    free(supervisor->children);
}

enum status supervisor_run(struct supervision *run, struct failure *failure)
{
    struct supervisor supervisor = {.run = run};
    enum status status;

    run->shard_count = run->settings->workers;
    supervisor.children = calloc(run->shard_count, sizeof *supervisor.children);
    run->target_seconds = calloc(SUPERVISOR_SECONDS_MAX, sizeof *run->target_seconds);
    if (!supervisor.children || !run->target_seconds) {
        free(supervisor.children);
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    }
    progress_open(&supervisor.progress, stderr, run->settings->quiet);
    supervisor.prepare_limit_us = clock_monotonic_us() + PREPARE_LIMIT_US;
    supervisor.wall_limit_us = clock_monotonic_us() + supervisor_wall_limit_us(run);
    supervisor.target_cpu = -1;
    status = start_server(&supervisor, failure);
    if (status == STATUS_OK)
        measure_path(&supervisor);
    if (status == STATUS_OK)
        status = start_shards(&supervisor, failure);
    if (status == STATUS_OK)
        status = watch_all(&supervisor, failure);
    if (status == STATUS_OK)
        loop_run(supervisor.loop);
    run->end_us = clock_monotonic_us();
    run->end_realtime_us = clock_realtime_us();
    supervisor_close(&supervisor);
    return status;
}

void supervision_finish(struct supervision *supervision)
{
    free(supervision->target_seconds);
    supervision->target_seconds = NULL;
}
