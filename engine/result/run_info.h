/* What a run was: command, settings, target, host, times. Plain data filled by the run code,
 * written into run.json and shown by the report. Texts are cut at their size, never longer. */
#ifndef CASELOAD_RUN_INFO_H
#define CASELOAD_RUN_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/network/net_profile.h"

#define RUN_LIBRARIES_MAX 24
#define RUN_NOTES_MAX 24
/* Beside every figure of light clients (docs/clients.md). */
#define RUN_NOTE_LIGHT "light clients: on loopback they can flatter a server by up to 2 times"

struct run_library {
    char name[32], version[96];
};

/* Filled by host_card_read. */
struct host_card {
    char cpu[128], kernel[200], system[96]; /* model, uname, distribution */
    unsigned cores;                         /* that this process may use */
    uint64_t memory_bytes;
    uint64_t files_max;                                /* descriptors per process, soft limit */
    uint64_t rx_buffer_max_bytes, tx_buffer_max_bytes; /* net.core.rmem_max, wmem_max; 0: unknown */
    char governor[32];    /* cpufreq governor of core 0, "" when unknown */
    bool virtual_machine; /* the CPU says it runs under a hypervisor */
};
void host_card_read(struct host_card *ret_card);

/* Further from the planned instant a begin makes the verdict inconclusive: shards that were to load
 * the platform together did not. A tenth of the shortest second that a rate is counted in. */
#define RUN_START_SKEW_MAX_US 100000

/* The begin, where an instant was asked for (--start-at). */
struct run_start {
    int64_t at_us;   /* since 1970; 0: none was asked for */
    int64_t skew_us; /* actual minus asked for, of the process furthest from it */
    bool late;       /* the instant had passed when all was prepared */
};

/* One of the shards that a merged run is made of. */
struct run_shard {
    unsigned index, workers;
    char folder[128]; /* its last component; "" when the shard is missing */
    char cpu[128];
    unsigned cores;
    bool host_noisy;
    struct run_start start;
    int64_t start_realtime_us, end_realtime_us;
    char lost[200]; /* why its results are not (all) there; "": they are */
};

/* The path to the target while nothing is asked of it: handshakes of TCP, one after the other,
 * which the kernels at both ends answer and time. */
struct idle_path {
    unsigned sent, lost;            /* segments sent, of them sent in vain; 0 sent: not measured */
    int64_t rtt_p50_us, rtt_max_us; /* of those that were answered; < 0: none was */
};

struct run_info {
    char program_version[32];
    char command[2048]; /* as typed */
    char story[64], story_title[128], story_path[512];
    bool examination; /* what was played are checks, whose waits are judged one by one */
    char story_digest[32], fixture_digest[32]; /* common/base/digest.h; "": not known */
    uint64_t seed;
    unsigned shard_index, shard_count; /* --shard i/N; 0/1 without */
    bool sharded;                      /* --shard was given: the folder is for merging */
    struct run_start start;
    unsigned workers;
    char media[16], video[64], audio[64], send[16],
        client[16];                      /* "full", "640x360 500 kbit/s", … */
    char network[NET_PROFILE_TEXT_SIZE]; /* --net; "": none */
    char io_path[64];                    /* I/O in use: "recvmmsg, sendmmsg" */
    char srtp_build[64];                 /* "OpenSSL, static"; and the suite that was used */
    char srtp_suite[48];
    bool plain; /* signalling without TLS */
    double probe_share;

    char target_name[64], target_url[256], target_version[96];
    bool target_embedded;
    double target_cores;   /* that it may use at most; < 0: not known */
    double cpu_limit;      /* of these, by a quota that we set (--server-cpu); 0: none */
    char cpu_limit_by[64]; /* "cgroup v2, 3 ms of every 10 ms"; "" without */
    const char
        *target_declares; /* JSON object: declared features and choices; borrowed; NULL: none */
    /* JSON object of everything that shapes the load (story settings and --set included, no paths,
     * no times); borrowed. Its digest is what "same plan" compares. */
    const char *settings;

    struct idle_path idle_path; /* before anybody signed in; sent 0: not asked for */

    int64_t start_realtime_us, end_realtime_us; /* of the loading phase */
    int64_t duration_us;                        /* planned */
    uint64_t sessions;                          /* planned at once; 0: open model without cap */
    double rate_per_s;                          /* 0: closed model */
    char arrivals[96];                          /* as --arrivals takes it, without folders */
    double compress;                            /* of a day's arrivals; 1: none */
    /* Of a step of a capacity search; length 0: none. */
    int64_t hold_begin_us, hold_length_us, hold_limit_us;

    struct host_card host;
    int64_t stall_before_us, stall_after_us; /* p99.9 of the worst core; < 0: not measured */
    bool host_noisy;

    size_t library_count;
    struct run_library libraries[RUN_LIBRARIES_MAX];
    size_t note_count;
    char notes[RUN_NOTES_MAX][200]; /* what a reader must know: "--plain", "loopback: …" */
};

/* Both drop what does not fit and return FULL. */
enum status run_info_add_library(struct run_info *info, const char *name, const char *version);
enum status run_info_add_note(struct run_info *info, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
