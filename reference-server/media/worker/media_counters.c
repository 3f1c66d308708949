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

static void write_latency_of(const struct media_counters *counters, unsigned worker,
                             struct buffer *out)
{
    static const char *const labels[] = {"0.5", "0.9", "0.99", "0.999"};
    static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
    struct histogram copy = {0};

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint32_t times = atomic_load_explicit(&counters->latency_us[i], memory_order_relaxed);
        if (times > 0)
            histogram_record_many(&copy, histogram_bucket_low(i), times);
    }
    for (size_t i = 0; copy.count > 0 && i < sizeof quantiles / sizeof quantiles[0]; i++)
        buffer_format(
            out, "caseload_media_forward_latency_seconds{worker=\"%u\",quantile=\"%s\"} %.6f\n",
            worker, labels[i], (double)histogram_quantile(&copy, quantiles[i]) / 1e6);
    buffer_format(out,
                  "caseload_media_forward_latency_seconds_count{worker=\"%u\"} %llu\n"
                  "caseload_media_forward_latency_seconds_sum{worker=\"%u\"} %.6f\n",
                  worker, (unsigned long long)load(&counters->latency_count), worker,
                  (double)load(&counters->latency_sum_us) / 1e6);
    histogram_finish(&copy);
}

void media_counters_write(const struct media_counters *const *workers, unsigned worker_count,
                          struct buffer *out)
{
    write_counters(workers, worker_count, out);
    write_drops(workers, worker_count, out);
    buffer_text(out, "# TYPE caseload_media_forward_latency_seconds summary\n"
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
