#include "tests/support/web_client_double.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_US 1000

struct web_client_double web_client_double;

struct web_socket {
    struct web_client *client;
    struct web_socket *next;
    struct web_socket_events events;
    void *arg;
    struct loop_timer *timer; /* opening, echo, end: whatever comes next */
    bool open, ending;
    uint16_t code;
    char text[256]; /* echo on its way */
};

struct exchange {
    struct web_client *client;
    struct exchange *next;
    struct loop_timer *timer;
    web_response_fn *on_response;
    void *arg;
};

struct web_client {
    struct loop *loop;
    struct web_socket *sockets;
    struct exchange *exchanges;
};

static struct web_client *last_client;

enum status web_url_parse(const char *text, struct web_url *ret_url, struct failure *failure)
{
    memset(ret_url, 0, sizeof *ret_url);
    if (sscanf(text, "http://%255[^:/]:%hu", ret_url->host, &ret_url->port) != 2)
        return failure_set(failure, STATUS_INVALID, "%s is no URL", text);
    strcpy(ret_url->path, "/");
    return STATUS_OK;
}

enum status web_resolve(const char *host, char *ret_address, size_t size, struct failure *failure)
{
    if (strcmp(host, "nowhere") == 0)
        return failure_set(failure, STATUS_UNREACHABLE, "%s: no such host", host);
    snprintf(ret_address, size, "127.0.0.1");
    return STATUS_OK;
}

enum status web_client_create(const struct web_client_config *config,
                              struct web_client **ret_client, struct failure *failure)
{
    struct web_client *client = calloc(1, sizeof *client);

    if (!client)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    client->loop = config->loop;
    last_client = client;
    *ret_client = client;
    return STATUS_OK;
}

/* ---- sockets ---- */

static void socket_end(struct web_socket *socket, const char *reason)
{
    struct web_socket **link = &socket->client->sockets;

    while (*link != socket)
        link = &(*link)->next;
    *link = socket->next;
    web_client_double.sockets -= socket->open;
    loop_timer_destroy(socket->timer);
    socket->events.on_close(socket->arg, socket, socket->code, reason);
    free(socket);
}

static void socket_next(void *arg, int64_t now_us)
{
    struct web_socket *socket = arg;

    if (web_client_double.refuse && !socket->open) {
        socket_end(socket, "connection refused");
    } else if (socket->ending) {
        socket_end(socket, "closed");
    } else if (!socket->open) {
        socket->open = true;
        web_client_double.sockets++;
        socket->events.on_open(socket->arg, socket, now_us);
    } else {
        socket->events.on_message(socket->arg, socket, socket->text, strlen(socket->text), now_us);
    }
}

enum status web_socket_connect(struct web_client *client, const struct web_url *url,
                               const char *address, const char *protocol,
                               const struct web_header *headers, size_t header_count,
                               const struct web_socket_events *events, void *arg,
                               struct web_socket **ret_socket, struct failure *failure)
{
    struct web_socket *socket = calloc(1, sizeof *socket);

    (void)url, (void)address, (void)protocol, (void)headers, (void)header_count;
    if (!socket)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    *socket = (struct web_socket){
        .client = client, .next = client->sockets, .events = *events, .arg = arg};
    client->sockets = socket;
    socket->timer = loop_timer_create(client->loop, socket_next, socket);
    loop_timer_start(socket->timer,
                     web_client_double.open_after_us ? web_client_double.open_after_us : DELAY_US,
                     0);
    *ret_socket = socket;
    return STATUS_OK;
}

enum status web_socket_send(struct web_socket *socket, const char *text, size_t size)
{
    if (socket->ending)
        return STATUS_CLOSED;
    snprintf(socket->text, sizeof socket->text, "%.*s", (int)size, text);
    snprintf(web_client_double.last_text, sizeof web_client_double.last_text, "%.*s", (int)size,
             text);
    loop_timer_start(socket->timer, DELAY_US, 0);
    return STATUS_OK;
}

void web_socket_close(struct web_socket *socket, uint16_t code)
{
    socket->ending = true;
    socket->code = code;
    loop_timer_start(socket->timer, DELAY_US, 0);
}

void web_socket_abort(struct web_socket *socket)
{
    web_socket_close(socket, 0);
}

void web_client_double_lose_all(void)
{
    for (struct web_socket *socket = last_client ? last_client->sockets : NULL; socket;
         socket = socket->next)
        web_socket_close(socket, 1006);
}

/* ---- requests ---- */

static void exchange_destroy(struct exchange *exchange)
{
    struct exchange **link = &exchange->client->exchanges;

    while (*link != exchange)
        link = &(*link)->next;
    *link = exchange->next;
    web_client_double.requests--;
    loop_timer_destroy(exchange->timer);
    free(exchange);
}

static void exchange_answer(void *arg, int64_t now_us)
{
    struct exchange *exchange = arg;
    web_response_fn *on_response = exchange->on_response;
    void *response_arg = exchange->arg;
    const char *body = web_client_double.body ? web_client_double.body : "";

    exchange_destroy(exchange);
    if (web_client_double.refuse)
        on_response(response_arg, 0, NULL, "connection refused", 18, now_us);
    else
        on_response(response_arg, web_client_double.http_status, "application/json", body,
                    strlen(body), now_us);
}

enum status web_request_send(struct web_client *client, const struct web_url *url,
                             const char *address, const char *method,
                             const struct web_header *headers, size_t header_count,
                             const void *body, size_t size, web_response_fn *on_response, void *arg,
                             struct failure *failure)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    (void)url, (void)address, (void)method, (void)headers, (void)header_count;
    (void)body, (void)size;
    if (!exchange)
        return failure_set(failure, STATUS_NO_MEMORY, "out of memory");
    *exchange = (struct exchange){
        .client = client, .next = client->exchanges, .on_response = on_response, .arg = arg};
    client->exchanges = exchange;
    web_client_double.requests++;
    exchange->timer = loop_timer_create(client->loop, exchange_answer, exchange);
    if (!web_client_double.silent)
        loop_timer_start(exchange->timer, DELAY_US, 0);
    return STATUS_OK;
}

void web_client_destroy(struct web_client *client)
{
    if (!client)
        return;
    while (client->sockets)
        socket_end(client->sockets, "the client ends");
    while (client->exchanges)
        exchange_destroy(client->exchanges);
    last_client = NULL;
    free(client);
}
