/* The shard processes: how they are started, what they are told and what they say, how they end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "engine/run/resource.h"
#include "engine/run/shard.h"
#include "engine/run/shard_link.h"
#include "engine/run/supervisor_private.h"

/* ---- starting ---- */

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

enum status supervisor_start_shards(struct supervisor *supervisor, struct failure *failure)
{
    enum status status = STATUS_OK;

    for (unsigned i = 0; i < supervisor->run->shard_count && status == STATUS_OK; i++)
        status = start_shard(supervisor, i, failure);
    return status;
}

/* ---- what they are told ---- */

void supervisor_send_all(struct supervisor *supervisor, enum shard_message_kind kind, int64_t at_us)
{
    struct shard_message message = {.kind = kind, .at_us = at_us};

    for (unsigned i = 0; i < supervisor->run->shard_count; i++)
        if (supervisor->children[i].pid > 0)
            shard_link_send(supervisor->children[i].link, &message);
}

void supervisor_stop_shards(struct supervisor *supervisor)
{
    if (!supervisor->stopping)
        supervisor_send_all(supervisor, SHARD_STOP, 0);
    supervisor->stopping = true;
}

void supervisor_check_hold(struct supervisor *supervisor, int64_t now_us)
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
    supervisor_send_all(supervisor, SHARD_HOLD_END, 0);
}

/* ---- what they say ---- */

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

static void on_prepared(struct supervisor *supervisor, struct child *child,
                        const struct shard_message *message)
{
    struct supervision *run = supervisor->run;

    if (message->status != STATUS_OK) {
        if (run->prepared == STATUS_OK)
            run->prepared = message->status;
        run->script_failed |= message->status == STATUS_INVALID;
        supervisor_note(supervisor, message->text);
        supervisor_stop_shards(supervisor);
        return;
    }
    child->prepared = true;
    if (!supervisor->prepared && all_children(supervisor, is_prepared))
        supervisor_ready(supervisor);
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
            supervisor_note(supervisor, message->text);
        break;
    case SHARD_TARGET_LOST:
        supervisor->run->target_lost = true;
        if (supervisor->run->start_us == 0) /* while waiting for the instant */
            supervisor->run->prepared = STATUS_UNREACHABLE;
        supervisor_note(supervisor, message->text);
        if (supervisor->stop_at_us == 0)
            supervisor->stop_at_us = clock_monotonic_us() + AFTER_LOSS_US;
        break;
    case SHARD_SCRIPT_ERROR:
        supervisor->run->script_failed = true;
        supervisor_note(supervisor, message->text);
        supervisor_stop_shards(supervisor);
        break;
    default:
        break;
    }
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
        supervisor_note(supervisor, text);
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

enum status supervisor_watch_shards(struct supervisor *supervisor, struct failure *failure)
{
    for (unsigned i = 0; i < supervisor->run->shard_count; i++) {
        struct child *child = &supervisor->children[i];
        child->watch =
            loop_watch_create(supervisor->loop, child->link, LOOP_READ, on_link, supervisor);
        if (!child->watch)
            return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    }
    return STATUS_OK;
}

void supervisor_sum_counts(const struct supervisor *supervisor, struct shard_counts *ret_sum)
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

/* ---- ending ---- */

void supervisor_end_shards(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->run->shard_count; i++)
        if (supervisor->children[i].pid > 0)
            kill(supervisor->children[i].pid, SIGKILL);
}

void supervisor_close_shards(struct supervisor *supervisor)
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
}
