#include "common/webrtc/transport/candidate_line.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct sockaddr_in address;
static uint32_t priority;

START_TEST(host_candidates_are_read)
{
    static const char *const lines[] = {
        "candidate:1 1 UDP 2113937151 192.0.2.1 4242 typ host",
        "a=candidate:842163049 1 udp 2113937151 192.0.2.1 4242 typ host generation 0",
        "candidate:1 1 UDP 2113937151 192.0.2.1 4242 typ host\r\n",
        "candidate:1 1 UDP 2113937151 192.0.2.1 4242 typ srflx raddr 10.0.0.1 rport 9",
    };
    char text[INET_ADDRSTRLEN];

    ck_assert(candidate_line_parse(lines[_i], &address, &priority) == STATUS_OK);
    ck_assert_str_eq(inet_ntop(AF_INET, &address.sin_addr, text, sizeof text), "192.0.2.1");
    ck_assert_uint_eq(ntohs(address.sin_port), 4242);
    ck_assert_uint_eq(priority, 2113937151);
    ck_assert_int_eq(address.sin_family, AF_INET);
}
END_TEST

START_TEST(others_are_not_for_us)
{
    static const char *const lines[] = {
        "candidate:1 1 TCP 2113937151 192.0.2.1 4242 typ host tcptype passive",
        "candidate:1 2 UDP 2113937151 192.0.2.1 4242 typ host",
        "candidate:1 1 UDP 2113937151 2001:db8::1 4242 typ host",
        "candidate:1 1 UDP 2113937151 f3b0-11.local 4242 typ host",
    };

    ck_assert(candidate_line_parse(lines[_i], &address, &priority) == STATUS_UNSUPPORTED);
}
END_TEST

START_TEST(nonsense_is_malformed)
{
    static const char *const lines[] = {
        "",
        "candidate:",
        "candidate:1 1 UDP 2113937151 192.0.2.1 4242 typ",
        "candidate:1 1 UDP 2113937151 192.0.2.1 4242 host typ",
        "candidate:1 1 UDP 0 192.0.2.1 4242 typ host",
        "candidate:1 1 UDP 2113937151 192.0.2.1 0 typ host",
        "candidate:1 1 UDP 2113937151 192.0.2.1 65536 typ host",
        "candidate:1 1 UDP 4294967296 192.0.2.1 4242 typ host",
        "candidate:1 1 UDP -1 192.0.2.1 4242 typ host",
        "candidate:1 x UDP 2113937151 192.0.2.1 4242 typ host",
        "foundation 1 UDP 2113937151 192.0.2.1 4242 typ host",
    };
    struct sockaddr_in before = address;

    ck_assert_msg(candidate_line_parse(lines[_i], &address, &priority) == STATUS_MALFORMED, "%s",
                  lines[_i]);
    ck_assert_mem_eq(&before, &address, sizeof before);
}
END_TEST

START_TEST(a_word_without_end_is_malformed)
{
    char line[400] = "candidate:";

    memset(line + 10, 'x', 300);
    ck_assert(candidate_line_parse(line, &address, &priority) == STATUS_MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/transport/candidate_line");
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(cases, host_candidates_are_read, 0, 4);
    tcase_add_loop_test(cases, others_are_not_for_us, 0, 4);
    tcase_add_loop_test(cases, nonsense_is_malformed, 0, 11);
    tcase_add_test(cases, a_word_without_end_is_malformed);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
