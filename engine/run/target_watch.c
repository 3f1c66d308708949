#include "engine/run/target_watch.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/net/web_client.h"
#include "engine/run/open_metrics.h"
#include "engine/run/process_usage.h"
#include "engine/run/target_metrics.h"

#define ANSWER_LIMIT_US (3 * US_PER_S)
/* Asked every quarter of a second: a little before a whole one is near enough. */
#define SECOND_US (900 * US_PER_MS)

struct page {
    struct target_numbers numbers;
    int64_t at_us; /* 0: there was none */
};

struct target_watch {
    struct target_watch_config config;
    int64_t last_us;
    /* the process */
    struct process_usage usage;
    struct thread_usage threads;
    struct cpu_quota_use quota_use;
    /* its metrics */
    struct web_client *client;
    struct web_url url;
    char address[64];
    bool asking;
    struct page latest, told; /* what came last, and what the last second was told from */
};

/* ---- metrics ---- */

static void on_response(void *arg, int http_status, const char *content_type, const char *body,
                        size_t size, int64_t now_us)
{
    struct target_watch *watch = arg;

    (void)content_type;
    watch->asking = false;
    if (http_status != 200)
        return;
    target_numbers_read(body, size, watch->config.metrics, watch->config.metric_count,
                        &watch->latest.numbers);
    watch->latest.at_us = now_us;
}

/* One question at a time: a page that does not come within its time leaves its seconds unknown. */
static void ask(struct target_watch *watch)
{
    struct failure failure;

    if (!watch->client || watch->asking)
        return;
    watch->asking = web_request_send(watch->client, &watch->url, watch->address, "GET", NULL, 0,
                                     NULL, 0, on_response, watch, &failure) == STATUS_OK;
}

static enum status open_metrics(struct target_watch *watch, struct failure *failure)
{
    const struct target_watch_config *config = &watch->config;
    enum status status = web_url_parse(config->metrics_url, &watch->url, failure);

    if (status == STATUS_OK && watch->url.websocket)
        status =
            failure_set(failure, STATUS_INVALID, "%s: takes http or https", config->metrics_url);
    if (status == STATUS_OK)
        status = web_resolve(watch->url.host, watch->address, sizeof watch->address, failure);
    if (status != STATUS_OK)
        return status;
    return web_client_create(&(struct web_client_config){.loop = config->loop,
                                                         .ca_pem = config->ca_pem,
                                                         .insecure = config->insecure,
                                                         .message_limit = OPEN_METRICS_BYTES_MAX,
                                                         .send_queue_limit = 65536,
                                                         .timeout_us = ANSWER_LIMIT_US},
                             &watch->client, failure);
}

static void tell_metrics(struct target_watch *watch, struct target_second *second)
{
    if (watch->told.at_us != 0 && watch->latest.at_us > watch->told.at_us)
        target_numbers_difference(&watch->told.numbers, &watch->latest.numbers,
                                  watch->latest.at_us - watch->told.at_us, second);
    watch->told = watch->latest;
}

/* ---- the process ---- */

static void tell_process(struct target_watch *watch, double passed_us, struct target_second *second)
{
    struct process_usage usage;

    if (watch->config.pid <= 0 || process_usage_read(watch->config.pid, &usage) != STATUS_OK)
        return;
    second->cpu = (double)(usage.cpu_us - watch->usage.cpu_us) / passed_us;
    second->rss_bytes = (double)usage.rss_bytes;
    second->busiest =
        (double)thread_usage_busiest_us(watch->config.pid, &watch->threads) / passed_us;
    watch->usage = usage;
}

static void tell_quota(struct target_watch *watch, struct target_second *second)
{
    struct cpu_quota_use use;

    if (!watch->config.quota || cpu_quota_read(watch->config.quota, &use) != STATUS_OK)
        return;
    if (use.periods > watch->quota_use.periods)
        second->throttled = (double)(use.throttled - watch->quota_use.throttled) /
                            (double)(use.periods - watch->quota_use.periods);
    watch->quota_use = use;
}

/* ---- both ---- */

enum status target_watch_create(const struct target_watch_config *config,
                                struct target_watch **ret_watch, struct failure *failure)
{
    struct target_watch *watch = calloc(1, sizeof *watch);
    struct target_second unused = target_second_unknown(0);
    enum status status = STATUS_OK;

    if (!watch)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    watch->config = *config;
    watch->last_us = config->now_us;
    tell_process(watch, 1, &unused); /* from here on */
    tell_quota(watch, &unused);
    if (config->metrics_url)
        status = open_metrics(watch, failure);
    watch->config.metrics_url = watch->config.ca_pem = NULL; /* the caller's */
    if (status != STATUS_OK) {
        target_watch_destroy(watch);
        return status;
    }
    ask(watch);
    *ret_watch = watch;
    return STATUS_OK;
}

void target_watch_destroy(struct target_watch *watch)
{
    if (!watch)
        return;
    if (watch->client)
        web_client_destroy(watch->client);
    free(watch);
}

bool target_watch_second(struct target_watch *watch, int64_t now_us,
                         struct target_second *ret_second)
{
    struct target_second second = target_second_unknown(now_us);

    if (now_us - watch->last_us < SECOND_US)
        return false;
    tell_metrics(watch, &second);
    tell_process(watch, (double)(now_us - watch->last_us), &second);
    tell_quota(watch, &second);
    watch->last_us = now_us;
    ask(watch);
    *ret_second = second;
    return true;
}

unsigned target_watch_cores(const struct target_watch *watch)
{
    return watch->latest.numbers.cores;
}
