/* HTTP/1.1 and WebSocket (RFC 6455) server on one loop, by libwebsockets. Everything a stranger
 * sends is bounded: headers 4 KiB, bodies and messages `message_limit`, connections by count.
 * A connection serves one request or one WebSocket; bodies need a Content-Length. */
#ifndef CASELOAD_NET_WEB_SERVER_H
#define CASELOAD_NET_WEB_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/net/loop.h"

struct web_server;
struct web_request; /* one HTTP exchange, alive until answered or on_request_gone */
struct web_peer;    /* one WebSocket connection accepted by this server */

struct web_server_config {
    struct loop *loop;           /* borrowed */
    const char *address;         /* numeric; NULL: every address, IPv4 and IPv6 */
    uint16_t port;               /* 0: a free one, see web_server_port */
    const char *certificate_pem; /* NULL: plain HTTP and ws. Text, borrowed during create */
    const char *key_pem;
    size_t message_limit;    /* bytes per message or body; a larger one closes with 1009 / 413 */
    size_t send_queue_limit; /* bytes waiting per WebSocket; beyond it the peer is closed (1013) */
    size_t connection_limit; /* beyond it new connections are closed at once */
    const char *websocket_path; /* the one path that upgrades, e.g. "/live"; NULL: none */
    int64_t ping_after_us;      /* silence of a WebSocket before a ping; 0: 20 s */
    int64_t hang_up_after_us;   /* silence of a WebSocket before it is cut; 0: 30 s */
    void *arg;
    /* Answer now or later with web_request_answer; `body` lives until answered. */
    void (*on_request)(void *arg, struct web_request *request);
    /* The client went away before the answer; `request` is dead after this returns. */
    void (*on_request_gone)(void *arg, struct web_request *request);
    void (*on_open)(void *arg, struct web_peer *peer);
    /* One whole text message, not terminated by zero. Binary messages close with 1003. */
    void (*on_message)(void *arg, struct web_peer *peer, const char *text, size_t size);
    /* `peer` is dead after this returns. */
    void (*on_close)(void *arg, struct web_peer *peer);
};

/* The failure names address, port and cause. */
MUST_CHECK enum status web_server_create(const struct web_server_config *config,
                                         struct web_server **ret_server, struct failure *failure);
/* Closes everything, with the callbacks that brings. Not from inside one of them: post it. */
void web_server_destroy(struct web_server *server);
uint16_t web_server_port(const struct web_server *server);
/* Accepted TCP connections, WebSocket or not. */
size_t web_server_connections(const struct web_server *server);

const char *web_request_method(const struct web_request *request); /* "GET", "POST", … */
/* Percent-decoded and cleaned ("//", "/./", "/../" are gone), without query. */
const char *web_request_path(const struct web_request *request);
/* "a=1&b=%20x": what is not unreserved (RFC 3986 §2.3) is percent-encoded; "" when none. */
const char *web_request_query(const struct web_request *request);
/* Value of the Authorization header's Bearer scheme, or "". */
const char *web_request_bearer(const struct web_request *request);
const char *web_request_body(const struct web_request *request, size_t *ret_size);
void web_request_set_user(struct web_request *request, void *user);
void *web_request_user(const struct web_request *request);
/* `body` is copied. `content_type` e.g. "application/json"; may be NULL with an empty body. */
void web_request_answer(struct web_request *request, int http_status, const char *content_type,
                        const void *body, size_t size);

void web_peer_set_user(struct web_peer *peer, void *user);
void *web_peer_user(const struct web_peer *peer);
const char *web_peer_bearer(const struct web_peer *peer);  /* as for requests, from the upgrade */
const char *web_peer_address(const struct web_peer *peer); /* "127.0.0.1" */
/* Queue one text message (copied). FULL closes the peer. */
enum status web_peer_send(struct web_peer *peer, const char *text, size_t size);
/* Close after what is queued was sent, or cut after 5 s; on_close follows, never before this
 * returns. `code` as in RFC 6455 §7.4; `reason` may be NULL, at most 123 bytes are sent. */
void web_peer_close(struct web_peer *peer, uint16_t code, const char *reason);

#endif
