/* A caseload-server started as a child on free loopback ports, with the story's fixture in memory,
 * and stopped at the end. */
#ifndef CASELOAD_EMBEDDED_SERVER_H
#define CASELOAD_EMBEDDED_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/status.h"

struct embedded_server;

struct embedded_server_settings {
    const char *program;      /* path of caseload-server */
    const char *fixture_json; /* handed over by a file in `folder` */
    const char *folder;       /* for its fixture and log: the run folder */
    bool plain;               /* no TLS (loopback only) */
    unsigned media_workers;
    unsigned spared_cores;     /* that it leaves to the workers (own_cores.h); 0: it may use all */
    const char *const *faults; /* names for --fault */
    size_t fault_count;
};

/* Blocks until the server announces itself, at most 15 s. The failure carries the last line that
 * the server said; INVALID: it did not want its fixture or a fault of that name. */
MUST_CHECK enum status embedded_server_start(const struct embedded_server_settings *settings,
                                             struct embedded_server **ret_server,
                                             struct failure *failure);
/* Ends it (SIGTERM, after 5 s SIGKILL) and reaps it. NULL is allowed. */
void embedded_server_stop(struct embedded_server *server);
const char *embedded_server_url(const struct embedded_server *server);
/* To be trusted; NULL with plain. */
const char *embedded_server_ca_pem(const struct embedded_server *server);
pid_t embedded_server_pid(const struct embedded_server *server);
/* True once: it ended by itself; `message` says how. */
bool embedded_server_died(struct embedded_server *server, char *message, size_t size);

#endif
