#include "engine/run/system_limits.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/status.h"

/* Beside its participants: pipes, files, libraries, sign-ins. */
#define DESCRIPTORS_RESERVE 200
/* Sign-ins and what has just been closed hold ports, too. */
#define PORTS_RESERVE 500
#define CONNTRACK_RESERVE 1000

/* ---- reading ---- */

static void read_line(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");

    text[0] = '\0';
    if (!file)
        return;
    if (!fgets(text, (int)size, file))
        text[0] = '\0';
    fclose(file);
}

static uint64_t read_number(const char *path)
{
    char line[64];

    read_line(path, line, sizeof line);
    return strtoull(line, NULL, 10);
}

uint64_t system_limits_ports(const char *text)
{
    unsigned first, last;

    if (sscanf(text, "%u %u", &first, &last) != 2 || last < first || last > UINT16_MAX)
        return 0;
    return last - first + 1;
}

static uint64_t available_memory_bytes(void)
{
    static const char key[] = "MemAvailable:";
    FILE *file = fopen("/proc/meminfo", "re");
    uint64_t kib = 0;
    char line[128];

    while (file && kib == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtoull(line + strlen(key), NULL, 10);
    if (file)
        fclose(file);
    return kib << 10;
}

static uint64_t raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    return limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur;
}

void system_limits_read(struct system_limits *ret_limits)
{
    char ports[64];

    read_line("/proc/sys/net/ipv4/ip_local_port_range", ports, sizeof ports);
    *ret_limits = (struct system_limits){
        .descriptors = raise_descriptors(),
        .local_ports = system_limits_ports(ports),
        .listen_backlog = read_number("/proc/sys/net/core/somaxconn"),
        .rx_buffer_bytes = read_number("/proc/sys/net/core/rmem_max"),
        .conntrack_max = read_number("/proc/sys/net/netfilter/nf_conntrack_max"),
        .conntrack_used = read_number("/proc/sys/net/netfilter/nf_conntrack_count"),
        .memory_bytes = available_memory_bytes(),
    };
}

/* ---- judging ---- */

static void find(struct limits_report *report, bool fatal, const char *limit, const char *format,
                 ...) PRINTF_LIKE(4, 5);

static void find(struct limits_report *report, bool fatal, const char *limit, const char *format,
                 ...)
{
    struct limit_finding *finding = &report->findings[report->count++];
    va_list arguments;

    finding->fatal = fatal;
    finding->limit = limit;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
}

static void judge_descriptors(const struct system_limits *limits,
                              const struct limits_demand *demand, struct limits_report *report)
{
    uint64_t most = limits->descriptors, all = demand->people * demand->shards;
    uint64_t needed = demand->people * demand->descriptors_per_person + DESCRIPTORS_RESERVE;

    if (most == 0 || needed <= most)
        return;
    if (most > DESCRIPTORS_RESERVE + demand->descriptors_per_person) {
        uint64_t each = (most - DESCRIPTORS_RESERVE) / demand->descriptors_per_person;
        find(report, true, "descriptors",
             "about %" PRIu64 " are needed in each of %" PRIu64
             " shard processes, RLIMIT_NOFILE is "
             "%" PRIu64 ": raise --workers to %" PRIu64 " or ulimit -n to %" PRIu64,
             needed, demand->shards, most, (all + each - 1) / each, needed);
        return;
    }
    find(report, true, "descriptors",
         "about %" PRIu64 " are needed, RLIMIT_NOFILE is %" PRIu64 ": raise ulimit -n", needed,
         most);
}

static void judge_ports(const struct system_limits *limits, const struct limits_demand *demand,
                        struct limits_report *report)
{
    uint64_t needed = demand->people * demand->shards + PORTS_RESERVE;

    if (limits->local_ports > 0 && needed > limits->local_ports)
        find(report, true, "local ports",
             "about %" PRIu64 " connections to one address and port are needed, "
             "net.ipv4.ip_local_port_range has %" PRIu64 " ports: sysctl -w "
             "net.ipv4.ip_local_port_range='1024 65535', or share the load between several hosts "
             "or servers",
             needed, limits->local_ports);
}

static void judge_conntrack(const struct system_limits *limits, const struct limits_demand *demand,
                            struct limits_report *report)
{
    uint64_t needed = limits->conntrack_used + CONNTRACK_RESERVE +
                      demand->people * demand->shards * demand->flows_per_person;

    if (limits->conntrack_max > 0 && needed > limits->conntrack_max)
        find(report, true, "connection tracking",
             "about %" PRIu64 " entries are needed, nf_conntrack_max is %" PRIu64 " (%" PRIu64
             " in use): sysctl -w net.netfilter.nf_conntrack_max=%" PRIu64,
             needed, limits->conntrack_max, limits->conntrack_used, 2 * needed);
}

static void judge_memory(const struct system_limits *limits, const struct limits_demand *demand,
                         struct limits_report *report)
{
    uint64_t needed = demand->people * demand->shards * demand->bytes_per_person;

    if (limits->memory_bytes > 0 && needed > limits->memory_bytes)
        find(report, true, "memory",
             "about %" PRIu64 " MiB are needed, %" PRIu64 " MiB are available: fewer sessions, or "
             "share them between hosts (--shard)",
             needed >> 20, limits->memory_bytes >> 20);
}

static void judge_backlog(const struct system_limits *limits, const struct limits_demand *demand,
                          struct limits_report *report)
{
    if (demand->server_here && limits->listen_backlog > 0 &&
        demand->connections_per_s > limits->listen_backlog)
        find(report, false, "listen backlog",
             "about %" PRIu64 " connections come in a second, net.core.somaxconn lets %" PRIu64
             " wait: others are tried again after 1, 3 and 7 s; a longer --ramp, or sysctl -w "
             "net.core.somaxconn=%" PRIu64,
             demand->connections_per_s, limits->listen_backlog, demand->connections_per_s);
}

static void judge_buffers(const struct system_limits *limits, const struct limits_demand *demand,
                          struct limits_report *report)
{
    if (demand->shared_media_socket && limits->rx_buffer_bytes > 0 &&
        limits->rx_buffer_bytes < SYSTEM_LIMITS_RX_BUFFER_BYTES)
        find(report, false, "socket buffers",
             "net.core.rmem_max is %" PRIu64 " KiB, little for a socket that many share: sysctl -w "
             "net.core.rmem_max=8388608",
             limits->rx_buffer_bytes >> 10);
}

void system_limits_judge(const struct system_limits *limits, const struct limits_demand *demand,
                         struct limits_report *ret_report)
{
    ret_report->count = 0;
    judge_descriptors(limits, demand, ret_report);
    judge_ports(limits, demand, ret_report);
    judge_conntrack(limits, demand, ret_report);
    judge_memory(limits, demand, ret_report);
    judge_backlog(limits, demand, ret_report);
    judge_buffers(limits, demand, ret_report);
}
