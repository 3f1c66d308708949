#include "reference-server/domain/guest.h"

#include <check.h>
#include <stdlib.h>

#include "reference-server/fault.h"
#include "tests/support/domain_bench.h"

static struct domain_bench bench;
static struct room *meeting;

static void setup(void)
{
    domain_bench_init(&bench);
    meeting = bench_add_room(&bench, bench.a, ROOM_MEETING, NULL, "link-to-meeting");
}

static void teardown(void)
{
    domain_bench_finish(&bench);
    fault_reset();
}

static struct participant *come_in(const char *name)
{
    struct participant *guest = NULL;
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(guest_enter(bench.domain, meeting, name, &bench, &bench.outcome, &guest),
                     STATUS_OK);
    return guest;
}

static void go(struct participant *guest)
{
    outcome_clear(&bench.outcome);
    guest_leave(bench.domain, guest, bench.now_us, &bench.outcome);
}

static enum status join(struct participant *staff)
{
    struct call *call = NULL;
    outcome_clear(&bench.outcome);
    return room_join(bench.domain, staff, meeting->area.id.text, &bench.outcome, &call);
}

START_TEST(a_guest_is_in_at_once_and_everybody_is_told)
{
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    struct participant *guest = come_in("Dr Away");
    ck_assert_str_eq(bench_effects(&bench), "call:staff call:guest");
    ck_assert_ptr_eq(guest->call, bench.doctor->call);
    ck_assert_str_eq(participant_name(guest), "Dr Away");
    ck_assert_str_eq(participant_kind_name(guest->kind), "guest");
    ck_assert_uint_eq(bench.domain->guest_count, 1);
    ck_assert_uint_eq(bench.domain->caller_count, 0);
    ck_assert_uint_eq(meeting->area.card_count, 0);
    go(guest);
    ck_assert_str_eq(bench_effects(&bench), "call:staff");
    ck_assert_uint_eq(bench.domain->guest_count, 0);
}
END_TEST

START_TEST(the_meeting_begins_with_a_guest_and_ends_with_the_last_who_leaves)
{
    struct participant *guest = come_in("Early");
    ck_assert_ptr_nonnull(meeting->call);
    ck_assert_int_eq(join(bench.nurse), STATUS_OK);
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(
        room_leave(bench.domain, bench.nurse, meeting->area.id.text, bench.now_us, &bench.outcome),
        STATUS_OK);
    ck_assert_ptr_nonnull(meeting->call);
    go(guest);
    ck_assert_ptr_null(meeting->call);
    ck_assert_uint_eq(bench.domain->call_count, 0);
    go(come_in("Again")); /* static: by the same link (MR-01) */
}
END_TEST

START_TEST(a_seventh_is_refused_whether_guest_or_staff)
{
    struct participant *guests[CALL_CAP], *one_more = NULL;
    for (int i = 0; i < CALL_CAP; i++)
        guests[i] = come_in("Guest");
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(guest_enter(bench.domain, meeting, "More", &bench, &bench.outcome, &one_more),
                     STATUS_FULL);
    ck_assert_str_eq(bench.outcome.detail, "participants");
    ck_assert_int_eq(join(bench.doctor), STATUS_FULL);
    go(guests[0]);
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    for (int i = 1; i < CALL_CAP; i++)
        go(guests[i]);
}
END_TEST

START_TEST(an_ended_meeting_leaves_its_guests_without_one)
{
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    struct participant *guest = come_in("Late");
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(
        room_end(bench.domain, bench.doctor, meeting->area.id.text, bench.now_us, &bench.outcome),
        STATUS_OK);
    ck_assert_ptr_null(guest->call);
    ck_assert_int_eq(chat_send_as_caller(bench.domain, guest, "hello?", &bench.outcome),
                     STATUS_GONE);
    go(guest);
}
END_TEST

START_TEST(what_a_guest_writes_reaches_who_is_in_the_meeting)
{
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    struct participant *guest = come_in("Guest");
    outcome_clear(&bench.outcome);
    ck_assert_int_eq(chat_send_as_caller(bench.domain, guest, "good morning", &bench.outcome),
                     STATUS_OK);
    ck_assert_str_eq(bench_effects(&bench), "chat:staff");
    go(guest);
}
END_TEST

START_TEST(with_the_fault_a_guest_comes_in_unseen)
{
    ck_assert_int_eq(join(bench.doctor), STATUS_OK);
    fault_switch_on(FAULT_SILENT_GUEST);
    struct participant *guest = come_in("Unseen");
    ck_assert_str_eq(bench_effects(&bench), "");
    go(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest");
    TCase *tests = tcase_create("guest");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_guest_is_in_at_once_and_everybody_is_told);
    tcase_add_test(tests, the_meeting_begins_with_a_guest_and_ends_with_the_last_who_leaves);
    tcase_add_test(tests, a_seventh_is_refused_whether_guest_or_staff);
    tcase_add_test(tests, an_ended_meeting_leaves_its_guests_without_one);
    tcase_add_test(tests, what_a_guest_writes_reaches_who_is_in_the_meeting);
    tcase_add_test(tests, with_the_fault_a_guest_comes_in_unseen);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
