/* What the parent and its shard processes say to each other: small records over a SOCK_SEQPACKET
 * pair. Both ends are the same program, so records travel as they lie in memory. */
#ifndef CASELOAD_SHARD_LINK_H
#define CASELOAD_SHARD_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "engine/measure/hold.h"

enum shard_message_kind {
    SHARD_PREPARED,    /* to the parent: ready for SHARD_START, or not: status and text */
    SHARD_BEGUN,       /* to the parent: the first turn after the begin came at `at_us` */
    SHARD_SECOND,      /* to the parent: counts so far, once a second */
    SHARD_FINISHED,    /* to the parent: the shard's results are on disk, or not: status and text */
    SHARD_TARGET_LOST, /* to the parent: the platform died or fell silent: text */
    SHARD_SCRIPT_ERROR, /* to the parent: story or driver is at fault while running: text */
    SHARD_START,        /* to the shard: begin at `at_us` */
    SHARD_STOP,         /* to the shard: start nothing more, cut what runs, finish */
    SHARD_HOLD_END,     /* to the shard: the hold has what it needs; close it, then as SHARD_STOP */
};

struct shard_counts {
    uint64_t running, participants, participants_peak;
    uint64_t planned, started, completed, failed, late, dropped, cut;
    uint64_t frames_received;
    int64_t frame_latency_p95_us; /* of the last second; 0: none */
    double cpu;                   /* cores in the last second: the loop and the probes' threads */
    double loop_cpu;              /* share of one core that the loop alone took of it */
    uint64_t hold_samples[HOLD_NEEDS_MAX]; /* of each need of the hold, so far */
};

struct shard_message {
    enum shard_message_kind kind;
    enum status status;
    int64_t at_us;
    struct shard_counts counts;
    char text[400];
};

/* Both ends non-blocking. A full socket drops a SHARD_SECOND (the next one tells more) and fails
 * for everything else. */
MUST_CHECK enum status shard_link_create(int ret_fds[2]);
enum status shard_link_send(int fd, const struct shard_message *message);
/* AGAIN: nothing there; CLOSED: the other end is gone. */
MUST_CHECK enum status shard_link_receive(int fd, struct shard_message *ret_message);

#endif
