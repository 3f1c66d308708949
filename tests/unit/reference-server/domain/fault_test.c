#include "reference-server/fault.h"

#include <check.h>

START_TEST(names_are_unique_and_found)
{
    for (unsigned fault = 0; fault < FAULT_COUNT; fault++) {
        ck_assert_int_eq(fault_by_name(fault_name(fault)), fault);
        ck_assert_uint_gt(__builtin_strlen(fault_meaning(fault)), 10);
        ck_assert_uint_gt(__builtin_strlen(fault_requirement(fault)), 3);
    }
    ck_assert_int_eq(fault_by_name("leak"), FAULT_COUNT);
    ck_assert_int_eq(fault_by_name(""), FAULT_COUNT);
}
END_TEST

START_TEST(losses_are_the_same_packets_every_time)
{
    unsigned lost = 0;
    for (unsigned sequence = 0; sequence <= UINT16_MAX; sequence++)
        ck_assert(!fault_loses((uint16_t)sequence));
    fault_switch_on(FAULT_LOSE_MEDIA);
    for (unsigned sequence = 0; sequence <= UINT16_MAX; sequence++)
        lost += fault_loses((uint16_t)sequence);
    ck_assert_uint_eq(lost, UINT16_MAX / FAULT_LOSES_EVERY + 1);
    ck_assert(fault_loses(0) && !fault_loses(1) && fault_loses(FAULT_LOSES_EVERY));
    fault_reset();
}
END_TEST

START_TEST(only_what_was_switched_on_is_on)
{
    for (unsigned fault = 0; fault < FAULT_COUNT; fault++)
        ck_assert(!fault_is_on(fault));
    fault_switch_on(FAULT_KEEP_CARD);
    for (unsigned fault = 0; fault < FAULT_COUNT; fault++)
        ck_assert_int_eq(fault_is_on(fault), fault == FAULT_KEEP_CARD);
}
END_TEST

START_TEST(a_number_belongs_to_the_one_that_takes_it)
{
    const char *const bad[] = {"leak-one-in=",
                               "leak-one-in=0",
                               "leak-one-in=-1",
                               "leak-one-in=x",
                               "leak-one-in=1e3",
                               "leak-one-in= 5",
                               "leak-one-in=4294967296",
                               "leak-one-in=99999999999999999999",
                               "keep-card=5",
                               "leak-one-in=5=5",
                               "grant",
                               "grant=",
                               "grant=6",
                               "grant=0:team_member",
                               "grant=33:team_member",
                               "grant=21:team_member", /* no act has this row yet */
                               "grant=12345678:team_member",
                               "grant=6:nurse",
                               "deny=:team_member",
                               "no-such-fault",
                               ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(fault_switch_on_text(bad[i]), FAULT_COUNT);
    for (unsigned fault = 0; fault < FAULT_COUNT; fault++)
        ck_assert(!fault_is_on(fault));
    ck_assert_int_eq(fault_switch_on_text("leak-one-in"), FAULT_LEAK_SHARE);
    ck_assert_uint_eq(fault_leaks_one_in(), FAULT_LEAKS_ONE_IN);
    ck_assert_int_eq(fault_switch_on_text("leak-one-in=250"), FAULT_LEAK_SHARE);
    ck_assert_uint_eq(fault_leaks_one_in(), 250);
    ck_assert_int_eq(fault_switch_on_text("keep-card"), FAULT_KEEP_CARD);
    ck_assert(fault_is_on(FAULT_LEAK_SHARE) && fault_is_on(FAULT_KEEP_CARD));
    fault_reset();
    ck_assert_uint_eq(fault_leaks_one_in(), FAULT_LEAKS_ONE_IN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fault");
    TCase *tests = tcase_create("fault");
    tcase_add_checked_fixture(tests, fault_reset, NULL);
    tcase_add_test(tests, names_are_unique_and_found);
    tcase_add_test(tests, only_what_was_switched_on_is_on);
    tcase_add_test(tests, a_number_belongs_to_the_one_that_takes_it);
    tcase_add_test(tests, losses_are_the_same_packets_every_time);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
