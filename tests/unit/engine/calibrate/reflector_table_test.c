#include <check.h>
#include <stdlib.h>

#include "engine/calibrate/reflector_table.h"

static struct reflector_table *table;

static void setup(void)
{
    table = reflector_table_create();
    ck_assert_ptr_nonnull(table);
}

static void teardown(void)
{
    reflector_table_destroy(table);
}

static struct sockaddr_in at(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = htons(port)};
}

START_TEST(a_fragment_tells_pair_and_side)
{
    char ufrag[REFLECTOR_UFRAG_SIZE];
    enum reflector_side side;
    size_t pair;

    reflector_ufrag(42, REFLECTOR_CALLEE, ufrag);
    ck_assert_str_eq(ufrag, "r00042b");
    ck_assert(reflector_ufrag_read(ufrag, &pair, &side));
    ck_assert_uint_eq(pair, 42);
    ck_assert_int_eq(side, REFLECTOR_CALLEE);
}
END_TEST

START_TEST(other_fragments_are_refused)
{
    static const char *const bad[] = {"",        "r",       "r0004a",   "r00042c", "r00042",
                                      "x00042a", "r99999a", "r00042ab", "r+0042a", "r 0042a"};
    enum reflector_side side;
    size_t pair;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!reflector_ufrag_read(bad[i], &pair, &side), "%s", bad[i]);
}
END_TEST

START_TEST(sides_find_each_other)
{
    struct sockaddr_in caller = at(0x7f000001, 5000), callee = at(0x7f000001, 5001);
    struct sockaddr_in stranger = at(0x7f000001, 5002), elsewhere = at(0x7f000002, 5000);

    ck_assert_ptr_null(reflector_table_other(table, &caller));
    ck_assert(reflector_table_learn(table, 7, REFLECTOR_CALLER, &caller) == STATUS_OK);
    ck_assert_ptr_null(reflector_table_other(table, &caller)); /* the other is not there yet */
    ck_assert(reflector_table_learn(table, 7, REFLECTOR_CALLEE, &callee) == STATUS_OK);
    ck_assert_int_eq(reflector_table_other(table, &caller)->sin_port, htons(5001));
    ck_assert_int_eq(reflector_table_other(table, &callee)->sin_port, htons(5000));
    ck_assert_ptr_null(reflector_table_other(table, &stranger));
    ck_assert_ptr_null(reflector_table_other(table, &elsewhere));
}
END_TEST

START_TEST(a_side_that_moves_is_found_at_its_new_address)
{
    struct sockaddr_in caller = at(0x7f000001, 5000), callee = at(0x7f000001, 5001);
    struct sockaddr_in moved = at(0x7f000001, 6001);

    ck_assert(reflector_table_learn(table, 1, REFLECTOR_CALLER, &caller) == STATUS_OK);
    ck_assert(reflector_table_learn(table, 1, REFLECTOR_CALLEE, &callee) == STATUS_OK);
    ck_assert(reflector_table_learn(table, 1, REFLECTOR_CALLEE, &moved) == STATUS_OK);
    ck_assert_int_eq(reflector_table_other(table, &caller)->sin_port, htons(6001));
    ck_assert_int_eq(reflector_table_other(table, &moved)->sin_port, htons(5000));
}
END_TEST

START_TEST(addresses_have_a_cap)
{
    enum status status = STATUS_OK;
    uint32_t learned = 0;

    for (uint32_t i = 0; i < 100000 && status == STATUS_OK; i++) {
        struct sockaddr_in address = at(0x7f100000 + i, 9);
        status = reflector_table_learn(table, i % REFLECTOR_PAIRS_MAX, REFLECTOR_CALLER, &address);
        learned += status == STATUS_OK;
    }
    ck_assert_int_eq(status, STATUS_FULL);
    ck_assert_uint_ge(learned, 2 * REFLECTOR_PAIRS_MAX);
    /* What is known stays known. */
    struct sockaddr_in known = at(0x7f100000 + 3, 9);
    ck_assert(reflector_table_learn(table, 3, REFLECTOR_CALLEE, &known) == STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/calibrate/reflector_table");
    TCase *cases = tcase_create("reflector_table");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_fragment_tells_pair_and_side);
    tcase_add_test(cases, other_fragments_are_refused);
    tcase_add_test(cases, sides_find_each_other);
    tcase_add_test(cases, a_side_that_moves_is_found_at_its_new_address);
    tcase_add_test(cases, addresses_have_a_cap);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
