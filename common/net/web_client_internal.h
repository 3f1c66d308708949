/* The parts of the client that its three files share: an attempt is a connection that must open
 * or answer before its deadline, and that ends exactly once. */
#ifndef CASELOAD_NET_WEB_CLIENT_INTERNAL_H
#define CASELOAD_NET_WEB_CLIENT_INTERNAL_H

#include "common/net/web_client.h"
#include "common/net/web_context.h"

struct web_attempt {
    struct web_link link;
    struct web_client *client;
    char *headers;       /* owned: lines of the request, "" when none */
    char place[80];      /* "127.0.0.1 port 8443", for reasons */
    char reason[256];    /* why it ended, as far as known; "" */
    int64_t deadline_us; /* 0: not in client->deadlines */
    bool starting;       /* inside lws_client_connect_via_info, which may already call back */
    bool failed;         /* in client->failed instead of client->attempts */
    TAILQ_ENTRY(web_attempt) entry, deadline_entry;
    /* libwebsockets is done with the connection; `cause` is its word or NULL. Frees the owner. */
    void (*on_end)(struct web_attempt *attempt, const char *cause);
    int (*on_event)(struct web_attempt *attempt, enum lws_callback_reasons reason, void *in,
                    size_t size);
};

struct web_client {
    struct web_client_config config;
    struct web_context context;
    struct loop_timer *deadline_timer;
    struct loop_timer *failed_timer;                    /* runs the ends of `failed` */
    TAILQ_HEAD(web_attempt_list, web_attempt) attempts; /* all alive */
    struct web_attempt_list deadlines;                  /* the earliest first */
    struct web_attempt_list failed;                     /* libwebsockets refused them at once */
    bool destroying;
};

/* Connect by `attempt`, which is zeroed but for its functions. `method` NULL: a WebSocket. The
 * attempt owns itself from here on, until on_end. On failure it owns nothing. */
MUST_CHECK enum status web_attempt_start(struct web_attempt *attempt, struct web_client *client,
                                         const struct web_url *url, const char *address,
                                         const char *method, const char *protocol,
                                         const struct web_header *headers, size_t header_count,
                                         struct failure *failure);
/* It opened or was answered: no deadline any more. */
void web_attempt_clear_deadline(struct web_attempt *attempt);
/* The first reason given is kept. */
void web_attempt_set_reason(struct web_attempt *attempt, const char *format, ...) PRINTF_LIKE(2, 3);
/* Set the reason of an attempt that never opened: `cause` is libwebsockets' word or NULL. */
void web_attempt_explain_failure(struct web_attempt *attempt, const char *cause);
/* Detach from libwebsockets and the client, and free what the attempt (not its owner) holds. */
void web_attempt_finish(struct web_attempt *attempt);
/* Write the request's headers (for CLIENT_APPEND_HANDSHAKE_HEADER); the callback's result. */
int web_attempt_append_headers(struct web_attempt *attempt, void *in, size_t room,
                               const char *more);

#endif
