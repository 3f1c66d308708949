#include "reference-server/domain/call.h"

#include <check.h>

#include "reference-server/fault.h"
#include "tests/support/domain_bench.h"

static struct domain_bench bench;
static struct participant *caller;
static char card_id[ID_LENGTH + 1];

static void setup(void)
{
    domain_bench_init(&bench);
    caller = bench_enter(&bench, bench.a, "Ann");
    __builtin_strcpy(card_id, caller->card->id.text);
}

static void teardown(void)
{
    outcome_clear(&bench.outcome);
    if (caller)
        caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
    domain_bench_finish(&bench);
    fault_reset();
}

START_TEST(the_first_join_admits)
{
    bench.now_us = 777;
    ck_assert_int_eq(bench_do_join(&bench, bench.nurse, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench),
                     "space:in_call:joined call:caller call:staff card:joined");
    ck_assert_int_eq(caller->card->state, CALLER_IN_CALL);
    ck_assert_int_eq(caller->card->since_us, 777);
    ck_assert_int_eq(caller->card->seen_us, 777);
    ck_assert_ptr_eq(caller->call, bench.nurse->call);
    ck_assert_uint_eq(caller->call->member_count, 2);
    ck_assert_ptr_eq(caller->call->members[0], caller);
}
END_TEST

START_TEST(both_of_two_join_and_joining_again_changes_nothing)
{
    bench_join(&bench, bench.nurse, caller);
    bench.now_us = 2000000;
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:caller call:staff call:staff card:joined");
    ck_assert_int_eq(caller->card->since_us, 1000);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "");
    ck_assert_uint_eq(caller->call->member_count, 3);
}
END_TEST

START_TEST(the_seventh_is_refused_and_the_six_stay)
{
    for (int i = 0; i < 5; i++)
        bench_join(&bench, bench_staff_like(&bench, bench.doctor), caller);
    ck_assert_uint_eq(caller->call->member_count, 6);
    ck_assert_int_eq(bench_do_join(&bench, bench.nurse, card_id), STATUS_FULL);
    ck_assert_str_eq(bench.outcome.detail, "participants");
    ck_assert_str_eq(bench_effects(&bench), "");
    ck_assert_uint_eq(caller->call->member_count, 6);

    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
    ck_assert_int_eq(bench_do_join(&bench, bench.nurse, card_id), STATUS_FULL);
    fault_switch_on(FAULT_SEVENTH);
    ck_assert_int_eq(bench_do_join(&bench, bench.nurse, card_id), STATUS_OK);
    while (bench_do_join(&bench, bench_staff_like(&bench, bench.doctor), card_id) == STATUS_OK) {
    }
    ck_assert_str_eq(bench.outcome.detail, "participants");
    ck_assert_uint_lt(bench.nurse->call->member_count, CALL_MEMBERS_MAX + 1);
    caller = NULL; /* detached above; the card goes with the domain */
}
END_TEST

START_TEST(one_is_in_one_call_at_a_time)
{
    struct participant *other = bench_enter(&bench, bench.a, "Bob");
    bench_join(&bench, bench.doctor, caller);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, other->card->id.text), STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "elsewhere");
    ck_assert_int_eq(other->card->state, CALLER_WAITING);
}
END_TEST

START_TEST(an_absent_caller_is_not_joined)
{
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, card_id), STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "absent");
    caller = NULL;
}
END_TEST

START_TEST(coordinators_may_do_all_but_join)
{
    ck_assert_int_eq(bench_do_join(&bench, bench.org_coordinator, card_id), STATUS_FORBIDDEN);
    ck_assert_int_eq(bench_do_join(&bench, bench.org_reporter, card_id), STATUS_NOT_FOUND);
    bench_join(&bench, bench.doctor, caller);
    ck_assert_int_eq(bench_do_hold(&bench, bench.org_coordinator, card_id), STATUS_OK);
    ck_assert_int_eq(bench_do_end(&bench, bench.org_coordinator, card_id), STATUS_OK);
}
END_TEST

START_TEST(the_last_to_leave_puts_on_hold)
{
    bench_join(&bench, bench.nurse, caller);
    bench_join(&bench, bench.doctor, caller);
    ck_assert_int_eq(bench_do_leave(&bench, bench.nurse, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff:out call:caller call:staff card:left");
    ck_assert_int_eq(caller->card->state, CALLER_IN_CALL);
    ck_assert_int_eq(bench_do_leave(&bench, bench.doctor, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff:out space:on_hold:staff_left "
                                            "call:caller:out card:left");
    ck_assert_int_eq(caller->card->state, CALLER_ON_HOLD);
    ck_assert_uint_eq(bench.domain->call_count, 0);
}
END_TEST

START_TEST(only_members_leave)
{
    bench_join(&bench, bench.nurse, caller);
    ck_assert_int_eq(bench_do_leave(&bench, bench.doctor, card_id), STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "apart");
    ck_assert_int_eq(bench_do_leave(&bench, bench.doctor_other, card_id), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_leave(&bench, bench.doctor, "unknown"), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(hold_takes_all_staff_out_and_space_and_card_stay)
{
    bench_join(&bench, bench.nurse, caller);
    bench_join(&bench, bench.doctor, caller);
    struct id space_id = caller->space_id, first_call = caller->call->id;
    ck_assert_int_eq(bench_do_hold(&bench, bench.nurse, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "space:on_hold:held call:staff:out call:staff:out "
                                            "call:caller:out card:held");
    ck_assert_ptr_null(bench.doctor->call);
    ck_assert_int_eq(bench_do_hold(&bench, bench.nurse, card_id), STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "on_hold");
    bench_join(&bench, bench.doctor, caller);
    ck_assert_str_eq(caller->space_id.text, space_id.text);
    ck_assert_str_eq(caller->card->id.text, card_id);
    ck_assert_str_ne(caller->call->id.text, first_call.text);
}
END_TEST

START_TEST(who_is_not_in_the_call_may_hold_and_end_by_role)
{
    bench_join(&bench, bench.doctor, caller);
    ck_assert_int_eq(bench_do_hold(&bench, bench.clerk, card_id), STATUS_OK);
    ck_assert_int_eq(bench_do_end(&bench, bench.clerk, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "space:ended:ended removed:ended visit:ended");
}
END_TEST

START_TEST(the_end_ends_all)
{
    bench_join(&bench, bench.doctor, caller);
    bench.now_us = 9000;
    ck_assert_int_eq(bench_do_end(&bench, bench.doctor, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "space:ended:ended call:staff:out call:caller:out "
                                            "removed:ended visit:ended");
    const struct visit *visit = &bench.outcome.effects[4].visit;
    ck_assert_str_eq(visit->clinic_id.text, bench.a->id.text);
    ck_assert_int_eq(visit->entered_us, 1000);
    ck_assert_int_eq(visit->seen_us, 1000);
    ck_assert_int_eq(visit->ended_us, 9000);
    ck_assert_uint_eq(bench.a->area.card_count, 0);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, card_id), STATUS_GONE);
    ck_assert_int_eq(bench_do_end(&bench, bench.doctor, card_id), STATUS_GONE);
}
END_TEST

START_TEST(a_waiting_caller_is_not_ended_but_removed)
{
    ck_assert_int_eq(bench_do_end(&bench, bench.doctor, card_id), STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "waiting");
    ck_assert_int_eq(bench_do_hold(&bench, bench.doctor, card_id), STATUS_CONFLICT);
    ck_assert_int_eq(bench_do_remove(&bench, bench.doctor, card_id), STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("call");
    TCase *tests = tcase_create("call");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_first_join_admits);
    tcase_add_test(tests, both_of_two_join_and_joining_again_changes_nothing);
    tcase_add_test(tests, the_seventh_is_refused_and_the_six_stay);
    tcase_add_test(tests, one_is_in_one_call_at_a_time);
    tcase_add_test(tests, an_absent_caller_is_not_joined);
    tcase_add_test(tests, coordinators_may_do_all_but_join);
    tcase_add_test(tests, the_last_to_leave_puts_on_hold);
    tcase_add_test(tests, only_members_leave);
    tcase_add_test(tests, hold_takes_all_staff_out_and_space_and_card_stay);
    tcase_add_test(tests, who_is_not_in_the_call_may_hold_and_end_by_role);
    tcase_add_test(tests, the_end_ends_all);
    tcase_add_test(tests, a_waiting_caller_is_not_ended_but_removed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
