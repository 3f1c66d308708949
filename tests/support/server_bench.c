#include "tests/support/server_bench.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

#define WEB_FOLDER CASELOAD_VECTORS "/../../reference-server/web"
#define PATIENCE_US (20 * US_PER_S)

/* One row per role; somebody with two stands twice, one below the other. */
static const struct {
    const char *username, *clinic, *role;
} staff[] = {
    {"nurse", "Clinic A", "team_member"},          {"doctor", "Clinic A", "team_member"},
    {"both", "Clinic A", "team_member"},           {"both", "Clinic B", "team_member"},
    {"other", "Clinic B", "team_member"},          {"clerk", "Clinic A", "clinic_clerk"},
    {"referrer", "Clinic A", "team_member"},       {"referrer", "Clinic B", "service_referrer"},
    {"admin", NULL, "organisation_administrator"}, {"reporter", NULL, "organisation_reporter"},
};

static json_t *make_staff(void)
{
    json_t *list = json_array(), *roles = NULL;
    for (size_t i = 0; i < sizeof staff / sizeof staff[0]; i++) {
        const char *name = staff[i].username;
        if (i == 0 || strcmp(name, staff[i - 1].username) != 0) {
            roles = json_array();
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "username", name, "name",
                                                  name, "password", "secret", "roles", roles));
        }
        json_array_append_new(
            roles, json_pack("{s:s?, s:s}", "clinic", staff[i].clinic, "role", staff[i].role));
    }
    return list;
}

static void give_up(void *arg, int64_t now_us)
{
    (void)arg;
    (void)now_us;
    ck_abort_msg("waited too long");
}

static void write_fixture(struct server_bench *bench)
{
    json_t *fixture =
        json_pack("{s:s, s:s, s:{s:s}, s:[{s:s, s:s}, {s:s, s:s}], s:o}", "schema",
                  "caseload/fixture/1", "password_cost", "load", "organisation", "name",
                  "Organisation", "clinics", "name", "Clinic A", "link", "link-to-a", "name",
                  "Clinic B", "link", "link-to-b", "staff", make_staff());
    ck_assert_ptr_nonnull(fixture);
    snprintf(bench->fixture, sizeof bench->fixture, "/tmp/caseload-fixture-XXXXXX");
    int fd = mkstemp(bench->fixture);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(json_dumpfd(fixture, fd, 0), 0);
    close(fd);
    json_decref(fixture);
}

static void start_server(struct server_bench *bench, const char *database, size_t limit)
{
    struct failure failure = {0};
    struct server_config config = {
        .loop = bench->loop,
        .address = "127.0.0.1",
        .media_address = "127.0.0.1",
        .media_workers = 1,
        .certificate_pem = bench->certificate ? certificate_pem(bench->certificate) : NULL,
        .key_pem = bench->certificate ? certificate_key_pem(bench->certificate) : NULL,
        .database = database ? database : ":memory:",
        .fixture = database && access(database, F_OK) == 0 ? NULL : bench->fixture,
        .web_folder = WEB_FOLDER,
        .descriptor_limit = limit ? limit : 20000,
    };
    enum status status = server_create(&config, &bench->server, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
}

static void start_client(struct server_bench *bench)
{
    struct failure failure = {0};
    struct web_client_config config = {
        .loop = bench->loop,
        .ca_pem = bench->certificate ? certificate_pem(bench->certificate) : NULL,
        .message_limit = 1 << 20,
        .send_queue_limit = 1 << 20,
        .timeout_us = 10 * US_PER_S,
    };
    enum status status = web_client_create(&config, &bench->client, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
}

void server_bench_init(struct server_bench *bench, bool tls, const char *database,
                       size_t descriptor_limit)
{
    *bench = (struct server_bench){0};
    bench->loop = loop_create();
    ck_assert_ptr_nonnull(bench->loop);
    bench->guard = loop_timer_create(bench->loop, give_up, bench);
    if (tls)
        ck_assert_int_eq(certificate_create("caseload-server", "IP:127.0.0.1,DNS:localhost", 1,
                                            &bench->certificate),
                         STATUS_OK);
    write_fixture(bench);
    start_server(bench, database, descriptor_limit);
    start_client(bench);
}

void server_bench_finish(struct server_bench *bench)
{
    web_client_destroy(bench->client); /* every socket gets on_close */
    server_destroy(bench->server);
    loop_timer_destroy(bench->guard);
    loop_destroy(bench->loop);
    certificate_destroy(bench->certificate);
    while (bench->remotes) {
        struct remote *remote = bench->remotes;
        bench->remotes = remote->next;
        rpc_peer_finish(&remote->rpc);
        free(remote);
    }
    unlink(bench->fixture);
    free(bench->body);
}

/* Run until something calls loop_stop. */
static void run(struct server_bench *bench)
{
    loop_timer_start(bench->guard, PATIENCE_US, 0);
    loop_run(bench->loop);
    loop_timer_stop(bench->guard);
}

static void stop_loop(void *arg)
{
    loop_stop(arg);
}

static void stop_loop_later(void *arg, int64_t now_us)
{
    (void)now_us;
    loop_stop(arg);
}

void server_bench_stop(struct server_bench *bench)
{
    server_stop(bench->server, stop_loop, bench->loop);
    run(bench);
}

void server_bench_run(struct server_bench *bench, int64_t for_us)
{
    struct loop_timer *timer = loop_timer_create(bench->loop, stop_loop_later, bench->loop);
    loop_timer_start(timer, for_us, 0);
    loop_run(bench->loop);
    loop_timer_destroy(timer);
}

static struct web_url make_url(const struct server_bench *bench, const char *path, bool websocket)
{
    struct web_url url = {.tls = bench->certificate != NULL,
                          .websocket = websocket,
                          .host = "127.0.0.1",
                          .port = server_port(bench->server)};
    snprintf(url.path, sizeof url.path, "%s", path);
    return url;
}

static void on_response(void *arg, int http_status, const char *content_type, const char *body,
                        size_t size, int64_t now_us)
{
    (void)now_us;
    struct server_bench *bench = arg;
    bench->http_status = http_status;
    snprintf(bench->content_type, sizeof bench->content_type, "%s",
             content_type ? content_type : "");
    free(bench->body);
    bench->body = strndup(body ? body : "", size);
    bench->replied = true;
    loop_stop(bench->loop);
}

int server_bench_request(struct server_bench *bench, const char *method, const char *path,
                         const char *bearer, const char *body)
{
    char authorization[160];
    struct failure failure = {0};
    struct web_url url = make_url(bench, path, false);
    snprintf(authorization, sizeof authorization, "Bearer %s", bearer ? bearer : "");
    struct web_header header = {"Authorization", authorization};
    bench->replied = false;
    enum status status =
        web_request_send(bench->client, &url, "127.0.0.1", method, &header, bearer ? 1 : 0, body,
                         body ? strlen(body) : 0, on_response, bench, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    while (!bench->replied)
        run(bench);
    return bench->http_status;
}

char *server_bench_token(struct server_bench *bench, const char *username)
{
    char body[160];
    snprintf(body, sizeof body, "{\"username\": \"%s\", \"password\": \"secret\"}", username);
    ck_assert_int_eq(server_bench_request(bench, "POST", "/api/v1/sign-in", NULL, body), 200);
    json_t *reply = json_loads(bench->body, 0, NULL);
    char *token = strdup(text_in(reply, "token"));
    json_decref(reply);
    return token;
}

static void on_open(void *arg, struct web_socket *socket, int64_t now_us)
{
    (void)socket;
    (void)now_us;
    struct remote *remote = arg;
    remote->open = true;
    loop_stop(remote->bench->loop);
}

static void on_message(void *arg, struct web_socket *socket, const char *text, size_t size,
                       int64_t now_us)
{
    (void)socket;
    (void)now_us;
    struct remote *remote = arg;
    rpc_peer_receive(&remote->rpc, text, size);
    loop_stop(remote->bench->loop);
}

static void on_close(void *arg, struct web_socket *socket, uint16_t code, const char *reason)
{
    (void)socket;
    (void)reason;
    struct remote *remote = arg;
    remote->socket = NULL;
    remote->close_code = code;
    loop_stop(remote->bench->loop);
}

struct remote *remote_connect(struct server_bench *bench)
{
    static const struct web_socket_events events = {on_open, on_message, on_close};
    struct failure failure = {0};
    struct web_url url = make_url(bench, "/live", true);
    struct remote *remote = calloc(1, sizeof *remote);
    ck_assert_ptr_nonnull(remote);
    remote->bench = bench;
    rpc_peer_init(&remote->rpc);
    remote->next = bench->remotes;
    bench->remotes = remote;
    enum status status = web_socket_connect(bench->client, &url, "127.0.0.1", NULL, NULL, 0,
                                            &events, remote, &remote->socket, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    while (!remote->open) {
        ck_assert_ptr_nonnull(remote->socket);
        run(bench);
    }
    return remote;
}

void remote_send(struct remote *remote, const char *text)
{
    ck_assert_ptr_nonnull(remote->socket);
    ck_assert_int_eq(web_socket_send(remote->socket, text, strlen(text)), STATUS_OK);
}

static json_t *ask(struct remote *remote, const char *method, const char *format, va_list values)
{
    char *text = rpc_peer_request(&remote->rpc, method, format, values);
    remote_send(remote, text);
    free(text);
    while (!remote->rpc.answer) {
        ck_assert_ptr_nonnull(remote->socket);
        run(remote->bench);
    }
    return remote->rpc.answer;
}

json_t *remote_ask(struct remote *remote, const char *method, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    json_t *answer = ask(remote, method, format, values);
    va_end(values);
    return answer;
}

json_t *remote_do(struct remote *remote, const char *method, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    ask(remote, method, format, values);
    va_end(values);
    return rpc_peer_result(&remote->rpc, method);
}

int remote_error(const struct remote *remote)
{
    return rpc_peer_error(&remote->rpc);
}

json_t *remote_wait(struct remote *remote, const char *method)
{
    json_t *params;
    while (!(params = rpc_peer_take(&remote->rpc, method))) {
        ck_assert_msg(remote->socket, "closed while waiting for %s", method);
        run(remote->bench);
    }
    return params;
}

void remote_wait_closed(struct remote *remote)
{
    while (remote->socket)
        run(remote->bench);
}

void remote_abort(struct remote *remote)
{
    web_socket_abort(remote->socket);
    remote_wait_closed(remote);
}

struct remote *remote_enter(struct server_bench *bench, const char *link, const char *name)
{
    struct remote *remote = remote_connect(bench);
    remote_do(remote, "enter", "{s:s, s:s}", "link", link, "name", name);
    return remote;
}

struct remote *remote_sign_in(struct server_bench *bench, const char *username)
{
    char *token = server_bench_token(bench, username);
    struct remote *remote = remote_connect(bench);
    remote_do(remote, "authenticate", "{s:s}", "token", token);
    free(token);
    return remote;
}
