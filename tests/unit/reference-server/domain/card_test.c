#include "reference-server/domain/card.h"

#include <check.h>

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

static enum status view(const struct participant *actor, const struct clinic *clinic)
{
    struct clinic *found = NULL;
    return clinic_find(bench.domain, actor, clinic->id.text, &found);
}

static enum status may(const struct participant *actor, const char *card_id, enum act act)
{
    struct card *card = NULL;
    return card_find(bench.domain, actor, card_id, act, &card);
}

START_TEST(waiting_areas_are_for_their_staff)
{
    ck_assert_int_eq(view(bench.nurse, bench.a), STATUS_OK);
    ck_assert_int_eq(view(bench.clerk, bench.a), STATUS_OK);
    ck_assert_int_eq(view(bench.clinic_admin, bench.a), STATUS_OK);
    ck_assert_int_eq(view(bench.org_admin, bench.c), STATUS_OK);
    ck_assert_int_eq(view(bench.org_coordinator, bench.b), STATUS_OK);
    ck_assert_int_eq(view(bench.org_reporter, bench.a), STATUS_FORBIDDEN);
    ck_assert_int_eq(view(bench.referrer, bench.b), STATUS_FORBIDDEN);
    ck_assert_int_eq(view(bench.nurse, bench.b), STATUS_NOT_FOUND);
    ck_assert_int_eq(view(bench.org_admin, bench.foreign), STATUS_NOT_FOUND);
    ck_assert_int_eq(view(bench.stranger, bench.a), STATUS_NOT_FOUND);
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    ck_assert_int_eq(view(caller, bench.a), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(cards_are_forbidden_or_hidden)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct participant *other = bench_enter(&bench, bench.a, "Bob");
    const char *card = caller->card->id.text;
    ck_assert_int_eq(may(bench.nurse, card, ACT_JOIN_CALL), STATUS_OK);
    ck_assert_int_eq(may(bench.org_coordinator, card, ACT_USE_WAITING_AREA), STATUS_OK);
    ck_assert_int_eq(may(bench.org_coordinator, card, ACT_JOIN_CALL), STATUS_FORBIDDEN);
    ck_assert_int_eq(may(bench.org_reporter, card, ACT_USE_WAITING_AREA), STATUS_NOT_FOUND);
    ck_assert_int_eq(may(bench.only_referrer, card, ACT_TRANSFER_FROM), STATUS_NOT_FOUND);
    ck_assert_int_eq(may(bench.doctor_other, card, ACT_USE_WAITING_AREA), STATUS_NOT_FOUND);
    ck_assert_int_eq(may(caller, card, ACT_USE_WAITING_AREA), STATUS_NOT_FOUND);
    ck_assert_int_eq(may(other, card, ACT_USE_WAITING_AREA), STATUS_NOT_FOUND);
    ck_assert_int_eq(may(bench.nurse, "no such card", ACT_JOIN_CALL), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(a_caller_in_a_call_may_still_do_nothing_to_cards)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    bench_join(&bench, bench.doctor, caller);
    ck_assert_int_eq(may(caller, caller->card->id.text, ACT_TRANSFER_FROM), STATUS_NOT_FOUND);
    ck_assert_int_eq(bench_do_end(&bench, caller, caller->card->id.text), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(gone_is_said_to_those_who_knew)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct id card_id = caller->card->id, space_id = caller->space_id;
    struct participant *other = bench_enter(&bench, bench.a, "Bob");
    ck_assert_int_eq(bench_do_remove(&bench, bench.clerk, card_id.text), STATUS_OK);
    ck_assert_int_eq(may(bench.nurse, card_id.text, ACT_JOIN_CALL), STATUS_GONE);
    ck_assert_int_eq(may(bench.org_admin, card_id.text, ACT_JOIN_CALL), STATUS_GONE);
    ck_assert_int_eq(may(bench.doctor_other, card_id.text, ACT_JOIN_CALL), STATUS_NOT_FOUND);
    ck_assert_int_eq(may(bench.org_reporter, card_id.text, ACT_JOIN_CALL), STATUS_NOT_FOUND);
    struct card *card = NULL;
    ck_assert_int_eq(space_find(bench.domain, bench.nurse, space_id.text, &card), STATUS_GONE);
    ck_assert_int_eq(space_find(bench.domain, other, space_id.text, &card), STATUS_NOT_FOUND);
    ck_assert_int_eq(space_find(bench.domain, caller, space_id.text, &card), STATUS_GONE);
    ck_assert_ptr_null(card);
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
}
END_TEST

START_TEST(a_space_is_its_callers_and_the_staffs)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct participant *other = bench_enter(&bench, bench.a, "Bob");
    struct card *card = NULL;
    ck_assert_int_eq(space_find(bench.domain, caller, caller->space_id.text, &card), STATUS_OK);
    ck_assert_ptr_eq(card, caller->card);
    ck_assert_int_eq(space_find(bench.domain, bench.nurse, caller->space_id.text, &card),
                     STATUS_OK);
    ck_assert_int_eq(space_find(bench.domain, other, caller->space_id.text, &card),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(space_find(bench.domain, bench.doctor_other, caller->space_id.text, &card),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(space_find(bench.domain, caller, "nothing", &card), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(note_and_priority_change_apart)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    const char *id = caller->card->id.text;
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(
        card_note(bench.domain, bench.nurse, id, "fever", PRIORITY_COUNT, &bench.outcome),
        STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "card:noted");
    ck_assert_str_eq(caller->card->note, "fever");
    ck_assert_int_eq(caller->card->priority, PRIORITY_NONE);
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(
        card_note(bench.domain, bench.clerk, id, NULL, PRIORITY_URGENT, &bench.outcome), STATUS_OK);
    ck_assert_str_eq(caller->card->note, "fever");
    ck_assert_int_eq(caller->card->priority, PRIORITY_URGENT);
    ck_assert_int_eq(
        card_note(bench.domain, bench.doctor_other, id, "x", PRIORITY_NONE, &bench.outcome),
        STATUS_NOT_FOUND);
    ck_assert_int_eq(caller->card->priority, PRIORITY_URGENT);
}
END_TEST

START_TEST(what_was_entered_can_be_corrected)
{
    struct participant *caller = bench_enter(&bench, bench.a, "An");
    const char *id = caller->card->id.text;
    struct details details = {.count = 2, .items = {{"a", "1"}, {"b", "2"}}};
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(card_update(bench.domain, bench.clerk, id, "Ann", NULL, &bench.outcome),
                     STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "card:updated");
    ck_assert_str_eq(participant_name(caller), "Ann");
    ck_assert_uint_eq(caller->card->details.count, 1);
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(card_update(bench.domain, bench.clerk, id, NULL, &details, &bench.outcome),
                     STATUS_OK);
    ck_assert_str_eq(participant_name(caller), "Ann");
    ck_assert_str_eq(caller->card->details.items[1].value, "2");

    bench_join(&bench, bench.doctor, caller);
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(card_update(bench.domain, bench.clerk, id, "Anne", NULL, &bench.outcome),
                     STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "card:updated call:caller call:staff");
}
END_TEST

START_TEST(removal_works_from_every_live_state)
{
    for (int state = 0; state < 3; state++) {
        struct participant *caller = bench_enter(&bench, bench.a, "Ann");
        struct id id = caller->card->id;
        if (state > 0)
            bench_join(&bench, bench.doctor, caller);
        if (state > 1)
            ck_assert_int_eq(bench_do_hold(&bench, bench.doctor, id.text), STATUS_OK);
        ck_assert_int_eq(bench_do_remove(&bench, bench.clerk, id.text), STATUS_OK);
        ck_assert_str_eq(bench_effects(&bench),
                         state == 1 ? "space:ended:ended call:staff:out call:caller:out "
                                      "removed:removed visit:removed"
                                    : "space:ended:ended removed:removed visit:removed");
        ck_assert_int_eq(bench_do_remove(&bench, bench.clerk, id.text), STATUS_GONE);
        outcome_clear(&bench.outcome);
        caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
    }
}
END_TEST

START_TEST(cards_are_listed_in_order_of_entry)
{
    struct participant *callers[5];
    for (int i = 0; i < 5; i++)
        callers[i] = bench_enter(&bench, bench.a, "x");
    ck_assert_int_eq(bench_do_remove(&bench, bench.clerk, callers[2]->card->id.text), STATUS_OK);
    static const int expected[] = {0, 1, 3, 4};
    struct card *card = NULL;
    for (int i = 0; i < 4; i++) {
        card = area_next_card(bench.domain, &bench.a->area, card);
        ck_assert_ptr_eq(card, callers[expected[i]]->card);
    }
    ck_assert_ptr_null(area_next_card(bench.domain, &bench.a->area, card));
    ck_assert_ptr_null(area_next_card(bench.domain, &bench.b->area, NULL));
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, callers[2], bench.now_us, &bench.outcome);
}
END_TEST

START_TEST(faults_open_what_is_closed)
{
    struct participant *caller = bench_enter(&bench, bench.a, "Ann");
    struct participant *other = bench_enter(&bench, bench.a, "Bob");
    fault_switch_on(FAULT_TELL_OTHERS);
    ck_assert_int_eq(view(bench.doctor_other, bench.a), STATUS_OK);
    fault_reset();
    ck_assert_int_eq(view(bench.doctor_other, bench.a), STATUS_NOT_FOUND);

    fault_switch_on(FAULT_PATIENT_ACTS);
    ck_assert_int_eq(bench_do_join(&bench, other, caller->card->id.text), STATUS_OK);
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, other->card->id.text), STATUS_CONFLICT);
    ck_assert_int_eq(bench_do_leave(&bench, other, caller->card->id.text), STATUS_OK);
    ck_assert_int_eq(bench_do_join(&bench, other, caller->card->id.text), STATUS_OK);
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, other, bench.now_us, &bench.outcome);
    ck_assert_int_eq(caller->card->state, CALLER_ON_HOLD);
    fault_reset();

    fault_switch_on(FAULT_KEEP_SPACE);
    ck_assert_int_eq(bench_do_remove(&bench, bench.clerk, caller->card->id.text), STATUS_OK);
    struct card *card = caller->card;
    ck_assert_int_eq(space_find(bench.domain, bench.nurse, caller->space_id.text, &card),
                     STATUS_OK);
    ck_assert_ptr_null(card);
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, caller, bench.now_us, &bench.outcome);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("card");
    TCase *tests = tcase_create("card");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, waiting_areas_are_for_their_staff);
    tcase_add_test(tests, cards_are_forbidden_or_hidden);
    tcase_add_test(tests, a_caller_in_a_call_may_still_do_nothing_to_cards);
    tcase_add_test(tests, gone_is_said_to_those_who_knew);
    tcase_add_test(tests, a_space_is_its_callers_and_the_staffs);
    tcase_add_test(tests, note_and_priority_change_apart);
    tcase_add_test(tests, what_was_entered_can_be_corrected);
    tcase_add_test(tests, removal_works_from_every_live_state);
    tcase_add_test(tests, cards_are_listed_in_order_of_entry);
    tcase_add_test(tests, faults_open_what_is_closed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
