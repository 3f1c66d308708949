/* What the files of the supervisor share: supervisor.c (the run from begin to end, signals, wall
 * time), supervisor_shards.c (the shard processes) and supervisor_target.c (the platform). For them
 * only. */
#ifndef CASELOAD_SUPERVISOR_PRIVATE_H
#define CASELOAD_SUPERVISOR_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/net/loop.h"
#include "engine/run/cpu_quota.h"
#include "engine/run/embedded_server.h"
#include "engine/run/progress.h"
#include "engine/run/shard_link.h"
#include "engine/run/supervisor.h"
#include "engine/run/target_watch.h"

/* After the platform died, sessions get this long to notice before they are cut. */
#define AFTER_LOSS_US (3 * US_PER_S)

struct child {
    pid_t pid; /* 0: reaped */
    int link;
    struct loop_watch *watch;
    bool prepared, finished;
    struct shard_counts counts;
};

struct supervisor {
    struct supervision *run;
    struct loop *loop;
    struct loop_timer *check_timer, *start_timer;
    struct embedded_server *server;
    struct cpu_quota *quota;    /* NULL: the server may use what there is */
    struct target_watch *watch; /* NULL: nothing can be seen */
    double target_cpu;          /* < 0: not known */
    struct progress progress;
    struct child *children;
    int64_t prepare_limit_us, stop_at_us, wall_limit_us;
    bool prepared, stopping, hold_ended;
};

/* Why the run went wrong: the first reason stays. */
void supervisor_note(struct supervisor *supervisor, const char *text);
/* All shards are prepared: begin at once, or at the instant of --start-at. */
void supervisor_ready(struct supervisor *supervisor);

/* ---- supervisor_shards.c ---- */

/* All forks come before the parent has a loop of its own; then it listens to them. */
MUST_CHECK enum status supervisor_start_shards(struct supervisor *supervisor,
                                               struct failure *failure);
MUST_CHECK enum status supervisor_watch_shards(struct supervisor *supervisor,
                                               struct failure *failure);
void supervisor_send_all(struct supervisor *supervisor, enum shard_message_kind kind,
                         int64_t at_us);
/* Ask them, once, to close their sessions. */
void supervisor_stop_shards(struct supervisor *supervisor);
/* Long enough, and every need met by all shards together? Then the hold may end everywhere. */
void supervisor_check_hold(struct supervisor *supervisor, int64_t now_us);
void supervisor_sum_counts(const struct supervisor *supervisor, struct shard_counts *ret_sum);
/* Kill those that run; on_link hears of each. */
void supervisor_end_shards(struct supervisor *supervisor);
/* Kill and reap those that run, without a loop. */
void supervisor_close_shards(struct supervisor *supervisor);

/* ---- supervisor_target.c ---- */

/* Nothing with --url. */
MUST_CHECK enum status supervisor_start_server(struct supervisor *supervisor,
                                               struct failure *failure);
/* A path that does not answer is said as one; whether the platform can be reached is seen next. */
void supervisor_measure_path(struct supervisor *supervisor);
/* The embedded server always, another one where it shows its metrics. */
MUST_CHECK enum status supervisor_watch_target(struct supervisor *supervisor,
                                               struct failure *failure);
void supervisor_sample_target(struct supervisor *supervisor, int64_t now_us);
/* Did the embedded server die? Then the run ends soon. */
void supervisor_check_server(struct supervisor *supervisor);

#endif
