#include "reference-server/server/socket_address.h"

#include <check.h>
#include <string.h>

static struct socket_address parsed;
static struct failure failure;

static enum status parse(const char *text)
{
    return socket_address_parse("--listen", text, &parsed, &failure);
}

START_TEST(addresses_and_ports_are_taken_apart)
{
    ck_assert_int_eq(parse("127.0.0.1:8443"), STATUS_OK);
    ck_assert_str_eq(parsed.address, "127.0.0.1");
    ck_assert_uint_eq(parsed.port, 8443);
    ck_assert(parsed.is_loopback && !parsed.is_ipv6);
    ck_assert_int_eq(parse("[::1]:0"), STATUS_OK);
    ck_assert_str_eq(parsed.address, "::1");
    ck_assert_uint_eq(parsed.port, 0);
    ck_assert(parsed.is_loopback && parsed.is_ipv6);
}
END_TEST

START_TEST(loopback_is_known)
{
    ck_assert_int_eq(parse("127.200.3.4:1"), STATUS_OK);
    ck_assert(parsed.is_loopback);
    ck_assert_int_eq(parse("0.0.0.0:1"), STATUS_OK);
    ck_assert(!parsed.is_loopback);
    ck_assert_int_eq(parse("[::]:65535"), STATUS_OK);
    ck_assert(!parsed.is_loopback);
    ck_assert_int_eq(parse("[::ffff:127.0.0.1]:1"), STATUS_OK);
    ck_assert(!parsed.is_loopback);
}
END_TEST

START_TEST(everything_else_is_refused_by_name)
{
    static const char *const bad[] = {
        "",
        "8443",
        ":8443",
        "127.0.0.1",
        "127.0.0.1:",
        "localhost:1",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:1x",
        "::1:80",
        "[127.0.0.1]:1",
        "[]:1",
        "[::1:1",
        "127.0.0.1:1 ",
        "11111111111111111111111111111111111111111111111111111111:1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        failure.message[0] = '\0';
        ck_assert_msg(parse(bad[i]) == STATUS_INVALID, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(failure.message, "--listen"));
        ck_assert_ptr_nonnull(strstr(failure.message, bad[i]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("socket_address");
    TCase *tests = tcase_create("socket_address");
    tcase_add_test(tests, addresses_and_ports_are_taken_apart);
    tcase_add_test(tests, loopback_is_known);
    tcase_add_test(tests, everything_else_is_refused_by_name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
