#include "reference-server/domain/caller.h"

#include <check.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "tests/support/domain_bench.h"

static struct domain_bench bench;

static void setup(void)
{
    domain_bench_init(&bench);
}

static void teardown(void)
{
    domain_bench_finish(&bench);
    fault_reset();
}

static void detach(struct participant *caller)
{
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
}

static enum status leave(struct participant *caller)
{
    outcome_clear(&bench.outcome);
    return caller_leave(bench.domain, caller, bench.now_us, &bench.outcome);
}

/* Advance to `now_us`, return the effects of the last step that had any. */
static const char *advance(int64_t now_us)
{
    static char text[EFFECTS_MAX * 40];
    text[0] = '\0';
    bench.now_us = now_us;
    while (domain_advance(bench.domain, now_us, &bench.outcome)) {
        if (bench.outcome.count > 0)
            strcpy(text, bench_effects(&bench));
    }
    return text;
}

START_TEST(every_entry_gets_a_card_and_a_space_of_its_own)
{
    struct participant *one = bench_enter(&bench, bench.a, "Ann");
    ck_assert_str_eq(bench_effects(&bench), "card:entered");
    struct participant *two = bench_enter(&bench, bench.a, "Ann");
    ck_assert_str_ne(one->id.text, two->id.text);
    ck_assert_str_ne(one->space_id.text, two->space_id.text);
    ck_assert_str_ne(one->card->id.text, two->card->id.text);
    ck_assert_int_eq(one->card->state, CALLER_WAITING);
    ck_assert_str_eq(participant_name(one), "Ann");
    ck_assert_str_eq(one->card->details.items[0].value, "headache");
    ck_assert_uint_eq(bench.a->area.card_count, 2);
    ck_assert_ptr_eq(bench.a->area.first_card, one->card);
    ck_assert_ptr_eq(bench.a->area.last_card, two->card);
    ck_assert_uint_eq(bench.b->area.card_count, 0);
    ck_assert_uint_eq(bench.domain->cards_in_state[CALLER_WAITING], 2);
}
END_TEST

START_TEST(the_callers_limit_is_a_capacity)
{
    bench.domain->card_limit = 1;
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct details none = {0};
    struct entry entry = {
        .area = &bench.a->area, .name = "Bob", .details = &none, .connection = &bench};
    struct participant *refused = NULL;
    ck_assert_int_eq(caller_enter(bench.domain, &entry, bench.now_us, &bench.outcome, &refused),
                     STATUS_FULL);
    ck_assert_str_eq(bench.outcome.detail, "spaces");
    ck_assert_ptr_null(refused);
    ck_assert_uint_eq(bench.a->area.card_count, 1);
    ck_assert_int_eq(leave(caller), STATUS_OK);
    bench_enter(&bench, bench.a, "Bob");
}
END_TEST

START_TEST(who_leaves_while_waiting_is_gone_at_once)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct token_key token = caller->card->token;
    ck_assert_int_eq(leave(caller), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "removed:left visit:left");
    ck_assert_uint_eq(bench.a->area.card_count, 0);
    ck_assert_int_eq(bench_do_return(&bench, bench.a, token, &caller), STATUS_GONE);
}
END_TEST

START_TEST(a_dropped_caller_keeps_the_place_for_the_grace)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct card *card = caller->card;
    int64_t dropped_us = bench.now_us = 5000;
    detach(caller);
    ck_assert_str_eq(bench_effects(&bench), "card:dropped");
    ck_assert_int_eq(card->presence, PRESENCE_GRACE);
    ck_assert_int_eq(domain_next_due_us(bench.domain), dropped_us + BENCH_GRACE_US);
    ck_assert_str_eq(advance(dropped_us + BENCH_GRACE_US - 1), "");
    ck_assert_uint_eq(bench.a->area.card_count, 1);

    struct participant *back = NULL;
    ck_assert_int_eq(bench_do_return(&bench, bench.a, card->token, &back), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "card:returned");
    ck_assert_ptr_eq(back, caller);
    ck_assert_ptr_null(bench.outcome.replaced);
    ck_assert_int_eq(card->presence, PRESENCE_HERE);
    ck_assert_str_eq(advance(dropped_us + 10 * BENCH_GRACE_US), "");
    ck_assert_int_eq(domain_next_due_us(bench.domain), TIME_NEVER);
}
END_TEST

START_TEST(after_the_grace_the_card_is_gone)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct token_key token = caller->card->token;
    struct id card_id = caller->card->id;
    detach(caller);
    ck_assert_str_eq(advance(bench.now_us + BENCH_GRACE_US), "removed:dropped visit:dropped");
    ck_assert_uint_eq(bench.a->area.card_count, 0);
    ck_assert_int_eq(bench_do_return(&bench, bench.a, token, &caller), STATUS_GONE);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, card_id.text), STATUS_GONE);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor_other, card_id.text), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(graces_end_in_the_order_of_the_drops)
{
    struct participant *one = bench_enter(&bench, bench.a, "One");
    struct participant *two = bench_enter(&bench, bench.a, "Two");
    struct participant *three = bench_enter(&bench, bench.b, "Three");
    bench.now_us = 10;
    detach(two);
    bench.now_us = 20;
    detach(three);
    bench.now_us = 30;
    detach(one);
    struct participant *back;
    ck_assert_int_eq(bench_do_return(&bench, bench.b, three->card->token, &back), STATUS_OK);
    advance(10 + BENCH_GRACE_US);
    ck_assert_uint_eq(bench.a->area.card_count, 1);
    ck_assert_str_eq(bench.a->area.first_card->name, "One");
    advance(30 + BENCH_GRACE_US);
    ck_assert_uint_eq(bench.a->area.card_count, 0);
    ck_assert_uint_eq(bench.b->area.card_count, 1);
}
END_TEST

START_TEST(dropping_out_of_a_call_keeps_place_and_call)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    bench_join(&bench, bench.doctor, caller);
    struct call *call = bench.doctor->call;
    detach(caller);
    ck_assert_str_eq(bench_effects(&bench), "call:staff card:dropped");
    ck_assert_uint_eq(call->member_count, 1);
    ck_assert_str_eq(advance(bench.now_us + 5 * BENCH_GRACE_US), "");
    ck_assert_int_eq(caller->card->presence, PRESENCE_LOST);
    ck_assert_int_eq(caller->card->state, CALLER_IN_CALL);

    struct participant *back;
    ck_assert_int_eq(bench_do_return(&bench, bench.a, caller->card->token, &back), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff call:caller card:returned");
    ck_assert_ptr_eq(caller->call, call);
    ck_assert_uint_eq(call->member_count, 2);
}
END_TEST

START_TEST(who_left_a_call_comes_back_as_long_as_staff_are_in_it)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    bench_join(&bench, bench.doctor, caller);
    struct card *card = caller->card;
    ck_assert_int_eq(leave(caller), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff card:left");
    ck_assert_int_eq(card->presence, PRESENCE_LEFT);
    ck_assert_str_eq(advance(bench.now_us + 5 * BENCH_GRACE_US), "");
    struct participant *back;
    ck_assert_int_eq(bench_do_return(&bench, bench.a, card->token, &back), STATUS_OK);
    ck_assert_ptr_eq(back->call, bench.doctor->call);
}
END_TEST

START_TEST(who_left_and_is_left_by_all_staff_is_gone)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    bench_join(&bench, bench.doctor, caller);
    struct token_key token = caller->card->token;
    struct id card_id = caller->card->id;
    ck_assert_int_eq(leave(caller), STATUS_OK);
    ck_assert_int_eq(bench_do_leave(&bench, bench.doctor, card_id.text), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff:out removed:left visit:left");
    ck_assert_int_eq(bench_do_return(&bench, bench.a, token, &caller), STATUS_GONE);
    ck_assert_uint_eq(bench.domain->call_count, 0);
}
END_TEST

START_TEST(who_was_lost_and_is_put_on_hold_is_gone)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    bench_join(&bench, bench.doctor, caller);
    struct id card_id = caller->card->id;
    detach(caller);
    advance(bench.now_us + BENCH_GRACE_US);
    ck_assert_int_eq(bench_do_hold(&bench, bench.doctor, card_id.text), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff:out removed:dropped visit:dropped");
}
END_TEST

START_TEST(put_on_hold_within_the_grace_the_grace_goes_on)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    bench_join(&bench, bench.doctor, caller);
    detach(caller);
    ck_assert_int_eq(bench_do_hold(&bench, bench.doctor, caller->card->id.text), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff:out card:held");
    ck_assert_str_eq(advance(bench.now_us + BENCH_GRACE_US), "removed:dropped visit:dropped");
}
END_TEST

START_TEST(the_newest_connection_replaces_the_old_one)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    int newer;
    outcome_clear(&bench.outcome);
    struct participant *back = NULL;
    ck_assert_int_eq(caller_return(bench.domain, &bench.a->area, &caller->card->token, &newer,
                                   bench.now_us, &bench.outcome, &back),
                     STATUS_OK);
    ck_assert_ptr_eq(back, caller);
    ck_assert_ptr_eq(bench.outcome.replaced, &bench);
    ck_assert_ptr_eq(caller->connection, &newer);
}
END_TEST

START_TEST(a_token_works_by_its_own_link_only)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct participant *back = NULL;
    struct token_key foreign = {.bytes = {99}};
    ck_assert_int_eq(bench_do_return(&bench, bench.b, caller->card->token, &back),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_return(&bench, bench.a, foreign, &back), STATUS_NOT_FOUND);
    ck_assert_ptr_null(back);

    ck_assert_int_eq(bench_do_transfer(&bench, bench.doctor_both, caller->card->id.text, bench.b),
                     STATUS_OK);
    ck_assert_int_eq(bench_do_return(&bench, bench.a, caller->card->token, &back), STATUS_OK);
    ck_assert_int_eq(bench_do_return(&bench, bench.b, caller->card->token, &back), STATUS_OK);
    ck_assert_int_eq(bench_do_return(&bench, bench.c, caller->card->token, &back),
                     STATUS_NOT_FOUND);
}
END_TEST

START_TEST(after_the_end_a_connected_caller_knows_that_it_is_over)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    bench_join(&bench, bench.doctor, caller);
    struct id space_id = caller->space_id;
    ck_assert_int_eq(bench_do_end(&bench, bench.doctor, caller->card->id.text), STATUS_OK);
    ck_assert_ptr_null(caller->card);
    ck_assert_ptr_null(caller->call);
    ck_assert_str_eq(participant_name(caller), "");
    ck_assert_int_eq(leave(caller), STATUS_GONE);
    struct card *card;
    ck_assert_int_eq(space_find(bench.domain, caller, space_id.text, &card), STATUS_GONE);
    detach(caller); /* frees: the address sanitizer would see it missing */
    ck_assert_uint_eq(bench.outcome.count, 0);
}
END_TEST

START_TEST(a_ghost_card_stays_with_its_fault)
{
    fault_switch_on(FAULT_GHOST_CARD);
    struct participant *one = bench_enter(&bench, bench.a, "One");
    struct participant *two = bench_enter(&bench, bench.a, "Two");
    ck_assert_int_eq(leave(one), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "");
    detach(two);
    ck_assert_str_eq(advance(bench.now_us + BENCH_GRACE_US), "");
    ck_assert_uint_eq(bench.a->area.card_count, 2);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, one->card->id.text), STATUS_OK);
    ck_assert_int_eq(bench_do_join(&bench, bench.nurse, two->card->id.text), STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("caller");
    TCase *tests = tcase_create("caller");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_entry_gets_a_card_and_a_space_of_its_own);
    tcase_add_test(tests, the_callers_limit_is_a_capacity);
    tcase_add_test(tests, who_leaves_while_waiting_is_gone_at_once);
    tcase_add_test(tests, a_dropped_caller_keeps_the_place_for_the_grace);
    tcase_add_test(tests, after_the_grace_the_card_is_gone);
    tcase_add_test(tests, graces_end_in_the_order_of_the_drops);
    tcase_add_test(tests, dropping_out_of_a_call_keeps_place_and_call);
    tcase_add_test(tests, who_left_a_call_comes_back_as_long_as_staff_are_in_it);
    tcase_add_test(tests, who_left_and_is_left_by_all_staff_is_gone);
    tcase_add_test(tests, who_was_lost_and_is_put_on_hold_is_gone);
    tcase_add_test(tests, put_on_hold_within_the_grace_the_grace_goes_on);
    tcase_add_test(tests, the_newest_connection_replaces_the_old_one);
    tcase_add_test(tests, a_token_works_by_its_own_link_only);
    tcase_add_test(tests, after_the_end_a_connected_caller_knows_that_it_is_over);
    tcase_add_test(tests, a_ghost_card_stays_with_its_fault);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
