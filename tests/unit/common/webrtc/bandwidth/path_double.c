#include "path_double.h"

#include <string.h>

#define STEP_US 1000
#define FEEDBACK_US 100000

struct path_terms path_terms(uint64_t rate_bps)
{
    return (struct path_terms){
        .rate_bps = rate_bps,
        .queue_us = 300000,
        .delay_us = 25000,
        .jitter_us = 2000,
        .packet_bytes = 1000,
        .clock_offset_us = 987654321,
    };
}

void path_init(struct path *path, const struct path_terms *terms, uint64_t start_bps)
{
    memset(path, 0, sizeof *path);
    path->terms = *terms;
    path->sequence = 65000; /* wraps soon */
    path->now_us = 5000000;
    path->feedback_due_us = path->now_us + FEEDBACK_US;
    random_stream_init(&path->random, 42);
    bandwidth_estimator_init(&path->estimator, start_bps);
    transport_feedback_init(&path->receiver);
    path_forget(path);
}

static bool chance(struct path *path, double probability)
{
    return probability > 0 && random_unit(&path->random) < probability;
}

/* Time in the queue and on the wire; < 0: dropped. */
static int64_t through_bottleneck(struct path *path, size_t bytes)
{
    int64_t start_us = path->free_us > path->now_us ? path->free_us : path->now_us;
    int64_t wait_us = start_us - path->now_us;

    if (wait_us > path->terms.queue_us)
        return -1;
    if (wait_us > path->queue_max_us)
        path->queue_max_us = wait_us;
    path->free_us = start_us + (int64_t)(bytes * 8 * 1000000 / path->terms.rate_bps);
    return path->free_us - path->now_us;
}

static void send_packet(struct path *path)
{
    uint16_t sequence = path->sequence++;
    int64_t took_us = through_bottleneck(path, path->terms.packet_bytes);

    bandwidth_estimator_sent(&path->estimator, sequence, path->terms.packet_bytes, path->now_us);
    path->sent++;
    if (took_us < 0 || chance(path, path->terms.loss) || path->count == PATH_UNDERWAY_MAX) {
        path->dropped++;
        return;
    }
    int64_t arrival_us = path->now_us + took_us + path->terms.delay_us;
    if (path->terms.jitter_us > 0)
        arrival_us += (int64_t)random_below(&path->random, (uint64_t)path->terms.jitter_us);
    size_t last = (path->first + path->count - 1) % PATH_UNDERWAY_MAX;
    if (path->count > 0 && path->underway[last].arrival_us > arrival_us)
        arrival_us = path->underway[last].arrival_us;
    path->underway[(path->first + path->count++) % PATH_UNDERWAY_MAX] =
        (struct path_packet){sequence, arrival_us};
}

static void send_due(struct path *path)
{
    uint64_t bps = bandwidth_estimator_bps(&path->estimator);
    double packet_bits = (double)path->terms.packet_bytes * 8;

    if (path->terms.source_bps != 0 && (path->terms.deaf || path->terms.source_bps < bps))
        bps = path->terms.source_bps;
    path->credit_bits += (double)bps * STEP_US / 1000000;
    for (; path->credit_bits >= packet_bits; path->credit_bits -= packet_bits)
        send_packet(path);
    path->other_bits += (double)path->terms.other_bps * STEP_US / 1000000;
    for (; path->other_bits >= packet_bits; path->other_bits -= packet_bits)
        (void)through_bottleneck(path, path->terms.packet_bytes);
}

static void receive_due(struct path *path)
{
    while (path->count > 0 && path->underway[path->first].arrival_us <= path->now_us) {
        struct path_packet packet = path->underway[path->first];
        int64_t seen_us = packet.arrival_us + path->terms.clock_offset_us +
                          (int64_t)((double)packet.arrival_us * path->terms.clock_drift);
        path->first = (path->first + 1) % PATH_UNDERWAY_MAX;
        path->count--;
        path->arrived_bytes += path->terms.packet_bytes;
        transport_feedback_arrival(&path->receiver, packet.sequence, seen_us);
    }
}

/* The way back has no queue: the estimator is told now of what arrived until then. */
static void tell(struct path *path, const struct rtcp_item *item)
{
    if (chance(path, path->terms.feedback_loss))
        return;
    if (path->terms.feedback_swapped && !path->holds) {
        path->held = *item;
        path->holds = true;
        return;
    }
    bandwidth_estimator_feedback(&path->estimator, item, path->now_us + path->terms.delay_us);
    if (chance(path, path->terms.feedback_repeat))
        bandwidth_estimator_feedback(&path->estimator, item, path->now_us + path->terms.delay_us);
    if (path->holds)
        bandwidth_estimator_feedback(&path->estimator, &path->held,
                                     path->now_us + path->terms.delay_us);
    path->holds = false;
}

static void feed_back(struct path *path)
{
    static struct rtcp_item item;

    if (path->now_us < path->feedback_due_us)
        return;
    path->feedback_due_us += FEEDBACK_US;
    while (transport_feedback_item(&path->receiver, 1, 2, &item))
        tell(path, &item);
    bandwidth_estimator_tick(&path->estimator, path->now_us + path->terms.delay_us);
}

static void note(struct path *path)
{
    uint64_t bps = bandwidth_estimator_bps(&path->estimator);

    path->steps++;
    path->estimate_sum += (double)bps;
    if (bps < path->estimate_min)
        path->estimate_min = bps;
    if (bps > path->estimate_max)
        path->estimate_max = bps;
}

void path_run(struct path *path, double seconds)
{
    int64_t end_us = path->now_us + (int64_t)(seconds * 1000000);

    for (; path->now_us < end_us; path->now_us += STEP_US) {
        send_due(path);
        receive_due(path);
        feed_back(path);
        note(path);
    }
}

void path_forget(struct path *path)
{
    path->sent = path->dropped = path->arrived_bytes = path->steps = path->estimate_max = 0;
    path->queue_max_us = 0;
    path->estimate_sum = 0;
    path->estimate_min = UINT64_MAX;
}

double path_mean_bps(const struct path *path)
{
    return path->steps > 0 ? path->estimate_sum / (double)path->steps : 0;
}
