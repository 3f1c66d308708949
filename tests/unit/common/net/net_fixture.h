/* A server and a client on one loop inside a test, recording what happens to them; and a raw TCP
 * connection for what no proper client would send. */
#ifndef CASELOAD_TESTS_NET_FIXTURE_H
#define CASELOAD_TESTS_NET_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/net/loop.h"
#include "common/net/web_client.h"
#include "common/net/web_server.h"

enum { NET_MESSAGE_LIMIT = 20000, NET_QUEUE_LIMIT = 200000 };

struct net {
    struct loop *loop;
    struct loop_timer *turn;
    int64_t deadline_us; /* the test fails after it */
    struct web_server *server;
    struct web_client *client;
    struct web_server_config server_config; /* for changes before net_serve */
    struct web_client_config client_config; /* for changes before net_connect */
    bool tls;

    /* What the server saw. Messages are echoed when `echo`, requests answered when `answer`. */
    bool echo, answer;
    bool echo_body; /* answer with the request's body instead of `answer_body` */
    int opened, closed, messages, requests, gone;
    struct buffer last_message;
    struct web_peer *peer;       /* the last one opened, NULL once closed */
    struct web_request *request; /* the last one, NULL once answered or gone */
    char bearer[256], path[256], query[256], method[16], body[256], address[64];
    size_t body_size;
    int answer_status;
    const char *answer_type, *answer_body;
    size_t answer_size;

    char *pem[3]; /* read by net_read_vector */
    size_t pem_count;
};

/* What happened to one client socket. */
struct net_socket {
    struct net *net;
    struct web_socket *socket; /* NULL once closed */
    int opened, closed, messages;
    uint16_t code;
    char reason[512];
    struct buffer last_message;
};

struct net_answer {
    int count, http_status;
    char content_type[64];
    char body[512];
    size_t size;
};

/* Loop and defaults; nothing listens yet. */
void net_start(struct net *net);
/* Serve TLS with the vectors' certificate, and let the client trust `ca` (a file of the vectors;
 * NULL: nothing). Before net_serve. */
void net_use_tls(struct net *net, const char *ca);
void net_serve(struct net *net);
void net_make_client(struct net *net);
void net_finish(struct net *net);
/* A text of tests/vectors/tls, kept until net_finish. */
const char *net_read_vector(struct net *net, const char *name);

/* Run the loop for at most a millisecond; fails the test when it has taken too long in all. */
void net_turn(struct net *net);
#define net_until(net, condition)                                                                  \
    do {                                                                                           \
        while (!(condition))                                                                       \
            net_turn(net);                                                                         \
    } while (0)
/* Some turns, for what must not happen. */
void net_turns(struct net *net, int count);

struct web_url net_url(const struct net *net, const char *path);
void net_open(struct net *net, struct net_socket *socket, const char *path,
              const struct web_header *headers, size_t header_count);
void net_open_url(struct net *net, struct net_socket *socket, const struct web_url *url,
                  const struct web_header *headers, size_t header_count);
void net_close_socket(struct net_socket *socket); /* frees what it recorded */
void net_send(struct net *net, const char *method, const char *path, const void *body, size_t size,
              struct net_answer *answer);
void net_on_answer(void *arg, int http_status, const char *content_type, const char *body,
                   size_t size, int64_t now_us);

/* A connected, non-blocking TCP socket to the server. */
int net_raw(struct net *net);
void net_raw_send(int fd, const void *data, size_t size);
/* Whether the server has closed it; what came is appended to `received` (may be NULL). */
bool net_raw_closed(int fd, struct buffer *received);
/* A port of 127.0.0.1 on which nobody listens, and a listening socket nobody accepts on. */
uint16_t net_closed_port(void);
int net_silent_listener(uint16_t *ret_port);

int net_main(Suite *suite);

#endif
