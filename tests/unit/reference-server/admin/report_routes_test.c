#include <check.h>
#include <stdio.h>
#include <stdlib.h>

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

static json_int_t number(const struct admin_client *who, const char *member)
{
    return json_integer_value(json_object_get(who->reply, member));
}

START_TEST(a_clinics_report_counts_who_was_there_and_who_was_seen)
{
    const char *a = admin_clinic(&people.admin, "Clinic A");
    struct remote *doctor = remote_sign_in(&people.bench, "doctor");
    struct remote *seen = remote_enter(&people.bench, "link-to-a", "Pat"),
                  *unseen = remote_enter(&people.bench, "link-to-a", "Sam");
    json_t *board = remote_do(doctor, "dashboard.subscribe", "{s:s}", "clinic", a);
    char card[32];
    snprintf(card, sizeof card, "%s",
             text_in(json_array_get(json_object_get(board, "cards"), 0), "id"));
    remote_do(doctor, "call.join", "{s:s}", "card", card);
    remote_do(seen, "space.leave", NULL);
    remote_do(doctor, "call.end", "{s:s}", "card", card);
    remote_do(unseen, "space.leave", NULL);
    ck_assert_int_eq(admin_ask(&people.admin, "GET", NULL, "/clinics/%s/report", a), 200);
    ck_assert_int_eq(number(&people.admin, "visits"), 2);
    ck_assert_int_eq(number(&people.admin, "seen"), 1);
    ck_assert(json_is_real(json_object_get(people.admin.reply, "waited_s")));
    ck_assert_int_eq(admin_ask(&people.clerk, "GET", NULL, "/clinics/%s/report", a), 403);
    ck_assert_int_eq(admin_ask(&people.other, "GET", NULL, "/clinics/%s/report", a), 404);
}
END_TEST

START_TEST(an_organisations_report_is_for_its_roles_and_without_times_where_so_set)
{
    const char *organisation = admin_organisation(&people.admin);
    ck_assert_int_eq(
        admin_ask(&people.reporter, "GET", NULL, "/organisations/%s/report", organisation), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(people.reporter.reply, "clinics")), 2);
    ck_assert_ptr_nonnull(json_object_get(people.reporter.reply, "consulted_s"));
    ck_assert_int_eq(admin_ask(&people.reporter, "PATCH", "{'report': {'durations': false}}",
                               "/organisations/%s", organisation),
                     200);
    ck_assert_int_eq(
        admin_ask(&people.admin, "GET", NULL, "/organisations/%s/report", organisation), 200);
    ck_assert_ptr_null(json_object_get(people.admin.reply, "consulted_s"));
    ck_assert_int_eq(admin_ask(&people.reporter, "PATCH", "{'call_interface_locked': true}",
                               "/organisations/%s", organisation),
                     403);
    ck_assert_int_eq(admin_ask(&people.nurse, "PATCH", "{'report': {'durations': true}}",
                               "/organisations/%s", organisation),
                     403);
    ck_assert_int_eq(
        admin_ask(&people.nurse, "GET", NULL, "/organisations/%s/report", organisation), 403);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_routes");
    TCase *tests = tcase_create("report_routes");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_clinics_report_counts_who_was_there_and_who_was_seen);
    tcase_add_test(tests, an_organisations_report_is_for_its_roles_and_without_times_where_so_set);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
