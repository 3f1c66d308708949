#include "tests/unit/common/net/net_fixture.h"

#include <stdio.h>
#include <unistd.h>

static void exchange_messages(bool tls)
{
    struct net net;
    struct net_socket socket;
    net_start(&net);
    if (tls)
        net_use_tls(&net, "ca.pem");
    net_serve(&net);
    net_make_client(&net);
    net_open(&net, &socket, "/live", NULL, 0);
    net_until(&net, socket.opened && net.opened);
    ck_assert_str_eq(net.bearer, "");
    ck_assert_str_eq(net.address, "127.0.0.1");
    ck_assert_uint_eq(web_server_connections(net.server), 1);

    ck_assert_int_eq(web_socket_send(socket.socket, "hello", 5), STATUS_OK);
    ck_assert_int_eq(web_socket_send(socket.socket, "", 0), STATUS_OK);
    net_until(&net, socket.messages == 2);
    ck_assert_int_eq(net.messages, 2);
    ck_assert_uint_eq(socket.last_message.size, 0);

    char large[NET_MESSAGE_LIMIT];
    memset(large, 'x', sizeof large);
    large[0] = 'a';
    large[sizeof large - 1] = 'z';
    ck_assert_int_eq(web_socket_send(socket.socket, large, sizeof large), STATUS_OK);
    net_until(&net, socket.messages == 3);
    ck_assert_uint_eq(socket.last_message.size, sizeof large);
    ck_assert_mem_eq(socket.last_message.data, large, sizeof large);

    web_socket_close(socket.socket, 1000);
    net_until(&net, socket.closed && net.closed);
    ck_assert_uint_eq(socket.code, 1000);
    ck_assert_str_eq(socket.reason, "closed by us");
    net_until(&net, web_server_connections(net.server) == 0);
    net_close_socket(&socket);
    net_finish(&net);
}

START_TEST(messages_go_both_ways)
{
    exchange_messages(false);
}
END_TEST

START_TEST(messages_go_both_ways_over_tls)
{
    exchange_messages(true);
}
END_TEST

/* A server, a client and an open socket, without TLS. */
static void start_open(struct net *net, struct net_socket *socket)
{
    net_start(net);
    net_serve(net);
    net_make_client(net);
    net_open(net, socket, "/live", NULL, 0);
    net_until(net, socket->opened && net->opened);
}

START_TEST(server_sees_the_bearer_token_and_other_headers_pass)
{
    struct net net;
    struct net_socket socket;
    static const struct web_header headers[] = {{"X-Other", "something"},
                                                {"Authorization", "Bearer  abc.DEF-123"}};
    net_start(&net);
    net_serve(&net);
    net_make_client(&net);
    net_open(&net, &socket, "/live?x=1", headers, 2);
    net_until(&net, socket.opened && net.opened);
    ck_assert_str_eq(net.bearer, "abc.DEF-123");
    net_close_socket(&socket);
    net_finish(&net);
    ck_assert_int_eq(socket.closed, 1);
    ck_assert_str_eq(socket.reason, "the client was shut down");
}
END_TEST

START_TEST(messages_sent_before_the_handshake_are_queued)
{
    struct net net;
    struct net_socket socket;
    net_start(&net);
    net_serve(&net);
    net_make_client(&net);
    net_open(&net, &socket, "/live", NULL, 0);
    ck_assert_int_eq(socket.opened, 0);
    ck_assert_int_eq(web_socket_send(socket.socket, "early", 5), STATUS_OK);
    net_until(&net, socket.messages == 1);
    ck_assert_mem_eq(socket.last_message.data, "early", 5);
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

START_TEST(too_large_message_closes_with_1009)
{
    struct net net;
    struct net_socket socket;
    start_open(&net, &socket);
    static const char large[NET_MESSAGE_LIMIT + 1];
    char text[sizeof large];
    memset(text, 'x', sizeof text);
    ck_assert_int_eq(web_socket_send(socket.socket, text, sizeof text), STATUS_OK);
    net_until(&net, socket.closed && net.closed);
    ck_assert_int_eq(net.messages, 0);
    ck_assert_uint_eq(socket.code, 1009);
    ck_assert_ptr_nonnull(strstr(socket.reason, "message too large"));
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

START_TEST(client_refuses_too_large_messages_too)
{
    struct net net;
    struct net_socket socket;
    net_start(&net);
    net.client_config.message_limit = 1000;
    net_serve(&net);
    net_make_client(&net);
    net_open(&net, &socket, "/live", NULL, 0);
    net_until(&net, socket.opened && net.opened);
    char text[1001];
    memset(text, 'x', sizeof text);
    ck_assert_int_eq(web_peer_send(net.peer, text, 1000), STATUS_OK);
    ck_assert_int_eq(web_peer_send(net.peer, text, 1001), STATUS_OK);
    net_until(&net, socket.closed && net.closed);
    ck_assert_int_eq(socket.messages, 1);
    ck_assert_uint_eq(socket.code, 1009);
    ck_assert_str_eq(socket.reason, "closed by us: message too large");
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

START_TEST(invalid_utf8_closes_with_1007)
{
    struct net net;
    struct net_socket socket;
    start_open(&net, &socket);
    ck_assert_int_eq(web_socket_send(socket.socket, "\xc3\x28", 2), STATUS_OK);
    net_until(&net, socket.closed && net.closed);
    ck_assert_uint_eq(socket.code, 1007);
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

START_TEST(server_closes_after_its_queue_with_code_and_reason)
{
    struct net net;
    struct net_socket socket;
    start_open(&net, &socket);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(web_peer_send(net.peer, "last words", 10), STATUS_OK);
    web_peer_close(net.peer, 4001, "signed out");
    web_peer_close(net.peer, 4002, "ignored");
    ck_assert_int_eq(web_peer_send(net.peer, "x", 1), STATUS_CLOSED);
    net_until(&net, socket.closed && net.closed);
    ck_assert_int_eq(socket.messages, 100);
    ck_assert_uint_eq(socket.code, 4001);
    ck_assert_ptr_nonnull(strstr(socket.reason, ": signed out"));
    ck_assert_ptr_nonnull(strstr(socket.reason, "127.0.0.1 port "));
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

START_TEST(aborted_socket_is_gone_on_both_sides)
{
    struct net net;
    struct net_socket socket;
    start_open(&net, &socket);
    web_socket_abort(socket.socket);
    ck_assert_int_eq(socket.closed, 0);
    net_until(&net, socket.closed && net.closed);
    ck_assert_uint_eq(socket.code, 0);
    ck_assert_str_eq(socket.reason, "aborted by us");
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

START_TEST(aborting_while_connecting_and_while_sending)
{
    struct net net;
    struct net_socket first, second;
    net_start(&net);
    net.echo = false;
    net_serve(&net);
    net_make_client(&net);
    net_open(&net, &first, "/live", NULL, 0);
    web_socket_abort(first.socket);
    web_socket_abort(first.socket);
    net_until(&net, first.closed);
    ck_assert_int_eq(first.opened, 0);

    net_open(&net, &second, "/live", NULL, 0);
    net_until(&net, second.opened);
    char text[NET_MESSAGE_LIMIT] = "";
    while (web_socket_send(second.socket, text, sizeof text) == STATUS_OK)
        ;
    web_socket_abort(second.socket);
    net_until(&net, second.closed && net.closed == net.opened);
    net_close_socket(&first);
    net_close_socket(&second);
    net_finish(&net);
}
END_TEST

START_TEST(lost_server_is_told_as_lost)
{
    struct net net;
    struct net_socket socket;
    start_open(&net, &socket);
    web_server_destroy(net.server);
    net.server = NULL;
    ck_assert_int_eq(net.closed, 1);
    net_until(&net, socket.closed);
    ck_assert_uint_eq(socket.code, 0);
    ck_assert_ptr_nonnull(strstr(socket.reason, "lost"));
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

static void expect_failure(struct net *net, struct net_socket *socket, uint16_t port,
                           const char *reason)
{
    static const char *const format = "ws://127.0.0.1:%u/live";
    char text[64], place[64];
    struct web_url url;
    snprintf(text, sizeof text, format, port);
    snprintf(place, sizeof place, "127.0.0.1 port %u", port);
    ck_assert_int_eq(web_url_parse(text, &url, NULL), STATUS_OK);
    net_open_url(net, socket, &url, NULL, 0);
    net_until(net, socket->closed);
    ck_assert_int_eq(socket->opened, 0);
    ck_assert_int_eq(socket->closed, 1);
    ck_assert_msg(strstr(socket->reason, reason) && strstr(socket->reason, place), "%s",
                  socket->reason);
    net_close_socket(socket);
}

START_TEST(refused_connection_names_address_and_port)
{
    struct net net;
    struct net_socket socket;
    net_start(&net);
    net_make_client(&net);
    expect_failure(&net, &socket, net_closed_port(), "cannot connect to ");
    net_finish(&net);
}
END_TEST

START_TEST(silent_server_times_out)
{
    struct net net;
    struct net_socket socket;
    uint16_t port;
    int fd = net_silent_listener(&port);
    net_start(&net);
    net.client_config.timeout_us = 50 * US_PER_MS;
    net_make_client(&net);
    expect_failure(&net, &socket, port, "did not answer within 50 ms");
    close(fd);
    net_finish(&net);
}
END_TEST

START_TEST(wrong_path_is_told_with_the_http_status)
{
    struct net net;
    struct net_socket socket;
    net_start(&net);
    net_serve(&net);
    net_make_client(&net);
    net_open(&net, &socket, "/other", NULL, 0);
    net_until(&net, socket.closed);
    ck_assert_ptr_nonnull(strstr(socket.reason, "answered HTTP 404 instead of a WebSocket"));
    ck_assert_int_eq(net.opened, 0);
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

START_TEST(client_send_queue_is_bounded)
{
    struct net net;
    struct net_socket socket;
    net_start(&net);
    net_serve(&net);
    net_make_client(&net);
    net.echo = false;
    net_open(&net, &socket, "/live", NULL, 0); /* until it is open all is queued */
    static char text[NET_MESSAGE_LIMIT];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < NET_QUEUE_LIMIT / NET_MESSAGE_LIMIT; i++)
        ck_assert_int_eq(web_socket_send(socket.socket, text, sizeof text), STATUS_OK);
    ck_assert_int_eq(web_socket_send(socket.socket, "x", 1), STATUS_FULL);
    net_until(&net, net.messages == NET_QUEUE_LIMIT / NET_MESSAGE_LIMIT);
    ck_assert_int_eq(web_socket_send(socket.socket, "x", 1), STATUS_OK);
    net_close_socket(&socket);
    net_finish(&net);
}
END_TEST

START_TEST(unsafe_headers_and_addresses_are_refused)
{
    struct net net;
    struct web_url url, long_host, six;
    struct web_socket *socket;
    struct failure failure;
    static const struct web_socket_events events = {0};
    static const struct web_header unsafe[] = {
        {"X-A", "a\r\nX-B: b"}, {"X-A:", "a"}, {"", "a"}, {"X A", "a"}};
    char text[400];
    net_start(&net);
    net_make_client(&net);
    ck_assert_int_eq(web_url_parse("ws://h/", &url, NULL), STATUS_OK);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(web_socket_connect(net.client, &url, "127.0.0.1", NULL, &unsafe[i], 1,
                                            &events, NULL, &socket, &failure),
                         STATUS_INVALID);
    ck_assert_int_eq(web_socket_connect(net.client, &url, "localhost", NULL, NULL, 0, &events, NULL,
                                        &socket, &failure),
                     STATUS_INVALID);
    snprintf(text, sizeof text, "ws://%0200d/", 1);
    ck_assert_int_eq(web_url_parse(text, &long_host, NULL), STATUS_OK);
    ck_assert_int_eq(web_socket_connect(net.client, &long_host, "127.0.0.1", NULL, NULL, 0, &events,
                                        NULL, &socket, &failure),
                     STATUS_TOO_LARGE);
    ck_assert_int_eq(web_url_parse("wss://[::1]/", &six, NULL), STATUS_OK);
    ck_assert_int_eq(web_socket_connect(net.client, &six, "::1", NULL, NULL, 0, &events, NULL,
                                        &socket, &failure),
                     STATUS_UNSUPPORTED);
    net_finish(&net);
}
END_TEST

static void open_many(bool tls)
{
    /* Handshakes in a batch wait for each other, and each has its time-out. */
    enum { SOCKETS = 200, BATCH = 20 };
    static struct net_socket sockets[SOCKETS];
    struct net net;
    net_start(&net);
    if (tls)
        net_use_tls(&net, "ca.pem");
    net_serve(&net);
    net_make_client(&net);
    for (int i = 0; i < SOCKETS; i++) {
        net_open(&net, &sockets[i], "/live", NULL, 0);
        if (i % BATCH == BATCH - 1)
            net_until(&net, net.opened == i + 1);
    }
    for (int i = 0; i < SOCKETS; i++) {
        net_until(&net, sockets[i].opened);
        ck_assert_int_eq(web_socket_send(sockets[i].socket, "hello", 5), STATUS_OK);
    }
    for (int i = 0; i < SOCKETS; i++)
        net_until(&net, sockets[i].messages == 1);
    ck_assert_uint_eq(web_server_connections(net.server), SOCKETS);
    for (int i = 0; i < SOCKETS; i += 2)
        web_socket_close(sockets[i].socket, 1000);
    for (int i = 0; i < SOCKETS; i += 2)
        net_until(&net, sockets[i].closed);
    net_finish(&net);
    for (int i = 0; i < SOCKETS; i++) {
        ck_assert_int_eq(sockets[i].closed, 1);
        net_close_socket(&sockets[i]);
    }
}

START_TEST(two_hundred_sockets_at_once)
{
    open_many(false);
}
END_TEST

START_TEST(two_hundred_tls_sockets_at_once)
{
    open_many(true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/net/web_socket");
    TCase *cases = tcase_create("web_socket");
    tcase_set_timeout(cases, 40);
    tcase_add_test(cases, messages_go_both_ways);
    tcase_add_test(cases, messages_go_both_ways_over_tls);
    tcase_add_test(cases, server_sees_the_bearer_token_and_other_headers_pass);
    tcase_add_test(cases, messages_sent_before_the_handshake_are_queued);
    tcase_add_test(cases, too_large_message_closes_with_1009);
    tcase_add_test(cases, client_refuses_too_large_messages_too);
    tcase_add_test(cases, invalid_utf8_closes_with_1007);
    tcase_add_test(cases, server_closes_after_its_queue_with_code_and_reason);
    tcase_add_test(cases, aborted_socket_is_gone_on_both_sides);
    tcase_add_test(cases, aborting_while_connecting_and_while_sending);
    tcase_add_test(cases, lost_server_is_told_as_lost);
    tcase_add_test(cases, refused_connection_names_address_and_port);
    tcase_add_test(cases, silent_server_times_out);
    tcase_add_test(cases, wrong_path_is_told_with_the_http_status);
    tcase_add_test(cases, client_send_queue_is_bounded);
    tcase_add_test(cases, unsafe_headers_and_addresses_are_refused);
    tcase_add_test(cases, two_hundred_sockets_at_once);
    tcase_add_test(cases, two_hundred_tls_sockets_at_once);
    suite_add_tcase(suite, cases);
    return net_main(suite);
}
