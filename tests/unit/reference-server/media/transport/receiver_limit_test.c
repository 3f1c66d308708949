#include "reference-server/media/transport/receiver_limit.h"

#include <check.h>

#include "common/base/clock.h"
#include "reference-server/media/forward/layer.h"

static void teardown(void)
{
    receiver_limit_reset();
}

START_TEST(one_limit_holds_for_ever)
{
    ck_assert_uint_eq(receiver_limit_at(0), LAYER_UNLIMITED);
    ck_assert_int_eq(receiver_limit_set("250", NULL), STATUS_OK);
    ck_assert_uint_eq(receiver_limit_at(0), 250000);
    ck_assert_uint_eq(receiver_limit_at(1000 * US_PER_S), 250000);
}
END_TEST

START_TEST(several_take_turns)
{
    ck_assert_int_eq(receiver_limit_set("2000,150,0@4", NULL), STATUS_OK);
    ck_assert_uint_eq(receiver_limit_at(0), 2000000);
    ck_assert_uint_eq(receiver_limit_at(4 * US_PER_S - 1), 2000000);
    ck_assert_uint_eq(receiver_limit_at(4 * US_PER_S), 150000);
    ck_assert_uint_eq(receiver_limit_at(8 * US_PER_S), 0);
    ck_assert_uint_eq(receiver_limit_at(12 * US_PER_S), 2000000);
}
END_TEST

START_TEST(anything_else_is_refused)
{
    static const char *const wrong[] = {"",         "x",      "1,2",

                                        "1,2@0",    "1,2@3x", "-1",
                                        "1,,2@3",   "1,2@",   "1 ",
                                        "10000000", "1,@",    "1,2,3,4,5,6,7,8,9@1",
                                        "1,2@99999"};
    struct failure failure;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(receiver_limit_set(wrong[i], &failure) == STATUS_INVALID, "%s", wrong[i]);
    ck_assert_uint_eq(receiver_limit_at(0), LAYER_UNLIMITED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("receiver_limit");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_test(cases, one_limit_holds_for_ever);
    tcase_add_test(cases, several_take_turns);
    tcase_add_test(cases, anything_else_is_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
