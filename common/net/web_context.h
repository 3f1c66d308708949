/* What the HTTP/WebSocket server and client of this folder share: one libwebsockets context on a
 * loop, and a link for each of its connections with queue, message assembly and closing. */
#ifndef CASELOAD_NET_WEB_CONTEXT_H
#define CASELOAD_NET_WEB_CONTEXT_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/net/loop.h"

/* The name under which the one protocol of a context is known to libwebsockets. */
#define WEB_PROTOCOL_NAME "caseload"

struct web_outgoing;

/* One connection of ours, embedded in what it is used for. Zeroed memory is not attached. */
struct web_link {
    struct web_context *context; /* NULL until web_link_attach */
    struct lws *wsi;             /* NULL once libwebsockets has freed it */
    bool open;                   /* the WebSocket handshake is done: may write */
    bool closing;                /* a close was asked for; nothing more is received or queued */
    bool close_sent;
    bool ping_due;
    bool doomed; /* in context->doomed */
    uint16_t close_code;
    char close_reason[124]; /* RFC 6455 §5.5: a control frame has at most 125 bytes, 2 are code */
    int64_t close_deadline_us;

    STAILQ_HEAD(, web_outgoing) queue;
    size_t queued_bytes;
    struct buffer message; /* fragments so far; limit is the message limit */

    TAILQ_ENTRY(web_link) doomed_entry, closing_entry;
};

struct web_context {
    struct lws_context *lws;
    struct lws_vhost *vhost;
    struct loop *loop;
    struct loop_timer *tick, *reaper;
    void (*on_tick)(void *owner, int64_t now_us); /* may be NULL */
    void *owner;
    int depth; /* callbacks of libwebsockets on the stack */
    struct lws_protocols protocols[2];
    struct lws_retry_bo retry; /* no keep-alive by libwebsockets: its timer lists are linear */
    void *loops[1];
    TAILQ_HEAD(web_link_list, web_link) doomed; /* to be cut by the reaper */
    struct web_link_list closing;               /* by deadline */
};

/* Complete `info` (options, header limits, TLS files are the caller's), and create the context.
 * `callback` gets `owner` by lws_context_user. The failure holds libwebsockets' complaint. */
MUST_CHECK enum status web_context_create(struct web_context *context, struct loop *loop,
                                          struct lws_context_creation_info *info,
                                          lws_callback_function *callback, void *owner,
                                          struct failure *failure);
/* Closes every connection (with their callbacks). Never from inside a callback. */
void web_context_destroy(struct web_context *context);
/* Call `on_tick` (and check closing deadlines) every `interval_us`. */
void web_context_set_tick(struct web_context *context, int64_t interval_us);

/* libwebsockets' first complaint in this thread since this was asked, and why it last refused a
 * server's certificate; "" when there is none; valid until the next call. */
const char *web_take_complaint(void);
const char *web_take_tls_complaint(void);

/* A PEM text as a file that only this process can open: libwebsockets reads whole chains and
 * bundles from files only, from memory just one certificate. */
struct web_pem_file {
    int fd; /* -1: none */
    char path[32];
};
MUST_CHECK enum status web_pem_file_open(struct web_pem_file *file, const char *pem);
void web_pem_file_close(struct web_pem_file *file);

void web_link_attach(struct web_link *link, struct web_context *context, struct lws *wsi,
                     size_t message_limit);
/* Free what the link holds; to be called when libwebsockets destroys the connection. */
void web_link_detach(struct web_link *link);

/* Send one text message: at once when nothing waits, else it is queued (copied). FULL when more
 * than `limit` bytes would wait (nothing is queued then), CLOSED when the link is closing or
 * breaks. */
MUST_CHECK enum status web_link_send(struct web_link *link, const char *text, size_t size,
                                     size_t limit);
void web_link_ping(struct web_link *link);
/* Close after what is queued was sent; cut after five seconds. Only the first call counts. */
void web_link_close(struct web_link *link, uint16_t code, const char *reason);
/* Forget what is queued. */
void web_link_drop_queue(struct web_link *link);
/* Cut the TCP connection at the end of this turn. */
void web_link_kill(struct web_link *link);

/* To be called for WRITEABLE; the result is the callback's. */
int web_link_writeable(struct web_link *link);

enum web_arrival {
    WEB_ARRIVAL_PARTIAL, /* more to come */
    WEB_ARRIVAL_MESSAGE, /* a whole text message */
    WEB_ARRIVAL_IGNORED, /* the link is closing */
    WEB_ARRIVAL_REFUSED, /* too large or binary: close_code is set, the callback returns -1 */
};
/* To be called for RECEIVE. A message is valid until web_link_forget_message, which must follow. */
enum web_arrival web_link_receive(struct web_link *link, const void *data, size_t size,
                                  const char **ret_text, size_t *ret_size);
void web_link_forget_message(struct web_link *link);

#endif
