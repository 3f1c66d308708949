/* The parts of the server that its three files share: connections, their requests and peers. */
#ifndef CASELOAD_NET_WEB_SERVER_INTERNAL_H
#define CASELOAD_NET_WEB_SERVER_INTERNAL_H

#include "common/net/web_context.h"
#include "common/net/web_server.h"

/* Headers of one request, together. */
#define WEB_HEADER_LIMIT 4096

struct web_peer {
    struct web_link link;
    struct web_connection *connection;
    void *user;
    char *bearer; /* owned */
    char address[46];
    int64_t heard_us;
    bool pinged; /* since it was last heard */
    bool told;   /* on_open was called, so on_close is due */
    TAILQ_ENTRY(web_peer) entry;
};

struct web_request {
    struct web_connection *connection;
    const char *method;          /* static text */
    char *path, *query, *bearer; /* owned */
    struct buffer body;
    void *user;
    bool dispatched;                /* on_request was called */
    TAILQ_ENTRY(web_request) entry; /* in server->requests while dispatched */
};

/* One accepted TCP connection. `link` serves to cut it while it speaks HTTP. */
struct web_connection {
    struct web_server *server;
    struct web_link link;
    struct web_request *request; /* owned; NULL: none, or answered */
    struct web_peer *peer;       /* owned; NULL while it speaks HTTP */
    unsigned char *response;     /* owned; LWS_PRE bytes of room, then what to write */
    size_t response_bytes;
    uint64_t body_left; /* of the Content-Length, bytes that have not come yet */
    bool head;          /* the request's method was HEAD */
    bool began;         /* its one request has come */
    bool completed;     /* and so has its body */
    bool answered;      /* the response is made; written once `response` is NULL again */
};

struct web_server {
    struct web_server_config config;
    char *websocket_path; /* owned */
    struct web_context context;
    uint16_t port;
    size_t connections;
    TAILQ_HEAD(, web_peer) peers; /* the longest silent one first */
    TAILQ_HEAD(, web_request) requests;
};

/* The value of the Bearer scheme (owned by the caller, "" when none); NULL: no memory. */
char *web_server_bearer(struct lws *wsi);
/* Write a response at once, from inside a callback that then returns -1. */
void web_server_refuse(struct lws *wsi, int http_status, const char *text);

/* The rest is for the callback of web_server.c; results are the callback's. */
int web_request_begin(struct web_connection *connection, const char *path, size_t path_size);
int web_request_receive(struct web_connection *connection, const void *data, size_t size);
int web_request_complete(struct web_connection *connection);
int web_request_writeable(struct web_connection *connection);
void web_request_drop(struct web_connection *connection);
/* Cut connections whose client has gone away while its request waits for an answer. */
void web_requests_check(struct web_server *server);

int web_peer_check_upgrade(struct web_server *server, struct lws *wsi, const char *protocol);
int web_peer_open(struct web_connection *connection);
int web_peer_receive(struct web_peer *peer, const void *data, size_t size);
void web_peer_heard(struct web_peer *peer);
void web_peer_drop(struct web_connection *connection);
void web_peers_check(struct web_server *server, int64_t now_us);

#endif
