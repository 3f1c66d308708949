/* One shard process: one loop, one Lua state, its own sockets, clips and counters; runs its share
 * of the sessions and leaves its results in a folder of its own. Started by the supervisor. */
#ifndef CASELOAD_SHARD_H
#define CASELOAD_SHARD_H

#include "common/base/status.h"
#include "engine/run/run_settings.h"

struct shard_task {
    const struct run_settings *settings; /* borrowed, like all pointers here */
    const char *url;                     /* of the platform, an embedded one included */
    const char *ca_pem;                  /* NULL: the system's certificates */
    const char *fixture;                 /* JSON text; NULL: the driver prepares */
    const char *folder;                  /* shard-<i> inside the run folder, made already */
    const char *evidence_folder;
    uint64_t sessions_at_once; /* over all shards, as planned */
    uint32_t run;              /* of the stamps */
    unsigned index, count;     /* of all shards of the run */
    int link;                  /* to the parent (shard_link.h) */
};

/* Runs to the end. What went wrong has been said over the link. */
MUST_CHECK enum status shard_run(const struct shard_task *task);

#endif
