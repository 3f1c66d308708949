#include "reference-server/domain/room.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "reference-server/fault.h"
#include "tests/support/domain_bench.h"

static struct domain_bench bench;
static struct participant *callers[GROUP_CAP + 2];
static struct card *admitted[ROOM_ADMITTED_MAX];
static size_t admitted_count;

static void setup(void)
{
    domain_bench_init(&bench);
}

static void teardown(void)
{
    domain_bench_finish(&bench);
    fault_reset();
}

static const char *room_id(void)
{
    return bench.room->area.id.text;
}

static struct participant *arrive(size_t i)
{
    char name[16];
    snprintf(name, sizeof name, "Member %zu", i);
    callers[i] = bench_enter_area(&bench, &bench.room->area, name);
    return callers[i];
}

/* Who has been ended lives on until the connection closes. */
static void hang_up(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_null(callers[i]->card);
        caller_detach(bench.domain, callers[i], bench.now_us, &bench.outcome);
        callers[i] = NULL;
    }
}

static enum status join(struct participant *staff)
{
    struct call *call = NULL;
    outcome_clear(&bench.outcome);
    enum status status = room_join(bench.domain, staff, room_id(), &bench.outcome, &call);
    if (status == STATUS_OK)
        ck_assert_ptr_eq(call, bench.room->call);
    return status;
}

static enum status leave(struct participant *staff)
{
    outcome_clear(&bench.outcome);
    return room_leave(bench.domain, staff, room_id(), bench.now_us, &bench.outcome);
}

static enum status admit(struct participant *staff, const struct participant *caller)
{
    outcome_clear(&bench.outcome);
    return room_admit(bench.domain, staff, caller->card->id.text, bench.now_us, &bench.outcome);
}

static enum status admit_all(struct participant *staff)
{
    admitted_count = 0;
    outcome_clear(&bench.outcome);
    return room_admit_all(bench.domain, staff, room_id(), bench.now_us, &bench.outcome, admitted,
                          &admitted_count);
}

static enum status end(struct participant *staff)
{
    outcome_clear(&bench.outcome);
    return room_end(bench.domain, staff, room_id(), bench.now_us, &bench.outcome);
}

/* The doctor and `count` callers, all in. */
static void open_group(size_t count)
{
    for (size_t i = 0; i < count; i++)
        arrive(i);
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    ck_assert_int_eq(admit_all(bench.doctor), STATUS_OK);
    ck_assert_uint_eq(admitted_count, count);
}

START_TEST(guests_wait_until_they_are_let_in)
{
    arrive(0);
    ck_assert_str_eq(bench_effects(&bench), "card:entered");
    ck_assert_ptr_eq(bench.outcome.effects[0].area, &bench.room->area);
    arrive(1);
    ck_assert_uint_eq(bench.a->area.card_count, 0); /* not in the clinic's waiting area */
    ck_assert_uint_eq(bench.room->area.card_count, 2);
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff");
    ck_assert_int_eq(admit(bench.doctor, callers[0]), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench),
                     "space:in_call:joined card:joined call:staff call:caller");
    ck_assert_ptr_eq(callers[0]->call, bench.room->call);
    ck_assert_ptr_null(callers[1]->call);
    ck_assert_int_eq(admit(bench.doctor, callers[0]), STATUS_OK); /* again changes nothing */
    ck_assert_uint_eq(bench.outcome.count, 0);
}
END_TEST

START_TEST(all_are_let_in_at_once)
{
    open_group(19);
    ck_assert_uint_eq(bench.room->call->member_count, GROUP_CAP);
    for (size_t i = 0; i < 19; i++)
        ck_assert_ptr_eq(callers[i]->call, bench.room->call);
    ck_assert_int_eq(admit_all(bench.doctor), STATUS_OK); /* nobody waits: nothing to do */
    ck_assert_uint_eq(admitted_count, 0);
}
END_TEST

START_TEST(the_twenty_first_is_refused)
{
    for (size_t i = 0; i < 21; i++)
        arrive(i);
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    ck_assert_int_eq(admit_all(bench.doctor), STATUS_OK);
    ck_assert_uint_eq(admitted_count, 19); /* in order of entry */
    ck_assert_ptr_null(callers[19]->call);
    ck_assert_int_eq(admit(bench.doctor, callers[19]), STATUS_FULL);
    ck_assert_str_eq(bench.outcome.detail, "participants");
    ck_assert_int_eq(admit_all(bench.doctor), STATUS_FULL);
    ck_assert_int_eq(join(bench.nurse), STATUS_FULL);
    ck_assert_uint_eq(bench.room->call->member_count, GROUP_CAP);
    /* Who dropped or left keeps the place; who was put back does not. */
    outcome_clear(&bench.outcome);
    caller_detach(bench.domain, callers[3], bench.now_us, &bench.outcome);
    ck_assert_int_eq(admit(bench.doctor, callers[19]), STATUS_FULL);
    ck_assert_int_eq(bench_do_hold(&bench, bench.doctor, callers[4]->card->id.text), STATUS_OK);
    ck_assert_int_eq(admit(bench.doctor, callers[19]), STATUS_OK);
    ck_assert_int_eq(join(bench.nurse), STATUS_FULL);
    fault_switch_on(FAULT_TWENTY_FIRST);
    ck_assert_int_eq(join(bench.nurse), STATUS_OK);
    ck_assert_int_eq(admit(bench.nurse, callers[20]), STATUS_FULL);
}
END_TEST

START_TEST(whom_it_is_no_business_of_is_refused)
{
    arrive(0);
    ck_assert_int_eq(join(bench.doctor_other), STATUS_NOT_FOUND);
    ck_assert_int_eq(join(bench.stranger), STATUS_NOT_FOUND);
    ck_assert_int_eq(join(bench.org_coordinator), STATUS_FORBIDDEN); /* B.6 item 4 */
    ck_assert_int_eq(join(bench.org_reporter), STATUS_FORBIDDEN);
    ck_assert_int_eq(join(bench.only_referrer), STATUS_FORBIDDEN);
    ck_assert_int_eq(join(callers[0]), STATUS_NOT_FOUND);
    ck_assert_int_eq(admit(bench.doctor_other, callers[0]), STATUS_NOT_FOUND);
    ck_assert_int_eq(admit(bench.org_coordinator, callers[0]), STATUS_FORBIDDEN);
    ck_assert_int_eq(join(bench.clerk), STATUS_OK);
    ck_assert_int_eq(join(bench.clinic_admin), STATUS_OK);
    ck_assert_int_eq(join(bench.org_admin), STATUS_OK);
}
END_TEST

START_TEST(who_lets_in_must_be_there)
{
    arrive(0);
    ck_assert_int_eq(admit(bench.doctor, callers[0]), STATUS_CONFLICT); /* no session runs */
    ck_assert_str_eq(bench.outcome.detail, "apart");
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    ck_assert_int_eq(admit(bench.nurse, callers[0]), STATUS_CONFLICT);
    ck_assert_int_eq(admit_all(bench.nurse), STATUS_CONFLICT);
    ck_assert_int_eq(end(bench.nurse), STATUS_CONFLICT);
    ck_assert_int_eq(leave(bench.nurse), STATUS_CONFLICT);
    struct participant *patient = bench_enter(&bench, bench.a, "Of the waiting area");
    ck_assert_int_eq(admit(bench.doctor, patient), STATUS_CONFLICT); /* GR-06: not invited */
    ck_assert_int_eq(bench_do_join(&bench, bench.nurse, callers[0]->card->id.text),
                     STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "room");
    ck_assert_int_eq(bench_do_join(&bench, bench.doctor, patient->card->id.text), STATUS_CONFLICT);
    ck_assert_str_eq(bench.outcome.detail, "elsewhere");
    ck_assert_int_eq(bench_do_transfer(&bench, bench.referrer, callers[0]->card->id.text, bench.b),
                     STATUS_CONFLICT);
}
END_TEST

START_TEST(callers_learn_of_their_own_space_only)
{
    open_group(3);
    for (size_t i = 0; i < bench.outcome.count; i++) {
        const struct effect *effect = &bench.outcome.effects[i];
        if (effect->to && effect->to->kind == PARTICIPANT_CALLER)
            ck_assert_str_eq(effect->space_id.text, effect->to->space_id.text);
        else if (effect->to)
            ck_assert_str_eq(effect->space_id.text, room_id());
    }
    ck_assert_int_eq(chat_send_as_caller(bench.domain, callers[0], "Hello", &bench.outcome),
                     STATUS_OK);
    const struct effect *last = &bench.outcome.effects[bench.outcome.count - 1];
    ck_assert_ptr_eq(last->to, callers[2]);
    ck_assert_str_eq(last->space_id.text, callers[2]->space_id.text);
}
END_TEST

START_TEST(one_leaves_and_comes_back_without_being_let_in)
{
    open_group(2);
    struct token_key token = callers[0]->card->token;
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(caller_leave(bench.domain, callers[0], bench.now_us, &bench.outcome),
                     STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "call:staff call:caller card:left");
    struct participant *back = NULL;
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(caller_return(bench.domain, &bench.a->area, &token, &bench, bench.now_us,
                                   &bench.outcome, &back),
                     STATUS_NOT_FOUND); /* the room's link is the way back */
    ck_assert_int_eq(caller_return(bench.domain, &bench.room->area, &token, &bench, bench.now_us,
                                   &bench.outcome, &back),
                     STATUS_OK);
    ck_assert_ptr_eq(back->call, bench.room->call);
    ck_assert_str_eq(bench_effects(&bench), "call:staff call:caller call:caller card:returned");
}
END_TEST

START_TEST(one_is_put_back_and_let_in_again)
{
    open_group(2);
    ck_assert_int_eq(bench_do_hold(&bench, bench.doctor, callers[0]->card->id.text), STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench),
                     "space:on_hold:held call:caller:out card:held call:staff call:caller");
    ck_assert_ptr_null(callers[0]->call);
    ck_assert_ptr_eq(callers[1]->call, bench.room->call);
    ck_assert_int_eq(admit(bench.doctor, callers[0]), STATUS_OK);
    ck_assert_ptr_eq(callers[0]->call, bench.room->call);
    ck_assert_int_eq(bench_do_end(&bench, bench.doctor, callers[1]->card->id.text), STATUS_OK);
    ck_assert_ptr_null(callers[1]->card);
    ck_assert_uint_eq(bench.room->call->member_count, 2);
    ck_assert_int_eq(bench_do_remove(&bench, bench.doctor, callers[0]->card->id.text), STATUS_OK);
    ck_assert_uint_eq(bench.room->call->place_count, 0);
    hang_up(2);
}
END_TEST

START_TEST(without_staff_everybody_waits_again)
{
    open_group(3);
    ck_assert_int_eq(join(bench.nurse), STATUS_OK);
    ck_assert_int_eq(leave(bench.doctor), STATUS_OK);
    ck_assert_ptr_eq(callers[0]->call, bench.room->call);
    struct token_key gone = callers[2]->card->token;
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(caller_leave(bench.domain, callers[2], bench.now_us, &bench.outcome),
                     STATUS_OK);
    ck_assert_int_eq(leave(bench.nurse), STATUS_OK);
    ck_assert_ptr_null(bench.room->call);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(callers[i]->card->state, CALLER_ON_HOLD);
        ck_assert_ptr_null(callers[i]->call);
    }
    struct participant *back = NULL; /* who had left is not expected any more */
    ck_assert_int_eq(caller_return(bench.domain, &bench.room->area, &gone, &bench, bench.now_us,
                                   &bench.outcome, &back),
                     STATUS_GONE);
    ck_assert_uint_eq(bench.domain->call_count, 0);
    ck_assert_int_eq(join(bench.doctor), STATUS_OK); /* the room is static */
    ck_assert_int_eq(admit_all(bench.doctor), STATUS_OK);
    ck_assert_uint_eq(admitted_count, 2);
}
END_TEST

START_TEST(the_end_is_for_all_in_it)
{
    open_group(19);
    arrive(19);
    ck_assert_int_eq(end(bench.doctor), STATUS_OK);
    ck_assert_uint_lt(bench.outcome.count, EFFECTS_MAX);
    for (size_t i = 0; i < 19; i++)
        ck_assert_ptr_null(callers[i]->card);
    ck_assert_ptr_null(bench.doctor->call);
    ck_assert_ptr_null(bench.room->call);
    ck_assert_uint_eq(bench.domain->call_count, 0);
    ck_assert_uint_eq(bench.room->area.card_count, 1); /* who waits, waits on */
    ck_assert_int_eq(callers[19]->card->state, CALLER_WAITING);
    hang_up(19);
}
END_TEST

START_TEST(a_lost_host_is_one_who_leaves)
{
    struct participant *host = bench_staff_like(&bench, bench.doctor);
    arrive(0);
    ck_assert_int_eq(join(host), STATUS_OK);
    ck_assert_int_eq(admit(host, callers[0]), STATUS_OK);
    bench_lose_staff(&bench, host);
    ck_assert_int_eq(callers[0]->card->state, CALLER_ON_HOLD);
    ck_assert_ptr_null(bench.room->call);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("room");
    TCase *tests = tcase_create("room");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, guests_wait_until_they_are_let_in);
    tcase_add_test(tests, all_are_let_in_at_once);
    tcase_add_test(tests, the_twenty_first_is_refused);
    tcase_add_test(tests, whom_it_is_no_business_of_is_refused);
    tcase_add_test(tests, who_lets_in_must_be_there);
    tcase_add_test(tests, callers_learn_of_their_own_space_only);
    tcase_add_test(tests, one_leaves_and_comes_back_without_being_let_in);
    tcase_add_test(tests, one_is_put_back_and_let_in_again);
    tcase_add_test(tests, without_staff_everybody_waits_again);
    tcase_add_test(tests, the_end_is_for_all_in_it);
    tcase_add_test(tests, a_lost_host_is_one_who_leaves);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
