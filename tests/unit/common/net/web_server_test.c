#include "tests/unit/common/net/net_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/random.h"

#define GET "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

static void start(struct net *net, bool tls)
{
    net_start(net);
    if (tls)
        net_use_tls(net, "ca.pem");
    net->answer_body = "ok";
    net->answer_size = 2;
    net->answer_type = "text/plain";
    net_serve(net);
    net_make_client(net);
}

/* The server still serves, and has forgotten everybody else. */
static void expect_alive(struct net *net)
{
    struct net_answer answer;
    net_until(net, web_server_connections(net->server) == 0);
    net_send(net, "GET", "/alive", NULL, 0, &answer);
    net_until(net, answer.count);
    ck_assert_int_eq(answer.http_status, 200);
    net_until(net, web_server_connections(net->server) == 0);
}

static int count(const struct buffer *text, const char *part)
{
    int found = 0;
    for (const char *at = buffer_string(text); (at = strstr(at, part)); at++)
        found++;
    return found;
}

/* Send and read until the server closes, or for as long as it would take to answer `answers`. */
static void talk(struct net *net, const void *data, size_t size, int answers,
                 struct buffer *received)
{
    int fd = net_raw(net);
    buffer_clear(received);
    net_raw_send(fd, data, size);
    while (!net_raw_closed(fd, received) && (answers == 0 || count(received, "HTTP/1.1") < answers))
        net_turn(net);
    close(fd);
}

START_TEST(address_in_use_is_named)
{
    struct net net;
    struct web_server *second;
    struct failure failure = {0};
    char expected[64];
    start(&net, false);
    net.server_config.port = web_server_port(net.server);
    ck_assert_int_eq(web_server_create(&net.server_config, &second, &failure), STATUS_IO);
    snprintf(expected, sizeof expected, "127.0.0.1 port %u: ", web_server_port(net.server));
    ck_assert_msg(strstr(failure.message, expected) &&
                      strstr(failure.message, strerror(EADDRINUSE)),
                  "%s", failure.message);
    net_finish(&net);
}
END_TEST

START_TEST(bad_settings_are_refused)
{
    struct net net;
    struct failure failure = {0};
    net_start(&net);
    net.server_config.address = "localhost";
    ck_assert_int_eq(web_server_create(&net.server_config, &net.server, &failure), STATUS_INVALID);
    net.server_config.address = "192.0.2.1"; /* RFC 5737: nobody's */
    ck_assert_int_eq(web_server_create(&net.server_config, &net.server, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, "192.0.2.1 port 0"));
    net.server_config.address = "127.0.0.1";
    net_use_tls(&net, NULL);
    net.server_config.certificate_pem = "no certificate";
    ck_assert_int_eq(web_server_create(&net.server_config, &net.server, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, "cert"));
    net.server_config.certificate_pem = net_read_vector(&net, "other_ca.pem");
    ck_assert_int_eq(web_server_create(&net.server_config, &net.server, &failure), STATUS_IO);
    net_finish(&net);
}
END_TEST

static void serve_on(const char *listened, const char *connected, const char *seen)
{
    struct net net;
    struct net_socket socket;
    struct net_answer answer = {0};
    struct failure failure;
    net_start(&net);
    net.server_config.address = listened;
    if (web_server_create(&net.server_config, &net.server, &failure) != STATUS_OK) {
        /* Only a host without IPv6 may refuse. */
        ck_assert_msg(listened && strchr(listened, ':'), "%s", failure.message);
        net_finish(&net);
        return;
    }
    net_make_client(&net);
    struct web_url url = net_url(&net, "/");
    ck_assert_int_eq(web_request_send(net.client, &url, connected, "GET", NULL, 0, NULL, 0,
                                      net_on_answer, &answer, NULL),
                     STATUS_OK);
    net_until(&net, answer.count);
    ck_assert_msg(answer.http_status == 200, "%s", answer.body);
    if (strchr(connected, '.')) {
        net_open(&net, &socket, "/live", NULL, 0);
        net_until(&net, net.opened);
        ck_assert_str_eq(net.address, seen);
        net_close_socket(&socket);
    }
    net_finish(&net);
}

START_TEST(every_address_and_ipv6_serve)
{
    serve_on("127.0.0.1", "127.0.0.1", "127.0.0.1");
    serve_on("0.0.0.0", "127.0.0.1", "127.0.0.1");
    serve_on(NULL, "127.0.0.1", "127.0.0.1");
    serve_on("::1", "::1", "::1");
}
END_TEST

START_TEST(connection_serves_one_request)
{
    static const char *const requests[] = {
        GET GET,
        GET "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbodymore",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody" GET GET,
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" GET,
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\nnot a body",
    };
    struct net net;
    struct buffer received;
    buffer_init(&received, 100000);
    start(&net, false);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        net.requests = 0;
        talk(&net, requests[i], strlen(requests[i]), 0, &received);
        ck_assert_int_eq(net.requests, 1);
        ck_assert_int_eq(count(&received, "HTTP/1.1 200 OK"), 1);
        ck_assert_ptr_nonnull(strstr(buffer_string(&received), "Connection: close\r\n"));
        ck_assert_ptr_nonnull(strstr(buffer_string(&received), "Content-Length: 2\r\n"));
        expect_alive(&net);
    }

    /* The same when the answer comes later. */
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        net.answer = false;
        net.requests = 0;
        buffer_clear(&received);
        int fd = net_raw(&net);
        net_raw_send(fd, requests[i], strlen(requests[i]));
        net_until(&net, net.requests == 1);
        net_turns(&net, 5);
        web_request_answer(net.request, 200, "text/plain", "late", 4);
        net.request = NULL;
        while (!net_raw_closed(fd, &received))
            net_turn(&net);
        ck_assert_int_eq(net.requests, 1);
        ck_assert_int_eq(count(&received, "HTTP/1.1 200 OK"), 1);
        close(fd);
        net.answer = true;
        expect_alive(&net);
    }
    net_finish(&net);
    buffer_finish(&received);
}
END_TEST

START_TEST(large_response_reaches_a_slow_reader)
{
    enum { LARGE = 10000000 };
    struct net net;
    struct buffer received;
    buffer_init(&received, LARGE + 1000);
    char *large = malloc(LARGE);
    memset(large, 'x', LARGE);
    start(&net, false);
    net.answer_body = large;
    net.answer_size = LARGE;
    int fd = net_raw(&net);
    net_raw_send(fd, GET, strlen(GET));
    net_until(&net, net.requests == 1);
    net_turns(&net, 20);
    while (!net_raw_closed(fd, &received))
        net_turn(&net);
    ck_assert_uint_gt(received.size, LARGE);
    close(fd);
    net.answer_size = 2;
    expect_alive(&net);
    net_finish(&net);
    buffer_finish(&received);
    free(large);
}
END_TEST

START_TEST(request_in_single_bytes_is_understood)
{
    static const char request[] =
        "POST /a%20b?c HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    struct net net;
    start(&net, false);
    int fd = net_raw(&net);
    for (size_t i = 0; i < strlen(request); i++) {
        net_raw_send(fd, request + i, 1);
        net_turn(&net);
    }
    net_until(&net, net.requests == 1);
    ck_assert_str_eq(net.path, "/a b");
    ck_assert_str_eq(net.query, "c");
    ck_assert_str_eq(net.body, "body");
    close(fd);
    expect_alive(&net);
    net_finish(&net);
}
END_TEST

START_TEST(refused_requests_are_told_why)
{
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", " 411 "},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", " 400 "},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", " 400 "},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\n", " 400 "},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", " 400 "},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", " 413 "},
        {"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
         "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
         " 400 "},
        {"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n", " 403 "},
        {"GET /no HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
         " 404 "},
        {"POST /live HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
         " 404 "},
    };
    struct net net;
    struct buffer received;
    buffer_init(&received, 100000);
    start(&net, false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        net.requests = 0;
        talk(&net, rows[i].request, strlen(rows[i].request), 0, &received);
        ck_assert_msg(strncmp(buffer_string(&received), "HTTP/1.", 7) == 0 &&
                          strncmp(buffer_string(&received) + 8, rows[i].answer, 5) == 0,
                      "%s%s", rows[i].request, buffer_string(&received));
        ck_assert_int_eq(net.requests, 0);
        expect_alive(&net);
    }
    ck_assert_int_eq(net.opened, 0);
    net_finish(&net);
    buffer_finish(&received);
}
END_TEST

START_TEST(malformed_requests_close_the_connection)
{
    static const char *const requests[] = {
        "\r\n\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET  \r\n\r\n",
        "GET / HTTP/1.1\r\nGET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nPOST / HTTP/1.1\r\n\r\n",
        "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n",
        "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\nmore",
        "GET nothing HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /live HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "GET /live HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "GET /live HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03",
    };
    struct net net;
    struct buffer received;
    buffer_init(&received, 100000);
    start(&net, false);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        int fd = net_raw(&net);
        net_raw_send(fd, requests[i], strlen(requests[i]));
        net_turns(&net, 5);
        shutdown(fd, SHUT_WR);
        while (!net_raw_closed(fd, &received))
            net_turn(&net);
        close(fd);
        expect_alive(&net);
    }
    ck_assert_int_eq(net.opened, 0);
    net_finish(&net);
    buffer_finish(&received);
}
END_TEST

START_TEST(headers_beyond_four_kilobytes_close_the_connection)
{
    struct net net;
    struct buffer request, received;
    buffer_init(&request, 100000);
    buffer_init(&received, 100000);
    start(&net, false);
    buffer_text(&request, "GET / HTTP/1.1\r\nHost: h\r\n");
    while (request.size < 20000)
        buffer_text(&request, "Cookie: 0123456789012345678901234567890123456789\r\n");
    buffer_text(&request, "\r\n");
    talk(&net, request.data, request.size, 0, &received);
    ck_assert_int_eq(net.requests, 0);
    expect_alive(&net);
    net_finish(&net);
    buffer_finish(&request);
    buffer_finish(&received);
}
END_TEST

/* Random bytes, some behind a plausible beginning. */
static void send_noise(struct net *net, bool tls)
{
    static const char *const beginnings[] = {
        "",
        "GET / HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n",
        "GET /live HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "\x16\x03\x01\x02",
        "GET /live?",
    };
    struct random_stream stream;
    random_stream_init(&stream, 5);
    for (int round = 0; round < 240; round++) {
        uint8_t noise[600];
        const char *beginning = tls ? "" : beginnings[round % 6];
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)random_below(&stream, round % 2 ? 256 : 128);
        int fd = net_raw(net);
        net_raw_send(fd, beginning, strlen(beginning));
        net_raw_send(fd, noise, random_below(&stream, sizeof noise) + 1);
        net_turn(net);
        if (round % 3 == 0)
            shutdown(fd, SHUT_WR);
        net_turn(net);
        net_raw_closed(fd, NULL);
        close(fd);
    }
    expect_alive(net);
}

START_TEST(random_bytes_do_no_harm)
{
    struct net net;
    start(&net, false);
    net.echo = false;
    send_noise(&net, false);
    net_finish(&net);
}
END_TEST

START_TEST(tls_port_survives_what_is_not_tls)
{
    struct net net;
    struct buffer received;
    buffer_init(&received, 100000);
    start(&net, true);
    talk(&net, GET, strlen(GET), 0, &received);
    ck_assert_ptr_null(strstr(buffer_string(&received), "HTTP/1.1"));
    ck_assert_int_eq(net.requests, 0);
    expect_alive(&net);
    send_noise(&net, true);

    /* Handshakes that stop half way. */
    static const char hello[] = "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03";
    for (int i = 0; i < 50; i++) {
        int fd = net_raw(&net);
        net_raw_send(fd, hello, (size_t)i % sizeof hello);
        net_turn(&net);
        close(fd);
    }
    expect_alive(&net);
    net_finish(&net);
    buffer_finish(&received);
}
END_TEST

START_TEST(connections_are_limited)
{
    enum { LIMIT = 20 };
    struct net net;
    int fds[LIMIT], extra;
    net_start(&net);
    net.server_config.connection_limit = LIMIT;
    net_serve(&net);
    net_make_client(&net);
    for (int i = 0; i < LIMIT; i++)
        fds[i] = net_raw(&net);
    net_until(&net, web_server_connections(net.server) == LIMIT);
    extra = net_raw(&net);
    while (!net_raw_closed(extra, NULL))
        net_turn(&net);
    ck_assert_uint_eq(web_server_connections(net.server), LIMIT);
    for (int i = 0; i < LIMIT; i++) {
        ck_assert(!net_raw_closed(fds[i], NULL));
        close(fds[i]);
    }
    close(extra);
    expect_alive(&net);
    net_finish(&net);
}
END_TEST

START_TEST(client_that_goes_away_is_noticed_before_the_answer)
{
    struct net net;
    net_start(&net);
    net.answer = false;
    net.server_config.ping_after_us = 40 * US_PER_MS; /* checks come at a quarter of it */
    net_serve(&net);
    net_make_client(&net);
    static const char *const requests[] = {
        GET, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
        "POST / HTTP/1.1\r\nHost: h\r\n\r\n", GET GET};
    for (int i = 0; i < 4; i++) {
        int fd = net_raw(&net);
        net_raw_send(fd, requests[i], strlen(requests[i]));
        net_until(&net, net.requests == i + 1);
        ck_assert_int_eq(net.gone, i);
        close(fd);
        net_until(&net, net.gone == i + 1);
        ck_assert_ptr_null(net.request);
    }
    net.answer = true;
    net_until(&net, web_server_connections(net.server) == 0);
    net_finish(&net);
}
END_TEST

START_TEST(destroying_the_server_ends_what_is_pending)
{
    struct net net;
    start(&net, false);
    net.answer = false;
    int waiting = net_raw(&net), idle = net_raw(&net), halfway = net_raw(&net);
    net_raw_send(waiting, GET, strlen(GET));
    net_raw_send(halfway, "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nxx", 42);
    net_until(&net, net.requests == 1 && web_server_connections(net.server) == 3);
    web_server_destroy(net.server);
    net.server = NULL;
    ck_assert_int_eq(net.gone, 1);
    ck_assert(net_raw_closed(waiting, NULL) && net_raw_closed(idle, NULL) &&
              net_raw_closed(halfway, NULL));
    close(waiting);
    close(idle);
    close(halfway);
    net_finish(&net);
}
END_TEST

START_TEST(post_without_length_has_no_body)
{
    static const char request[] = "POST /x HTTP/1.1\r\nHost: h\r\n\r\n";
    struct net net;
    struct buffer received;
    buffer_init(&received, 100000);
    start(&net, false);
    talk(&net, request, strlen(request), 0, &received);
    ck_assert_int_eq(net.requests, 1);
    ck_assert_uint_eq(net.body_size, 0);
    ck_assert_ptr_nonnull(strstr(buffer_string(&received), "HTTP/1.1 200 OK"));
    ck_assert_ptr_nonnull(strstr(buffer_string(&received), "Connection: close"));
    expect_alive(&net);
    net_finish(&net);
    buffer_finish(&received);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/net/web_server");
    TCase *cases = tcase_create("web_server");
    tcase_set_timeout(cases, 40);
    tcase_add_test(cases, address_in_use_is_named);
    tcase_add_test(cases, bad_settings_are_refused);
    tcase_add_test(cases, every_address_and_ipv6_serve);
    tcase_add_test(cases, connection_serves_one_request);
    tcase_add_test(cases, large_response_reaches_a_slow_reader);
    tcase_add_test(cases, request_in_single_bytes_is_understood);
    tcase_add_test(cases, refused_requests_are_told_why);
    tcase_add_test(cases, malformed_requests_close_the_connection);
    tcase_add_test(cases, headers_beyond_four_kilobytes_close_the_connection);
    tcase_add_test(cases, random_bytes_do_no_harm);
    tcase_add_test(cases, tls_port_survives_what_is_not_tls);
    tcase_add_test(cases, connections_are_limited);
    tcase_add_test(cases, client_that_goes_away_is_noticed_before_the_answer);
    tcase_add_test(cases, destroying_the_server_ends_what_is_pending);
    tcase_add_test(cases, post_without_length_has_no_body);
    suite_add_tcase(suite, cases);
    return net_main(suite);
}
