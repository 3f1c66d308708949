/* What this machine allows, read once, and a pure judgement of what a load needs of it: each
 * finding names the limit and what to do about it. Used before a run (limits.h) and by doctor. */
#ifndef CASELOAD_SYSTEM_LIMITS_H
#define CASELOAD_SYSTEM_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSTEM_LIMITS_FINDINGS_MAX 8
/* Received at once on one socket, for some tens of milliseconds: below it media is dropped. */
#define SYSTEM_LIMITS_RX_BUFFER_BYTES (1U << 20)

/* 0 everywhere: not known, or no such limit here. */
struct system_limits {
    uint64_t descriptors;    /* per process: RLIMIT_NOFILE */
    uint64_t local_ports;    /* net.ipv4.ip_local_port_range: connections to one address and port */
    uint64_t listen_backlog; /* net.core.somaxconn: connections that wait to be accepted */
    uint64_t rx_buffer_bytes;               /* net.core.rmem_max */
    uint64_t conntrack_max, conntrack_used; /* entries; only where the module is loaded */
    uint64_t memory_bytes;                  /* available now */
};

struct limits_demand {
    uint64_t shards;                 /* processes on this host */
    uint64_t people;                 /* of each shard at once, bystanders included */
    uint64_t descriptors_per_person; /* in a shard */
    uint64_t connections_per_s;      /* of all shards, while the load rises */
    uint64_t bytes_per_person;       /* resident, both sides when the server is here too */
    uint64_t flows_per_person;       /* connections and media paths that a firewall sees */
    bool server_here;                /* its backlog is this machine's */
    bool shared_media_socket;        /* many participants receive on one socket */
};

struct limit_finding {
    bool fatal;        /* the load cannot be; else it may suffer */
    const char *limit; /* "descriptors" */
    char text[240];    /* what is needed, what there is, and the remedy */
};

struct limits_report {
    size_t count; /* fatal ones first */
    struct limit_finding findings[SYSTEM_LIMITS_FINDINGS_MAX];
};

/* Reads /proc and the process's own limits; raises the soft limit of descriptors to the hard one.
 */
void system_limits_read(struct system_limits *ret_limits);
/* Pure. */
void system_limits_judge(const struct system_limits *limits, const struct limits_demand *demand,
                         struct limits_report *ret_report);
/* "32768\t60999" → how many ports; 0 when it is no range. */
uint64_t system_limits_ports(const char *text);

#endif
