#include <check.h>
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

START_TEST(the_list_of_clinics_is_for_the_organisations_roles_others_see_their_own)
{
    const char *organisation = admin_organisation(&people.admin);
    ck_assert_int_eq(
        admin_ask(&people.reporter, "GET", NULL, "/organisations/%s/clinics", organisation), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(people.reporter.reply, "clinics")), 2);
    ck_assert_int_eq(
        admin_ask(&people.other, "GET", NULL, "/organisations/%s/clinics", organisation), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(people.other.reply, "clinics")), 1);
    ck_assert_int_eq(
        admin_ask(&people.other, "GET", NULL, "/organisations/ABCDEFGHIJKLMNOPQRST/clinics"), 404);
}
END_TEST

START_TEST(a_new_clinic_takes_patients_at_once)
{
    const char *organisation = admin_organisation(&people.admin);
    const char *refused = "{'name': 'Unwanted'}";
    ck_assert_int_eq(
        admin_ask(&people.reporter, "POST", refused, "/organisations/%s/clinics", organisation),
        403);
    ck_assert_int_eq(
        admin_ask(&people.clerk, "POST", refused, "/organisations/%s/clinics", organisation), 403);
    ck_assert_int_eq(admin_ask(&people.admin, "POST", "{'name': 'Renal', 'label': 'Nephrology'}",
                               "/organisations/%s/clinics", organisation),
                     201);
    ck_assert_str_eq(admin_text(&people.admin, "label"), "Nephrology");
    struct remote *patient = remote_enter(&people.bench, admin_text(&people.admin, "link"), "Pat");
    ck_assert_ptr_nonnull(patient->socket);
    ck_assert_int_eq(
        admin_ask(&people.reporter, "GET", NULL, "/organisations/%s/clinics", organisation), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(people.reporter.reply, "clinics")), 3);
}
END_TEST

START_TEST(settings_are_seen_by_who_enters_and_who_joins)
{
    const char *a = admin_clinic(&people.admin, "Clinic A");
    ck_assert_int_eq(admin_ask(&people.admin, "PATCH",
                               "{'name': 'Renamed', 'waiting_area': {'welcome': 'Hello'},"
                               " 'call_interface': {'raise_hand': true}}",
                               "/clinics/%s", a),
                     200);
    struct remote *patient = remote_connect(&people.bench),
                  *doctor = remote_sign_in(&people.bench, "doctor");
    json_t *entry = remote_do(patient, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "Pat");
    ck_assert_str_eq(text_in(json_object_get(entry, "clinic"), "welcome"), "Hello");
    ck_assert_str_eq(text_in(json_object_get(entry, "clinic"), "name"), "Renamed");
    json_t *board = remote_do(doctor, "dashboard.subscribe", "{s:s}", "clinic", a);
    const json_t *card = json_array_get(json_object_get(board, "cards"), 0);
    json_t *call = remote_do(doctor, "call.join", "{s:s}", "card", text_in(card, "id"));
    ck_assert(json_is_true(json_object_get(json_object_get(call, "call_interface"), "raise_hand")));
}
END_TEST

START_TEST(who_may_not_configure_changes_nothing)
{
    const char *a = admin_clinic(&people.admin, "Clinic A"),
               *b = admin_clinic(&people.admin, "Clinic B");
    ck_assert_int_eq(admin_ask(&people.clerk, "PATCH", "{'label': 'x'}", "/clinics/%s", a), 403);
    ck_assert_int_eq(
        admin_ask(&people.nurse, "PATCH", "{'add_ons': {'whiteboard': true}}", "/clinics/%s", a),
        403);
    ck_assert_int_eq(admin_ask(&people.other, "PATCH", "{'label': 'x'}", "/clinics/%s", a), 404);
    ck_assert_int_eq(admin_ask(&people.reporter, "GET", NULL, "/clinics/%s", b), 403);
    ck_assert_int_eq(admin_ask(&people.admin, "PATCH", "{}", "/clinics/%s", a), 400);
    ck_assert_int_eq(admin_ask(&people.admin, "GET", NULL, "/clinics/%s", a), 200);
    ck_assert_str_eq(admin_text(&people.admin, "label"), "");
}
END_TEST

START_TEST(a_closed_waiting_area_takes_nobody_in)
{
    const char *a = admin_clinic(&people.admin, "Clinic A");
    ck_assert_int_eq(
        admin_ask(&people.admin, "PATCH", "{'waiting_area': {'open': false}}", "/clinics/%s", a),
        200);
    struct remote *patient = remote_connect(&people.bench);
    remote_ask(patient, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "Pat");
    ck_assert_int_eq(remote_error(patient), -32009);
    ck_assert_int_eq(
        admin_ask(&people.admin, "PATCH", "{'waiting_area': {'open': true}}", "/clinics/%s", a),
        200);
    remote_do(patient, "enter", "{s:s, s:s}", "link", "link-to-a", "name", "Pat");
}
END_TEST

START_TEST(an_organisation_changes_only_what_it_names_in_its_clinics)
{
    const char *organisation = admin_organisation(&people.admin),
               *a = admin_clinic(&people.admin, "Clinic A");
    ck_assert_int_eq(admin_ask(&people.admin, "PATCH", "{'call_interface': {'raise_hand': true}}",
                               "/clinics/%s", a),
                     200);
    ck_assert_int_eq(admin_ask(&people.admin, "PATCH", "{}", "/organisations/%s", organisation),
                     400);
    ck_assert_int_eq(admin_ask(&people.admin, "PATCH", "{'call_interface': {'full_screen': true}}",
                               "/organisations/%s", organisation),
                     200);
    ck_assert_int_eq(admin_ask(&people.admin, "GET", NULL, "/clinics/%s", a), 200);
    const json_t *options = json_object_get(people.admin.reply, "call_interface");
    ck_assert(json_is_true(json_object_get(options, "full_screen")));
    ck_assert(json_is_true(json_object_get(options, "raise_hand")));
}
END_TEST

START_TEST(the_organisations_settings_reach_its_clinics_and_may_be_locked)
{
    const char *organisation = admin_organisation(&people.admin),
               *a = admin_clinic(&people.admin, "Clinic A");
    ck_assert_int_eq(admin_ask(&people.clerk, "PATCH", "{'call_interface_locked': true}",
                               "/organisations/%s", organisation),
                     403);
    ck_assert_int_eq(
        admin_ask(&people.admin, "PATCH",
                  "{'call_interface': {'full_screen': true}, 'call_interface_locked': true}",
                  "/organisations/%s", organisation),
        200);
    ck_assert_int_eq(admin_ask(&people.admin, "GET", NULL, "/clinics/%s", a), 200);
    ck_assert(json_is_true(
        json_object_get(json_object_get(people.admin.reply, "call_interface"), "full_screen")));
    ck_assert_int_eq(admin_ask(&people.admin, "PATCH", "{'call_interface': {'full_screen': false}}",
                               "/clinics/%s", a),
                     409);
    ck_assert_str_eq(admin_error(&people.admin), "conflict");
    ck_assert_int_eq(admin_ask(&people.admin, "POST", "{'name': 'New'}",
                               "/organisations/%s/clinics", organisation),
                     201);
    ck_assert(json_is_true(
        json_object_get(json_object_get(people.admin.reply, "call_interface"), "full_screen")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clinic_routes");
    TCase *tests = tcase_create("clinic_routes");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_list_of_clinics_is_for_the_organisations_roles_others_see_their_own);
    tcase_add_test(tests, a_new_clinic_takes_patients_at_once);
    tcase_add_test(tests, settings_are_seen_by_who_enters_and_who_joins);
    tcase_add_test(tests, who_may_not_configure_changes_nothing);
    tcase_add_test(tests, a_closed_waiting_area_takes_nobody_in);
    tcase_add_test(tests, an_organisation_changes_only_what_it_names_in_its_clinics);
    tcase_add_test(tests, the_organisations_settings_reach_its_clinics_and_may_be_locked);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
