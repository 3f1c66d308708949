#include "common/net/path_probe.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int server;
static uint16_t port;
static struct path_probe probe;
static struct failure failure;

static void listen_on(int backlog)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(server, 0);
    ck_assert_int_eq(bind(server, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(server, backlog), 0);
    ck_assert_int_eq(getsockname(server, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);
}

/* Nobody accepts: the kernel answers. */
START_TEST(a_path_that_answers)
{
    listen_on(64);
    enum status status = path_probe_run("127.0.0.1", port, 20, 5000000, &probe, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    ck_assert_uint_eq(probe.sent, 20);
    ck_assert_uint_eq(probe.lost, 0);
    ck_assert_int_gt(probe.rtt_p50_us, 0);
    ck_assert_int_ge(probe.rtt_max_us, probe.rtt_p50_us);
    close(server);
}
END_TEST

/* A full queue of connections: the kernel drops what comes, as a path does that loses it. */
START_TEST(what_is_not_answered_is_lost)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int waiting[4];

    listen_on(0);
    address.sin_port = htons(port);
    for (size_t i = 0; i < 4; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        ck_assert(connect(waiting[i], (struct sockaddr *)&address, sizeof address) == 0 ||
                  errno == EINPROGRESS);
    }
    ck_assert_int_eq(path_probe_run("127.0.0.1", port, 5, 300000, &probe, &failure), STATUS_OK);
    ck_assert_uint_eq(probe.sent, 1); /* the time was over with the first */
    ck_assert_uint_eq(probe.lost, 1);
    ck_assert_int_lt(probe.rtt_p50_us, 0);
    for (size_t i = 0; i < 4; i++)
        close(waiting[i]);
    close(server);
}
END_TEST

START_TEST(what_cannot_be_measured_is_said)
{
    listen_on(1);
    close(server);
    ck_assert_int_eq(path_probe_run("127.0.0.1", port, 3, 5000000, &probe, &failure),
                     STATUS_UNREACHABLE);
    ck_assert_int_eq(path_probe_run("localhost", port, 3, 5000000, &probe, &failure),
                     STATUS_INVALID);
    ck_assert_int_eq(path_probe_run("127.0.0.1", port, PATH_PROBES_MAX + 1, 1, &probe, &failure),
                     STATUS_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("path_probe");
    TCase *cases = tcase_create("handshakes");
    tcase_add_test(cases, a_path_that_answers);
    tcase_add_test(cases, what_is_not_answered_is_lost);
    tcase_add_test(cases, what_cannot_be_measured_is_said);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
