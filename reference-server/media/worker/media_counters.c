#include "reference-server/media/worker/media_counters.h"

#include <stddef.h>

static const struct {
    const char *name, *text;
} counter_names[MEDIA_COUNTER_COUNT] = {
#define X(name, text) {#name, text},
    MEDIA_COUNTER_LIST(X)
#undef X
};

static const struct {
    const char *name, *text;
} drop_names[MEDIA_DROP_COUNT] = {
#define X(name, text) {#name, text},
    MEDIA_DROP_LIST(X)
#undef X
};

static uint64_t load(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

void media_latency(struct media_counters *counters, int64_t latency_us)
{
    if (latency_us < 0) { /* CLOCK_REALTIME was stepped */
        media_add(&counters->latency_negative, 1);
        return;
    }
    if (latency_us >= (int64_t)1 << HISTOGRAM_MAX_BITS)
        latency_us = ((int64_t)1 << HISTOGRAM_MAX_BITS) - 1;
    size_t index = histogram_bucket_index(latency_us);
    uint32_t before = atomic_load_explicit(&counters->latency_us[index], memory_order_relaxed);
    if (before < UINT32_MAX)
        atomic_store_explicit(&counters->latency_us[index], before + 1, memory_order_relaxed);
    media_add(&counters->latency_count, 1);
    media_add(&counters->latency_sum_us, (uint64_t)latency_us);
}

/* -- Estimates -- */

static const uint32_t estimate_bounds[] = MEDIA_ESTIMATE_BOUNDS;
_Static_assert(sizeof estimate_bounds / sizeof estimate_bounds[0] == MEDIA_ESTIMATE_BUCKETS - 1,
               "one bucket has no bound");

static size_t bucket_of(uint32_t kbps)
{
    size_t i = 0;

    while (i < MEDIA_ESTIMATE_BUCKETS - 1 && kbps > estimate_bounds[i])
        i++;
    return i;
}

static void add_estimate(struct media_counters *counters, const struct media_estimate *estimate,
                         uint64_t times)
{
    if (estimate->known) {
        media_add(&counters->estimates[bucket_of(estimate->kbps)], times);
        media_add(&counters->estimates_kbps, times * estimate->kbps);
    }
    media_add(&counters->withheld_slots, times * estimate->withheld);
}

void media_estimate_move(struct media_counters *counters, struct media_estimate *counted,
                         const struct media_estimate *now)
{
    if (counted->known == now->known && counted->kbps == now->kbps &&
        counted->withheld == now->withheld)
        return;
    add_estimate(counters, counted, UINT64_MAX); /* -1 */
    add_estimate(counters, now, 1);
    *counted = *now;
}

static void write_estimates_of(const struct media_counters *counters, unsigned worker,
                               struct buffer *out)
{
    static const char name[] = "caseload_media_estimate_bits_per_second";
    uint64_t count = 0;

    for (size_t i = 0; i < MEDIA_ESTIMATE_BUCKETS; i++) {
        count += load(&counters->estimates[i]);
        if (i < MEDIA_ESTIMATE_BUCKETS - 1)
            buffer_format(out, "%s_bucket{worker=\"%u\",le=\"%u000\"} %llu\n", name, worker,
                          estimate_bounds[i], (unsigned long long)count);
    }
    buffer_format(out,
                  "%s_bucket{worker=\"%u\",le=\"+Inf\"} %llu\n%s_gcount{worker=\"%u\"} %llu\n"
                  "%s_gsum{worker=\"%u\"} %llu\n",
                  name, worker, (unsigned long long)count, name, worker, (unsigned long long)count,
                  name, worker, (unsigned long long)load(&counters->estimates_kbps) * 1000);
}

static void write_estimates(const struct media_counters *const *workers, unsigned worker_count,
                            struct buffer *out)
{
    buffer_text(out, "# TYPE caseload_media_estimate_bits_per_second gaugehistogram\n"
                     "# HELP caseload_media_estimate_bits_per_second What receivers' paths are "
                     "estimated to carry, of those that tell.\n");
    for (unsigned k = 0; k < worker_count; k++)
        write_estimates_of(workers[k], k, out);
    buffer_text(out, "# TYPE caseload_media_withheld_slots gauge\n"
                     "# HELP caseload_media_withheld_slots Fed video slots that get no picture "
                     "because the receiver's path does not carry it.\n");
    for (unsigned k = 0; k < worker_count; k++)
        buffer_format(out, "caseload_media_withheld_slots{worker=\"%u\"} %llu\n", k,
                      (unsigned long long)load(&workers[k]->withheld_slots));
}

uint64_t media_counted(const struct media_counters *counters, enum media_counter counter)
{
    return load(&counters->counters[counter]);
}

uint64_t media_dropped(const struct media_counters *counters, enum media_drop cause)
{
    return load(&counters->drops[cause]);
}

static void write_counters(const struct media_counters *const *workers, unsigned worker_count,
                           struct buffer *out)
{
    for (size_t i = 0; i < MEDIA_COUNTER_COUNT; i++) {
        buffer_format(out, "# TYPE caseload_media_%s counter\n# HELP caseload_media_%s %s.\n",
                      counter_names[i].name, counter_names[i].name, counter_names[i].text);
        for (unsigned k = 0; k < worker_count; k++)
            buffer_format(out, "caseload_media_%s_total{worker=\"%u\"} %llu\n",
                          counter_names[i].name, k,
                          (unsigned long long)load(&workers[k]->counters[i]));
    }
}

static void write_drops(const struct media_counters *const *workers, unsigned worker_count,
                        struct buffer *out)
{
    buffer_text(out, "# TYPE caseload_media_drops counter\n"
                     "# HELP caseload_media_drops Packets that went no further, by cause.\n");
    for (size_t i = 0; i < MEDIA_DROP_COUNT; i++)
        for (unsigned k = 0; k < worker_count; k++)
            buffer_format(out, "caseload_media_drops_total{worker=\"%u\",cause=\"%s\"} %llu\n", k,
                          drop_names[i].name, (unsigned long long)load(&workers[k]->drops[i]));
}

/* Upper bounds in microseconds: fine where a forwarding server should be, no step above one half.
 */
static const int64_t latency_bounds_us[] = {20,    40,    60,    80,    100,    125,   150,  200,
                                            250,   300,   400,   500,   600,    800,   1000, 1250,
                                            1500,  2000,  2500,  3000,  4000,   5000,  7500, 10000,
                                            15000, 20000, 30000, 50000, 100000, 500000};

static void write_latency_of(const struct media_counters *counters, unsigned worker,
                             struct buffer *out)
{
    unsigned long long below = 0;
    size_t bucket = 0;

    for (size_t i = 0; i < sizeof latency_bounds_us / sizeof *latency_bounds_us; i++) {
        for (; histogram_bucket_low(bucket) <= latency_bounds_us[i]; bucket++)
            below += atomic_load_explicit(&counters->latency_us[bucket], memory_order_relaxed);
        buffer_format(out,
                      "caseload_media_forward_latency_seconds_bucket{worker=\"%u\",le=\"%g\"} "
                      "%llu\n",
                      worker, (double)latency_bounds_us[i] / 1e6, below);
    }
    for (; bucket < HISTOGRAM_BUCKETS; bucket++)
        below += atomic_load_explicit(&counters->latency_us[bucket], memory_order_relaxed);
    buffer_format(out,
                  "caseload_media_forward_latency_seconds_bucket{worker=\"%u\",le=\"+Inf\"} %llu\n"
                  "caseload_media_forward_latency_seconds_count{worker=\"%u\"} %llu\n"
                  "caseload_media_forward_latency_seconds_sum{worker=\"%u\"} %.6f\n",
                  worker, below, worker, below, worker,
                  (double)load(&counters->latency_sum_us) / 1e6);
}

void media_counters_write(const struct media_counters *const *workers, unsigned worker_count,
                          struct buffer *out)
{
    write_counters(workers, worker_count, out);
    write_drops(workers, worker_count, out);
    write_estimates(workers, worker_count, out);
    buffer_text(out, "# TYPE caseload_media_forward_latency_seconds histogram\n"
                     "# UNIT caseload_media_forward_latency_seconds seconds\n"
                     "# HELP caseload_media_forward_latency_seconds Kernel receive stamp to return "
                     "of the send call.\n");
    for (unsigned k = 0; k < worker_count; k++)
        write_latency_of(workers[k], k, out);
    buffer_text(out, "# TYPE caseload_media_clock_steps counter\n"
                     "# HELP caseload_media_clock_steps Forwarded packets whose latency was "
                     "negative.\n");
    for (unsigned k = 0; k < worker_count; k++)
        buffer_format(out, "caseload_media_clock_steps_total{worker=\"%u\"} %llu\n", k,
                      (unsigned long long)load(&workers[k]->latency_negative));
    buffer_text(out, "# TYPE caseload_media_transports gauge\n"
                     "# HELP caseload_media_transports Transports of participants.\n");
    for (unsigned k = 0; k < worker_count; k++)
        buffer_format(out, "caseload_media_transports{worker=\"%u\"} %llu\n", k,
                      (unsigned long long)load(&workers[k]->transports));
}
