/* What every route has in common: who asks, what is asked, one after the other. */
#include "reference-server/admin/admin.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

START_TEST(who_is_not_signed_in_is_told_so)
{
    ck_assert_int_eq(
        server_bench_request(&people.bench, "GET", "/api/v1/organisations", NULL, NULL), 401);
    ck_assert_int_eq(server_bench_request(&people.bench, "GET", "/api/v1/organisations", "x", NULL),
                     401);
    ck_assert_int_eq(
        server_bench_request(&people.bench, "POST", "/api/v1/sign-out", people.nurse.token, NULL),
        204);
    ck_assert_int_eq(admin_ask(&people.nurse, "GET", NULL, "/organisations"), 401);
    ck_assert_str_eq(admin_error(&people.nurse), "unauthenticated");
}
END_TEST

START_TEST(unknown_paths_are_hidden_and_known_ones_have_their_methods)
{
    static const char *const unknown[] = {"/organisations/", "/organisations/x/y", "/clinics",
                                          "/clinics//members", "/invitations"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        ck_assert_int_eq(admin_ask(&people.admin, "GET", NULL, "%s", unknown[i]), 404);
        ck_assert_str_eq(admin_error(&people.admin), "hidden");
    }
    ck_assert_int_eq(admin_ask(&people.admin, "DELETE", NULL, "/organisations"), 405);
    ck_assert_int_eq(admin_ask(&people.admin, "GET", NULL, "/invitations/x"), 405);
}
END_TEST

#define FIFTY_NINE "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

START_TEST(broken_bodies_are_protocol_errors_that_name_the_culprit)
{
    static const char *const bad[] = {"{'" FIFTY_NINE "\u00e9': 1}", /* cut within a character */
                                      "",
                                      "{",
                                      "[]",
                                      "{'name': ''}",
                                      "{'name': 1}",
                                      "{'name': 'x', 'colour': 1}",
                                      "{'label': 'x'}",
                                      "{'name': 'x', 'name': 'y'}",
                                      "{'name': 'a\\u0007b'}"};
    const char *organisation = admin_organisation(&people.admin);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int status =
            admin_ask(&people.admin, "POST", bad[i], "/organisations/%s/clinics", organisation);
        ck_assert_msg(status == 400, "%s: %d", bad[i], status);
        ck_assert_str_eq(admin_error(&people.admin), "protocol");
    }
    admin_ask(&people.admin, "POST", "{'name': 'x', 'colour': 1}", "/organisations/%s/clinics",
              organisation);
    ck_assert_str_eq(text_in(json_object_get(people.admin.reply, "error"), "message"),
                     "'colour' is not known");
}
END_TEST

START_TEST(what_was_acknowledged_is_there_after_a_restart)
{
    char path[] = "/tmp/caseload-admin-XXXXXX", name[64];
    struct server_bench second;
    struct admin_client again, guest;
    ck_assert_ptr_nonnull(mkdtemp(path));
    snprintf(name, sizeof name, "%s/db", path);

    server_bench_init(&second, false, name, 0);
    admin_client_init(&again, &second, "admin");
    admin_client_init(&guest, &second, "other");
    const char *a = admin_clinic(&again, "Clinic A");
    ck_assert_int_eq(admin_ask(&again, "PATCH",
                               "{'label': 'Renal', 'add_ons': {'whiteboard': true}}", "/clinics/%s",
                               a),
                     200);
    ck_assert_int_eq(admin_ask(&again, "POST", "{'name': 'Clinic C'}", "/organisations/%s/clinics",
                               admin_organisation(&again)),
                     201);
    ck_assert_int_eq(admin_ask(&again, "POST", "{'role': 'team_member', 'denied': ['join_call']}",
                               "/clinics/%s/invitations", a),
                     201);
    char secret[64];
    snprintf(secret, sizeof secret, "%s", admin_text(&again, "invitation"));
    admin_client_finish(&again);
    admin_client_finish(&guest);
    server_bench_finish(&second);

    server_bench_init(&second, false, name, 0);
    admin_client_init(&again, &second, "admin");
    admin_client_init(&guest, &second, "other");
    a = admin_clinic(&again, "Clinic A");
    admin_clinic(&again, "Clinic C");
    ck_assert_int_eq(admin_ask(&again, "GET", NULL, "/clinics/%s", a), 200);
    ck_assert_str_eq(admin_text(&again, "label"), "Renal");
    ck_assert(json_is_true(json_object_get(json_object_get(again.reply, "add_ons"), "whiteboard")));
    ck_assert_int_eq(admin_ask(&guest, "POST", NULL, "/invitations/%s", secret), 200);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(guest.reply, "denied"), 0)),
                     "join_call");
    admin_client_finish(&again);
    admin_client_finish(&guest);
    server_bench_finish(&second);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/db%s", path, (const char *[]){"", "-wal", "-shm"}[i]);
        unlink(name);
    }
    rmdir(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admin");
    TCase *tests = tcase_create("admin");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, who_is_not_signed_in_is_told_so);
    tcase_add_test(tests, unknown_paths_are_hidden_and_known_ones_have_their_methods);
    tcase_add_test(tests, broken_bodies_are_protocol_errors_that_name_the_culprit);
    tcase_add_test(tests, what_was_acknowledged_is_there_after_a_restart);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
