/* The whole reference server on one loop with its clients: real HTTP, WebSocket and TLS over
 * loopback, the real store and helper thread, a media plane without media. */
#ifndef CASELOAD_TEST_SERVER_BENCH_H
#define CASELOAD_TEST_SERVER_BENCH_H

#include <stdbool.h>

#include "common/net/web_client.h"
#include "common/webrtc/transport/certificate.h"
#include "reference-server/server/server.h"
#include "tests/support/rpc_peer.h"

/* Clinics "Clinic A" (link-to-a) and "Clinic B" (link-to-b); staff by role, password "secret":
 * nurse and doctor (A), both (A and B), other (B), clerk (A), referrer (A, may send to B), admin
 * (organisation administrator), reporter. */
struct server_bench {
    struct loop *loop;
    struct certificate *certificate; /* NULL: plain */
    struct server *server;
    struct web_client *client;
    struct loop_timer *guard; /* fails a test that waits for ever */
    struct remote *remotes;
    char fixture[64]; /* path */
    /* The last reply over HTTP. */
    int http_status;
    char content_type[96];
    char *body; /* owned */
    bool replied;
};

struct remote {
    struct server_bench *bench;
    struct web_socket *socket; /* NULL: closed */
    bool open;
    uint16_t close_code;
    struct rpc_peer rpc;
    struct remote *next;
};

/* `database` NULL: in memory. `descriptor_limit` 0: 20,000. */
void server_bench_init(struct server_bench *bench, bool tls, const char *database,
                       size_t descriptor_limit);
void server_bench_finish(struct server_bench *bench);
/* Stop the server as a signal would, wait until it is done. */
void server_bench_stop(struct server_bench *bench);
/* Let the loop run for a while. */
void server_bench_run(struct server_bench *bench, int64_t for_us);

/* One request; the reply is in `bench`. `bearer`, `body` may be NULL. */
int server_bench_request(struct server_bench *bench, const char *method, const char *path,
                         const char *bearer, const char *body);
/* A token for a member of staff; the caller frees it. */
char *server_bench_token(struct server_bench *bench, const char *username);

struct remote *remote_connect(struct server_bench *bench);
void remote_send(struct remote *remote, const char *text);
/* As in live_bench.h, over the network. */
json_t *remote_ask(struct remote *remote, const char *method, const char *format, ...);
json_t *remote_do(struct remote *remote, const char *method, const char *format, ...);
int remote_error(const struct remote *remote);
/* The oldest notification of that method, waited for; borrowed until the next. */
json_t *remote_wait(struct remote *remote, const char *method);
void remote_wait_closed(struct remote *remote);
/* Cut the connection as a lost network does. */
void remote_abort(struct remote *remote);
struct remote *remote_enter(struct server_bench *bench, const char *link, const char *name);
struct remote *remote_sign_in(struct server_bench *bench, const char *username);

#endif
