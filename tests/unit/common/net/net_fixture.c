#include "tests/unit/common/net/net_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_US (120 * US_PER_S) /* how long until a test that hangs is given up */

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static void on_request(void *arg, struct web_request *request)
{
    struct net *net = arg;
    net->requests++;
    net->request = request;
    copy_text(net->method, sizeof net->method, web_request_method(request));
    copy_text(net->path, sizeof net->path, web_request_path(request));
    copy_text(net->query, sizeof net->query, web_request_query(request));
    copy_text(net->bearer, sizeof net->bearer, web_request_bearer(request));
    copy_text(net->body, sizeof net->body, web_request_body(request, &net->body_size));
    if (net->answer) {
        net->request = NULL;
        if (net->echo_body)
            web_request_answer(request, net->answer_status, net->answer_type,
                               web_request_body(request, &net->body_size), net->body_size);
        else
            web_request_answer(request, net->answer_status, net->answer_type, net->answer_body,
                               net->answer_size);
    }
}

static void on_request_gone(void *arg, struct web_request *request)
{
    struct net *net = arg;
    ck_assert_ptr_eq(request, net->request);
    net->request = NULL;
    net->gone++;
}

static void on_open(void *arg, struct web_peer *peer)
{
    struct net *net = arg;
    net->opened++;
    net->peer = peer;
    web_peer_set_user(peer, net);
    copy_text(net->bearer, sizeof net->bearer, web_peer_bearer(peer));
    copy_text(net->address, sizeof net->address, web_peer_address(peer));
}

static void on_message(void *arg, struct web_peer *peer, const char *text, size_t size)
{
    struct net *net = arg;
    ck_assert_ptr_eq(web_peer_user(peer), net);
    net->messages++;
    buffer_clear(&net->last_message);
    buffer_append(&net->last_message, text, size);
    if (net->echo)
        ck_assert_int_eq(web_peer_send(peer, text, size), STATUS_OK);
}

static void on_close(void *arg, struct web_peer *peer)
{
    struct net *net = arg;
    net->closed++;
    if (net->peer == peer)
        net->peer = NULL;
    ck_assert_int_eq(web_peer_send(peer, "x", 1), STATUS_CLOSED);
}

static void on_turn_over(void *arg, int64_t now_us)
{
    (void)now_us;
    struct net *net = arg;
    loop_stop(net->loop);
}

void net_start(struct net *net)
{
    *net = (struct net){.echo = true, .answer = true, .answer_status = 200};
    net->loop = loop_create();
    ck_assert_ptr_nonnull(net->loop);
    net->turn = loop_timer_create(net->loop, on_turn_over, net);
    net->deadline_us = clock_monotonic_us() + PATIENCE_US;
    buffer_init(&net->last_message, NET_MESSAGE_LIMIT);
    net->server_config = (struct web_server_config){
        .loop = net->loop,
        .address = "127.0.0.1",
        .message_limit = NET_MESSAGE_LIMIT,
        .send_queue_limit = NET_QUEUE_LIMIT,
        .connection_limit = 1000,
        .websocket_path = "/live",
        .arg = net,
        .on_request = on_request,
        .on_request_gone = on_request_gone,
        .on_open = on_open,
        .on_message = on_message,
        .on_close = on_close,
    };
    net->client_config = (struct web_client_config){
        .loop = net->loop,
        .message_limit = NET_MESSAGE_LIMIT,
        .send_queue_limit = NET_QUEUE_LIMIT,
        .timeout_us = 10 * US_PER_S,
    };
}

const char *net_read_vector(struct net *net, const char *name)
{
    enum { LARGEST = 16384 };
    char path[512];
    snprintf(path, sizeof path, CASELOAD_VECTORS "/tls/%s", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_uint_lt(net->pem_count, 3);
    char *text = calloc(1, LARGEST);
    ck_assert_uint_gt(fread(text, 1, LARGEST - 1, file), 0);
    fclose(file);
    net->pem[net->pem_count++] = text;
    return text;
}

void net_use_tls(struct net *net, const char *ca)
{
    net->tls = true;
    net->server_config.certificate_pem = net_read_vector(net, "server_chain.pem");
    net->server_config.key_pem = net_read_vector(net, "server_key.pem");
    if (ca)
        net->client_config.ca_pem = net_read_vector(net, ca);
}

void net_serve(struct net *net)
{
    struct failure failure;
    ck_assert_msg(web_server_create(&net->server_config, &net->server, &failure) == STATUS_OK, "%s",
                  failure.message);
}

void net_make_client(struct net *net)
{
    struct failure failure;
    ck_assert_msg(web_client_create(&net->client_config, &net->client, &failure) == STATUS_OK, "%s",
                  failure.message);
}

void net_finish(struct net *net)
{
    web_client_destroy(net->client);
    web_server_destroy(net->server);
    loop_timer_destroy(net->turn);
    loop_destroy(net->loop);
    buffer_finish(&net->last_message);
    while (net->pem_count > 0)
        free(net->pem[--net->pem_count]);
}

void net_turn(struct net *net)
{
    ck_assert_msg(clock_monotonic_us() < net->deadline_us, "waited too long");
    loop_timer_start(net->turn, US_PER_MS, 0);
    loop_run(net->loop);
}

void net_turns(struct net *net, int count)
{
    while (count-- > 0)
        net_turn(net);
}

struct web_url net_url(const struct net *net, const char *path)
{
    char text[1200];
    struct web_url url;
    snprintf(text, sizeof text, "%s://127.0.0.1:%u%s", net->tls ? "https" : "http",
             web_server_port(net->server), path);
    ck_assert_int_eq(web_url_parse(text, &url, NULL), STATUS_OK);
    return url;
}

static void on_socket_open(void *arg, struct web_socket *socket, int64_t now_us)
{
    struct net_socket *record = arg;
    ck_assert_ptr_eq(socket, record->socket);
    ck_assert_int_gt(now_us, 0);
    record->opened++;
}

static void on_socket_message(void *arg, struct web_socket *socket, const char *text, size_t size,
                              int64_t now_us)
{
    struct net_socket *record = arg;
    ck_assert_ptr_eq(socket, record->socket);
    ck_assert_int_gt(now_us, 0);
    record->messages++;
    buffer_clear(&record->last_message);
    buffer_append(&record->last_message, text, size);
}

static void on_socket_close(void *arg, struct web_socket *socket, uint16_t code, const char *reason)
{
    struct net_socket *record = arg;
    ck_assert_ptr_eq(socket, record->socket);
    ck_assert_ptr_nonnull(reason);
    record->closed++;
    record->code = code;
    record->socket = NULL;
    copy_text(record->reason, sizeof record->reason, reason);
    ck_assert_int_eq(web_socket_send(socket, "x", 1), STATUS_CLOSED);
}

void net_open(struct net *net, struct net_socket *socket, const char *path,
              const struct web_header *headers, size_t header_count)
{
    struct web_url url = net_url(net, path);
    net_open_url(net, socket, &url, headers, header_count);
}

void net_open_url(struct net *net, struct net_socket *socket, const struct web_url *url,
                  const struct web_header *headers, size_t header_count)
{
    static const struct web_socket_events events = {on_socket_open, on_socket_message,
                                                    on_socket_close};
    struct failure failure;
    *socket = (struct net_socket){.net = net};
    buffer_init(&socket->last_message, NET_MESSAGE_LIMIT);
    enum status status =
        web_socket_connect(net->client, url, "127.0.0.1", NULL, headers, header_count, &events,
                           socket, &socket->socket, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    ck_assert_int_eq(socket->closed, 0);
}

void net_close_socket(struct net_socket *socket)
{
    buffer_finish(&socket->last_message);
}

void net_on_answer(void *arg, int http_status, const char *content_type, const char *body,
                   size_t size, int64_t now_us)
{
    struct net_answer *answer = arg;
    ck_assert_int_gt(now_us, 0);
    ck_assert_int_eq(body[size], '\0');
    answer->count++;
    answer->http_status = http_status;
    answer->size = size;
    copy_text(answer->content_type, sizeof answer->content_type, content_type);
    copy_text(answer->body, sizeof answer->body, body);
}

void net_send(struct net *net, const char *method, const char *path, const void *body, size_t size,
              struct net_answer *answer)
{
    struct web_url url = net_url(net, path);
    struct failure failure;
    *answer = (struct net_answer){0};
    enum status status = web_request_send(net->client, &url, "127.0.0.1", method, NULL, 0, body,
                                          size, net_on_answer, answer, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    ck_assert_int_eq(answer->count, 0);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int net_raw(struct net *net)
{
    struct sockaddr_in address = loopback(web_server_port(net->server));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

void net_raw_send(int fd, const void *data, size_t size)
{
    /* A server that has closed already is a result, not a mistake. */
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    ck_assert(sent == (ssize_t)size || (sent < 0 && (errno == EPIPE || errno == ECONNRESET)));
}

bool net_raw_closed(int fd, struct buffer *received)
{
    for (;;) {
        char data[4096];
        ssize_t got = recv(fd, data, sizeof data, 0);
        if (got <= 0)
            return got == 0 || errno != EAGAIN;
        if (received)
            buffer_append(received, data, (size_t)got);
    }
}

int net_silent_listener(uint16_t *ret_port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

uint16_t net_closed_port(void)
{
    uint16_t port;
    close(net_silent_listener(&port));
    return port;
}

int net_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
