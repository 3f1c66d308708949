#include "common/net/web_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/web_server_internal.h"

enum { TIMEOUT_S = 10 };

#define DEFAULT_PING_AFTER_US (20 * US_PER_S)
#define DEFAULT_HANG_UP_AFTER_US (30 * US_PER_S)

static int accept_connection(struct web_server *server, struct lws *wsi)
{
    struct web_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return -1;
    connection->server = server;
    web_link_attach(&connection->link, &server->context, wsi, server->config.message_limit);
    lws_set_opaque_user_data(wsi, connection);
    server->connections++;
    return 0;
}

static void drop_connection(struct web_connection *connection)
{
    struct web_server *server = connection->server;
    web_request_drop(connection);
    web_peer_drop(connection);
    web_link_detach(&connection->link);
    free(connection->response);
    free(connection);
    server->connections--;
}

/* Events of one accepted connection; -1 closes it. */
static int on_connection_event(struct web_connection *connection, enum lws_callback_reasons reason,
                               void *in, size_t size)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return web_request_begin(connection, in, size);
    case LWS_CALLBACK_HTTP_BODY:
        return web_request_receive(connection, in, size);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return web_request_complete(connection);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return web_request_writeable(connection);
    case LWS_CALLBACK_ESTABLISHED:
        return web_peer_open(connection);
    case LWS_CALLBACK_RECEIVE:
        return connection->peer ? web_peer_receive(connection->peer, in, size) : -1;
    case LWS_CALLBACK_RECEIVE_PONG:
        if (connection->peer)
            web_peer_heard(connection->peer);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return connection->peer ? web_link_writeable(&connection->peer->link) : 0;
    case LWS_CALLBACK_WSI_DESTROY:
        drop_connection(connection);
        return 0;
    default:
        return 0;
    }
}

static int dispatch(struct web_server *server, struct lws *wsi, enum lws_callback_reasons reason,
                    void *in, size_t size)
{
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return server->connections >= server->config.connection_limit;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return accept_connection(server, wsi);
    case LWS_CALLBACK_RAW_ADOPT: /* what libwebsockets makes of a CONNECT request */
    case LWS_CALLBACK_RAW_RX:
        return -1;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return web_peer_check_upgrade(server, wsi, in);
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WSI_DESTROY: {
        struct web_connection *connection = lws_get_opaque_user_data(wsi);
        return connection ? on_connection_event(connection, reason, in, size) : 0;
    }
    default:
        return 0;
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    (void)user;
    struct web_server *server = lws_context_user(lws_get_context(wsi));
    server->context.depth++;
    int result = dispatch(server, wsi, reason, in, size);
    server->context.depth--;
    return result;
}

static void on_tick(void *owner, int64_t now_us)
{
    struct web_server *server = owner;
    web_peers_check(server, now_us);
    web_requests_check(server);
}

static const char *shown_address(const struct web_server_config *config)
{
    return config->address ? config->address : "every address";
}

/* 0, or the errno of trying to listen there. */
static int try_listen(const struct sockaddr *address, socklen_t size)
{
    int on = 1, error = 0;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, size) < 0 || listen(fd, 1) < 0)
        error = errno;
    close(fd);
    return error;
}

/* Whether to listen by IPv6 (with no address: for both families, where the host has IPv6). And as
 * libwebsockets only says that it could not bind, find out why. */
static enum status check_address(const struct web_server_config *config, bool *ret_six,
                                 struct failure *failure)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(config->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(config->port)};
    const char *shown = shown_address(config);
    bool is_four = config->address && inet_pton(AF_INET, config->address, &four.sin_addr) == 1;
    bool is_six =
        !is_four && (!config->address || inet_pton(AF_INET6, config->address, &six.sin6_addr) == 1);
    if (!is_four && !is_six)
        return failure_set(failure, STATUS_INVALID, "'%s' is not a numeric address", shown);

    int error = is_six ? try_listen((struct sockaddr *)&six, sizeof six) : EAFNOSUPPORT;
    if (is_four || (!config->address && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL))) {
        is_six = false;
        error = try_listen((struct sockaddr *)&four, sizeof four);
    }
    if (error)
        return failure_set(failure, STATUS_IO, "cannot listen on %s port %u: %s", shown,
                           config->port, strerror(error));
    *ret_six = is_six;
    return STATUS_OK;
}

static enum status start(struct web_server *server, bool six, struct failure *failure)
{
    const struct web_server_config *config = &server->config;
    struct web_pem_file certificate = {.fd = -1}, key = {.fd = -1};
    struct failure cause = {0};
    struct lws_context_creation_info info = {
        .port = config->port,
        .iface = config->address,
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
        .max_http_header_data2 = WEB_HEADER_LIMIT,
        .timeout_secs = TIMEOUT_S,
    };
    enum status status = STATUS_OK;

    if (!six)
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    if (config->certificate_pem) {
        status = web_pem_file_open(&certificate, config->certificate_pem);
        if (!status)
            status = web_pem_file_open(&key, config->key_pem);
        if (status) {
            failure_set(&cause, status, "no file for the certificate");
            goto out;
        }
        info.options |=
            LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info.ssl_cert_filepath = certificate.path;
        info.ssl_private_key_filepath = key.path;
    }
    status = web_context_create(&server->context, config->loop, &info, on_event, server, &cause);
out:
    web_pem_file_close(&certificate);
    web_pem_file_close(&key);
    if (status)
        failure_set(failure, status, "cannot serve on %s port %u: %s", shown_address(config),
                    config->port, cause.message);
    return status;
}

static void free_server(struct web_server *server)
{
    free(server->websocket_path);
    free(server);
}

static int64_t tick_interval_us(const struct web_server_config *config)
{
    int64_t interval_us = config->ping_after_us / 4;
    if (interval_us < 5 * US_PER_MS)
        return 5 * US_PER_MS;
    return interval_us < US_PER_S ? interval_us : US_PER_S;
}

enum status web_server_create(const struct web_server_config *config,
                              struct web_server **ret_server, struct failure *failure)
{
    assert(config->loop && config->on_request && config->message_limit > 0);
    assert(!config->websocket_path || (config->on_open && config->on_message && config->on_close));
    assert(!config->certificate_pem == !config->key_pem);
    bool six = false;
    enum status status = check_address(config, &six, failure);
    if (status)
        return status;

    struct web_server *server = calloc(1, sizeof *server);
    if (!server)
        return failure_set(failure, STATUS_NO_MEMORY, "no memory for a server");
    server->config = *config;
    if (server->config.ping_after_us == 0)
        server->config.ping_after_us = DEFAULT_PING_AFTER_US;
    if (server->config.hang_up_after_us == 0)
        server->config.hang_up_after_us = DEFAULT_HANG_UP_AFTER_US;
    TAILQ_INIT(&server->peers);
    TAILQ_INIT(&server->requests);
    server->websocket_path = strdup(config->websocket_path ? config->websocket_path : "");
    status = server->websocket_path ? start(server, six, failure)
                                    : failure_set(failure, STATUS_NO_MEMORY, "no memory");
    if (status) {
        free_server(server);
        return status;
    }
    server->context.on_tick = on_tick;
    web_context_set_tick(&server->context, tick_interval_us(&server->config));
    server->port =
        (uint16_t)lws_get_vhost_listen_port(lws_get_vhost_by_name(server->context.lws, "default"));
    *ret_server = server;
    return STATUS_OK;
}

void web_server_destroy(struct web_server *server)
{
    if (!server)
        return;
    web_context_destroy(&server->context);
    assert(server->connections == 0);
    free_server(server);
}

uint16_t web_server_port(const struct web_server *server)
{
    return server->port;
}

size_t web_server_connections(const struct web_server *server)
{
    return server->connections;
}
