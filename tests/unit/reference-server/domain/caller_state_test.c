#include "reference-server/domain/caller_state.h"

#include <check.h>

/* The picture of the catalogue's A.4 as text: from, act, to; every other pair is refused. */
static const struct {
    enum caller_state from;
    enum caller_act act;
    enum caller_state to;
} allowed[] = {
    {CALLER_WAITING, CALLER_JOINED, CALLER_IN_CALL},
    {CALLER_WAITING, CALLER_TRANSFERRED, CALLER_WAITING},
    {CALLER_WAITING, CALLER_REMOVED, CALLER_ENDED},
    {CALLER_WAITING, CALLER_GONE, CALLER_LEFT},
    {CALLER_IN_CALL, CALLER_JOINED, CALLER_IN_CALL},
    {CALLER_IN_CALL, CALLER_PUT_ON_HOLD, CALLER_ON_HOLD},
    {CALLER_IN_CALL, CALLER_TRANSFERRED, CALLER_WAITING},
    {CALLER_IN_CALL, CALLER_FINISHED, CALLER_ENDED},
    {CALLER_IN_CALL, CALLER_REMOVED, CALLER_ENDED},
    {CALLER_IN_CALL, CALLER_GONE, CALLER_LEFT},
    {CALLER_ON_HOLD, CALLER_JOINED, CALLER_IN_CALL},
    {CALLER_ON_HOLD, CALLER_TRANSFERRED, CALLER_WAITING},
    {CALLER_ON_HOLD, CALLER_FINISHED, CALLER_ENDED},
    {CALLER_ON_HOLD, CALLER_REMOVED, CALLER_ENDED},
    {CALLER_ON_HOLD, CALLER_GONE, CALLER_LEFT},
};

START_TEST(every_pair_is_as_drawn)
{
    for (unsigned from = 0; from < CALLER_STATE_COUNT; from++) {
        for (unsigned act = 0; act < CALLER_ACT_COUNT; act++) {
            enum caller_state expected = CALLER_STATE_COUNT;
            for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
                if (allowed[i].from == from && allowed[i].act == act)
                    expected = allowed[i].to;
            }
            enum caller_state next = CALLER_STATE_COUNT;
            enum status status = caller_state_next(from, act, &next);
            ck_assert_int_eq(next, expected);
            ck_assert_int_eq(status, expected == CALLER_STATE_COUNT ? STATUS_CONFLICT : STATUS_OK);
        }
    }
}
END_TEST

START_TEST(names_are_those_of_the_protocol)
{
    ck_assert_str_eq(caller_state_name(CALLER_WAITING), "waiting");
    ck_assert_str_eq(caller_state_name(CALLER_IN_CALL), "in_call");
    ck_assert_str_eq(caller_state_name(CALLER_ON_HOLD), "on_hold");
    ck_assert_str_eq(caller_state_name(CALLER_ENDED), "ended");
    ck_assert_str_eq(caller_state_name(CALLER_LEFT), "ended");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("caller_state");
    TCase *tests = tcase_create("caller_state");
    tcase_add_test(tests, every_pair_is_as_drawn);
    tcase_add_test(tests, names_are_those_of_the_protocol);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
