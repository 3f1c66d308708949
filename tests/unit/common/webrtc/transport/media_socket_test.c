#include "common/webrtc/transport/media_socket.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

static int stun_fd, peer_fd;
static struct media_socket media;
static struct sockaddr_in port;

static int bind_loopback(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void setup(void)
{
    socklen_t size = sizeof(port);

    stun_fd = bind_loopback();
    peer_fd = bind_loopback();
    getsockname(stun_fd, (struct sockaddr *)&port, &size);
    ck_assert(media_socket_open(&media, stun_fd) == STATUS_OK);
}

static void teardown(void)
{
    media_socket_close(&media);
    close(stun_fd);
    close(peer_fd);
}

static void send_bytes(const void *data, size_t size)
{
    ck_assert_int_eq(sendto(peer_fd, data, size, 0, (struct sockaddr *)&port, sizeof(port)),
                     (ssize_t)size);
}

/* Loopback delivers within sendto, so what was sent can be read at once. */
START_TEST(first_byte_splits_stun_from_the_rest)
{
    const struct media_datagram *datagrams;
    uint8_t byte;
    size_t count;
    bool full;

    for (int first = 0; first < 256; first++) {
        byte = (uint8_t)first;
        send_bytes(&byte, 1);
        count = media_socket_receive(&media, &datagrams, &full);
        ck_assert_uint_eq(count, first >= 4);
        ck_assert(!full);
        if (first >= 4)
            ck_assert_uint_eq(datagrams[0].data[0], byte);
        ck_assert_int_eq(recv(stun_fd, &byte, 1, 0), first < 4 ? 1 : -1);
    }
    send_bytes("", 0);
    ck_assert_uint_eq(media_socket_receive(&media, &datagrams, &full), 0);
    ck_assert_int_eq(recv(stun_fd, &byte, 1, 0), 0);
}
END_TEST

START_TEST(batches_carry_source_size_and_stamp)
{
    const struct media_datagram *datagrams;
    struct sockaddr_in self;
    socklen_t size = sizeof(self);
    uint8_t data[200];
    int64_t before_us = clock_monotonic_us(), after_us, last_us = 0;
    size_t count, total = 0;
    bool full = true;

    getsockname(peer_fd, (struct sockaddr *)&self, &size);
    memset(data, 0x80, sizeof(data));
    for (size_t i = 1; i <= 40; i++)
        send_bytes(data, i);
    while (full) {
        count = media_socket_receive(&media, &datagrams, &full);
        after_us = clock_monotonic_us();
        for (size_t i = 0; i < count; i++) {
            const struct sockaddr_in *source = (const struct sockaddr_in *)&datagrams[i].source;

            ck_assert_uint_eq(datagrams[i].size, ++total);
            ck_assert_uint_eq(source->sin_port, self.sin_port);
            /* One offset per batch: allow for what two readings of two clocks can disagree. */
            ck_assert_int_ge(datagrams[i].arrival_us, before_us - 1000);
            ck_assert_int_le(datagrams[i].arrival_us, after_us);
            ck_assert_int_ge(datagrams[i].arrival_us, last_us - 1000);
            last_us = datagrams[i].arrival_us;
        }
    }
    ck_assert_uint_eq(total, 40);
    ck_assert_uint_eq(media.stamps_refused, 0);
}
END_TEST

START_TEST(too_long_datagrams_are_counted)
{
    static uint8_t data[MEDIA_DATAGRAM_MAX + 1];
    const struct media_datagram *datagrams;
    bool full;

    data[0] = 0x80;
    send_bytes(data, MEDIA_DATAGRAM_MAX + 1);
    send_bytes(data, MEDIA_DATAGRAM_MAX);
    ck_assert_uint_eq(media_socket_receive(&media, &datagrams, &full), 1);
    ck_assert_uint_eq(datagrams[0].size, MEDIA_DATAGRAM_MAX);
    ck_assert_uint_eq(media.truncated, 1);
}
END_TEST

START_TEST(kernel_drops_are_counted)
{
    static uint8_t data[1000];
    const struct media_datagram *datagrams;
    size_t sent = 4000, got = 0;
    bool full = true;

    data[0] = 0x80;
    for (size_t i = 0; i < sent; i++)
        send_bytes(data, sizeof(data));
    while (full)
        got += media_socket_receive(&media, &datagrams, &full);
    ck_assert_uint_lt(got, sent);
    send_bytes(data, sizeof(data)); /* the count comes with the next datagram */
    got += media_socket_receive(&media, &datagrams, &full);
    ck_assert_uint_eq(got + media.kernel_drops, sent + 1);
}
END_TEST

START_TEST(stamps_fall_back_when_the_clock_stepped)
{
    const int64_t offset_us = 1700000000000000, now_us = 50000000;
    bool refused;

    ck_assert_int_eq(
        media_socket_place_stamp(offset_us + now_us - 300, offset_us, now_us, &refused),
        now_us - 300);
    ck_assert(!refused);
    ck_assert_int_eq(media_socket_place_stamp(offset_us + now_us + 1, offset_us, now_us, &refused),
                     now_us);
    ck_assert(refused);
    ck_assert_int_eq(
        media_socket_place_stamp(offset_us + now_us - 3600000000, offset_us, now_us, &refused),
        now_us);
    ck_assert(refused);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media_socket");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, first_byte_splits_stun_from_the_rest);
    tcase_add_test(tcase, batches_carry_source_size_and_stamp);
    tcase_add_test(tcase, too_long_datagrams_are_counted);
    tcase_add_test(tcase, kernel_drops_are_counted);
    tcase_add_test(tcase, stamps_fall_back_when_the_clock_stepped);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
