/* The reference platform as one object on one loop: store, domain, live side, HTTP and media wired
 * together. Used by main.c and by the integration tests. */
#ifndef CASELOAD_SERVER_SERVER_H
#define CASELOAD_SERVER_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/net/loop.h"

struct server;

struct server_config {
    struct loop *loop; /* borrowed */
    const char *address;
    uint16_t port; /* 0: a free one */
    const char *media_address;
    uint16_t media_port; /* 0: free ones */
    unsigned media_workers;
    const char *certificate_pem, *key_pem; /* NULL: plain HTTP */
    const char *database;                  /* path or ":memory:" */
    const char *fixture;                   /* path; NULL: none */
    const char *web_folder;
    size_t descriptor_limit; /* of the process */
};

/* All texts are borrowed during the call only. The failure names the file, address or setting. */
MUST_CHECK enum status server_create(const struct server_config *config, struct server **ret_server,
                                     struct failure *failure);
/* Tell every client that the server stops; `on_stopped` when all are gone or after two seconds. */
void server_stop(struct server *server, void (*on_stopped)(void *arg), void *arg);
/* Not from inside one of its callbacks. The loop must not run any more afterwards. */
void server_destroy(struct server *server); /* NULL is allowed */

uint16_t server_port(const struct server *server);
/* 0: there is no such worker. */
uint16_t server_media_port(const struct server *server, unsigned worker);

#endif
