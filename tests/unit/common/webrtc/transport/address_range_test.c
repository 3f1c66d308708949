#include "common/webrtc/transport/address_range.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct address_range range;
static struct failure failure;

START_TEST(default_block_is_a_million_on_loopback)
{
    char text[ADDRESS_RANGE_TEXT_SIZE];

    ck_assert(address_range_parse(ADDRESS_RANGE_DEFAULT, &range, &failure) == STATUS_OK);
    ck_assert_uint_eq(range.count, (1U << 20) - 2);
    address_range_text(range.first, text);
    ck_assert_str_eq(text, "127.16.0.1");
    address_range_text(range.first + range.count - 1, text);
    ck_assert_str_eq(text, "127.31.255.254");
    ck_assert(address_range_is_loopback(range));
    ck_assert(!address_range_contains(range, 0x7f000001));
    ck_assert(!address_range_contains(range, 0x7f100000));
    ck_assert(address_range_contains(range, 0x7f100001));
    ck_assert(!address_range_contains(range, 0x7f1fffff));
}
END_TEST

START_TEST(wrong_blocks_are_named)
{
    static const char *const texts[] = {
        "127.16.0.0",
        "127.16.0.0/",
        "127.16.0.0/31",
        "127.16.0.0/7",
        "127.16.0.0/12x",
        "127.16.0/12",
        "10.0.0.5/24",
        "0.0.0.0/8",
        "224.0.0.0/8",
        "127.0.0.0/8",
        "127.0.0.0/30",
        "fd00::/8",
        "/12",
        "",
        "300.1.1.0/24",
        "127.16.0.0/-12",
        "127.16.0.0/+9",
        "1.2.3.4.5.6.7.8.9.10/24",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_msg(address_range_parse(texts[i], &range, &failure) == STATUS_INVALID, "%s",
                      texts[i]);
        ck_assert_msg(strncmp(failure.message, texts[i], strlen(texts[i])) == 0, "%s",
                      failure.message);
    }
    ck_assert(address_range_parse("10.0.0.5/24", &range, &failure) == STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, "begins at 10.0.0.0"));
}
END_TEST

START_TEST(shares_are_disjoint_and_inside)
{
    uint32_t next;

    ck_assert(address_range_parse("10.1.0.0/24", &range, &failure) == STATUS_OK);
    next = range.first;
    for (uint32_t i = 0; i < 3; i++) {
        struct address_range share = address_range_share(range, i, 3);

        ck_assert_uint_eq(share.first, next);
        ck_assert_uint_eq(share.count, 84);
        next += share.count;
    }
    ck_assert_uint_le(next, range.first + range.count);
    ck_assert_uint_eq(address_range_share(range, 300, 1000).count, 0);
    ck_assert(!address_range_is_loopback(range));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/transport/address_range");
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(cases, default_block_is_a_million_on_loopback);
    tcase_add_test(cases, wrong_blocks_are_named);
    tcase_add_test(cases, shares_are_disjoint_and_inside);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
