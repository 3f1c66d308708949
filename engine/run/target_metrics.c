#include "engine/run/target_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/open_metrics.h"

enum number { CPU, HOST_CPU, RSS, PACKETS, DROPS, LOOP_LAG };

/* A sample counts when its name is this and, with a label named, that label's value is among the
 * words (or, with `but`, is not). node_exporter: docs of its collectors cpu, netdev, netstat. */
static const struct {
    const char *name;
    enum number number;
    const char *label, *words;
    bool but;
} table[] = {
    {"process_cpu_seconds_total", CPU, NULL, NULL, false},
    {"process_resident_memory_bytes", RSS, NULL, NULL, false},
    {"caseload_server_loop_lag_seconds", LOOP_LAG, NULL, NULL, false},
    {"caseload_media_datagrams_in_total", PACKETS, NULL, NULL, false},
    {"caseload_media_drops_total", DROPS, "cause", " kernel_receive socket_full relay_full late ",
     false},
    {"caseload_media_ring_refused_total", DROPS, NULL, NULL, false},
    {"node_cpu_seconds_total", HOST_CPU, "mode", " idle iowait steal ", true},
    {"node_network_receive_packets_total", PACKETS, "device", " lo ", true},
    {"node_network_receive_drop_total", DROPS, "device", " lo ", true},
    {"node_netstat_Udp_RcvbufErrors", DROPS, NULL, NULL, false},
    {"node_netstat_Udp_SndbufErrors", DROPS, NULL, NULL, false},
};

struct reading {
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

static void on_sample(void *arg, const struct open_metrics_sample *sample)
{
    struct reading *reading = arg;
    struct target_numbers *numbers = &reading->numbers;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(sample->name, table[i].name) != 0 || !isfinite(sample->value))
            continue;
        if (table[i].number == HOST_CPU)
            count_core(reading, open_metrics_label(sample, "cpu"));
        if (table[i].label &&
            is_among(table[i].words, open_metrics_label(sample, table[i].label)) == table[i].but)
            continue;
        switch (table[i].number) {
        case CPU:
            add(&numbers->cpu_s, &numbers->cpu_known, sample->value);
            break;
        case HOST_CPU:
            add(&numbers->host_cpu_s, &numbers->host_cpu_known, sample->value);
            break;
        case RSS:
            add(&numbers->rss_bytes, &numbers->rss_known, sample->value);
            break;
        case PACKETS:
            add(&numbers->packets, &numbers->packets_known, sample->value);
            break;
        case DROPS:
            add(&numbers->drops, &numbers->drops_known, sample->value);
            break;
        case LOOP_LAG:
            numbers->loop_lag_s = fmax(numbers->loop_lag_s, sample->value);
            numbers->loop_lag_known = true;
            break;
        }
    }
}

void target_numbers_read(const char *text, size_t size, struct target_numbers *ret_numbers)
{
    struct reading reading = {0};

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
