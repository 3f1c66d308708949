#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/server_bench.h"

static struct server_bench bench;

static void setup(void)
{
    server_bench_init(&bench, false, NULL, 0);
}

static void teardown(void)
{
    server_bench_finish(&bench);
}

static int get(const char *path)
{
    return server_bench_request(&bench, "GET", path, NULL, NULL);
}

static int sign_in(const char *body)
{
    return server_bench_request(&bench, "POST", "/api/v1/sign-in", NULL, body);
}

static bool is_error(const char *class)
{
    json_t *reply = json_loads(bench.body, 0, NULL);
    const json_t *error = json_object_get(reply, "error");
    bool is = strcmp(text_in(error, "class"), class) == 0 && strlen(text_in(error, "message")) > 3;
    json_decref(reply);
    return is;
}

START_TEST(signing_in_gives_a_token_and_the_memberships)
{
    ck_assert_int_eq(sign_in("{\"username\": \"both\", \"password\": \"secret\"}"), 200);
    ck_assert_str_eq(bench.content_type, "application/json");
    json_t *reply = json_loads(bench.body, 0, NULL);
    ck_assert_uint_ge(strlen(text_in(reply, "token")), 32);
    ck_assert_uint_eq(strlen(text_in(reply, "expires_at")), 24);
    ck_assert_str_eq(text_in(json_object_get(reply, "user"), "name"), "both");
    const json_t *memberships = json_object_get(reply, "memberships");
    ck_assert_uint_eq(json_array_size(memberships), 2);
    ck_assert_str_eq(text_in(json_array_get(memberships, 0), "role"), "team_member");
    json_decref(reply);
}
END_TEST

START_TEST(unknown_names_and_wrong_passwords_are_alike)
{
    ck_assert_int_eq(sign_in("{\"username\": \"both\", \"password\": \"wrong\"}"), 401);
    char *wrong = strdup(bench.body);
    ck_assert(is_error("unauthenticated"));
    ck_assert_int_eq(sign_in("{\"username\": \"nobody\", \"password\": \"wrong\"}"), 401);
    ck_assert_str_eq(bench.body, wrong);
    free(wrong);
}
END_TEST

START_TEST(broken_sign_ins_are_protocol_errors)
{
    static const char *const bad[] = {
        "{",
        "[]",
        "{}",
        "{\"username\": \"both\"}",
        "{\"username\": \"both\", \"password\": 5}",
        "{\"username\": \"both\", \"password\": \"\"}",
        "{\"username\": \"both\", \"password\": \"secret\", \"more\": 1}",
        "{\"username\": \"both\", \"password\": \"secret\", \"password\": \"secret\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(sign_in(bad[i]) == 400, "%s", bad[i]);
        ck_assert(is_error("protocol"));
    }
    char large[5000];
    snprintf(large, sizeof large, "{\"username\": \"%4900s\"}", "x");
    ck_assert_int_eq(sign_in(large), 400);
    ck_assert_int_eq(sign_in("{\"username\": \"both\", \"password\": \"secret\"}"), 200);
}
END_TEST

START_TEST(signing_out_kills_the_token_and_its_connections)
{
    char *token = server_bench_token(&bench, "nurse");
    struct remote *remote = remote_connect(&bench);
    remote_do(remote, "authenticate", "{s:s}", "token", token);
    ck_assert_int_eq(server_bench_request(&bench, "POST", "/api/v1/sign-out", token, NULL), 204);
    remote_wait_closed(remote);
    ck_assert_uint_eq(remote->close_code, 4401);
    struct remote *again = remote_connect(&bench);
    remote_ask(again, "authenticate", "{s:s}", "token", token);
    ck_assert_int_eq(remote_error(again), -32011);
    ck_assert_int_eq(server_bench_request(&bench, "POST", "/api/v1/sign-out", token, NULL), 401);
    ck_assert_int_eq(server_bench_request(&bench, "POST", "/api/v1/sign-out", NULL, NULL), 401);
    free(token);
}
END_TEST

START_TEST(pages_are_there_for_links_that_are)
{
    ck_assert_int_eq(get("/c/link-to-a"), 200);
    ck_assert_str_eq(bench.content_type, "text/html; charset=utf-8");
    ck_assert_ptr_nonnull(strstr(bench.body, "<html"));
    ck_assert_int_eq(get("/staff"), 200);
    ck_assert_int_eq(get("/web/live.js"), 200);
    ck_assert_str_eq(bench.content_type, "text/javascript; charset=utf-8");
}
END_TEST

START_TEST(whatever_is_not_there_is_the_same_404)
{
    static const char *const paths[] = {
        "/",
        "/c/",
        "/c/link-to-z",
        "/c/link-to-a/",
        "/c/link-to-a/x",
        "/web/",
        "/web/main.c",
        "/web/../main.c",
        "/web/%2e%2e/main.c",
        "/api/v1/",
        "/staff/",
        "/health/x",
        "/metricsx",
        "/api/v1/sign-in/x",
        "/c/%00",
        "//c/link-to-z",
    };
    ck_assert_int_eq(get("/c/link-to-z"), 404);
    ck_assert(is_error("hidden"));
    char *hidden = strdup(bench.body);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        int status = get(paths[i]);
        ck_assert_msg(status == 404 || status == 403 || status == 0, "%s: %d", paths[i], status);
        if (status == 404)
            ck_assert_msg(strcmp(bench.body, hidden) == 0, "%s", paths[i]);
    }
    free(hidden);
}
END_TEST

START_TEST(other_methods_are_refused)
{
    ck_assert_int_eq(server_bench_request(&bench, "DELETE", "/health", NULL, NULL), 405);
    ck_assert(is_error("protocol"));
    ck_assert_int_eq(get("/api/v1/sign-in"), 405);
    ck_assert_int_eq(server_bench_request(&bench, "POST", "/staff", NULL, "x"), 405);
}
END_TEST

START_TEST(health_and_metrics)
{
    ck_assert_int_eq(get("/health"), 200);
    ck_assert_str_eq(bench.body, "{\"status\":\"ok\"}");
    remote_enter(&bench, "link-to-a", "Ann");
    ck_assert_int_eq(get("/metrics"), 200);
    ck_assert_str_eq(bench.content_type,
                     "application/openmetrics-text; version=1.0.0; charset=utf-8");
    ck_assert_ptr_nonnull(strstr(bench.body, "\ncaseload_server_spaces{state=\"waiting\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(bench.body, "\nmedia_double 1\n"));
    ck_assert_str_eq(bench.body + strlen(bench.body) - 6, "# EOF\n");
}
END_TEST

static void ignore(void *arg, int http_status, const char *content_type, const char *body,
                   size_t size, int64_t now_us)
{
    (void)arg;
    (void)http_status;
    (void)content_type;
    (void)body;
    (void)size;
    (void)now_us;
}

/* Somebody signs in and goes away before the password is checked. */
START_TEST(a_client_that_goes_away_leaves_nothing)
{
    struct failure failure = {0};
    struct web_url url = {.host = "127.0.0.1", .port = server_port(bench.server)};
    strcpy(url.path, "/api/v1/sign-in");
    static const char body[] = "{\"username\": \"both\", \"password\": \"secret\"}";
    struct web_client *client = NULL;
    struct web_client_config config = {
        .loop = bench.loop, .message_limit = 4096, .send_queue_limit = 4096, .timeout_us = 5000000};
    ck_assert_int_eq(web_client_create(&config, &client, &failure), STATUS_OK);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(web_request_send(client, &url, "127.0.0.1", "POST", NULL, 0, body,
                                          strlen(body), ignore, NULL, &failure),
                         STATUS_OK);
    server_bench_run(&bench, 2000);
    web_client_destroy(client);
    server_bench_run(&bench, 50000);
    ck_assert_int_eq(get("/health"), 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rest");
    TCase *tests = tcase_create("rest");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, signing_in_gives_a_token_and_the_memberships);
    tcase_add_test(tests, unknown_names_and_wrong_passwords_are_alike);
    tcase_add_test(tests, broken_sign_ins_are_protocol_errors);
    tcase_add_test(tests, signing_out_kills_the_token_and_its_connections);
    tcase_add_test(tests, pages_are_there_for_links_that_are);
    tcase_add_test(tests, whatever_is_not_there_is_the_same_404);
    tcase_add_test(tests, other_methods_are_refused);
    tcase_add_test(tests, health_and_metrics);
    tcase_add_test(tests, a_client_that_goes_away_leaves_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
