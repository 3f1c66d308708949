#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/live_bench.h"

static struct live_bench bench;
static struct client *caller;
static char card_id[ID_LENGTH + 1];

static void setup(void)
{
    live_bench_init(&bench);
    caller = client_enter(&bench, "link-to-a", "Ann");
    strcpy(card_id, client_card(caller)->id.text);
}

static void teardown(void)
{
    live_bench_finish(&bench);
}

/* What each role gets for each act on a waiting card of clinic A, as matrix B.2 has it. */
static const struct {
    const char *user;
    int view, use, join; /* error codes; 0: allowed */
} expected[] = {
    {"org_admin", 0, 0, 0},
    {"org_coordinator", 0, 0, -32001},
    {"org_reporter", -32001, -32004, -32004},
    {"clinic_admin", 0, 0, 0},
    {"clerk", 0, 0, 0},
    {"nurse", 0, 0, 0},
    {"only_referrer", -32001, -32004, -32004},
    {"doctor_other", -32004, -32004, -32004},
    {"stranger", -32004, -32004, -32004},
};

START_TEST(every_role_gets_what_the_matrix_says)
{
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct client *client = client_sign_in(&bench, expected[i].user);
        client_ask(client, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.a->id.text);
        ck_assert_msg(client_error(client) == expected[i].view, "%s", expected[i].user);
        client_ask(client, "card.note", "{s:s, s:s}", "card", card_id, "note", "x");
        ck_assert_msg(client_error(client) == expected[i].use, "%s", expected[i].user);
        client_ask(client, "chat.send", "{s:s, s:s}", "card", card_id, "text", "x");
        ck_assert_msg(client_error(client) == expected[i].use, "%s", expected[i].user);
        client_ask(client, "transfer.targets", "{s:s}", "card", card_id);
        ck_assert_msg(client_error(client) == expected[i].use, "%s", expected[i].user);
        client_ask(client, "call.join", "{s:s}", "card", card_id);
        ck_assert_msg(client_error(client) == expected[i].join, "%s", expected[i].user);
        client_lose(client);
    }
}
END_TEST

START_TEST(a_join_tells_call_and_people)
{
    struct client *doctor = client_sign_in(&bench, "doctor");
    const json_t *result = client_do(doctor, "call.join", "{s:s}", "card", card_id);
    ck_assert_uint_eq(strlen(text_in(result, "call")), ID_LENGTH);
    ck_assert_uint_eq(json_array_size(json_object_get(result, "participants")), 2);
}
END_TEST

START_TEST(the_seventh_is_told_the_limit)
{
    for (int i = 0; i < 5; i++)
        client_do(client_sign_in(&bench, "doctor"), "call.join", "{s:s}", "card", card_id);
    struct client *seventh = client_sign_in(&bench, "doctor");
    client_ask(seventh, "call.join", "{s:s}", "card", card_id);
    ck_assert_int_eq(client_error(seventh), -32005);
    ck_assert_str_eq(client_error_data(seventh, "class"), "capacity");
    ck_assert_str_eq(client_error_data(seventh, "limit"), "participants");
}
END_TEST

START_TEST(impossible_acts_name_the_state)
{
    struct client *doctor = client_sign_in(&bench, "doctor");
    client_ask(doctor, "call.end", "{s:s}", "card", card_id);
    ck_assert_int_eq(client_error(doctor), -32009);
    ck_assert_str_eq(client_error_data(doctor, "state"), "waiting");
    client_ask(doctor, "call.leave", "{s:s}", "card", card_id);
    ck_assert_str_eq(client_error_data(doctor, "state"), "apart");
    client_lose(caller);
    client_ask(doctor, "call.join", "{s:s}", "card", card_id);
    ck_assert_str_eq(client_error_data(doctor, "state"), "absent");
}
END_TEST

START_TEST(corrections_reach_the_dashboard)
{
    struct client *clerk = client_sign_in(&bench, "clerk");
    client_do(clerk, "dashboard.subscribe", "{s:s}", "clinic", bench.hospital.a->id.text);
    client_do(clerk, "card.update", "{s:s, s:s, s:{s:s, s:s}}", "card", card_id, "name", "Anne",
              "details", "born", "1950", "phone", "1");
    const json_t *changed = client_take(clerk, "card.changed");
    ck_assert_str_eq(text_in(changed, "cause"), "updated");
    const json_t *card = json_object_get(changed, "card");
    ck_assert_str_eq(text_in(card, "name"), "Anne");
    ck_assert_uint_eq(json_object_size(json_object_get(card, "details")), 2);
    client_ask(clerk, "card.update", "{s:s}", "card", card_id);
    ck_assert_int_eq(client_error(clerk), -32602);
    client_do(clerk, "card.update", "{s:s, s:{}}", "card", card_id, "details");
    card = json_object_get(client_take(clerk, "card.changed"), "card");
    ck_assert_uint_eq(json_object_size(json_object_get(card, "details")), 0);
}
END_TEST

START_TEST(transfers_go_where_the_actor_may_send)
{
    struct client *referrer = client_sign_in(&bench, "referrer");
    const json_t *clinics = json_object_get(
        client_do(referrer, "transfer.targets", "{s:s}", "card", card_id), "clinics");
    ck_assert_uint_eq(json_array_size(clinics), 1);
    ck_assert_str_eq(text_in(json_array_get(clinics, 0), "name"), "Clinic B");
    client_ask(referrer, "card.transfer", "{s:s, s:s}", "card", card_id, "clinic",
               bench.hospital.c->id.text);
    ck_assert_int_eq(client_error(referrer), -32004);
    client_ask(referrer, "card.transfer", "{s:s, s:s}", "card", card_id, "clinic",
               bench.hospital.a->id.text);
    ck_assert_str_eq(client_error_data(referrer, "state"), "here");
    client_do(referrer, "card.transfer", "{s:s, s:s}", "card", card_id, "clinic",
              bench.hospital.b->id.text);
    client_ask(referrer, "call.join", "{s:s}", "card", card_id);
    ck_assert_int_eq(client_error(referrer), -32004);
}
END_TEST

/* The answer to an administrator of very many clinics still fits a message. */
START_TEST(targets_are_told_up_to_a_thousand)
{
    struct directory *directory = &bench.hospital.domain->directory;
    const char *organisation = bench.hospital.a->organisation->id.text;
    struct client *admin = client_sign_in(&bench, "org_admin");
    for (int i = 0; i < 999; i++) {
        char id[ID_LENGTH + 1], name[201], link[32];
        snprintf(id, sizeof id, "clinic-%013d", i);
        snprintf(link, sizeof link, "link-%d-long", i);
        memset(name, 'n', 200);
        name[200] = '\0';
        ck_assert_int_eq(directory_add_clinic(directory, id, organisation, name, link), STATUS_OK);
        const json_t *result =
            i < 997 ? NULL : client_do(admin, "transfer.targets", "{s:s}", "card", card_id);
        if (i >= 997) { /* two others, and these */
            size_t count = json_array_size(json_object_get(result, "clinics"));
            ck_assert_uint_eq(count, 1000);
            ck_assert_int_eq(json_is_true(json_object_get(result, "more")), i == 998);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("staff_methods");
    TCase *tests = tcase_create("staff_methods");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_role_gets_what_the_matrix_says);
    tcase_add_test(tests, a_join_tells_call_and_people);
    tcase_add_test(tests, the_seventh_is_told_the_limit);
    tcase_add_test(tests, impossible_acts_name_the_state);
    tcase_add_test(tests, corrections_reach_the_dashboard);
    tcase_add_test(tests, transfers_go_where_the_actor_may_send);
    tcase_add_test(tests, targets_are_told_up_to_a_thousand);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
