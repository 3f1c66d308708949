#include "reference-server/domain/staff.h"

#include <check.h>
#include <string.h>

#include "tests/support/domain_bench.h"

static struct domain_bench bench;

static void setup(void)
{
    domain_bench_init(&bench);
}

static void teardown(void)
{
    domain_bench_finish(&bench);
}

START_TEST(each_connection_is_a_participant)
{
    size_t count = bench.domain->staff_count;
    struct participant *again = bench_staff_like(&bench, bench.doctor);
    ck_assert_ptr_eq(again->user, bench.doctor->user);
    ck_assert_str_ne(again->id.text, bench.doctor->id.text);
    ck_assert_str_eq(participant_name(again), "doctor");
    ck_assert_uint_eq(bench.domain->staff_count, count + 1);
    bench_lose_staff(&bench, again);
    ck_assert_uint_eq(bench.outcome.count, 0);
    ck_assert_uint_eq(bench.domain->staff_count, count);
}
END_TEST

START_TEST(the_last_one_lost_puts_the_caller_on_hold)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct participant *one = bench_staff_like(&bench, bench.doctor);
    struct participant *two = bench_staff_like(&bench, bench.doctor);
    bench_join(&bench, one, caller);
    bench_join(&bench, two, caller);
    bench_lose_staff(&bench, one);
    ck_assert_str_eq(bench_effects(&bench), "call:caller call:staff card:left");
    ck_assert_int_eq(caller->card->state, CALLER_IN_CALL);
    bench_lose_staff(&bench, two);
    ck_assert_str_eq(bench_effects(&bench), "space:on_hold:staff_left call:caller:out card:left");
    ck_assert_int_eq(caller->card->state, CALLER_ON_HOLD);
    ck_assert_ptr_null(caller->card->call);
}
END_TEST

START_TEST(who_lost_the_right_is_out_even_of_a_call_whose_caller_went_on)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    char card[ID_LENGTH + 1];
    memcpy(card, caller->card->id.text, sizeof card);
    struct participant *stays = bench_staff_like(&bench, bench.doctor);
    bench_join(&bench, stays, caller);
    bench_join(&bench, bench.doctor_both, caller);
    bench_join(&bench, bench.clerk, caller);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.doctor_both, card, bench.b), STATUS_OK);
    outcome_clear(&bench.outcome);
    ck_assert(!staff_check(bench.domain, stays, 0, &bench.outcome));
    while (stays->user->membership_count > 0)
        user_remove_membership(stays->user, &stays->user->memberships[0]);
    ck_assert(staff_check(bench.domain, stays, 0, &bench.outcome));
    ck_assert_ptr_null(stays->call);
    ck_assert_ptr_nonnull(bench.clerk->call);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("staff");
    TCase *tests = tcase_create("staff");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_connection_is_a_participant);
    tcase_add_test(tests, the_last_one_lost_puts_the_caller_on_hold);
    tcase_add_test(tests, who_lost_the_right_is_out_even_of_a_call_whose_caller_went_on);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
