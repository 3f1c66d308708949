#include "common/webrtc/transport/media_ring.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

enum { RECEIVED_MAX = 4096 };

/* A media socket beside a STUN socket, as an ICE agent has it, and what came to it. */
struct end {
    int stun_fd;
    struct media_socket socket;
    struct sockaddr_in port;
    size_t count;
    uint32_t numbers[RECEIVED_MAX];
    size_t last_size;
    struct sockaddr_in last_source;
    int64_t last_arrival_us;
    bool leaves; /* with the next datagram */
};

static struct media_ring *ring;
static struct end alice, bob;

static void on_datagram(void *arg, const struct media_datagram *datagram)
{
    struct end *end = arg;

    ck_assert_uint_lt(end->count, RECEIVED_MAX);
    memcpy(&end->numbers[end->count++], datagram->data + 4, 4);
    end->last_size = datagram->size;
    end->last_arrival_us = datagram->arrival_us;
    memcpy(&end->last_source, &datagram->source, sizeof end->last_source);
    if (end->leaves) {
        media_ring_remove(ring, &end->socket);
        media_socket_close(&end->socket);
    }
}

static void open_end(struct end *end)
{
    socklen_t size = sizeof end->port;

    memset(end, 0, sizeof *end);
    end->stun_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    end->port =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_eq(bind(end->stun_fd, (struct sockaddr *)&end->port, size), 0);
    getsockname(end->stun_fd, (struct sockaddr *)&end->port, &size);
    ck_assert(media_socket_open(&end->socket, end->stun_fd) == STATUS_OK);
    ck_assert(media_ring_add(ring, &end->socket, on_datagram, end) == STATUS_OK);
}

static void close_end(struct end *end)
{
    if (end->socket.fd >= 0) {
        media_ring_remove(ring, &end->socket);
        media_socket_close(&end->socket);
    }
    close(end->stun_fd);
}

static void setup(void)
{
    ck_assert(media_ring_create(&ring) == STATUS_OK);
    open_end(&alice);
    open_end(&bob);
}

static void teardown(void)
{
    close_end(&alice);
    close_end(&bob);
    media_ring_destroy(ring);
}

static void send_number(struct end *from, const struct end *to, uint32_t number, size_t size)
{
    uint8_t data[MEDIA_DATAGRAM_MAX] = {0x80};

    memcpy(data + 4, &number, 4);
    media_ring_send(ring, &from->socket, (const struct sockaddr *)&to->port, sizeof to->port, data,
                    size);
}

/* Loopback delivers within the sending system call; the ring tells when it is asked. */
static void read_all(const struct end *end, size_t count)
{
    for (int i = 0; i < 1000 && end->count < count; i++)
        media_ring_turn(ring, TIME_NEVER);
}

START_TEST(a_datagram_crosses_with_source_and_stamp)
{
    int64_t before_us = clock_monotonic_us();

    send_number(&alice, &bob, 7, 1200);
    ck_assert_uint_eq(bob.count, 0); /* queued only */
    media_ring_flush(ring);
    struct pollfd ready = {.fd = bob.socket.fd, .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, 1000), 1);
    read_all(&bob, 1);
    ck_assert_uint_eq(bob.count, 1);
    ck_assert_uint_eq(bob.numbers[0], 7);
    ck_assert_uint_eq(bob.last_size, 1200);
    ck_assert_int_eq(bob.last_source.sin_port, alice.port.sin_port);
    ck_assert_int_ge(bob.last_arrival_us, before_us - 100);
    ck_assert_int_le(bob.last_arrival_us, clock_monotonic_us());
    ck_assert_uint_eq(alice.count, 0);
}
END_TEST

START_TEST(order_holds_and_a_full_queue_flushes_itself)
{
    for (uint32_t i = 0; i < 3 * MEDIA_RING_SENDS_MAX; i++) {
        send_number(&alice, &bob, i, 100);
        if (i % 100 == 99)
            read_all(&bob, 1);
    }
    media_ring_flush(ring);
    read_all(&bob, 3 * MEDIA_RING_SENDS_MAX);
    ck_assert_uint_eq(bob.count, 3 * MEDIA_RING_SENDS_MAX);
    for (uint32_t i = 0; i < bob.count; i++)
        ck_assert_uint_eq(bob.numbers[i], i);
    ck_assert_uint_eq(alice.socket.send_refused, 0);
}
END_TEST

/* More at once than there are buffers: the kernel ends the receive, and it is begun again. */
START_TEST(running_out_of_buffers_loses_nothing_the_socket_holds)
{
    const uint32_t count = MEDIA_RING_BUFFERS + 200;

    for (uint32_t i = 0; i < count; i++)
        send_number(&alice, &bob, i, 20);
    media_ring_flush(ring);
    read_all(&bob, count);
    ck_assert_uint_eq(bob.count, count);
    ck_assert_uint_eq(bob.numbers[count - 1], count - 1);
    ck_assert_uint_eq(bob.socket.kernel_drops, 0);
}
END_TEST

START_TEST(too_long_is_dropped_and_counted)
{
    uint8_t data[MEDIA_DATAGRAM_MAX + 1] = {0x80};

    ck_assert_int_gt(
        sendto(alice.stun_fd, data, sizeof data, 0, (struct sockaddr *)&bob.port, sizeof bob.port),
        0);
    send_number(&alice, &bob, 1, MEDIA_DATAGRAM_MAX);
    media_ring_flush(ring);
    read_all(&bob, 1);
    ck_assert_uint_eq(bob.count, 1);
    ck_assert_uint_eq(bob.socket.truncated, 1);
}
END_TEST

START_TEST(a_socket_may_leave_while_it_is_told)
{
    for (uint32_t i = 0; i < 5; i++)
        send_number(&alice, &bob, i, 50);
    media_ring_flush(ring);
    bob.leaves = true;
    read_all(&bob, 2);
    ck_assert_uint_eq(bob.count, 1);
    ck_assert_int_eq(bob.socket.fd, -1);
}
END_TEST

/* Completions of a socket that is gone must not reach who got its place. */
START_TEST(a_place_is_used_again)
{
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t place = bob.socket.ring_place;

        send_number(&alice, &bob, round, 50);
        media_ring_flush(ring);
        close_end(&bob); /* unread */
        open_end(&bob);
        ck_assert_uint_eq(bob.socket.ring_place, place);
        send_number(&alice, &bob, 1000 + round, 50);
        media_ring_flush(ring);
        read_all(&bob, 1);
        ck_assert_uint_eq(bob.count, 1);
        ck_assert_uint_eq(bob.numbers[0], 1000 + round);
    }
}
END_TEST

/* Who takes a datagram may be slow: when the time is over, what is due comes first. */
START_TEST(a_turn_whose_time_is_over_hands_nothing_on)
{
    for (uint32_t i = 0; i < 20; i++)
        send_number(&alice, &bob, i, 20);
    media_ring_flush(ring);
    for (int i = 0; i < 100; i++)
        ck_assert(media_ring_turn(ring, 0));
    ck_assert_uint_eq(bob.count, 0);
    read_all(&bob, 20);
    ck_assert_uint_eq(bob.count, 20);
}
END_TEST

START_TEST(what_the_kernel_refuses_is_counted)
{
    struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xf0000001)};
    uint8_t data[20] = {0x80};

    media_ring_send(ring, &alice.socket, (struct sockaddr *)&nowhere, sizeof nowhere, data,
                    sizeof data); /* port 0 */
    media_ring_flush(ring);
    for (int i = 0; i < 100 && alice.socket.send_refused == 0; i++)
        media_ring_turn(ring, TIME_NEVER);
    ck_assert_uint_eq(alice.socket.send_refused, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/transport/media_ring");
    TCase *cases = tcase_create("media_ring");

    if (!media_ring_available()) {
        printf("io_uring is not available here: nothing to test\n");
        return 77; /* ctest: skipped */
    }
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_datagram_crosses_with_source_and_stamp);
    tcase_add_test(cases, order_holds_and_a_full_queue_flushes_itself);
    tcase_add_test(cases, running_out_of_buffers_loses_nothing_the_socket_holds);
    tcase_add_test(cases, too_long_is_dropped_and_counted);
    tcase_add_test(cases, a_socket_may_leave_while_it_is_told);
    tcase_add_test(cases, a_place_is_used_again);
    tcase_add_test(cases, a_turn_whose_time_is_over_hands_nothing_on);
    tcase_add_test(cases, what_the_kernel_refuses_is_counted);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
