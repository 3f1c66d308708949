#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "reference-server/fault.h"
#include "tests/support/live_bench.h"

static struct live_bench bench;
static struct client *caller, *doctor, *nurse;
static char card_id[ID_LENGTH + 1];

static void setup(void)
{
    live_bench_init(&bench);
    caller = client_enter(&bench, "link-to-a", "Ann");
    doctor = client_sign_in(&bench, "doctor");
    nurse = client_sign_in(&bench, "nurse");
    strcpy(card_id, client_card(caller)->id.text);
}

static void teardown(void)
{
    live_bench_finish(&bench);
    fault_reset();
}

START_TEST(the_caller_is_told_of_every_state)
{
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    const json_t *changed = client_take(caller, "space.changed");
    ck_assert_str_eq(text_in(changed, "space"), caller->space);
    ck_assert_str_eq(text_in(changed, "state"), "in_call");
    ck_assert_str_eq(text_in(changed, "reason"), "joined");
    ck_assert_ptr_null(json_object_get(changed, "clinic"));
    client_do(doctor, "call.hold", "{s:s}", "card", card_id);
    ck_assert_str_eq(text_in(client_take(caller, "space.changed"), "state"), "on_hold");
    client_do(nurse, "call.join", "{s:s}", "card", card_id);
    client_do(nurse, "call.leave", "{s:s}", "card", card_id);
    client_take(caller, "space.changed");
    ck_assert_str_eq(text_in(client_take(caller, "space.changed"), "reason"), "staff_left");

    struct client *both = client_sign_in(&bench, "doctor_both");
    client_do(both, "card.transfer", "{s:s, s:s}", "card", card_id, "clinic",
              bench.hospital.b->id.text);
    changed = client_take(caller, "space.changed");
    ck_assert_str_eq(text_in(changed, "state"), "waiting");
    ck_assert_str_eq(text_in(changed, "reason"), "transferred");
    ck_assert_str_eq(text_in(json_object_get(changed, "clinic"), "name"), "Clinic B");
    client_do(both, "card.remove", "{s:s, s:s}", "card", card_id, "reason", "wrong_person");
    changed = client_take(caller, "space.changed");
    ck_assert_str_eq(text_in(changed, "state"), "ended");
    ck_assert_str_eq(text_in(changed, "reason"), "ended"); /* neutral: W3, step 6 */
}
END_TEST

START_TEST(all_in_the_call_are_told_who_is_in_it)
{
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    client_do(nurse, "call.join", "{s:s}", "card", card_id);
    client_take(caller, "call.participants");
    const json_t *told = client_take(caller, "call.participants");
    const json_t *list = json_object_get(told, "participants");
    ck_assert_uint_eq(json_array_size(list), 3);
    ck_assert_str_eq(text_in(json_array_get(list, 0), "kind"), "caller");
    ck_assert_str_eq(text_in(json_array_get(list, 0), "name"), "Ann");
    ck_assert_str_eq(text_in(json_array_get(list, 1), "participant"), doctor->participant);
    ck_assert_str_eq(text_in(json_array_get(list, 2), "kind"), "staff");
    ck_assert_uint_eq(client_count(nurse, "call.participants"), 1);

    client_forget(doctor);
    client_forget(nurse);
    client_do(doctor, "call.leave", "{s:s}", "card", card_id);
    told = client_take(doctor, "call.participants");
    ck_assert_uint_eq(json_array_size(json_object_get(told, "participants")), 0);
    told = client_take(nurse, "call.participants");
    ck_assert_uint_eq(json_array_size(json_object_get(told, "participants")), 2);
}
END_TEST

START_TEST(on_hold_the_caller_learns_nothing_of_the_others)
{
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    client_do(doctor, "call.hold", "{s:s}", "card", card_id);
    client_forget(caller);
    client_do(nurse, "card.note", "{s:s, s:s, s:s}", "card", card_id, "note", "secret", "priority",
              "urgent");
    ck_assert_uint_eq(json_array_size(caller->rpc.inbox), 0);
}
END_TEST

START_TEST(chat_reaches_those_it_is_for)
{
    struct client *other = client_enter(&bench, "link-to-a", "Bob");
    client_do(doctor, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.a->id.text);
    client_do(caller, "chat.send", "{s:s}", "text", "how long?");
    const json_t *message = client_take(doctor, "card.message");
    ck_assert_str_eq(text_in(message, "card_id"), card_id);
    ck_assert_str_eq(text_in(message, "text"), "how long?");

    client_do(doctor, "chat.send", "{s:s, s:s}", "card", card_id, "text", "soon\nvery soon");
    message = client_take(caller, "chat.message");
    ck_assert_str_eq(text_in(message, "space"), caller->space);
    ck_assert_str_eq(text_in(message, "text"), "soon\nvery soon");
    ck_assert_str_eq(text_in(json_object_get(message, "from"), "participant"), doctor->participant);
    ck_assert_str_eq(text_in(message, "at"), "2026-01-31T12:00:00.001Z");

    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    client_do(caller, "chat.send", "{s:s}", "text", "hello");
    ck_assert_str_eq(text_in(client_take(doctor, "chat.message"), "text"), "hello");
    ck_assert_uint_eq(client_count(caller, "chat.message"), 0); /* not to the writer */
    ck_assert_uint_eq(client_count(nurse, "chat.message"), 0);
    ck_assert_uint_eq(json_array_size(other->rpc.inbox), 0);
}
END_TEST

START_TEST(visits_go_to_the_log)
{
    struct client *both = client_sign_in(&bench, "doctor_both");
    client_do(both, "card.transfer", "{s:s, s:s}", "card", card_id, "clinic",
              bench.hospital.b->id.text);
    client_do(both, "call.join", "{s:s}", "card", card_id);
    client_do(both, "call.end", "{s:s}", "card", card_id);
    char *causes = json_dumps(bench.visits, JSON_COMPACT);
    ck_assert_str_eq(causes, "[\"transferred\",\"ended\"]");
    free(causes);
}
END_TEST

START_TEST(another_caller_is_shown_the_card_with_its_fault)
{
    struct client *other = client_enter(&bench, "link-to-a", "Bob");
    client_do(nurse, "card.note", "{s:s, s:s}", "card", card_id, "note", "secret");
    ck_assert_uint_eq(json_array_size(other->rpc.inbox), 0);
    fault_switch_on(FAULT_SHOW_CARD);
    client_do(nurse, "card.note", "{s:s, s:s}", "card", card_id, "note", "secret");
    char *told = client_all_told(other);
    ck_assert_ptr_nonnull(strstr(told, "Ann"));
    free(told);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notify");
    TCase *tests = tcase_create("notify");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_caller_is_told_of_every_state);
    tcase_add_test(tests, all_in_the_call_are_told_who_is_in_it);
    tcase_add_test(tests, on_hold_the_caller_learns_nothing_of_the_others);
    tcase_add_test(tests, chat_reaches_those_it_is_for);
    tcase_add_test(tests, visits_go_to_the_log);
    tcase_add_test(tests, another_caller_is_shown_the_card_with_its_fault);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
