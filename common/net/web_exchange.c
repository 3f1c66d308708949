/* One HTTP request of the client and its response. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/web_client_internal.h"

struct web_exchange {
    struct web_attempt attempt; /* first: an attempt of this file is a web_exchange */
    web_response_fn *on_response;
    void *arg;
    bool head, has_body;
    unsigned char *body; /* owned; LWS_PRE bytes of room, then the request's body */
    size_t body_bytes, sent_bytes;
    int http_status;
    bool chunked;
    bool reading; /* inside lws_http_client_read */
    bool ended;   /* libwebsockets has seen the end of the body while reading */
    bool complete;
    char content_type[128];
    struct buffer response;
};

static void on_end(struct web_attempt *attempt, const char *cause)
{
    struct web_exchange *exchange = (struct web_exchange *)attempt;
    bool told = attempt->client->destroying && !exchange->complete;
    int64_t now_us = loop_now_us(attempt->client->config.loop);

    if (!told && exchange->complete) {
        exchange->on_response(exchange->arg, exchange->http_status, exchange->content_type,
                              buffer_string(&exchange->response), exchange->response.size, now_us);
    } else if (!told) {
        if (exchange->http_status)
            web_attempt_set_reason(attempt, "%s closed the connection before its answer was whole",
                                   attempt->place);
        web_attempt_explain_failure(attempt, cause);
        exchange->on_response(exchange->arg, 0, "", attempt->reason, strlen(attempt->reason),
                              now_us);
    }
    buffer_finish(&exchange->response);
    web_attempt_finish(attempt);
    free(exchange->body);
    free(exchange);
}

static int append_headers(struct web_exchange *exchange, void *in, size_t room)
{
    char length[48] = "";
    if (exchange->has_body)
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", exchange->body_bytes);
    if (web_attempt_append_headers(&exchange->attempt, in, room, length))
        return -1;
    if (exchange->body_bytes > 0) {
        lws_client_http_body_pending(exchange->attempt.link.wsi, 1);
        lws_callback_on_writable(exchange->attempt.link.wsi);
    }
    return 0;
}

static int write_body(struct web_exchange *exchange)
{
    enum { AT_ONCE = 65536 };
    struct lws *wsi = exchange->attempt.link.wsi;
    size_t left = exchange->body_bytes - exchange->sent_bytes;
    if (left == 0)
        return 0;
    size_t size = left < AT_ONCE ? left : AT_ONCE;
    bool last = size == left;
    int written = lws_write(wsi, exchange->body + LWS_PRE + exchange->sent_bytes, size,
                            last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
    if (written < 0)
        return -1;
    exchange->sent_bytes += size;
    if (last)
        lws_client_http_body_pending(wsi, 0);
    else
        lws_callback_on_writable(wsi);
    return 0;
}

static int on_headers(struct web_exchange *exchange)
{
    struct lws *wsi = exchange->attempt.link.wsi;
    exchange->http_status = (int)lws_http_client_http_response(wsi);
    if (lws_hdr_copy(wsi, exchange->content_type, sizeof exchange->content_type,
                     WSI_TOKEN_HTTP_CONTENT_TYPE) <= 0)
        exchange->content_type[0] = '\0';
    exchange->chunked = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
    if (exchange->http_status < 100 || exchange->http_status > 599) {
        web_attempt_set_reason(&exchange->attempt, "%s answered no HTTP", exchange->attempt.place);
        return -1;
    }
    /* These have no body whatever their headers say (RFC 9112 §6.3). */
    exchange->complete =
        exchange->head || exchange->http_status == 204 || exchange->http_status == 304;
    return exchange->complete ? -1 : 0;
}

static int read_body(struct web_exchange *exchange)
{
    char room[LWS_PRE + 16384];
    char *at = room + LWS_PRE;
    int size = (int)sizeof room - LWS_PRE;
    exchange->reading = true;
    int result = lws_http_client_read(exchange->attempt.link.wsi, &at, &size);
    exchange->reading = false;
    if (!exchange->ended)
        return result < 0 ? -1 : 0;
    /* To libwebsockets the end of the connection ends every body without a Content-Length; but a
     * chunked one needs its last chunk, and then the result is no error. */
    exchange->complete = !exchange->attempt.reason[0] && (result >= 0 || !exchange->chunked);
    return -1;
}

static int on_body(struct web_exchange *exchange, const void *data, size_t size)
{
    buffer_append(&exchange->response, data, size);
    if (!exchange->response.failed)
        return 0;
    web_attempt_set_reason(&exchange->attempt, "the answer of %s is larger than %zu bytes",
                           exchange->attempt.place, exchange->response.limit);
    return -1;
}

static int on_event(struct web_attempt *attempt, enum lws_callback_reasons reason, void *in,
                    size_t size)
{
    struct web_exchange *exchange = (struct web_exchange *)attempt;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return append_headers(exchange, in, size);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        return write_body(exchange);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        return on_headers(exchange);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        return read_body(exchange);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        return on_body(exchange, in, size);
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        exchange->ended = true;
        if (exchange->reading)
            return 0;
        exchange->complete = exchange->http_status != 0 && !attempt->reason[0];
        return -1; /* one request per connection */
    default:
        return 0;
    }
}

static bool takes_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

enum status web_request_send(struct web_client *client, const struct web_url *url,
                             const char *address, const char *method,
                             const struct web_header *headers, size_t header_count,
                             const void *body, size_t size, web_response_fn *on_response, void *arg,
                             struct failure *failure)
{
    assert(on_response);
    if (size > client->config.message_limit)
        return failure_set(failure, STATUS_TOO_LARGE, "the body has %zu bytes, more than %zu", size,
                           client->config.message_limit);
    struct web_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for a request");
    exchange->attempt.on_end = on_end;
    exchange->attempt.on_event = on_event;
    exchange->on_response = on_response;
    exchange->arg = arg;
    exchange->head = strcmp(method, "HEAD") == 0;
    exchange->has_body = size > 0 || takes_body(method);
    exchange->body_bytes = size;
    buffer_init(&exchange->response, client->config.message_limit);
    enum status status = STATUS_OK;
    if (size > 0) {
        exchange->body = malloc(LWS_PRE + size);
        if (exchange->body)
            memcpy(exchange->body + LWS_PRE, body, size);
        else
            status = failure_set(failure, STATUS_NO_MEMORY, "no memory for a request's body");
    }
    if (!status)
        status = web_attempt_start(&exchange->attempt, client, url, address, method, NULL, headers,
                                   header_count, failure);
    if (status) {
        free(exchange->body);
        free(exchange);
    }
    return status;
}
