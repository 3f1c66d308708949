#include "reference-server/domain/transfer.h"

#include <check.h>
#include <string.h>

#include "reference-server/fault.h"
#include "tests/support/domain_bench.h"

static struct domain_bench bench;
static struct participant *caller;
static char card_id[ID_LENGTH + 1];

static void setup(void)
{
    domain_bench_init(&bench);
    caller = bench_enter(&bench, bench.a, "Ann");
    strcpy(card_id, caller->card->id.text);
}

static void teardown(void)
{
    domain_bench_finish(&bench);
    fault_reset();
}

/* The names of all targets offered, one letter each. */
static const char *targets(const struct participant *actor)
{
    static char text[32];
    size_t length = 0;
    struct clinic *clinic = NULL;
    do {
        if (transfer_next_target(bench.domain, actor, card_id, clinic, &clinic) != STATUS_OK)
            return "refused";
        if (clinic)
            text[length++] = clinic->name[strlen(clinic->name) - 1];
    } while (clinic);
    text[length] = '\0';
    return text;
}

START_TEST(targets_are_own_clinics_and_referrals)
{
    ck_assert_str_eq(targets(bench.doctor_both), "B");
    ck_assert_str_eq(targets(bench.referrer), "B");
    ck_assert_str_eq(targets(bench.org_admin), "BC");
    ck_assert_str_eq(targets(bench.org_coordinator), "BC");
    ck_assert_str_eq(targets(bench.nurse), "");
    ck_assert_str_eq(targets(bench.only_referrer), "refused");
    ck_assert_str_eq(targets(bench.doctor_other), "refused");
    ck_assert_str_eq(targets(caller), "refused");
}
END_TEST

START_TEST(a_waiting_caller_moves_in_one_step)
{
    bench.now_us = 5000;
    ck_assert_int_eq(bench_do_transfer(&bench, bench.doctor_both, card_id, bench.b), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "space:waiting:transferred visit:transferred "
                                            "removed:transferred card:transferred");
    ck_assert_ptr_eq(bench.outcome.effects[0].clinic, bench.b);
    ck_assert_ptr_eq(bench.outcome.effects[2].area, &bench.a->area);
    ck_assert_ptr_eq(bench.outcome.effects[3].area, &bench.b->area);
    ck_assert_uint_eq(bench.a->area.card_count, 0);
    ck_assert_uint_eq(bench.b->area.card_count, 1);
    ck_assert_ptr_eq(caller->card->transferred_from, bench.a);
    ck_assert_str_eq(caller->card->details.items[0].value, "headache");
    ck_assert_int_eq(caller->card->entered_us, 1000);
    ck_assert_int_eq(caller->card->since_us, 5000);
}
END_TEST

/* TR-08: at no instant do a join at the source and one at the target both succeed. */
START_TEST(after_the_transfer_only_the_target_joins)
{
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, card_id, bench.b), STATUS_OK);
    ck_assert_int_eq(bench_do_join(&bench, bench.nurse, card_id), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_join(&bench, bench.referrer, card_id), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, card_id, bench.a), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor_other, card_id), STATUS_OK);
}
END_TEST

START_TEST(refused_targets_leave_everything_as_it_was)
{
    ck_assert_int_eq(bench_do_transfer(&bench, bench.nurse, card_id, bench.b), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, card_id, bench.c), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.org_admin, card_id, bench.foreign),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.org_reporter, card_id, bench.b),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_transfer(&bench, caller, card_id, bench.b), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.nurse, card_id, bench.a), STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "here");
    ck_assert_str_eq(bench_effects(&bench), "");
    ck_assert_uint_eq(bench.a->area.card_count, 1);
    ck_assert_int_eq(caller->card->state, CALLER_WAITING);
}
END_TEST

START_TEST(from_a_call_of_two_the_call_ends)
{
    bench_join(&bench, bench.referrer, caller);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, card_id, bench.b), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench),
                     "space:waiting:transferred call:caller:out call:staff:out "
                     "visit:transferred removed:transferred card:transferred");
    ck_assert_ptr_null(caller->call);
    ck_assert_ptr_null(bench.referrer->call);
    ck_assert_uint_eq(bench.domain->call_count, 0);
}
END_TEST

START_TEST(others_stay_in_the_source_call)
{
    bench_join(&bench, bench.referrer, caller);
    bench_join(&bench, bench.nurse, caller);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, card_id, bench.b), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench),
                     "space:waiting:transferred call:caller:out call:staff:out call:staff "
                     "visit:transferred removed:transferred card:transferred");
    ck_assert_ptr_nonnull(bench.nurse->call);
    ck_assert_ptr_null(bench.nurse->call->card);

    /* The new call at the target is another one, and the old one can still be left. */
    bench_join(&bench, bench.doctor_other, caller);
    ck_assert_ptr_ne(bench.nurse->call, caller->call);
    ck_assert_int_eq(bench_do_hold(&bench, bench.nurse, card_id), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_leave(&bench, bench.nurse, card_id), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff:out");
    ck_assert_uint_eq(bench.domain->call_count, 1);
}
END_TEST

START_TEST(who_is_not_in_the_call_may_move_the_caller_out_of_it)
{
    bench_join(&bench, bench.nurse, caller);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.org_admin, card_id, bench.c), STATUS_OK);
    ck_assert_ptr_nonnull(bench.nurse->call);
    ck_assert_int_eq(caller->card->state, CALLER_WAITING);
}
END_TEST

START_TEST(a_dropped_caller_moves_and_the_grace_goes_on)
{
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, card_id, bench.b), STATUS_OK);
    ck_assert(domain_advance(bench.domain, bench.now_us + BENCH_GRACE_US, &bench.outcome));
    ck_assert_str_eq(bench_effects(&bench), "removed:dropped visit:dropped");
    ck_assert_ptr_eq(bench.outcome.effects[0].area, &bench.b->area);
}
END_TEST

START_TEST(who_left_is_not_moved)
{
    bench_join(&bench, bench.referrer, caller);
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(caller_leave(bench.domain, caller, bench.now_us, &bench.outcome), STATUS_OK);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, card_id, bench.b), STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "absent");
}
END_TEST

START_TEST(two_transfers_there_and_back)
{
    ck_assert_int_eq(bench_do_transfer(&bench, bench.doctor_both, card_id, bench.b), STATUS_OK);
    bench_join(&bench, bench.doctor_both, caller);
    ck_assert_int_ne(caller->card->seen_us, 0);
    ck_assert_int_eq(bench_do_transfer(&bench, bench.doctor_both, card_id, bench.a), STATUS_OK);
    ck_assert_ptr_eq(caller->card->transferred_from, bench.b);
    ck_assert_int_eq(caller->card->seen_us, 0);
    ck_assert_ptr_eq(bench.a->area.first_card, caller->card);
    ck_assert_ptr_null(bench.b->area.first_card);
}
END_TEST

START_TEST(with_the_fault_the_source_keeps_the_card)
{
    fault_switch_on(FAULT_KEEP_CARD);
    struct participant *stays = bench_enter(&bench, bench.a, "Bob");
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, card_id, bench.b), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench),
                     "space:waiting:transferred visit:transferred card:transferred");
    struct card *first = area_next_card(bench.domain, &bench.a->area, NULL);
    ck_assert_ptr_eq(first, stays->card);
    struct card *second = area_next_card(bench.domain, &bench.a->area, first);
    ck_assert_ptr_eq(second, caller->card);
    ck_assert_ptr_null(area_next_card(bench.domain, &bench.a->area, second));
    ck_assert_ptr_eq(area_next_card(bench.domain, &bench.b->area, NULL), caller->card);
    ck_assert_int_eq(bench_do_join(&bench, bench.nurse, card_id), STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transfer");
    TCase *tests = tcase_create("transfer");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, targets_are_own_clinics_and_referrals);
    tcase_add_test(tests, a_waiting_caller_moves_in_one_step);
    tcase_add_test(tests, after_the_transfer_only_the_target_joins);
    tcase_add_test(tests, refused_targets_leave_everything_as_it_was);
    tcase_add_test(tests, from_a_call_of_two_the_call_ends);
    tcase_add_test(tests, others_stay_in_the_source_call);
    tcase_add_test(tests, who_is_not_in_the_call_may_move_the_caller_out_of_it);
    tcase_add_test(tests, a_dropped_caller_moves_and_the_grace_goes_on);
    tcase_add_test(tests, who_left_is_not_moved);
    tcase_add_test(tests, two_transfers_there_and_back);
    tcase_add_test(tests, with_the_fault_the_source_keeps_the_card);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
