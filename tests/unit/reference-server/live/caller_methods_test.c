#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "reference-server/fault.h"
#include "tests/support/live_bench.h"

static struct live_bench bench;

static void setup(void)
{
    live_bench_init(&bench);
}

static void teardown(void)
{
    live_bench_finish(&bench);
    fault_reset();
}

static json_t *come_back(struct client *client, const char *link, const char *token)
{
    return client_ask(client, "enter", "{s:s, s:s, s:s}", "link", link, "name", "x", "token",
                      token);
}

START_TEST(no_account_is_needed)
{
    struct client *client = client_open(&bench);
    const json_t *result =
        client_do(client, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "Ann");
    ck_assert_str_eq(text_in(result, "state"), "waiting");
    ck_assert_str_eq(text_in(json_object_get(result, "clinic"), "name"), "Clinic A");
    ck_assert_uint_eq(strlen(text_in(result, "participant")), ID_LENGTH);
    ck_assert_uint_ge(strlen(text_in(result, "token")), 32);
}
END_TEST

START_TEST(unknown_and_tampered_links_are_hidden)
{
    static const char *const links[] = {"link-to-z", "link-to-A", "link-to-a ", "LINK-TO-A"};
    for (int i = 0; i < 4; i++) {
        struct client *client = client_open(&bench);
        client_ask(client, "enter", "{s:s, s:s}", "link", links[i], "name", "Ann");
        ck_assert_int_eq(client_error(client), -32004);
    }
    ck_assert_uint_eq(bench.hospital.domain->caller_count, 0);
}
END_TEST

START_TEST(without_descriptors_new_callers_are_refused_and_old_ones_are_not)
{
    struct client *old = client_enter(&bench, "link-to-a", "Ann");
    client_lose(old);
    bench.has_room = false;
    struct client *client = client_open(&bench);
    client_ask(client, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "Bob");
    ck_assert_int_eq(client_error(client), -32005);
    ck_assert_str_eq(client_error_data(client, "limit"), "connections");
    ck_assert_ptr_nonnull(json_object_get(come_back(client, "link-to-a", old->token), "result"));
}
END_TEST

START_TEST(the_newer_connection_replaces_the_older)
{
    struct client *old = client_enter(&bench, "link-to-a", "Ann");
    client_offer(old);
    struct client *newer = client_open(&bench);
    const json_t *result = json_object_get(come_back(newer, "link-to-a", old->token), "result");
    ck_assert_str_eq(text_in(result, "participant"), old->participant);
    ck_assert_str_eq(text_in(result, "space"), old->space);
    ck_assert_str_eq(text_in(result, "token"), old->token);
    ck_assert_uint_eq(old->close_code, 4409);
    ck_assert_uint_eq(bench.media->removed, 1);
    client_lose(old); /* that is not a drop of the caller */
    ck_assert_int_eq(client_card(old)->presence, PRESENCE_HERE);
    live_bench_advance(&bench, 60 * US_PER_S);
    ck_assert_uint_eq(bench.hospital.a->area.card_count, 1);
}
END_TEST

START_TEST(foreign_tokens_are_hidden_and_old_ones_gone)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    struct client *client = client_open(&bench);
    come_back(client, "link-to-b", caller->token);
    ck_assert_int_eq(client_error(client), -32004);
    come_back(client, "link-to-a", "nobody's token");
    ck_assert_int_eq(client_error(client), -32004);
    come_back(client, "link-to-a", "doctor"); /* a member of staff's */
    ck_assert_int_eq(client_error(client), -32004);
    client_do(caller, "space.leave", NULL);
    come_back(client, "link-to-a", caller->token);
    ck_assert_int_eq(client_error(client), -32010);
    ck_assert_uint_eq(bench.hospital.domain->caller_count, 0);
}
END_TEST

/* SES-15: back into the call without a new admission, as long as staff are in it. */
START_TEST(who_left_comes_back_into_the_call)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    struct client *doctor = client_sign_in(&bench, "doctor");
    char card_id[ID_LENGTH + 1];
    strcpy(card_id, client_card(caller)->id.text);
    client_do(doctor, "call.join", "{s:s}", "card", card_id);
    client_do(caller, "space.leave", NULL);
    client_ask(caller, "chat.send", "{s:s}", "text", "x");
    ck_assert_int_eq(client_error(caller), -32011); /* nobody now */
    live_bench_advance(&bench, 60 * US_PER_S);

    struct client *back = client_open(&bench);
    const json_t *result = json_object_get(come_back(back, "link-to-a", caller->token), "result");
    ck_assert_str_eq(text_in(result, "state"), "in_call");
    client_do(back, "space.leave", NULL);
    client_do(doctor, "call.leave", "{s:s}", "card", card_id);
    come_back(back, "link-to-a", caller->token); /* the same connection may ask */
    ck_assert_int_eq(client_error(back), -32010);
}
END_TEST

START_TEST(a_space_shows_only_who_may_be_seen)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    struct client *other = client_enter(&bench, "link-to-a", "Bob");
    struct client *doctor = client_sign_in(&bench, "doctor");
    const json_t *space = client_do(caller, "space.get", "{s:s}", "space", caller->space);
    const json_t *people = json_object_get(space, "participants");
    ck_assert_uint_eq(json_array_size(people), 1);
    ck_assert_str_eq(text_in(json_array_get(people, 0), "participant"), caller->participant);

    json_t *hidden = json_incref(client_ask(other, "space.get", "{s:s}", "space", caller->space));
    const json_t *unknown =
        client_ask(other, "space.get", "{s:s}", "space", "ABCDEFGHIJKLMNOPQRST");
    ck_assert(json_equal(hidden, unknown));
    json_decref(hidden);

    client_do(doctor, "call.join", "{s:s}", "card", client_card(caller)->id.text);
    space = client_do(caller, "space.get", "{s:s}", "space", caller->space);
    ck_assert_str_eq(text_in(space, "state"), "in_call");
    ck_assert_uint_eq(json_array_size(json_object_get(space, "participants")), 2);
    space = client_do(doctor, "space.get", "{s:s}", "space", caller->space);
    ck_assert_uint_eq(json_array_size(json_object_get(space, "participants")), 2);
    client_do(doctor, "call.end", "{s:s}", "card", client_card(caller)->id.text);

    client_ask(caller, "space.get", "{s:s}", "space", caller->space);
    ck_assert_int_eq(client_error(caller), -32010);
    client_ask(doctor, "space.get", "{s:s}", "space", caller->space);
    ck_assert_int_eq(client_error(doctor), -32010);
    client_ask(other, "space.get", "{s:s}", "space", caller->space);
    ck_assert_int_eq(client_error(other), -32004);
    client_ask(caller, "chat.send", "{s:s}", "text", "x");
    ck_assert_int_eq(client_error(caller), -32010);
    client_ask(caller, "space.leave", NULL);
    ck_assert_int_eq(client_error(caller), -32010);
}
END_TEST

/* WA-03: a patient uses no staff method, whatever it names, and learns nothing by trying. */
START_TEST(a_caller_has_no_staff_method)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    struct client *other = client_enter(&bench, "link-to-a", "Bob");
    const char *own = client_card(caller)->id.text, *foreign = client_card(other)->id.text;
    static const char *const methods[] = {
        "call.join",   "call.leave",       "call.hold",   "call.end",      "card.note",
        "card.update", "transfer.targets", "card.remove", "card.transfer", "dashboard.subscribe"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        const char *const cards[] = {own, foreign, "unknown"};
        for (int k = 0; k < 3; k++) {
            client_ask(caller, methods[i], "{s:s}", "card", cards[k]);
            ck_assert_int_eq(client_error(caller), -32001);
        }
    }
    client_ask(caller, "chat.send", "{s:s, s:s}", "card", foreign, "text", "x");
    ck_assert_int_eq(client_error(caller), -32001);
    struct client *again = client_open(&bench);
    client_ask(again, "authenticate", "{s:s}", "token", caller->token);
    ck_assert_int_eq(client_error(again), -32011);
    ck_assert_uint_eq(json_array_size(other->rpc.inbox), 0);
}
END_TEST

START_TEST(staff_have_no_callers_method)
{
    struct client *doctor = client_sign_in(&bench, "doctor");
    client_ask(doctor, "space.leave", NULL);
    ck_assert_int_eq(client_error(doctor), -32001);
    client_ask(doctor, "chat.send", "{s:s}", "text", "x");
    ck_assert_int_eq(client_error(doctor), -32602);
    ck_assert_str_eq(client_error_data(doctor, "parameter"), "card");
}
END_TEST

START_TEST(faults_of_callers)
{
    struct client *caller = client_enter(&bench, "link-to-a", "Ann");
    struct client *other = client_enter(&bench, "link-to-a", "Bob");
    char card_id[ID_LENGTH + 1];
    strcpy(card_id, client_card(caller)->id.text);
    fault_switch_on(FAULT_PATIENT_ACTS);
    client_do(other, "card.note", "{s:s, s:s}", "card", card_id, "note", "x");
    client_do(other, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.a->id.text);
    client_do(other, "call.join", "{s:s}", "card", card_id);
    fault_reset();

    fault_switch_on(FAULT_KEEP_SPACE);
    struct client *doctor = client_sign_in(&bench, "doctor");
    client_do(doctor, "card.remove", "{s:s, s:s}", "card", card_id, "reason", "other");
    client_do(doctor, "space.get", "{s:s}", "space", caller->space);
    client_do(caller, "space.get", "{s:s}", "space", caller->space);
    struct client *back = client_open(&bench);
    ck_assert_ptr_nonnull(json_object_get(come_back(back, "link-to-a", caller->token), "result"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("caller_methods");
    TCase *tests = tcase_create("caller_methods");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, no_account_is_needed);
    tcase_add_test(tests, unknown_and_tampered_links_are_hidden);
    tcase_add_test(tests, without_descriptors_new_callers_are_refused_and_old_ones_are_not);
    tcase_add_test(tests, the_newer_connection_replaces_the_older);
    tcase_add_test(tests, foreign_tokens_are_hidden_and_old_ones_gone);
    tcase_add_test(tests, who_left_comes_back_into_the_call);
    tcase_add_test(tests, a_space_shows_only_who_may_be_seen);
    tcase_add_test(tests, a_caller_has_no_staff_method);
    tcase_add_test(tests, staff_have_no_callers_method);
    tcase_add_test(tests, faults_of_callers);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
