#include "reference-server/media/worker/udp_port.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/clock.h"

static struct media_counters counters_a, counters_b;
static struct udp_port *a, *b;
static struct sockaddr_in address_b;

static void setup(void)
{
    struct failure failure = {0};
    memset(&counters_a, 0, sizeof counters_a);
    memset(&counters_b, 0, sizeof counters_b);
    ck_assert_int_eq(udp_port_open("127.0.0.1", 0, &counters_a, &a, &failure), STATUS_OK);
    ck_assert_int_eq(udp_port_open("127.0.0.1", 0, &counters_b, &b, &failure), STATUS_OK);
    address_b = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(udp_port_number(b))};
    inet_pton(AF_INET, "127.0.0.1", &address_b.sin_addr);
}

static void teardown(void)
{
    udp_port_close(a);
    udp_port_close(b);
}

static void send_number(uint32_t number, size_t size, int64_t stamp_us)
{
    uint8_t *data = udp_port_reserve(a);
    ck_assert_ptr_eq(udp_port_reserve(a), data); /* until committed */
    memset(data, 0, size);
    memcpy(data, &number, sizeof number);
    udp_port_commit(a, size, &address_b, stamp_us);
}

/* One batch, waiting for it; 0 when nothing comes. */
static size_t receive(struct udp_datagram **datagrams)
{
    struct pollfd watched = {.fd = udp_port_descriptor(b), .events = POLLIN};
    poll(&watched, 1, 2000);
    return udp_port_receive(b, datagrams);
}

START_TEST(batches_keep_order_and_content)
{
    struct udp_datagram *datagrams = NULL;
    uint32_t expected = 0;
    for (uint32_t i = 0; i < 150; i++) /* two full batches go by themselves */
        send_number(i, 100 + i, 0);
    ck_assert_uint_eq(media_counted(&counters_a, MEDIA_COUNTER_datagrams_out), 128);
    udp_port_flush(a);
    udp_port_flush(a); /* nothing left */
    ck_assert_uint_eq(media_counted(&counters_a, MEDIA_COUNTER_datagrams_out), 150);
    while (expected < 150) {
        size_t count = receive(&datagrams);
        ck_assert_uint_gt(count, 0);
        ck_assert_uint_le(count, UDP_PORT_BATCH);
        for (size_t i = 0; i < count; i++, expected++) {
            ck_assert_mem_eq(datagrams[i].data, &expected, sizeof expected);
            ck_assert_uint_eq(datagrams[i].size, 100 + expected);
            ck_assert_uint_eq(ntohs(datagrams[i].source.sin_port), udp_port_number(a));
        }
    }
    ck_assert_uint_eq(media_counted(&counters_b, MEDIA_COUNTER_datagrams_in), 150);
}
END_TEST

START_TEST(arrivals_have_the_stamp_of_the_kernel)
{
    struct udp_datagram *datagrams = NULL;
    int64_t before_us = clock_realtime_us(), before_monotonic_us = clock_monotonic_us();
    send_number(1, 100, 0);
    udp_port_flush(a);
    ck_assert_uint_eq(receive(&datagrams), 1);
    ck_assert_int_ge(datagrams[0].stamp_us, before_us - US_PER_MS);
    ck_assert_int_le(datagrams[0].stamp_us, clock_realtime_us());
    ck_assert_int_ge(datagrams[0].arrival_us, before_monotonic_us - US_PER_MS);
    ck_assert_int_le(datagrams[0].arrival_us, clock_monotonic_us() + US_PER_MS);
}
END_TEST

START_TEST(what_is_too_large_is_dropped_and_counted)
{
    struct udp_datagram *datagrams = NULL;
    uint8_t large[UDP_DATAGRAM_MAX + 1] = {0};
    int fd = udp_port_descriptor(a);
    sendto(fd, large, sizeof large, 0, (struct sockaddr *)&address_b, sizeof address_b);
    sendto(fd, large, 7, 0, (struct sockaddr *)&address_b, sizeof address_b);
    sendto(fd, large, 0, 0, (struct sockaddr *)&address_b, sizeof address_b);
    size_t count = receive(&datagrams);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(datagrams[0].size, 7);
    ck_assert_uint_eq(datagrams[1].size, 0);
    ck_assert_uint_eq(media_dropped(&counters_b, MEDIA_DROP_truncated), 1);
}
END_TEST

START_TEST(latency_is_noted_for_what_carries_a_stamp)
{
    send_number(1, 100, clock_realtime_us() - 5000);
    send_number(2, 100, 0);
    udp_port_flush(a);
    ck_assert_uint_eq(atomic_load(&counters_a.latency_count), 1);
    ck_assert_uint_ge(atomic_load(&counters_a.latency_sum_us), 5000);
}
END_TEST

START_TEST(one_refused_target_does_not_hold_up_the_others)
{
    struct udp_datagram *datagrams = NULL;
    struct sockaddr_in nowhere = {.sin_family = AF_INET, .sin_port = 0};
    inet_pton(AF_INET, "127.0.0.1", &nowhere.sin_addr);
    send_number(1, 100, 0);
    udp_port_reserve(a);
    udp_port_commit(a, 100, &nowhere, 0); /* port 0: EINVAL */
    send_number(2, 100, 0);
    udp_port_flush(a);
    ck_assert_uint_eq(media_dropped(&counters_a, MEDIA_DROP_send_failed), 1);
    ck_assert_uint_eq(receive(&datagrams), 2);
}
END_TEST

START_TEST(an_overflow_is_noticed)
{
    struct udp_datagram *datagrams = NULL;
    int small = 4096, fd = udp_port_descriptor(b);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    for (uint32_t i = 0; i < 100; i++)
        send_number(i, 1000, 0);
    udp_port_flush(a);
    while (udp_port_receive(b, &datagrams) > 0)
        continue;
    send_number(0, 100, 0); /* the next one brings the count */
    udp_port_flush(a);
    receive(&datagrams);
    ck_assert_uint_gt(media_dropped(&counters_b, MEDIA_DROP_kernel_receive), 50);
    ck_assert(udp_port_take_overflow(b));
    ck_assert(!udp_port_take_overflow(b));
}
END_TEST

START_TEST(a_taken_port_is_named)
{
    struct failure failure = {0};
    struct udp_port *second = NULL;
    ck_assert_int_eq(udp_port_open("127.0.0.1", udp_port_number(a), &counters_a, &second, &failure),
                     STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, "127.0.0.1"));
    ck_assert_int_eq(udp_port_open("localhost", 0, &counters_a, &second, &failure), STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "localhost"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/worker/udp_port");
    TCase *cases = tcase_create("udp_port");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, batches_keep_order_and_content);
    tcase_add_test(cases, arrivals_have_the_stamp_of_the_kernel);
    tcase_add_test(cases, what_is_too_large_is_dropped_and_counted);
    tcase_add_test(cases, latency_is_noted_for_what_carries_a_stamp);
    tcase_add_test(cases, one_refused_target_does_not_hold_up_the_others);
    tcase_add_test(cases, an_overflow_is_noticed);
    tcase_add_test(cases, a_taken_port_is_named);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
