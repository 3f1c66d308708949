#include "engine/run/target_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/open_metrics.h"

/* node_exporter: docs of its collectors cpu, netdev, netstat. */
static const struct target_metric everywhere[] = {
    {TARGET_CPU, "process_cpu_seconds_total", "", "", false},
    {TARGET_MEMORY, "process_resident_memory_bytes", "", "", false},
    {TARGET_LOOP_LAG, "caseload_server_loop_lag_seconds", "", "", false},
    {TARGET_PACKETS, "caseload_media_datagrams_in_total", "", "", false},
    {TARGET_DROPS, "caseload_media_drops_total", "cause",
     " kernel_receive socket_full relay_full late ", false},
    {TARGET_DROPS, "caseload_media_ring_refused_total", "", "", false},
    {TARGET_HOST_CPU, "node_cpu_seconds_total", "mode", " idle iowait steal ", true},
    {TARGET_PACKETS, "node_network_receive_packets_total", "device", " lo ", true},
    {TARGET_DROPS, "node_network_receive_drop_total", "device", " lo ", true},
    {TARGET_DROPS, "node_netstat_Udp_RcvbufErrors", "", "", false},
    {TARGET_DROPS, "node_netstat_Udp_SndbufErrors", "", "", false},
};

struct reading {
    const struct target_metric *own;
    size_t own_count;
    bool declared[TARGET_NUMBER_COUNT]; /* the driver names metrics of this number */
    struct target_numbers numbers;
    bool cores[TARGET_CORES_MAX];
};

/* `words` are between blanks. */
static bool is_among(const char *words, const char *word)
{
    char framed[OPEN_METRICS_LABEL_SIZE + 3];
    size_t length = strlen(word);

    if (length == 0 || length >= OPEN_METRICS_LABEL_SIZE)
        return false;
    framed[0] = ' ';
    memcpy(framed + 1, word, length);
    memcpy(framed + 1 + length, " ", 2);
    return strstr(words, framed) != NULL;
}

static void add(double *sum, bool *known, double value)
{
    *sum += value;
    *known = true;
}

static void count_core(struct reading *reading, const char *cpu)
{
    char *end;
    unsigned long core = strtoul(cpu, &end, 10);

    if (end == cpu || *end || core >= TARGET_CORES_MAX || reading->cores[core])
        return;
    reading->cores[core] = true;
    reading->numbers.cores++;
}

/* The sample as one of `metric`, when it is. */
static void take(struct reading *reading, const struct target_metric *metric,
                 const struct open_metrics_sample *sample)
{
    struct target_numbers *numbers = &reading->numbers;

    if (strcmp(sample->name, metric->name) != 0 || !isfinite(sample->value))
        return;
    if (metric->number == TARGET_HOST_CPU)
        count_core(reading, open_metrics_label(sample, "cpu"));
    if (metric->label[0] &&
        is_among(metric->words, open_metrics_label(sample, metric->label)) == metric->but)
        return;
    switch (metric->number) {
    case TARGET_CPU:
        add(&numbers->cpu_s, &numbers->cpu_known, sample->value);
        break;
    case TARGET_HOST_CPU:
        add(&numbers->host_cpu_s, &numbers->host_cpu_known, sample->value);
        break;
    case TARGET_MEMORY:
        add(&numbers->rss_bytes, &numbers->rss_known, sample->value);
        break;
    case TARGET_PACKETS:
        add(&numbers->packets, &numbers->packets_known, sample->value);
        break;
    case TARGET_DROPS:
        add(&numbers->drops, &numbers->drops_known, sample->value);
        break;
    case TARGET_LOOP_LAG:
        numbers->loop_lag_s = fmax(numbers->loop_lag_s, sample->value);
        numbers->loop_lag_known = true;
        break;
    case TARGET_NUMBER_COUNT:
        break;
    }
}

static void on_sample(void *arg, const struct open_metrics_sample *sample)
{
    struct reading *reading = arg;

    for (size_t i = 0; i < reading->own_count; i++)
        take(reading, &reading->own[i], sample);
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
        if (!reading->declared[everywhere[i].number])
            take(reading, &everywhere[i], sample);
}

void target_numbers_read(const char *text, size_t size, const struct target_metric *own,
                         size_t own_count, struct target_numbers *ret_numbers)
{
    struct reading reading = {.own = own, .own_count = own_count};

    for (size_t i = 0; i < own_count; i++)
        reading.declared[own[i].number] = true;
    /* The host's processor comes before the process's (below): a declared one is meant. */
    reading.declared[TARGET_HOST_CPU] |= reading.declared[TARGET_CPU];
    open_metrics_read(text, size, on_sample, &reading);
    *ret_numbers = reading.numbers;
}

/* Per second; below zero: not known. */
static double rate(bool known_before, double before, bool known, double now, double passed_s)
{
    return known_before && known && now >= before ? (now - before) / passed_s : -1;
}

void target_numbers_difference(const struct target_numbers *before,
                               const struct target_numbers *now, int64_t passed_us,
                               struct target_second *ret_second)
{
    double passed_s = (double)passed_us / 1e6;

    if (passed_us <= 0)
        return;
    ret_second->cpu = rate(before->host_cpu_known, before->host_cpu_s, now->host_cpu_known,
                           now->host_cpu_s, passed_s);
    if (ret_second->cpu < 0)
        ret_second->cpu =
            rate(before->cpu_known, before->cpu_s, now->cpu_known, now->cpu_s, passed_s);
    ret_second->packets =
        rate(before->packets_known, before->packets, now->packets_known, now->packets, passed_s);
    ret_second->drops =
        rate(before->drops_known, before->drops, now->drops_known, now->drops, passed_s);
    if (now->loop_lag_known)
        ret_second->loop_lag_us = now->loop_lag_s * 1e6;
    if (now->rss_known)
        ret_second->rss_bytes = now->rss_bytes;
}
