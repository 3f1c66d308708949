/* HTTP on the server. One request per connection: libwebsockets 4.1.6 loops for ever (and takes
 * headers for a body) when a request with a body comes behind another one in the same read. */
#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/web_server_internal.h"

/* A body that is too large is read and thrown away up to this size before it is answered, since a
 * client that still sends may never see an answer; beyond it the connection is closed on it. */
#define DISCARD_LIMIT ((uint64_t)16 << 20)

/* How long a client may take to read its response. */
enum { RESPONSE_TIMEOUT_S = 60 };

static const char *reason_phrase(int http_status)
{
    static const struct {
        int http_status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (phrases[i].http_status == http_status)
            return phrases[i].phrase;
    }
    return "Status";
}

/* The whole response, behind LWS_PRE bytes of room; NULL: no memory. */
static unsigned char *make_response(int http_status, const char *content_type, const void *body,
                                    size_t size, bool head, size_t *ret_size)
{
    struct buffer response;
    buffer_init(&response, LWS_PRE + 1024 + size);
    buffer_append(&response, (const char[LWS_PRE]){0}, LWS_PRE);
    buffer_format(&response, "HTTP/1.1 %d %s\r\n", http_status, reason_phrase(http_status));
    if (content_type)
        buffer_format(&response, "Content-Type: %s\r\n", content_type);
    if (http_status != 204 && http_status != 304)
        buffer_format(&response, "Content-Length: %zu\r\n", size);
    buffer_text(&response, "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
    if (!head)
        buffer_append(&response, body, size);
    if (response.failed) {
        buffer_finish(&response);
        return NULL;
    }
    *ret_size = response.size - LWS_PRE;
    return response.data;
}

static bool write_response(struct lws *wsi, unsigned char *response, size_t size)
{
    int written = lws_write(wsi, response + LWS_PRE, size, LWS_WRITE_HTTP_HEADERS);
    if (written >= 0 && lws_partial_buffered(wsi))
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, RESPONSE_TIMEOUT_S);
    return written >= 0;
}

void web_server_refuse(struct lws *wsi, int http_status, const char *text)
{
    size_t size;
    unsigned char *response =
        make_response(http_status, "text/plain", text, strlen(text), false, &size);
    if (response)
        write_response(wsi, response, size);
    free(response);
}

char *web_server_bearer(struct lws *wsi)
{
    static const char scheme[] = "bearer ";
    char value[WEB_HEADER_LIMIT];
    int length = lws_hdr_copy(wsi, value, sizeof value, WSI_TOKEN_HTTP_AUTHORIZATION);
    if (length <= 0 || strncasecmp(value, scheme, strlen(scheme)) != 0)
        return strdup("");
    const char *token = value + strlen(scheme);
    return strdup(token + strspn(token, " "));
}

/* libwebsockets has taken the query apart and decoded it: put it together again. */
static char *copy_query(struct lws *wsi)
{
    struct buffer query;
    char part[WEB_HEADER_LIMIT];
    buffer_init(&query, 3 * WEB_HEADER_LIMIT);
    buffer_append(&query, "", 0);
    for (int i = 0;; i++) {
        int length = lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (length < 0)
            break;
        if (i > 0)
            buffer_text(&query, "&");
        bool in_name = true;
        for (int at = 0; at < length; at++) {
            unsigned char c = (unsigned char)part[at];
            bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                         (c >= 'a' && c <= 'z') || (c && strchr("-._~", c)) ||
                         (c == '=' && in_name);
            in_name = in_name && c != '=';
            buffer_format(&query, plain ? "%c" : "%%%02X", c);
        }
    }
    if (query.failed) {
        buffer_finish(&query);
        return NULL;
    }
    return (char *)query.data;
}

static const char *method_name(struct lws *wsi)
{
    static const struct {
        enum lws_token_indexes token;
        const char *name;
    } methods[] = {
        {WSI_TOKEN_GET_URI, "GET"},       {WSI_TOKEN_POST_URI, "POST"},
        {WSI_TOKEN_PUT_URI, "PUT"},       {WSI_TOKEN_PATCH_URI, "PATCH"},
        {WSI_TOKEN_DELETE_URI, "DELETE"}, {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
        {WSI_TOKEN_HEAD_URI, "HEAD"},
    };
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (lws_hdr_total_length(wsi, methods[i].token) > 0)
            return methods[i].name;
    }
    return NULL;
}

static void free_request(struct web_request *request)
{
    if (request->dispatched)
        TAILQ_REMOVE(&request->connection->server->requests, request, entry);
    if (request->connection->request == request)
        request->connection->request = NULL;
    buffer_finish(&request->body);
    free(request->path);
    free(request->query);
    free(request->bearer);
    free(request);
}

static struct web_request *create_request(struct web_connection *connection, const char *method,
                                          const char *path, size_t path_size)
{
    struct web_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->connection = connection;
    request->method = method;
    buffer_init(&request->body, connection->server->config.message_limit);
    request->path = strndup(path, path_size);
    request->query = copy_query(connection->link.wsi);
    request->bearer = web_server_bearer(connection->link.wsi);
    if (!request->path || !request->query || !request->bearer) {
        free_request(request);
        return NULL;
    }
    return request;
}

enum body_kind { BODY_NONE, BODY_KNOWN, BODY_CHUNKED, BODY_MALFORMED };

static enum body_kind body_length(struct lws *wsi, uint64_t *ret_length)
{
    char text[24];
    *ret_length = 0;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return BODY_CHUNKED;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) == 0)
        return BODY_NONE;
    int length = lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (length <= 0 || length > 18 || strspn(text, "0123456789") != (size_t)length)
        return BODY_MALFORMED;
    *ret_length = strtoull(text, NULL, 10);
    return BODY_KNOWN;
}

/* Queue the one response of a connection. */
static void respond(struct web_connection *connection, int http_status, const char *content_type,
                    const void *body, size_t size)
{
    assert(!connection->answered);
    connection->answered = true;
    connection->response = make_response(http_status, content_type, body, size, connection->head,
                                         &connection->response_bytes);
    if (!connection->response) {
        web_link_kill(&connection->link); /* out of memory */
        return;
    }
    lws_rx_flow_control(connection->link.wsi, 1);
    lws_callback_on_writable(connection->link.wsi);
}

static int dispatch(struct web_request *request)
{
    struct web_connection *connection = request->connection;
    struct web_server *server = connection->server;
    struct lws *wsi = connection->link.wsi;

    request->dispatched = true;
    TAILQ_INSERT_TAIL(&server->requests, request, entry);
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
    /* While a request waits for its answer libwebsockets does not read, but is woken for what
     * could be read, again and again. */
    lws_rx_flow_control(wsi, 0);
    server->config.on_request(server->config.arg, request);
    return 0;
}

/* Answer a request whose body will not be read, and close. */
static int refuse(struct lws *wsi, int http_status, const char *text)
{
    web_server_refuse(wsi, http_status, text);
    return -1;
}

int web_request_begin(struct web_connection *connection, const char *path, size_t path_size)
{
    struct lws *wsi = connection->link.wsi;
    const char *method = method_name(wsi);
    uint64_t length;
    enum body_kind kind = body_length(wsi, &length);

    if (connection->began || !method)
        return -1;
    connection->began = true;
    connection->head = strcmp(method, "HEAD") == 0;
    if (kind == BODY_CHUNKED)
        return refuse(wsi, 411, "bodies need a Content-Length");
    if (kind == BODY_MALFORMED)
        return refuse(wsi, 400, "malformed Content-Length");
    if (length > DISCARD_LIMIT)
        return refuse(wsi, 413, "body too large");
    connection->body_left = length;
    if (length > connection->server->config.message_limit)
        return 0; /* see web_request_complete */
    connection->request = create_request(connection, method, path, path_size);
    if (!connection->request)
        return refuse(wsi, 503, "out of memory");
    /* Without a Content-Length there is no body (RFC 9112 §6.3). */
    return length == 0 ? dispatch(connection->request) : 0;
}

int web_request_receive(struct web_connection *connection, const void *data, size_t size)
{
    struct web_request *request = connection->request;
    if (connection->completed)
        return 0;
    /* libwebsockets 4.3 hands over what comes behind the body too, and then never says that it is
     * complete. */
    if (size > connection->body_left)
        size = (size_t)connection->body_left;
    connection->body_left -= size;
    if (request && !request->dispatched) {
        buffer_append(&request->body, data, size);
        if (request->body.failed)
            return -1;
    }
    return connection->body_left == 0 ? web_request_complete(connection) : 0;
}

int web_request_complete(struct web_connection *connection)
{
    struct web_request *request = connection->request;
    if (connection->completed)
        return 0; /* libwebsockets 4.1 says it again for whatever comes behind the body */
    connection->completed = true;
    if (request)
        return request->dispatched ? 0 : dispatch(request);
    if (!connection->answered)
        respond(connection, 413, "text/plain", "body too large", 14);
    return 0;
}

int web_request_writeable(struct web_connection *connection)
{
    struct lws *wsi = connection->link.wsi;
    unsigned char *response = connection->response;
    if (!connection->answered)
        return 0;
    connection->response = NULL;
    if (response && !write_response(wsi, response, connection->response_bytes)) {
        free(response);
        return -1;
    }
    free(response);
    return lws_partial_buffered(wsi) ? 0 : -1; /* we are called again when it has drained */
}

void web_request_drop(struct web_connection *connection)
{
    struct web_request *request = connection->request;
    struct web_server *server = connection->server;
    if (!request)
        return;
    if (request->dispatched && server->config.on_request_gone)
        server->config.on_request_gone(server->config.arg, request);
    free_request(request);
}

void web_requests_check(struct web_server *server)
{
    struct web_request *request;
    TAILQ_FOREACH(request, &server->requests, entry)
    {
        struct web_link *link = &request->connection->link;
        struct pollfd gone = {.fd = lws_get_socket_fd(link->wsi), .events = POLLRDHUP};
        if (poll(&gone, 1, 0) > 0)
            web_link_kill(link);
    }
}

const char *web_request_method(const struct web_request *request)
{
    return request->method;
}

const char *web_request_path(const struct web_request *request)
{
    return request->path;
}

const char *web_request_query(const struct web_request *request)
{
    return request->query;
}

const char *web_request_bearer(const struct web_request *request)
{
    return request->bearer;
}

const char *web_request_body(const struct web_request *request, size_t *ret_size)
{
    *ret_size = request->body.size;
    return buffer_string(&request->body);
}

void web_request_set_user(struct web_request *request, void *user)
{
    request->user = user;
}

void *web_request_user(const struct web_request *request)
{
    return request->user;
}

void web_request_answer(struct web_request *request, int http_status, const char *content_type,
                        const void *body, size_t size)
{
    struct web_connection *connection = request->connection;
    assert(request->dispatched);
    assert(http_status >= 200 && http_status <= 599);
    respond(connection, http_status, content_type, body, size); /* `body` may be the request's */
    free_request(request);
}
