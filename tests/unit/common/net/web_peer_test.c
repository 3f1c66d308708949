#include "tests/unit/common/net/net_fixture.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/random.h"

/* RFC 6455 §1.3: the key of the example and its answer. */
#define HANDSHAKE                                                                                  \
    "GET /live HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"               \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* A WebSocket client made of bytes; what comes after the handshake is in `received`. */
struct raw {
    struct net *net;
    int fd;
    bool closed;
    struct buffer received;
};

static void raw_turn(struct raw *raw)
{
    net_turn(raw->net);
    if (net_raw_closed(raw->fd, &raw->received))
        raw->closed = true;
}

#define raw_until(raw, condition)                                                                  \
    do {                                                                                           \
        while (!(condition))                                                                       \
            raw_turn(raw);                                                                         \
    } while (0)

static void raw_open(struct net *net, struct raw *raw)
{
    *raw = (struct raw){.net = net, .fd = net_raw(net)};
    buffer_init(&raw->received, 1000000);
    net_raw_send(raw->fd, HANDSHAKE, strlen(HANDSHAKE));
    raw_until(raw, strstr(buffer_string(&raw->received), "\r\n\r\n"));
    ck_assert_ptr_nonnull(strstr(buffer_string(&raw->received), "HTTP/1.1 101 "));
    ck_assert_ptr_nonnull(strstr(buffer_string(&raw->received), ACCEPT));
    buffer_clear(&raw->received);
}

static void raw_finish(struct raw *raw)
{
    close(raw->fd);
    buffer_finish(&raw->received);
}

/* Send a frame: `first` is FIN, RSV and opcode (RFC 6455 §5.2); the mask is zero. */
static void raw_frame(struct raw *raw, uint8_t first, const char *text)
{
    size_t size = strlen(text);
    uint8_t frame[200] = {first, (uint8_t)(0x80 | size), 0, 0, 0, 0};
    ck_assert_uint_lt(size, 126);
    memcpy(frame + 6, text, size);
    net_raw_send(raw->fd, frame, 6 + size);
}

/* Wait until the server has ended the connection with a closing frame of this code. */
static void expect_close(struct raw *raw, uint16_t code)
{
    raw_until(raw, raw->received.size >= 4);
    ck_assert_uint_eq(raw->received.data[0], 0x88);
    ck_assert_uint_eq(raw->received.data[2] << 8 | raw->received.data[3], code);
    raw_frame(raw, 0x88, "\x03\xe8");
    raw_until(raw, raw->closed);
}

static void start(struct net *net, struct raw *raw)
{
    net_start(net);
    net_serve(net);
    raw_open(net, raw);
}

START_TEST(fragments_with_a_ping_between_make_one_message)
{
    struct net net;
    struct raw raw;
    start(&net, &raw);
    raw_frame(&raw, 0x01, "Hel");
    raw_frame(&raw, 0x89, "ping");
    raw_until(&raw, raw.received.size == 6);
    ck_assert_mem_eq(raw.received.data, "\x8a\x04ping", 6);
    ck_assert_int_eq(net.messages, 0);
    raw_frame(&raw, 0x00, "");
    raw_frame(&raw, 0x8a, ""); /* a pong nobody asked for */
    raw_frame(&raw, 0x00, "l");
    raw_frame(&raw, 0x80, "o");
    raw_until(&raw, net.messages == 1);
    ck_assert_str_eq(buffer_string(&net.last_message), "Hello");
    /* The next message starts afresh, and an empty one is one, too. */
    raw_frame(&raw, 0x81, "x");
    raw_frame(&raw, 0x81, "");
    raw_until(&raw, net.messages == 3);
    ck_assert_uint_eq(net.last_message.size, 0);
    raw_finish(&raw);
    net_until(&net, net.closed == 1);
    net_finish(&net);
}
END_TEST

START_TEST(frames_that_break_the_protocol_close_with_1002)
{
    static const struct {
        uint8_t first;
        const char *text;
    } rows[] = {
        {0x83, "reserved opcode"}, {0x8b, "reserved opcode"},  {0xc1, "reserved bit"},
        {0xa1, "reserved bit"},    {0x80, "nothing to go on"}, {0x09, "fragmented ping"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct net net;
        struct raw raw;
        start(&net, &raw);
        raw_frame(&raw, rows[i].first, rows[i].text);
        expect_close(&raw, 1002);
        net_until(&net, net.closed == 1);
        ck_assert_int_eq(net.messages, 0);
        raw_finish(&raw);
        net_finish(&net);
    }
}
END_TEST

START_TEST(binary_messages_close_with_1003)
{
    struct net net;
    struct raw raw;
    start(&net, &raw);
    raw_frame(&raw, 0x82, "binary");
    expect_close(&raw, 1003);
    net_until(&net, net.closed == 1);
    ck_assert_int_eq(net.messages, 0);
    raw_finish(&raw);
    net_finish(&net);
}
END_TEST

START_TEST(announced_size_is_refused_before_it_arrives)
{
    /* 2^40 bytes announced, a few sent. */
    static const uint8_t frame[] = {0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct net net;
    struct raw raw;
    start(&net, &raw);
    net_raw_send(raw.fd, frame, sizeof frame);
    uint8_t some[5000] = {'x'};
    memset(some, 'x', sizeof some);
    net_raw_send(raw.fd, some, sizeof some);
    raw_until(&raw, raw.received.size >= 4);
    ck_assert_uint_eq(raw.received.data[2] << 8 | raw.received.data[3], 1009);
    raw_finish(&raw);
    net_until(&net, net.closed == 1);
    net_finish(&net);
}
END_TEST

START_TEST(fragments_count_together_against_the_limit)
{
    char text[101];
    struct net net;
    struct raw raw;
    start(&net, &raw);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    raw_frame(&raw, 0x01, text);
    for (int i = 1; i < NET_MESSAGE_LIMIT / 100; i++)
        raw_frame(&raw, 0x00, text);
    net_turns(&net, 3);
    ck_assert(!net_raw_closed(raw.fd, &raw.received));
    raw_frame(&raw, 0x00, "x");
    expect_close(&raw, 1009);
    raw_finish(&raw);
    net_until(&net, net.closed == 1);
    net_finish(&net);
}
END_TEST

/* No turn of the loop is between the sending and the kernel: thousands of messages a second would
 * each cost two more system calls and a look of the loop. */
START_TEST(a_message_with_nothing_before_it_leaves_at_once)
{
    static const char frame[] = "\x81\x03now"; /* FIN and text, 3 bytes, unmasked */
    char received[sizeof frame];
    struct net net;
    struct raw raw;
    start(&net, &raw);
    ck_assert_int_eq(web_peer_send(net.peer, "now", 3), STATUS_OK);
    ck_assert_int_eq(recv(raw.fd, received, sizeof received, MSG_DONTWAIT), strlen(frame));
    ck_assert_mem_eq(received, frame, strlen(frame));
    raw_finish(&raw);
    net_until(&net, net.closed == 1);
    net_finish(&net);
}
END_TEST

START_TEST(silent_peers_are_pinged_then_cut)
{
    struct net net;
    struct raw raw;
    struct net_socket answering;
    net_start(&net);
    net.server_config.ping_after_us = 40 * US_PER_MS;
    net.server_config.hang_up_after_us = 2 * US_PER_S;
    net_serve(&net);
    net_make_client(&net);
    net_open(&net, &answering, "/live", NULL, 0);
    raw_open(&net, &raw);
    raw_until(&raw, raw.received.size == 6);
    ck_assert_mem_eq(raw.received.data, "\x89\x04ping", 6);
    /* A pong buys another round. */
    raw_frame(&raw, 0x8a, "ping");
    raw_until(&raw, raw.received.size == 12);
    ck_assert_mem_eq(raw.received.data + 6, "\x89\x04ping", 6);
    ck_assert(!raw.closed);
    raw_until(&raw, raw.closed);
    ck_assert_uint_eq(raw.received.size, 12);
    net_until(&net, net.closed == 1);
    /* The library of the other client answers pings by itself. */
    ck_assert_int_eq(answering.closed, 0);
    raw_finish(&raw);
    net_finish(&net);
    net_close_socket(&answering);
}
END_TEST

START_TEST(peer_that_does_not_read_is_closed_with_1013)
{
    static char text[NET_MESSAGE_LIMIT];
    struct net net;
    struct raw raw;
    start(&net, &raw);
    memset(text, 'x', sizeof text);
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        status = web_peer_send(net.peer, text, sizeof text);
        if (net.peer)
            net_turn(&net);
    }
    ck_assert_int_eq(status, STATUS_FULL);
    ck_assert_int_eq(web_peer_send(net.peer, "x", 1), STATUS_CLOSED);
    /* What is in the pipe, then the closing frame. */
    struct buffer *received = &raw.received;
    buffer_finish(received);
    buffer_init(received, 100000000);
    static const char reason[] = "\x03\xf5too slow: the send queue is full";
    raw_until(&raw, received->size > sizeof reason &&
                        memcmp(received->data + received->size - strlen(reason), reason,
                               strlen(reason)) == 0);
    raw_frame(&raw, 0x88, "\x03\xf5");
    raw_until(&raw, raw.closed);
    net_until(&net, net.closed == 1);
    raw_finish(&raw);
    net_finish(&net);
}
END_TEST

START_TEST(peer_that_vanishes_with_a_full_queue_leaves_nothing)
{
    static char text[NET_MESSAGE_LIMIT];
    struct net net;
    struct raw raw;
    start(&net, &raw);
    memset(text, 'x', sizeof text);
    for (int i = 0; i < NET_QUEUE_LIMIT / NET_MESSAGE_LIMIT; i++)
        ck_assert_int_eq(web_peer_send(net.peer, text, sizeof text), STATUS_OK);
    close(raw.fd);
    net_until(&net, net.closed == 1);
    buffer_finish(&raw.received);

    /* And a server that goes while its peer's queue is full. */
    raw_open(&net, &raw);
    for (int i = 0; i < NET_QUEUE_LIMIT / NET_MESSAGE_LIMIT; i++)
        ck_assert_int_eq(web_peer_send(net.peer, text, sizeof text), STATUS_OK);
    web_peer_close(net.peer, 1001, NULL);
    net_finish(&net);
    ck_assert_int_eq(net.closed, 2);
    raw_finish(&raw);
}
END_TEST

START_TEST(closing_peer_that_does_not_answer_is_cut)
{
    struct net net;
    struct raw raw;
    start(&net, &raw);
    char reason[300];
    memset(reason, 'r', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    web_peer_close(net.peer, 4000, reason);
    raw_until(&raw, raw.received.size == 2 + 2 + 123);
    ck_assert_uint_eq(raw.received.data[1], 125);
    raw_until(&raw, raw.closed);
    net_until(&net, net.closed == 1);
    raw_finish(&raw);
    net_finish(&net);
}
END_TEST

START_TEST(random_frames_do_no_harm)
{
    struct net net;
    struct random_stream stream;
    net_start(&net);
    net_serve(&net);
    net.echo = false;
    random_stream_init(&stream, 6);
    for (int round = 0; round < 300; round++) {
        struct raw raw;
        uint8_t noise[400];
        raw_open(&net, &raw);
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)random_u64(&stream);
        /* Mostly frames that are taken at first: a good opcode, a short length. */
        if (round % 4) {
            noise[0] = (uint8_t[]){0x81, 0x01, 0x89, 0x88}[round % 4];
            noise[1] &= 0x8f;
        }
        net_raw_send(raw.fd, noise, random_below(&stream, sizeof noise) + 1);
        raw_turn(&raw);
        raw_turn(&raw);
        raw_finish(&raw);
    }
    net_until(&net, net.opened == net.closed);
    ck_assert_int_eq(net.opened, 300);
    net_finish(&net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/net/web_peer");
    TCase *cases = tcase_create("web_peer");
    tcase_set_timeout(cases, 40);
    tcase_add_test(cases, fragments_with_a_ping_between_make_one_message);
    tcase_add_test(cases, frames_that_break_the_protocol_close_with_1002);
    tcase_add_test(cases, binary_messages_close_with_1003);
    tcase_add_test(cases, announced_size_is_refused_before_it_arrives);
    tcase_add_test(cases, fragments_count_together_against_the_limit);
    tcase_add_test(cases, a_message_with_nothing_before_it_leaves_at_once);
    tcase_add_test(cases, silent_peers_are_pinged_then_cut);
    tcase_add_test(cases, peer_that_does_not_read_is_closed_with_1013);
    tcase_add_test(cases, peer_that_vanishes_with_a_full_queue_leaves_nothing);
    tcase_add_test(cases, closing_peer_that_does_not_answer_is_cut);
    tcase_add_test(cases, random_frames_do_no_harm);
    suite_add_tcase(suite, cases);
    return net_main(suite);
}
