#include "tests/support/live_bench.h"

#include <assert.h>
#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/auth/token.h"

static void take_message(void *peer, const char *text, size_t size)
{
    struct client *client = peer;
    ck_assert_uint_le(size, JSONRPC_MESSAGE_MAX);
    rpc_peer_receive(&client->rpc, text, size);
}

static void take_close(void *peer, uint16_t code, const char *reason)
{
    struct client *client = peer;
    ck_assert_uint_eq(client->close_code, 0);
    ck_assert_uint_gt(strlen(reason), 3);
    client->close_code = code;
}

static void take_visit(void *arg, const struct visit *visit)
{
    struct live_bench *bench = arg;
    json_array_append_new(bench->visits, json_string(visit->cause));
}

static bool has_room(void *arg)
{
    struct live_bench *bench = arg;
    return bench->has_room;
}

static void add_token(struct live_bench *bench, const char *name)
{
    struct staff_token token = {
        .key = token_key(name),
        .user = directory_user_by_name(&bench->hospital.domain->directory, name),
        .expires_at_us = BENCH_EPOCH_US + 12 * 3600 * 1000000LL,
    };
    ck_assert_ptr_nonnull(token.user);
    ck_assert_int_eq(token_table_add(bench->tokens, &token), STATUS_OK);
}

void live_bench_init(struct live_bench *bench)
{
    *bench = (struct live_bench){.has_room = true};
    domain_bench_init(&bench->hospital);
    bench->tokens = token_table_create(100);
#define X(field, ...) add_token(bench, #field);
    BENCH_STAFF(X)
#undef X
    bench->visits = json_array();
    struct media_plane_config media = {.workers = 2};
    ck_assert_int_eq(media_plane_create(&media, &bench->media, NULL), STATUS_OK);
    bench->live = live_create(&(struct live_config){
        .domain = bench->hospital.domain,
        .tokens = bench->tokens,
        .media = bench->media,
        .realtime_offset_us = BENCH_EPOCH_US,
        .arg = bench,
        .send = take_message,
        .close = take_close,
        .on_visit = take_visit,
        .has_room = has_room,
    });
    ck_assert_ptr_nonnull(bench->live);
}

void live_bench_finish(struct live_bench *bench)
{
    while (bench->clients) {
        struct client *client = bench->clients;
        bench->clients = client->next;
        client_lose(client);
        rpc_peer_finish(&client->rpc);
        free(client);
    }
    ck_assert_uint_eq(live_counts(bench->live)->connections, 0);
    live_destroy(bench->live);
    media_plane_destroy(bench->media);
    token_table_destroy(bench->tokens);
    json_decref(bench->visits);
    domain_bench_finish(&bench->hospital);
}

void live_bench_advance(struct live_bench *bench, int64_t by_us)
{
    bench->hospital.now_us += by_us;
    live_advance(bench->live, bench->hospital.now_us);
}

struct client *client_open(struct live_bench *bench)
{
    struct client *client = calloc(1, sizeof *client);
    ck_assert_ptr_nonnull(client);
    client->bench = bench;
    rpc_peer_init(&client->rpc);
    client->connection = live_open(bench->live, client, bench->hospital.now_us);
    ck_assert_ptr_nonnull(client->connection);
    client->next = bench->clients;
    bench->clients = client;
    return client;
}

void client_lose(struct client *client)
{
    struct connection *connection = client->connection;
    if (!connection)
        return;
    client->connection = NULL;
    live_closed(client->bench->live, connection, client->bench->hospital.now_us);
}

void client_say(struct client *client, const char *text)
{
    live_receive(client->bench->live, client->connection, text, strlen(text),
                 client->bench->hospital.now_us);
}

static json_t *ask(struct client *client, const char *method, const char *format, va_list values)
{
    char *text = rpc_peer_request(&client->rpc, method, format, values);
    client_say(client, text);
    free(text);
    ck_assert_ptr_nonnull(client->rpc.answer);
    return client->rpc.answer;
}

json_t *client_ask(struct client *client, const char *method, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    json_t *answer = ask(client, method, format, values);
    va_end(values);
    return answer;
}

json_t *client_do(struct client *client, const char *method, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    ask(client, method, format, values);
    va_end(values);
    return rpc_peer_result(&client->rpc, method);
}

int client_error(const struct client *client)
{
    return rpc_peer_error(&client->rpc);
}

const char *client_error_data(const struct client *client, const char *member)
{
    return rpc_peer_error_data(&client->rpc, member);
}

struct client *client_enter(struct live_bench *bench, const char *link, const char *name)
{
    struct client *client = client_open(bench);
    const json_t *result = client_do(client, "enter", "{s:s, s:s, s:{s:s}}", "link", link, "name",
                                     name, "details", "reason", "headache");
    strcpy(client->participant, text_in(result, "participant"));
    strcpy(client->space, text_in(result, "space"));
    strcpy(client->token, text_in(result, "token"));
    return client;
}

struct client *client_sign_in(struct live_bench *bench, const char *username)
{
    struct client *client = client_open(bench);
    const json_t *result = client_do(client, "authenticate", "{s:s}", "token", username);
    strcpy(client->participant, text_in(result, "participant"));
    return client;
}

void client_offer(struct client *client)
{
    const char *sdp = text_in(client_do(client, "media.offer", "{s:s}", "sdp", "offer"), "sdp");
    ck_assert_int_eq(strncmp(sdp, "answer to ", 10), 0);
    client->media = strtoull(sdp + 10, NULL, 10);
}

json_t *client_take(struct client *client, const char *method)
{
    return rpc_peer_take(&client->rpc, method);
}

size_t client_count(const struct client *client, const char *method)
{
    size_t i, count = 0;
    json_t *message;
    json_array_foreach(client->rpc.inbox, i, message) count +=
        strcmp(text_in(message, "method"), method) == 0;
    return count;
}

void client_forget(struct client *client)
{
    json_array_clear(client->rpc.inbox);
}

char *client_all_told(const struct client *client)
{
    return json_dumps(client->rpc.inbox, JSON_COMPACT);
}

const struct card *client_card(const struct client *client)
{
    return key_table_find(&client->bench->hospital.domain->cards_by_space, client->space,
                          strlen(client->space));
}
