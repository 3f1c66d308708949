/* HTTP/1.1 requests and WebSocket client connections on one loop, by libwebsockets. Host names
 * are resolved once by web_client_create's caller (this libwebsockets has no asynchronous DNS):
 * the URL's host serves as Host and SNI, the connection goes to `address`. */
#ifndef CASELOAD_NET_WEB_CLIENT_H
#define CASELOAD_NET_WEB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/net/loop.h"

struct web_client;
struct web_socket;

/* "https://host:port/path?query" taken apart; schemes http, https, ws, wss. */
struct web_url {
    bool tls;
    bool websocket;
    char host[256];  /* without brackets */
    uint16_t port;   /* the scheme's default when absent */
    char path[1024]; /* at least "/" and with the query */
};

MUST_CHECK enum status web_url_parse(const char *text, struct web_url *ret_url,
                                     struct failure *failure);
/* Blocking getaddrinfo; the first address as numeric text. UNREACHABLE names the host. */
MUST_CHECK enum status web_resolve(const char *host, char *ret_address, size_t size,
                                   struct failure *failure);

struct web_client_config {
    struct loop *loop;       /* borrowed */
    const char *ca_pem;      /* trust exactly these certificates (text); NULL: the system's */
    bool insecure;           /* accept any certificate: only by an explicit option */
    size_t message_limit;    /* bytes per message or body */
    size_t send_queue_limit; /* bytes waiting per socket */
    int64_t timeout_us;      /* connect and response time-out */
};

MUST_CHECK enum status web_client_create(const struct web_client_config *config,
                                         struct web_client **ret_client, struct failure *failure);
/* Open sockets get on_close first, requests get no answer. Not from inside a callback: post it. */
void web_client_destroy(struct web_client *client);

struct web_header {
    const char *name, *value;
};

struct web_socket_events {
    void (*on_open)(void *arg, struct web_socket *socket, int64_t now_us);
    void (*on_message)(void *arg, struct web_socket *socket, const char *text, size_t size,
                       int64_t now_us);
    /* Exactly once, also when the connection was never opened; `reason` names the cause, never
     * NULL. `socket` is dead after this returns. `code` as RFC 6455 §7.4, 0 when none came;
     * libwebsockets turns 1012 to 1014 into 1002. */
    void (*on_close)(void *arg, struct web_socket *socket, uint16_t code, const char *reason);
};

/* `address` is numeric. `protocol` may be NULL. Headers are copied. On failure there is no socket
 * and no on_close; on_close never comes before this returns. */
MUST_CHECK enum status web_socket_connect(struct web_client *client, const struct web_url *url,
                                          const char *address, const char *protocol,
                                          const struct web_header *headers, size_t header_count,
                                          const struct web_socket_events *events, void *arg,
                                          struct web_socket **ret_socket, struct failure *failure);
/* FULL: more than send_queue_limit would wait; CLOSED: it is closing. Before on_open: queued. */
MUST_CHECK enum status web_socket_send(struct web_socket *socket, const char *text, size_t size);
/* Close after what is queued was sent, or cut after 5 s; on_close follows later. */
void web_socket_close(struct web_socket *socket, uint16_t code);
/* Cut the TCP connection without a closing handshake, as a lost network does; on_close follows
 * in the next turn of the loop. */
void web_socket_abort(struct web_socket *socket);

/* `http_status` 0 means no answer; then `body` is the cause as text. `body` always has a zero byte
 * behind it. Called exactly once unless the client is destroyed first. Redirects are answers. */
typedef void web_response_fn(void *arg, int http_status, const char *content_type, const char *body,
                             size_t size, int64_t now_us);

MUST_CHECK enum status web_request_send(struct web_client *client, const struct web_url *url,
                                        const char *address, const char *method,
                                        const struct web_header *headers, size_t header_count,
                                        const void *body, size_t size, web_response_fn *on_response,
                                        void *arg, struct failure *failure);

#endif
