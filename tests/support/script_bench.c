#include "tests/support/script_bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "tests/support/participant_double.h"
#include "tests/support/web_client_double.h"

#define TIMEOUT_US (10 * US_PER_S)

static void on_session_end(void *arg, const struct session_result *result)
{
    struct script_bench *bench = arg;
    struct bench_result *copy;

    assert(bench->result_count < BENCH_SESSIONS_MAX);
    copy = &bench->results[bench->result_count++];
    copy->index = result->index;
    copy->outcome = result->outcome;
    snprintf(copy->reason, sizeof copy->reason, "%s", result->reason);
    snprintf(copy->story, sizeof copy->story, "%s", result->story);
    snprintf(copy->plan, sizeof copy->plan, "%s", result->plan);
    snprintf(copy->measures, sizeof copy->measures, "%s", result->measures);
}

static void on_prepared(void *arg, enum status status, const char *message)
{
    struct script_bench *bench = arg;

    bench->prepared = true;
    bench->prepared_status = status;
    snprintf(bench->prepared_message, sizeof bench->prepared_message, "%s", message);
}

static void on_script_error(void *arg, const char *message)
{
    struct script_bench *bench = arg;

    snprintf(bench->script_error, sizeof bench->script_error, "%s", message);
}

static void on_target_lost(void *arg, const char *message)
{
    struct script_bench *bench = arg;

    snprintf(bench->lost, sizeof bench->lost, "%s", message);
}

static void on_trace(void *arg, int64_t at_us, const char *actor, const char *what)
{
    struct script_bench *bench = arg;
    size_t used = strlen(bench->traced);

    (void)at_us;
    snprintf(bench->traced + used, sizeof bench->traced - used, "%s: %s\n", actor, what);
    if (getenv("BENCH_TRACE"))
        fprintf(stderr, "%9.3f %-24s %s\n",
                (double)(loop_now_us(bench->loop) - 1000000000) / US_PER_S, actor, what);
}

/* The story's text in a file of its own; the caller unlinks it. */
static void write_story(char path[], const char *text)
{
    int fd = mkstemps(path, 4);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    assert(file);
    fputs(text, file);
    fclose(file);
}

bool script_bench_begin(struct script_bench *bench, const struct bench_options *options)
{
    char path[] = "/tmp/caseload-story-XXXXXX.lua", url[128];
    size_t settings = 0;
    enum status status;

    memset(bench, 0, sizeof *bench);
    web_client_double = (struct web_client_double){.http_status = 200};
    bench->loop = loop_create();
    bench->metrics = metrics_create();
    bench->checks = check_log_create();
    assert(bench->loop && bench->metrics && bench->checks);
    bench->media = (struct media_context){
        .loop = bench->loop, .metrics = bench->metrics, .mode = options->mode};
    if (options->text)
        write_story(path, options->text);
    while (options->settings[settings])
        settings++;
    snprintf(url, sizeof url, "http://memory:1/%s", options->fault ? options->fault : "");
    status = script_create(
        &(struct script_config){
            .loop = bench->loop,
            .media = &bench->media,
            .metrics = bench->metrics,
            .checks = bench->checks,
            .ledger = &bench->ledger,
            .story_path = options->text ? path : options->story,
            .target_path = CASELOAD_SOURCE "/tests/support/memory_platform.lua",
            .scenario_folder = CASELOAD_SOURCE "/scenarios",
            .settings = options->settings,
            .setting_count = settings,
            .url = url,
            .seed = options->seed ? options->seed : 1,
            .shard_index = options->shard_index,
            .shard_count = options->shard_count ? options->shard_count : 1,
            .timeout_us = TIMEOUT_US,
            .capture_session = -1,
            .trace = options->trace || getenv("BENCH_TRACE"),
            .arg = bench,
            .on_session_end = on_session_end,
            .on_prepared = on_prepared,
            .on_trace = on_trace,
            .on_target_lost = on_target_lost,
            .on_script_error = on_script_error,
        },
        &bench->script, &bench->failure);
    if (options->text)
        unlink(path);
    return status == STATUS_OK;
}

bool script_bench_prepare(struct script_bench *bench, uint64_t sessions)
{
    script_prepare(bench->script, sessions);
    for (int i = 0; i < 3000 && !bench->prepared; i++)
        loop_double_advance(bench->loop, 10 * US_PER_MS);
    return bench->prepared && bench->prepared_status == STATUS_OK;
}

void script_bench_run(struct script_bench *bench, uint64_t first, uint64_t step, size_t count,
                      int64_t us)
{
    for (size_t i = 0; i < count; i++)
        script_session_start(bench->script, first + i * step, loop_now_us(bench->loop));
    loop_double_advance(bench->loop, us);
}

void script_bench_end(struct script_bench *bench)
{
    if (bench->script) {
        script_finish(bench->script);
        script_destroy(bench->script);
    }
    if (participant_double_count() != 0) /* no assert: it must be asked in release builds, too */
        abort();
    assert(web_client_double.sockets == 0 && web_client_double.requests == 0);
    assert(loop_double_timers(bench->loop) == 0);
    check_log_destroy(bench->checks);
    metrics_destroy(bench->metrics);
    loop_destroy(bench->loop);
}

static const struct check_requirement *find(const struct script_bench *bench,
                                            const char *requirement)
{
    for (size_t i = 0; i < check_log_count(bench->checks); i++) {
        const struct check_requirement *one = check_log_requirement(bench->checks, i);
        if (strcmp(one->id, requirement) == 0)
            return one;
    }
    return NULL;
}

uint64_t script_bench_checks(const struct script_bench *bench, const char *requirement,
                             enum check_verdict verdict)
{
    const struct check_requirement *one = find(bench, requirement);

    return one ? one->counts[verdict] : 0;
}

const char *script_bench_message(const struct script_bench *bench, const char *requirement)
{
    const struct check_requirement *one = find(bench, requirement);

    return one && one->kept_count > 0 ? one->kept[0].message : "";
}

struct count {
    const char *metric;
    uint64_t count;
};

static void add(void *arg, const struct metric_info *info, const char *tag,
                const struct histogram *histogram, int64_t sum)
{
    struct count *count = arg;

    (void)sum;
    if (tag[0] == '\0' && strcmp(info->name, count->metric) == 0 && histogram)
        count->count += histogram->count;
}

uint64_t script_bench_count(const struct script_bench *bench, const char *metric)
{
    struct count count = {.metric = metric};

    metrics_visit(bench->metrics, add, &count);
    return count.count;
}
