#include "common/webrtc/transport/shared_socket.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/webrtc/transport/media_socket.h"

/* Clients on a shared socket and a plain UDP server at 127.0.0.1. */

#define CLIENTS 8
#define WAIT_MS 2000

struct end {
    struct shared_client client;
    size_t datagrams;
    uint8_t last[MEDIA_DATAGRAM_MAX];
    size_t last_size;
    struct sockaddr_in last_source;
    int64_t last_arrival_us;
    struct end *leaves; /* with the next datagram */
};

static struct shared_socket *shared;
static struct address_range range;
static struct end ends[CLIENTS];
static struct failure failure;
static int server;
static struct sockaddr_in server_address;

static void on_datagram(void *arg, uint8_t *data, size_t size, const struct sockaddr_in *source,
                        int64_t arrival_us)
{
    struct end *end = arg;

    ck_assert_uint_le(size, sizeof end->last);
    end->datagrams++;
    memcpy(end->last, data, size);
    end->last_size = size;
    end->last_source = *source;
    end->last_arrival_us = arrival_us;
    if (end->leaves) {
        shared_socket_leave(shared, &end->leaves->client);
        end->leaves = NULL;
    }
}

static void create(bool segment)
{
    ck_assert_msg(shared_socket_create(range, segment, &shared, &failure) == STATUS_OK, "%s",
                  failure.message);
}

static void setup(void)
{
    socklen_t size = sizeof server_address;

    ck_assert(address_range_parse("127.16.8.0/29", &range, &failure) == STATUS_OK);
    memset(ends, 0, sizeof ends);
    for (size_t i = 0; i < CLIENTS; i++)
        ends[i].client = (struct shared_client){.on_datagram = on_datagram, .arg = &ends[i]};
    server = socket(AF_INET, SOCK_DGRAM, 0);
    server_address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_eq(bind(server, (struct sockaddr *)&server_address, size), 0);
    ck_assert_int_eq(getsockname(server, (struct sockaddr *)&server_address, &size), 0);
    create(false);
}

static void teardown(void)
{
    shared_socket_destroy(shared);
    close(server);
}

static void join(size_t i)
{
    ck_assert(shared_socket_join(shared, &ends[i].client) == STATUS_OK);
}

static void leave(size_t i)
{
    shared_socket_leave(shared, &ends[i].client);
}

static struct shared_counters counters(void)
{
    struct shared_counters now;

    shared_socket_counters(shared, &now);
    return now;
}

static struct sockaddr_in address_of(size_t i)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(shared_socket_port(shared)),
                                .sin_addr.s_addr = htonl(ends[i].client.address)};
}

static void send_to_client(size_t i, const void *data, size_t size)
{
    struct sockaddr_in to = address_of(i);

    ck_assert_int_eq(sendto(server, data, size, 0, (struct sockaddr *)&to, sizeof to),
                     (ssize_t)size);
}

static void read_all(void)
{
    struct pollfd readable = {.fd = shared_socket_fd(shared), .events = POLLIN};

    ck_assert_int_eq(poll(&readable, 1, WAIT_MS), 1);
    shared_socket_turn(shared, TIME_NEVER);
}

/* What comes to the server next, and from whom. */
static size_t receive_at_server(void *data, size_t size, struct sockaddr_in *ret_source)
{
    struct pollfd readable = {.fd = server, .events = POLLIN};
    socklen_t source_size = sizeof *ret_source;
    ssize_t count;

    ck_assert_int_eq(poll(&readable, 1, WAIT_MS), 1);
    count = recvfrom(server, data, size, 0, (struct sockaddr *)ret_source, &source_size);
    ck_assert_int_ge(count, 0);
    return (size_t)count;
}

START_TEST(everybody_has_an_address)
{
    uint8_t data[16];
    struct sockaddr_in source;

    for (size_t i = 0; i < 6; i++) {
        join(i);
        ck_assert_uint_eq(ends[i].client.address, 0x7f100801 + i);
    }
    ck_assert(shared_socket_join(shared, &ends[6].client) == STATUS_FULL);
    for (size_t i = 0; i < 6; i++)
        shared_socket_send(shared, &ends[i].client, &server_address, &i, sizeof i);
    ck_assert_uint_eq(counters().send_calls, 0);
    shared_socket_flush(shared);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(receive_at_server(data, sizeof data, &source), sizeof i);
        ck_assert_mem_eq(data, &i, sizeof i);
        ck_assert_uint_eq(ntohl(source.sin_addr.s_addr), ends[i].client.address);
        ck_assert_uint_eq(ntohs(source.sin_port), shared_socket_port(shared));
    }
    ck_assert_uint_eq(counters().send_calls, 1);
    for (size_t i = 0; i < 6; i++)
        leave(i);
}
END_TEST

START_TEST(datagrams_find_their_client)
{
    int64_t before_us = clock_monotonic_us();

    for (size_t i = 0; i < 6; i++)
        join(i);
    for (size_t i = 6; i-- > 0;)
        send_to_client(i, &i, sizeof i);
    read_all();
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(ends[i].datagrams, 1);
        ck_assert_uint_eq(ends[i].last_size, sizeof i);
        ck_assert_mem_eq(ends[i].last, &i, sizeof i);
        ck_assert_uint_eq(ends[i].last_source.sin_port, server_address.sin_port);
        ck_assert_int_ge(ends[i].last_arrival_us, before_us - US_PER_MS);
        ck_assert_int_le(ends[i].last_arrival_us, clock_monotonic_us());
    }
    ck_assert_uint_eq(counters().receives, 6);
    ck_assert_uint_eq(counters().nobodys, 0);
    for (size_t i = 0; i < 6; i++)
        leave(i);
}
END_TEST

START_TEST(what_is_nobodys_is_counted)
{
    struct sockaddr_in elsewhere;

    join(0), join(1);
    leave(1);
    send_to_client(1, "late", 4);
    elsewhere = address_of(0);
    elsewhere.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* beside the range */
    ck_assert_int_eq(sendto(server, "x", 1, 0, (struct sockaddr *)&elsewhere, sizeof elsewhere), 1);
    send_to_client(0, "", 0);
    send_to_client(0, "mine", 4);
    read_all();
    ck_assert_uint_eq(ends[0].datagrams, 1);
    ck_assert_uint_eq(ends[1].datagrams, 0);
    ck_assert_uint_eq(counters().nobodys, 2);
    leave(0);
}
END_TEST

START_TEST(too_long_ones_are_dropped)
{
    static uint8_t data[60000];

    join(0);
    send_to_client(0, data, MEDIA_DATAGRAM_MAX + 1);
    send_to_client(0, data, sizeof data);
    send_to_client(0, data, MEDIA_DATAGRAM_MAX);
    read_all();
    ck_assert_uint_eq(ends[0].datagrams, 1);
    ck_assert_uint_eq(ends[0].last_size, MEDIA_DATAGRAM_MAX);
    ck_assert_uint_eq(counters().truncated, 2);
    leave(0);
}
END_TEST

START_TEST(an_address_rests_before_it_is_given_again)
{
    uint32_t first;

    join(0);
    first = ends[0].client.address;
    leave(0);
    for (size_t i = 0; i < 5; i++) {
        join(0);
        ck_assert_uint_ne(ends[0].client.address, first);
        leave(0);
    }
    join(0);
    ck_assert_uint_eq(ends[0].client.address, first);
    leave(0);
}
END_TEST

START_TEST(a_client_may_leave_while_others_are_served)
{
    join(0), join(1), join(2);
    ends[0].leaves = &ends[1];
    for (size_t i = 0; i < 3; i++)
        send_to_client(i, &i, sizeof i);
    read_all();
    ck_assert_uint_eq(ends[0].datagrams, 1);
    ck_assert_uint_eq(ends[1].datagrams, 0);
    ck_assert_uint_eq(ends[2].datagrams, 1);
    ck_assert_uint_eq(counters().nobodys, 1);
    leave(0), leave(2);
}
END_TEST

START_TEST(what_was_sent_before_leaving_leaves)
{
    uint8_t data[16];
    struct sockaddr_in source;

    join(0);
    shared_socket_send(shared, &ends[0].client, &server_address, "bye", 3);
    leave(0);
    ck_assert_uint_eq(receive_at_server(data, sizeof data, &source), 3);
}
END_TEST

START_TEST(a_full_queue_flushes_itself)
{
    uint8_t data[16];
    struct sockaddr_in source;

    join(0);
    for (uint32_t i = 0; i <= SHARED_SOCKET_SENDS_MAX; i++)
        shared_socket_send(shared, &ends[0].client, &server_address, &i, sizeof i);
    ck_assert_uint_eq(counters().sends, SHARED_SOCKET_SENDS_MAX);
    leave(0);
    for (uint32_t i = 0; i <= SHARED_SOCKET_SENDS_MAX; i++) {
        ck_assert_uint_eq(receive_at_server(data, sizeof data, &source), sizeof i);
        ck_assert_mem_eq(data, &i, sizeof i);
    }
    ck_assert_uint_eq(counters().send_refused, 0);
}
END_TEST

START_TEST(what_the_kernel_refuses_is_counted_once)
{
    struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_port = 0}; /* port 0: EINVAL */
    uint8_t data[16];
    struct sockaddr_in source;

    join(0), join(1);
    shared_socket_send(shared, &ends[0].client, &server_address, "1", 1);
    shared_socket_send(shared, &ends[1].client, &nowhere, "2", 1);
    shared_socket_send(shared, &ends[0].client, &server_address, "3", 1);
    shared_socket_flush(shared);
    ck_assert_uint_eq(receive_at_server(data, sizeof data, &source), 1);
    ck_assert_uint_eq(receive_at_server(data, sizeof data, &source), 1);
    ck_assert_uint_eq(data[0], '3');
    ck_assert_uint_eq(ends[0].client.send_refused, 0);
    ck_assert_uint_eq(ends[1].client.send_refused, 1);
    ck_assert_uint_eq(counters().send_refused, 1);
    leave(0), leave(1);
}
END_TEST

/* Rows of one client's datagrams leave as segments and come as what they were. */
START_TEST(segments_are_datagrams)
{
    static const size_t sizes[] = {1000, 1000, 700, 1000, 200, 200, 900, 900};
    uint8_t sent[1000], data[2000];
    struct sockaddr_in source;

    shared_socket_destroy(shared);
    create(true);
    join(0), join(1);
    for (size_t i = 0; i < 8; i++) {
        memset(sent, (int)i, sizeof sent);
        shared_socket_send(shared, &ends[i < 7 ? 0 : 1].client, &server_address, sent, sizes[i]);
    }
    shared_socket_flush(shared);
    for (size_t i = 0; i < 8; i++) {
        ck_assert_uint_eq(receive_at_server(data, sizeof data, &source), sizes[i]);
        ck_assert_uint_eq(data[0], i);
        ck_assert_uint_eq(data[sizes[i] - 1], i);
        ck_assert_uint_eq(ntohl(source.sin_addr.s_addr), ends[i < 7 ? 0 : 1].client.address);
    }
    leave(0), leave(1);
}
END_TEST

/* One client sends to another one in rows; the kernel hands a row on in one piece. */
START_TEST(rows_are_taken_apart)
{
    struct sockaddr_in to;
    uint8_t sent[1200];

    shared_socket_destroy(shared);
    create(true);
    join(0), join(1);
    to = address_of(1);
    for (size_t i = 0; i < 5; i++) {
        memset(sent, (int)i, sizeof sent);
        shared_socket_send(shared, &ends[0].client, &to, sent, i < 4 ? 1200 : 33);
    }
    shared_socket_flush(shared);
    read_all();
    ck_assert_uint_eq(ends[1].datagrams, 5);
    ck_assert_uint_eq(ends[1].last_size, 33);
    ck_assert_uint_eq(ends[1].last[0], 4);
    ck_assert_uint_eq(ntohl(ends[1].last_source.sin_addr.s_addr), ends[0].client.address);
    leave(0), leave(1);
}
END_TEST

START_TEST(ownership_is_checked)
{
    struct address_range foreign;

    ck_assert(shared_socket_check(range, &failure) == STATUS_OK);
    ck_assert(address_range_parse("192.0.2.0/24", &foreign, &failure) == STATUS_OK);
    ck_assert(shared_socket_check(foreign, &failure) == STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "192.0.2.1"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/transport/shared_socket");
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, everybody_has_an_address);
    tcase_add_test(cases, datagrams_find_their_client);
    tcase_add_test(cases, what_is_nobodys_is_counted);
    tcase_add_test(cases, too_long_ones_are_dropped);
    tcase_add_test(cases, an_address_rests_before_it_is_given_again);
    tcase_add_test(cases, a_client_may_leave_while_others_are_served);
    tcase_add_test(cases, what_was_sent_before_leaving_leaves);
    tcase_add_test(cases, a_full_queue_flushes_itself);
    tcase_add_test(cases, what_the_kernel_refuses_is_counted_once);
    tcase_add_test(cases, segments_are_datagrams);
    tcase_add_test(cases, rows_are_taken_apart);
    tcase_add_test(cases, ownership_is_checked);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
