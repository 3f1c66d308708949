/* A helper thread for slow work (passwords, disk), so that it delays no message and no packet. Jobs
 * run one after the other, in order; the queue is bounded. */
#ifndef CASELOAD_SERVER_BACKGROUND_H
#define CASELOAD_SERVER_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/status.h"
#include "common/net/loop.h"

struct background;

struct background_job {
    void (*work)(void *arg); /* on the helper thread */
    /* Afterwards, exactly once, on the loop's thread. `worked` false: the thread was stopped
     * before the job's turn came. */
    void (*done)(void *arg, bool worked);
    void *arg;
};

/* At most `queue_limit` jobs are under way. NO_MEMORY. */
MUST_CHECK enum status background_create(struct loop *loop, size_t queue_limit,
                                         struct background **ret_background);
/* Waits for the job that runs, then calls `done` of all jobs left. The loop must not run any more
 * afterwards. */
void background_destroy(struct background *background);
/* On the loop's thread. FULL: try later. */
MUST_CHECK enum status background_submit(struct background *background,
                                         const struct background_job *job);
/* Jobs under way. */
size_t background_length(const struct background *background);

#endif
