#include "reference-server/server/rest.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/admin/answer.h"
#include "reference-server/admin/named_json.h"
#include "reference-server/auth/token.h"
#include "reference-server/fault.h"

#define TOKEN_LIFE_US (12 * 3600 * US_PER_S)

enum { CREDENTIAL_MAX = 1024, METRICS_BYTES_MAX = 1 << 20 };

struct rest {
    struct rest_config config;
    uint64_t sign_ins, sign_ins_refused;
};

/* A sign-in that waits for the helper thread, or a sign-out that is being written. */
struct exchange {
    struct rest *rest;
    struct web_request *request; /* NULL: the client went away */
    struct journal_wait wait;
};

struct rest *rest_create(const struct rest_config *config)
{
    struct rest *rest = calloc(1, sizeof *rest);
    if (rest)
        rest->config = *config;
    return rest;
}

void rest_destroy(struct rest *rest)
{
    free(rest);
}

static void answer_page(struct rest *rest, struct web_request *request, const char *name)
{
    const struct page *page = pages_by_name(rest->config.pages, name);
    if (page)
        web_request_answer(request, 200, page->content_type, page->text, page->size);
    else
        answer_hidden(request);
}

static json_t *view_session(const struct user *user, const char *token, int64_t expires_at_us)
{
    char expires_at[32];
    clock_format_utc(expires_at_us, expires_at, sizeof expires_at);
    return json_pack("{s:s, s:s, s:o, s:o}", "token", token, "expires_at", expires_at, "user",
                     view_named(&user->id, user->name), "memberships", view_memberships(user));
}

/* A new token for the user: in memory at once, in the store soon. */
static enum status issue_token(struct rest *rest, struct user *user, char token[TOKEN_SIZE],
                               int64_t *ret_expires_at_us)
{
    char hash[TOKEN_HEX_SIZE];
    int64_t now_us = clock_realtime_us();
    enum status status = token_make(token);
    if (status != STATUS_OK)
        return status;
    struct staff_token entry = {
        .key = token_key(token), .user = user, .expires_at_us = now_us + TOKEN_LIFE_US};
    status = token_table_add(rest->config.tokens, &entry);
    if (status != STATUS_OK)
        return status;
    token_key_write(&entry.key, hash);
    journal_add_token(rest->config.journal, &(struct store_token){
                                                .hash = hash,
                                                .user_id = user->id.text,
                                                .issued_at_us = now_us,
                                                .expires_at_us = entry.expires_at_us,
                                            });
    *ret_expires_at_us = entry.expires_at_us;
    return STATUS_OK;
}

static void answer_sign_in(struct rest *rest, struct web_request *request, enum status status,
                           struct user *user)
{
    char token[TOKEN_SIZE];
    int64_t expires_at_us = 0;
    if (status == STATUS_UNAUTHENTIC) {
        rest->sign_ins_refused++;
        answer_error(request, 401, "unauthenticated", "unknown name or wrong password");
        return;
    }
    if (status == STATUS_OK)
        status = issue_token(rest, user, token, &expires_at_us);
    if (status != STATUS_OK) {
        answer_error(request, 503, "capacity", "too many are signing in");
        return;
    }
    rest->sign_ins++;
    answer_json(request, 200, view_session(user, token, expires_at_us));
}

static void on_signed_in(void *arg, enum status status, struct user *user)
{
    struct exchange *exchange = arg;
    struct web_request *request = exchange->request;
    if (request) {
        web_request_set_user(request, NULL);
        answer_sign_in(exchange->rest, request, status, user);
    }
    free(exchange);
}

/* A text member of at most CREDENTIAL_MAX bytes, or NULL. */
static const char *credential(const json_t *body, const char *member)
{
    const json_t *value = json_object_get(body, member);
    size_t length = json_string_length(value);
    return length >= 1 && length <= CREDENTIAL_MAX ? json_string_value(value) : NULL;
}

/* NULL: no memory. */
static struct exchange *exchange_create(struct rest *rest, struct web_request *request)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->rest = rest;
    exchange->request = request;
    web_request_set_user(request, exchange);
    return exchange;
}

static void start_sign_in(struct rest *rest, struct web_request *request, const char *username,
                          const char *password)
{
    struct exchange *exchange = exchange_create(rest, request);
    enum status status = STATUS_NO_MEMORY;
    if (exchange)
        status = sign_in_start(rest->config.sign_in, username, password, on_signed_in, exchange);
    if (status != STATUS_OK) {
        web_request_set_user(request, NULL);
        free(exchange);
        answer_error(request, 503, "capacity", "too many are signing in");
    }
}

static void post_sign_in(struct rest *rest, struct web_request *request)
{
    size_t size;
    const char *text = web_request_body(request, &size);
    /* Nesting is bounded by the few bytes, and by jansson at 2,048. */
    json_t *body =
        size <= 4 * CREDENTIAL_MAX ? json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *username = credential(body, "username"), *password = credential(body, "password");
    if (username && password && json_object_size(body) == 2)
        start_sign_in(rest, request, username, password);
    else
        answer_error(request, 400, "protocol", "expected {\"username\", \"password\"}");
    json_decref(body);
}

static void on_signed_out(void *arg, bool written)
{
    struct exchange *exchange = arg;
    struct web_request *request = exchange->request;
    if (request) {
        web_request_set_user(request, NULL);
        if (written)
            web_request_answer(request, 204, NULL, NULL, 0);
        else
            answer_error(request, 503, "capacity", "the database does not answer");
    }
    free(exchange);
}

/* Dead at once, and answered when it stays so after the process. */
static void revoke(struct exchange *exchange, const struct token_key *key)
{
    const struct rest_config *config = &exchange->rest->config;
    char hash[TOKEN_HEX_SIZE];
    token_table_remove(config->tokens, key);
    token_key_write(key, hash);
    bool noted = journal_revoke_token(config->journal, hash, clock_realtime_us());
    config->on_token_died(config->arg, key);
    exchange->wait = (struct journal_wait){.done = on_signed_out, .arg = exchange};
    if (noted)
        journal_wait(config->journal, &exchange->wait);
    else
        on_signed_out(exchange, false);
}

static void post_sign_out(struct rest *rest, struct web_request *request)
{
    struct token_key key = token_key(web_request_bearer(request));
    struct exchange *exchange = NULL;
    if (!token_table_find(rest->config.tokens, &key, clock_realtime_us()))
        answer_error(request, 401, "unauthenticated", "the token is not known");
    else if (fault_is_on(FAULT_KEEP_TOKEN))
        web_request_answer(request, 204, NULL, NULL, 0);
    else if (!(exchange = exchange_create(rest, request)))
        answer_error(request, 503, "capacity", "out of memory");
    else
        revoke(exchange, &key);
}

static void show_health(struct rest *rest, struct web_request *request)
{
    (void)rest;
    answer_json(request, 200, json_pack("{s:s}", "status", "ok"));
}

static void show_metrics(struct rest *rest, struct web_request *request)
{
    struct buffer text;
    struct server_numbers numbers = {0};
    buffer_init(&text, METRICS_BYTES_MAX);
    rest->config.read_numbers(rest->config.arg, &numbers);
    numbers.sign_ins = rest->sign_ins;
    numbers.sign_ins_refused = rest->sign_ins_refused;
    server_metrics_write(&numbers, &text);
    media_plane_metrics(rest->config.media, &text);
    buffer_text(&text, "# EOF\n");
    if (text.failed)
        answer_error(request, 503, "capacity", "out of memory");
    else
        web_request_answer(request, 200,
                           "application/openmetrics-text; version=1.0.0; charset=utf-8", text.data,
                           text.size);
    buffer_finish(&text);
}

static void show_staff_page(struct rest *rest, struct web_request *request)
{
    answer_page(rest, request, "staff.html");
}

static void show_patient_page(struct rest *rest, struct web_request *request)
{
    const char *link = web_request_path(request) + strlen("/c/");
    if (directory_area_by_link(rest->config.directory, link))
        answer_page(rest, request, "patient.html");
    else
        answer_hidden(request);
}

static void show_file(struct rest *rest, struct web_request *request)
{
    answer_page(rest, request, web_request_path(request) + strlen("/web/"));
}

static const struct route {
    const char *method, *path;
    bool is_prefix;
    void (*run)(struct rest *rest, struct web_request *request);
} routes[] = {
    {"POST", "/api/v1/sign-in", false, post_sign_in},
    {"POST", "/api/v1/sign-out", false, post_sign_out},
    {"GET", "/health", false, show_health},
    {"GET", "/metrics", false, show_metrics},
    {"GET", "/staff", false, show_staff_page},
    {"GET", "/c/", true, show_patient_page},
    {"GET", "/web/", true, show_file},
};

static bool is_for(const struct route *route, const char *path)
{
    return route->is_prefix ? strncmp(route->path, path, strlen(route->path)) == 0
                            : strcmp(route->path, path) == 0;
}

void rest_request(struct rest *rest, struct web_request *request)
{
    const char *method = web_request_method(request), *path = web_request_path(request);
    if (strcmp(method, "HEAD") == 0)
        method = "GET"; /* the web server leaves the body out */
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!is_for(&routes[i], path))
            continue;
        if (strcmp(routes[i].method, method) == 0)
            routes[i].run(rest, request);
        else
            answer_error(request, 405, "protocol", "this path has another method");
        return;
    }
    answer_hidden(request);
}

void rest_request_gone(struct rest *rest, struct web_request *request)
{
    (void)rest;
    struct exchange *exchange = web_request_user(request);
    if (exchange)
        exchange->request = NULL;
}
