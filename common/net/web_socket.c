#include <stdlib.h>

#include "common/net/web_client_internal.h"

struct web_socket {
    struct web_attempt attempt; /* first: an attempt of this file is a web_socket */
    struct web_socket_events events;
    void *arg;
    uint16_t code; /* of the closing, 0: none came */
};

static void on_end(struct web_attempt *attempt, const char *cause)
{
    struct web_socket *socket = (struct web_socket *)attempt;
    if (attempt->link.close_sent) {
        socket->code = attempt->link.close_code;
        web_attempt_set_reason(attempt, "closed by us%s%s",
                               attempt->link.close_reason[0] ? ": " : "",
                               attempt->link.close_reason);
    }
    if (attempt->link.open)
        web_attempt_set_reason(attempt, "connection to %s lost", attempt->place);
    else
        web_attempt_explain_failure(attempt, cause);
    attempt->link.closing = true;
    if (socket->events.on_close)
        socket->events.on_close(socket->arg, socket, socket->code, attempt->reason);
    web_attempt_finish(attempt);
    free(socket);
}

static int on_receive(struct web_socket *socket, const void *data, size_t size)
{
    struct web_link *link = &socket->attempt.link;
    const char *text;
    size_t text_size;
    switch (web_link_receive(link, data, size, &text, &text_size)) {
    case WEB_ARRIVAL_REFUSED:
        return -1;
    case WEB_ARRIVAL_MESSAGE:
        if (socket->events.on_message)
            socket->events.on_message(socket->arg, socket, text, text_size,
                                      loop_now_us(link->context->loop));
        web_link_forget_message(link);
        return 0;
    case WEB_ARRIVAL_PARTIAL:
    case WEB_ARRIVAL_IGNORED:
        return 0;
    }
    return 0;
}

/* `frame` is the closing frame's content (RFC 6455 §5.5.1). */
static void on_peer_close(struct web_socket *socket, const unsigned char *frame, size_t size)
{
    struct web_attempt *attempt = &socket->attempt;
    if (attempt->link.closing)
        return; /* both at once: ours was asked for first */
    if (size >= 2)
        socket->code = (uint16_t)(frame[0] << 8 | frame[1]);
    if (size > 2)
        web_attempt_set_reason(attempt, "closed by %s: %.*s", attempt->place, (int)size - 2,
                               (const char *)frame + 2);
    else
        web_attempt_set_reason(attempt, "closed by %s", attempt->place);
}

static int on_event(struct web_attempt *attempt, enum lws_callback_reasons reason, void *in,
                    size_t size)
{
    struct web_socket *socket = (struct web_socket *)attempt;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return web_attempt_append_headers(attempt, in, size, "");
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: {
        int http_status = (int)lws_http_client_http_response(attempt->link.wsi);
        if (http_status != 101)
            web_attempt_set_reason(attempt, "%s answered HTTP %d instead of a WebSocket",
                                   attempt->place, http_status);
        return http_status != 101;
    }
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        web_attempt_clear_deadline(attempt);
        attempt->link.open = true;
        if (socket->events.on_open)
            socket->events.on_open(socket->arg, socket, loop_now_us(attempt->client->config.loop));
        if (attempt->link.queued_bytes > 0 || attempt->link.closing)
            lws_callback_on_writable(attempt->link.wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_receive(socket, in, size);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return web_link_writeable(&attempt->link);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        on_peer_close(socket, in, size);
        return 0;
    default:
        return 0;
    }
}

enum status web_socket_connect(struct web_client *client, const struct web_url *url,
                               const char *address, const char *protocol,
                               const struct web_header *headers, size_t header_count,
                               const struct web_socket_events *events, void *arg,
                               struct web_socket **ret_socket, struct failure *failure)
{
    struct web_socket *socket = calloc(1, sizeof *socket);
    if (!socket)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for a WebSocket");
    socket->attempt.on_end = on_end;
    socket->attempt.on_event = on_event;
    socket->events = *events;
    socket->arg = arg;
    enum status status = web_attempt_start(&socket->attempt, client, url, address, NULL, protocol,
                                           headers, header_count, failure);
    if (status) {
        free(socket);
        return status;
    }
    *ret_socket = socket;
    return STATUS_OK;
}

enum status web_socket_send(struct web_socket *socket, const char *text, size_t size)
{
    struct web_attempt *attempt = &socket->attempt;
    if (!attempt->link.wsi)
        return STATUS_CLOSED;
    return web_link_send(&attempt->link, text, size, attempt->client->config.send_queue_limit);
}

void web_socket_close(struct web_socket *socket, uint16_t code)
{
    struct web_attempt *attempt = &socket->attempt;
    if (attempt->link.open) {
        web_link_close(&attempt->link, code, NULL);
        return;
    }
    web_attempt_set_reason(attempt, "closed by us before it was open");
    web_link_kill(&attempt->link);
}

void web_socket_abort(struct web_socket *socket)
{
    web_attempt_set_reason(&socket->attempt, "aborted by us");
    web_link_kill(&socket->attempt.link);
}
