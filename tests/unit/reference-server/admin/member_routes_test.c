#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/admin_client.h"

static struct admin_people people;

static void setup(void)
{
    admin_people_init(&people);
}

static void teardown(void)
{
    admin_people_finish(&people);
}

/* Invite and accept: `who` gives `candidate` the role at the place ("/clinics/…"). */
static void give(struct admin_client *who, struct admin_client *candidate, const char *role,
                 const char *place)
{
    char body[128];
    snprintf(body, sizeof body, "{'role': '%s'}", role);
    ck_assert_int_eq(admin_ask(who, "POST", body, "%s/invitations", place), 201);
    ck_assert_int_eq(
        admin_ask(candidate, "POST", NULL, "/invitations/%s", admin_text(who, "invitation")), 200);
    ck_assert_str_eq(admin_text(candidate, "role"), role);
}

static const char *place_of(const char *kind, const char *id)
{
    static char places[2][96];
    static unsigned turn;
    char *place = places[turn++ % 2];
    snprintf(place, sizeof places[0], "/%s/%s", kind, id);
    return place;
}

START_TEST(an_invitation_is_taken_once)
{
    const char *a = place_of("clinics", admin_clinic(&people.admin, "Clinic A"));
    ck_assert_int_eq(
        admin_ask(&people.clerk, "POST", "{'role': 'team_member'}", "%s/invitations", a), 201);
    const char *secret = admin_text(&people.clerk, "invitation");
    ck_assert_int_eq(admin_ask(&people.nurse, "POST", NULL, "/invitations/%s", secret), 409);
    ck_assert_int_eq(admin_ask(&people.other, "POST", NULL, "/invitations/%s", secret), 200);
    ck_assert_int_eq(admin_ask(&people.reporter, "POST", NULL, "/invitations/%s", secret), 404);
    ck_assert_int_eq(admin_ask(&people.other, "GET", NULL, "%s", a), 200);
}
END_TEST

START_TEST(an_invitation_is_worth_no_more_than_the_rights_of_its_maker)
{
    const char *a = place_of("clinics", admin_clinic(&people.admin, "Clinic A"));
    ck_assert_int_eq(
        admin_ask(&people.clerk, "POST", "{'role': 'clinic_clerk'}", "%s/invitations", a), 201);
    char secret[64];
    snprintf(secret, sizeof secret, "%s", admin_text(&people.clerk, "invitation"));
    ck_assert_int_eq(admin_ask(&people.admin, "DELETE", NULL, "%s/members/%s/clinic_clerk", a,
                               people.clerk.user),
                     204);
    ck_assert_int_eq(admin_ask(&people.clerk, "POST", NULL, "/invitations/%s", secret), 404);
    ck_assert_int_eq(admin_ask(&people.other, "POST", NULL, "/invitations/%s", secret), 404);
}
END_TEST

START_TEST(nobody_gives_more_than_they_have)
{
    const char *a = place_of("clinics", admin_clinic(&people.admin, "Clinic A"));
    ck_assert_int_eq(
        admin_ask(&people.clerk, "POST", "{'role': 'clinic_administrator'}", "%s/invitations", a),
        403);
    ck_assert_int_eq(
        admin_ask(&people.nurse, "POST", "{'role': 'team_member'}", "%s/invitations", a), 403);
    ck_assert_int_eq(
        admin_ask(&people.other, "POST", "{'role': 'team_member'}", "%s/invitations", a), 404);
    ck_assert_int_eq(
        admin_ask(&people.admin, "POST", "{'role': 'organisation_reporter'}", "%s/invitations", a),
        400);
    ck_assert_int_eq(admin_ask(&people.admin, "POST", "{'role': 'nurse'}", "%s/invitations", a),
                     400);
    ck_assert_int_eq(admin_ask(&people.admin, "POST",
                               "{'role': 'clinic_administrator', 'denied': ['fly']}",
                               "%s/invitations", a),
                     400);
}
END_TEST

START_TEST(the_last_administrator_stays_and_nobody_changes_themselves)
{
    const char *organisation = place_of("organisations", admin_organisation(&people.admin));
    ck_assert_int_eq(admin_ask(&people.admin, "DELETE", NULL,
                               "%s/members/%s/organisation_administrator", organisation,
                               people.admin.user),
                     409);
    give(&people.admin, &people.nurse, "organisation_administrator", organisation);
    ck_assert_int_eq(admin_ask(&people.nurse, "DELETE", NULL,
                               "%s/members/%s/organisation_administrator", organisation,
                               people.admin.user),
                     204);
    ck_assert_int_eq(admin_ask(&people.admin, "GET", NULL, "%s", organisation), 404);
}
END_TEST

START_TEST(members_are_listed_for_who_manages_them)
{
    const char *a = place_of("clinics", admin_clinic(&people.admin, "Clinic A"));
    ck_assert_int_eq(admin_ask(&people.clerk, "GET", NULL, "%s/members", a), 200);
    ck_assert_uint_ge(json_array_size(json_object_get(people.clerk.reply, "members")), 4);
    ck_assert_int_eq(admin_ask(&people.nurse, "GET", NULL, "%s/members", a), 403);
    ck_assert_int_eq(admin_ask(&people.reporter, "GET", NULL, "/organisations/%s/members",
                               admin_organisation(&people.reporter)),
                     403);
}
END_TEST

START_TEST(a_permission_is_taken_from_one_member_and_given_back)
{
    const char *id = admin_clinic(&people.admin, "Clinic A"), *a = place_of("clinics", id);
    struct remote *remote = remote_sign_in(&people.bench, "nurse");
    ck_assert_int_eq(admin_ask(&people.clerk, "PATCH", "{'denied': ['view_waiting_area']}",
                               "%s/members/%s/team_member", a, people.nurse.user),
                     200);
    ck_assert_str_eq(
        json_string_value(json_array_get(json_object_get(people.clerk.reply, "denied"), 0)),
        "view_waiting_area");
    remote_ask(remote, "dashboard.subscribe", "{s:s}", "clinic", id);
    ck_assert_int_eq(remote_error(remote), -32001);
    ck_assert_int_eq(admin_ask(&people.clerk, "PATCH", "{'denied': []}",
                               "%s/members/%s/team_member", a, people.nurse.user),
                     200);
    remote_do(remote, "dashboard.subscribe", "{s:s}", "clinic", id);
    ck_assert_int_eq(admin_ask(&people.clerk, "PATCH", "{'denied': ['fly']}",
                               "%s/members/%s/team_member", a, people.nurse.user),
                     400);
    ck_assert_int_eq(admin_ask(&people.clerk, "PATCH", "{'denied': []}",
                               "%s/members/%s/team_member", a, people.other.user),
                     404);
}
END_TEST

START_TEST(who_loses_a_role_is_out_at_once)
{
    const char *id = admin_clinic(&people.admin, "Clinic A"), *a = place_of("clinics", id);
    struct remote *remote = remote_sign_in(&people.bench, "nurse");
    struct remote *patient = remote_enter(&people.bench, "link-to-a", "Pat");
    json_t *board = remote_do(remote, "dashboard.subscribe", "{s:s}", "clinic", id);
    const json_t *card = json_array_get(json_object_get(board, "cards"), 0);
    remote_do(remote, "call.join", "{s:s}", "card", text_in(card, "id"));
    ck_assert_str_eq(text_in(remote_wait(patient, "space.changed"), "state"), "in_call");
    ck_assert_int_eq(
        admin_ask(&people.clerk, "DELETE", NULL, "%s/members/%s/team_member", a, people.nurse.user),
        204);
    ck_assert_str_eq(text_in(remote_wait(remote, "dashboard.ended"), "clinic"), id);
    ck_assert_str_eq(text_in(remote_wait(patient, "space.changed"), "state"), "on_hold");
    remote_ask(remote, "dashboard.subscribe", "{s:s}", "clinic", id);
    ck_assert_int_eq(remote_error(remote), -32004);
    ck_assert_int_eq(admin_ask(&people.nurse, "GET", NULL, "%s", a), 404);
}
END_TEST

START_TEST(a_referrer_has_a_role_elsewhere)
{
    const char *a = place_of("clinics", admin_clinic(&people.admin, "Clinic A"));
    const char *b = place_of("clinics", admin_clinic(&people.admin, "Clinic B"));
    give(&people.admin, &people.other, "service_referrer", a);
    ck_assert_int_eq(
        admin_ask(&people.admin, "DELETE", NULL, "%s/members/%s/team_member", b, people.other.user),
        204);
    ck_assert_int_eq(admin_ask(&people.admin, "DELETE", NULL, "%s/members/%s/service_referrer", a,
                               people.other.user),
                     204);
    ck_assert_int_eq(
        admin_ask(&people.admin, "POST", "{'role': 'service_referrer'}", "%s/invitations", a), 201);
    ck_assert_int_eq(admin_ask(&people.other, "POST", NULL, "/invitations/%s",
                               admin_text(&people.admin, "invitation")),
                     409);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("member_routes");
    TCase *tests = tcase_create("member_routes");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_invitation_is_taken_once);
    tcase_add_test(tests, an_invitation_is_worth_no_more_than_the_rights_of_its_maker);
    tcase_add_test(tests, nobody_gives_more_than_they_have);
    tcase_add_test(tests, the_last_administrator_stays_and_nobody_changes_themselves);
    tcase_add_test(tests, members_are_listed_for_who_manages_them);
    tcase_add_test(tests, a_permission_is_taken_from_one_member_and_given_back);
    tcase_add_test(tests, who_loses_a_role_is_out_at_once);
    tcase_add_test(tests, a_referrer_has_a_role_elsewhere);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
