/* Everything a run was asked to do, after the command line was read and checked. Plain data. */
#ifndef CASELOAD_RUN_SETTINGS_H
#define CASELOAD_RUN_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/args.h"
#include "common/base/status.h"
#include "common/webrtc/transport/address_range.h"
#include "engine/measure/hold.h"
#include "engine/media/clip.h"
#include "engine/network/net_profile.h"
#include "engine/participant/participant.h"
#include "engine/run/arrival_pattern.h"
#include "engine/run/resource.h"

#define RUN_WORKERS_MAX 64
/* Processes of one plan, workers of all shards together: their senders' numbers stay apart. */
#define RUN_PROCESSES_MAX 1024

struct run_result;

/* Has its say when all is merged and before it is judged: weighs the checks, adds reasons. */
typedef void run_weigh_fn(void *arg, struct run_result *result);

struct run_settings {
    char home[RESOURCE_PATH_SIZE];
    const char *story; /* as it was given: a name or a path */
    char story_path[RESOURCE_PATH_SIZE];
    char target_path[RESOURCE_PATH_SIZE];
    char target_name[64];
    char out[RESOURCE_PATH_SIZE]; /* the run folder */
    const char *url;              /* NULL: an embedded reference server */
    const char *ca_path;          /* NULL: the system's certificates */
    const char *target_config;    /* fixture of a foreign server, a file; NULL: none */
    const char *target_metrics;   /* URL of a foreign server's metrics; NULL: it shows none */
    bool insecure, plain, quiet;
    run_weigh_fn *weigh; /* NULL: nobody has one */
    void *weigh_arg;
    struct arg_list set, thresholds, faults;
    unsigned workers;                  /* shard processes here */
    unsigned shard_index, shard_count; /* --shard i/N: this command runs share i of N; else 0/1 */
    bool sharded;                      /* --shard was given: the folder keeps what merging needs */
    int64_t start_at_us; /* begin at this instant, since 1970; 0: as soon as all are ready */
    uint64_t seed;
    enum media_mode media;
    struct clip_settings clip;
    double probe_share; /* 0…1 */
    bool burst;
    bool has_network; /* --net was given */
    struct net_profile network;
    bool io_uring; /* media sockets through a ring, where the host allows it */
    bool light;    /* light clients (transport/ice_light.h), with addresses of: */
    struct address_range client_addresses;
    unsigned media_workers;  /* of the embedded server */
    double server_cpu;       /* cores that it may use, by a quota; 0: all */
    bool pin;                /* it and the workers have cores of their own (own_cores.h) */
    int64_t capture_session; /* -1: none */
    bool keep_keys;          /* captures carry their SRTP keys */
    bool measure_path;       /* the idle path to the target, before anybody signs in */
    bool report_later;       /* report.html is made by whoever asked for the run */
    bool trace;              /* print every event of every session to stdout */
    int64_t timeout_us;      /* of one operation */

    /* load shape, story defaults already applied by run_plan */
    uint64_t sessions;               /* at once; 0: open model without cap */
    double rate_per_s;               /* where the shape's level is 1; 0: closed model */
    struct arrival_pattern arrivals; /* of the open model; text "": as the story says */
    double compress;                 /* of a day's arrivals; 0: not given */
    int64_t duration_us, ramp_us;
    /* Of a step of `capacity`: only this is judged, by the built-in and the given thresholds; the
     * run ends with it, sessions that still run are cut. */
    struct hold_plan hold;
    char command_line[2048]; /* as typed */
};

#endif
