#include "tests/unit/common/net/net_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void start(struct net *net, bool tls)
{
    net_start(net);
    if (tls)
        net_use_tls(net, "ca.pem");
    net_serve(net);
    net_make_client(net);
}

static void get_and_post(bool tls)
{
    struct net net;
    struct net_answer answer;
    start(&net, tls);
    net.answer_type = "application/json";
    net.answer_body = "{\"ok\":true}";
    net.answer_size = 11;
    net_send(&net, "GET", "/v1/clinics?x=1&y=%20%26z", NULL, 0, &answer);
    net_until(&net, answer.count);
    ck_assert_int_eq(answer.http_status, 200);
    ck_assert_str_eq(answer.content_type, "application/json");
    ck_assert_str_eq(answer.body, "{\"ok\":true}");
    ck_assert_str_eq(net.method, "GET");
    ck_assert_str_eq(net.path, "/v1/clinics");
    ck_assert_str_eq(net.query, "x=1&y=%20%26z");
    ck_assert_uint_eq(net.body_size, 0);

    net.answer_status = 201;
    net_send(&net, "POST", "/v1/sessions", "{\"a\":1}", 7, &answer);
    net_until(&net, answer.count);
    ck_assert_int_eq(answer.http_status, 201);
    ck_assert_str_eq(net.method, "POST");
    ck_assert_str_eq(net.body, "{\"a\":1}");
    ck_assert_str_eq(net.query, "");
    net_until(&net, web_server_connections(net.server) == 0);
    net_finish(&net);
}

START_TEST(get_and_post_are_answered)
{
    get_and_post(false);
}
END_TEST

START_TEST(get_and_post_are_answered_over_tls)
{
    get_and_post(true);
}
END_TEST

START_TEST(every_method_arrives)
{
    static const char *const methods[] = {"GET",    "POST",    "PUT", "PATCH",
                                          "DELETE", "OPTIONS", "HEAD"};
    struct net net;
    struct net_answer answer;
    start(&net, false);
    net.answer_body = "body";
    net.answer_size = 4;
    net.answer_type = "text/plain";
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        net_send(&net, methods[i], "/", NULL, 0, &answer);
        net_until(&net, answer.count);
        ck_assert_int_eq(answer.http_status, 200);
        ck_assert_str_eq(net.method, methods[i]);
        ck_assert_str_eq(answer.body, strcmp(methods[i], "HEAD") == 0 ? "" : "body");
        net_until(&net, web_server_connections(net.server) == 0);
    }
    ck_assert_int_eq(net.requests, 7);
    net_finish(&net);
}
END_TEST

START_TEST(answer_may_be_the_request_itself)
{
    struct net net;
    struct net_answer answer;
    start(&net, false);
    net.echo_body = true;
    net.answer_type = "text/plain";
    net_send(&net, "PUT", "/", "there and back", 14, &answer);
    net_until(&net, answer.count);
    ck_assert_str_eq(answer.body, "there and back");
    net_finish(&net);
}
END_TEST

START_TEST(empty_answers_are_answers)
{
    static const int statuses[] = {204, 304, 200, 404, 500, 302};
    struct net net;
    struct net_answer answer;
    start(&net, false);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        net.answer_status = statuses[i];
        net_send(&net, "GET", "/", NULL, 0, &answer);
        net_until(&net, answer.count);
        ck_assert_int_eq(answer.http_status, statuses[i]);
        ck_assert_str_eq(answer.body, "");
        ck_assert_str_eq(answer.content_type, "");
    }
    net_finish(&net);
}
END_TEST

START_TEST(request_may_be_answered_later)
{
    struct net net;
    struct net_answer answers[20];
    struct web_request *requests[20];
    start(&net, false);
    net.answer = false;
    for (int i = 0; i < 20; i++) {
        net_send(&net, i % 2 ? "POST" : "GET", "/slow", "body", i % 2 ? 4 : 0, &answers[i]);
        net_until(&net, net.requests == i + 1);
        requests[i] = net.request;
    }
    net_turns(&net, 20);
    for (int i = 19; i >= 0; i--) {
        ck_assert_int_eq(answers[i].count, 0);
        web_request_answer(requests[i], 200 + i, "text/plain", "late", 4);
        net_until(&net, answers[i].count);
        ck_assert_int_eq(answers[i].http_status, 200 + i);
    }
    net.request = NULL;
    net_until(&net, web_server_connections(net.server) == 0);
    ck_assert_int_eq(net.gone, 0);
    net_finish(&net);
}
END_TEST

START_TEST(large_bodies_pass_up_to_the_limit)
{
    enum { LARGE = 3000000 };
    struct net net;
    struct net_answer answer;
    net_start(&net);
    net.server_config.message_limit = net.client_config.message_limit = LARGE;
    net_serve(&net);
    net_make_client(&net);
    char *large = malloc(LARGE);
    memset(large, 'x', LARGE);
    net.answer_body = large;
    net.answer_size = LARGE;
    net.answer_type = "text/plain";
    net_send(&net, "POST", "/", large, LARGE, &answer);
    net_until(&net, answer.count);
    ck_assert_uint_eq(net.body_size, LARGE);
    ck_assert_int_eq(answer.http_status, 200);
    ck_assert_uint_eq(answer.size, LARGE);
    free(large);
    net_finish(&net);
}
END_TEST

START_TEST(too_large_body_is_answered_413)
{
    struct net net;
    struct net_answer answer;
    net_start(&net);
    net.client_config.message_limit = 5000000;
    net_serve(&net);
    net_make_client(&net);
    char *large = calloc(1, 5000000);
    net_send(&net, "POST", "/", large, NET_MESSAGE_LIMIT, &answer);
    net_until(&net, answer.count);
    ck_assert_int_eq(answer.http_status, 200);
    net_send(&net, "POST", "/", large, NET_MESSAGE_LIMIT + 1, &answer);
    net_until(&net, answer.count);
    ck_assert_int_eq(answer.http_status, 413);
    net_send(&net, "PUT", "/", large, 5000000, &answer);
    net_until(&net, answer.count);
    ck_assert_int_eq(answer.http_status, 413);
    ck_assert_int_eq(net.requests, 1);
    net_until(&net, web_server_connections(net.server) == 0);
    free(large);
    net_finish(&net);
}
END_TEST

START_TEST(client_refuses_too_large_bodies)
{
    struct net net;
    struct net_answer answer;
    struct failure failure;
    net_start(&net);
    net.client_config.message_limit = 100;
    net_serve(&net);
    net_make_client(&net);
    char body[101];
    memset(body, 'x', sizeof body);
    net.answer_body = body;
    net.answer_size = 100;
    net_send(&net, "GET", "/", NULL, 0, &answer);
    net_until(&net, answer.count);
    ck_assert_int_eq(answer.http_status, 200);
    net.answer_size = 101;
    net_send(&net, "GET", "/", NULL, 0, &answer);
    net_until(&net, answer.count);
    ck_assert_int_eq(answer.http_status, 0);
    ck_assert_ptr_nonnull(strstr(answer.body, "larger than 100 bytes"));
    struct web_url url = net_url(&net, "/");
    ck_assert_int_eq(web_request_send(net.client, &url, "127.0.0.1", "POST", NULL, 0, body, 101,
                                      net_on_answer, &answer, &failure),
                     STATUS_TOO_LARGE);
    net_finish(&net);
}
END_TEST

START_TEST(refused_connection_and_silent_server_are_told)
{
    struct net net;
    struct net_answer answer = {0};
    struct web_url url;
    char text[64];
    uint16_t port;
    net_start(&net);
    net.client_config.timeout_us = 50 * US_PER_MS;
    net_make_client(&net);
    snprintf(text, sizeof text, "http://h:%u/", net_closed_port());
    ck_assert_int_eq(web_url_parse(text, &url, NULL), STATUS_OK);
    ck_assert_int_eq(web_request_send(net.client, &url, "127.0.0.1", "GET", NULL, 0, NULL, 0,
                                      net_on_answer, &answer, NULL),
                     STATUS_OK);
    net_until(&net, answer.count);
    snprintf(text, sizeof text, "cannot connect to 127.0.0.1 port %u", url.port);
    ck_assert_msg(strstr(answer.body, text) == answer.body, "%s", answer.body);
    ck_assert_int_eq(answer.http_status, 0);

    int fd = net_silent_listener(&port);
    url.port = port;
    answer.count = 0;
    ck_assert_int_eq(web_request_send(net.client, &url, "127.0.0.1", "POST", NULL, 0, "x", 1,
                                      net_on_answer, &answer, NULL),
                     STATUS_OK);
    net_until(&net, answer.count);
    ck_assert_int_eq(answer.http_status, 0);
    ck_assert_ptr_nonnull(strstr(answer.body, "did not answer within 50 ms"));
    close(fd);
    net_finish(&net);
}
END_TEST

/* What the client makes of `response` from a foreign server that then closes. */
static void answer_by_hand(struct net *net, const char *response, struct net_answer *answer)
{
    struct web_url url;
    uint16_t port;
    int listener = net_silent_listener(&port);
    *answer = (struct net_answer){0};
    ck_assert_int_eq(web_url_parse("http://h/", &url, NULL), STATUS_OK);
    url.port = port;
    ck_assert_int_eq(web_request_send(net->client, &url, "127.0.0.1", "GET", NULL, 0, NULL, 0,
                                      net_on_answer, answer, NULL),
                     STATUS_OK);
    int fd = accept(listener, NULL, NULL);
    char request[2048] = "";
    for (size_t got = 0; !strstr(request, "\r\n\r\n");) {
        net_turn(net);
        ssize_t more = recv(fd, request + got, sizeof request - 1 - got, MSG_DONTWAIT);
        got += more > 0 ? (size_t)more : 0;
    }
    ck_assert_ptr_nonnull(strstr(request, "GET / HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(request, "Host: h:"));
    net_raw_send(fd, response, strlen(response));
    shutdown(fd, SHUT_WR);
    net_until(net, answer->count);
    close(fd);
    close(listener);
}

START_TEST(answers_of_other_servers_are_understood)
{
    static const struct {
        const char *response;
        int http_status;
        const char *body;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
         200, "hello"},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, ""},
        {"HTTP/1.1 302 Found\r\nLocation: http://other/\r\nContent-Length: 0\r\n\r\n", 302, ""},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
    };
    struct net net;
    struct net_answer answer;
    net_start(&net);
    net_make_client(&net);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        answer_by_hand(&net, rows[i].response, &answer);
        ck_assert_msg(answer.http_status == rows[i].http_status, "%s: %d %s", rows[i].response,
                      answer.http_status, answer.body);
        ck_assert_str_eq(answer.body, rows[i].body);
        ck_assert_int_eq(answer.count, 1);
    }
    net_finish(&net);
}
END_TEST

START_TEST(broken_answers_are_no_answers)
{
    static const char *const responses[] = {
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhel\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nhello",
        "HTTP/1.1 999999999999 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 -7\r\nContent-Length: 0\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };
    struct net net;
    struct net_answer answer;
    net_start(&net);
    net.client_config.timeout_us = 300 * US_PER_MS;
    net_make_client(&net);
    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++) {
        answer_by_hand(&net, responses[i], &answer);
        ck_assert_msg(answer.http_status == 0, "%s: %d", responses[i], answer.http_status);
        ck_assert_msg(strstr(answer.body, "127.0.0.1 port ") != NULL, "%s: %s", responses[i],
                      answer.body);
        ck_assert_int_eq(answer.count, 1);
    }
    net_finish(&net);
}
END_TEST

START_TEST(destroying_the_client_drops_pending_requests)
{
    struct net net;
    struct net_answer answers[3];
    start(&net, false);
    net.answer = false;
    net_send(&net, "GET", "/", NULL, 0, &answers[0]);
    net_until(&net, net.requests == 1);
    net_send(&net, "GET", "/", NULL, 0, &answers[1]);
    struct web_url closed = net_url(&net, "/");
    closed.port = net_closed_port();
    answers[2].count = 0;
    ck_assert_int_eq(web_request_send(net.client, &closed, "127.0.0.1", "GET", NULL, 0, NULL, 0,
                                      net_on_answer, &answers[2], NULL),
                     STATUS_OK);
    web_client_destroy(net.client);
    net.client = NULL;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(answers[i].count, 0);
    net_until(&net, net.gone == 1);
    net_finish(&net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/net/web_exchange");
    TCase *cases = tcase_create("web_exchange");
    tcase_set_timeout(cases, 40);
    tcase_add_test(cases, get_and_post_are_answered);
    tcase_add_test(cases, get_and_post_are_answered_over_tls);
    tcase_add_test(cases, every_method_arrives);
    tcase_add_test(cases, answer_may_be_the_request_itself);
    tcase_add_test(cases, empty_answers_are_answers);
    tcase_add_test(cases, request_may_be_answered_later);
    tcase_add_test(cases, large_bodies_pass_up_to_the_limit);
    tcase_add_test(cases, too_large_body_is_answered_413);
    tcase_add_test(cases, client_refuses_too_large_bodies);
    tcase_add_test(cases, refused_connection_and_silent_server_are_told);
    tcase_add_test(cases, answers_of_other_servers_are_understood);
    tcase_add_test(cases, broken_answers_are_no_answers);
    tcase_add_test(cases, destroying_the_client_drops_pending_requests);
    suite_add_tcase(suite, cases);
    return net_main(suite);
}
