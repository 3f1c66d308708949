#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/admin_client.h"

static struct admin_people people;
static char clinic[32], room[32], link_text[40];

static void setup(void)
{
    admin_people_init(&people);
    snprintf(clinic, sizeof clinic, "%s", admin_clinic(&people.admin, "Clinic A"));
}

static void teardown(void)
{
    admin_people_finish(&people);
}

static void add(const char *body)
{
    ck_assert_int_eq(admin_ask(&people.admin, "POST", body, "/clinics/%s/rooms", clinic), 201);
    snprintf(room, sizeof room, "%s", admin_text(&people.admin, "id"));
    snprintf(link_text, sizeof link_text, "%s",
             json_string_value(json_object_get(people.admin.reply, "link"))
                 ? admin_text(&people.admin, "link")
                 : "");
}

static void add_own_room_of(const struct admin_client *owner)
{
    char body[128];
    snprintf(body, sizeof body, "{'kind': 'user', 'name': 'x', 'owner': '%s'}", owner->user);
    add(body);
}

static size_t rooms_of(struct admin_client *who)
{
    ck_assert_int_eq(admin_ask(who, "GET", NULL, "/clinics/%s/rooms", clinic), 200);
    return json_array_size(json_object_get(who->reply, "rooms"));
}

START_TEST(a_new_meeting_room_is_there_for_the_team)
{
    add("{'kind': 'meeting', 'name': 'Tumour board'}");
    ck_assert_uint_eq(rooms_of(&people.nurse), 1);
    const json_t *seen = json_array_get(json_object_get(people.nurse.reply, "rooms"), 0);
    ck_assert_str_eq(text_in(seen, "id"), room);
    ck_assert_str_eq(text_in(seen, "name"), "Tumour board");
    ck_assert_str_eq(text_in(seen, "kind"), "meeting");
    ck_assert_str_eq(text_in(seen, "link"), link_text);
    ck_assert(json_is_false(json_object_get(seen, "for_consultations")));
    ck_assert_int_eq(json_integer_value(json_object_get(seen, "capacity")), 6);
    ck_assert_int_eq(admin_ask(&people.other, "GET", NULL, "/clinics/%s/rooms", clinic), 404);
    ck_assert_int_eq(admin_ask(&people.reporter, "GET", NULL, "/clinics/%s/rooms", clinic), 403);
}
END_TEST

START_TEST(who_may_not_add_a_room_adds_none)
{
    const char *body = "{'kind': 'group', 'name': 'Mine'}";
    ck_assert_int_eq(admin_ask(&people.nurse, "POST", body, "/clinics/%s/rooms", clinic), 403);
    ck_assert_int_eq(admin_ask(&people.clerk, "POST", body, "/clinics/%s/rooms", clinic), 403);
    ck_assert_int_eq(admin_ask(&people.other, "POST", body, "/clinics/%s/rooms", clinic), 404);
    ck_assert_uint_eq(rooms_of(&people.admin), 0);
}
END_TEST

START_TEST(what_is_wrong_with_a_new_room_is_named)
{
    static const char *const wrong[] = {
        "{'kind': 'garden', 'name': 'x'}",
        "{'kind': 'group'}",
        "{'name': 'x'}",
        "{'kind': 'group', 'name': ''}",
        "{'kind': 'group', 'name': 'x', 'colour': 'red'}",
        "{'kind': 'user', 'name': 'x'}",
        "{'kind': 'user', 'name': 'x', 'owner': 'nobody'}",
        "{'kind': 'meeting', 'name': 'x', 'owner': 'nobody'}",
        "[]",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_int_eq(admin_ask(&people.admin, "POST", wrong[i], "/clinics/%s/rooms", clinic),
                         400);
    char body[128];
    snprintf(body, sizeof body, "{'kind': 'user', 'name': 'x', 'owner': '%s'}", people.other.user);
    ck_assert_int_eq(admin_ask(&people.admin, "POST", body, "/clinics/%s/rooms", clinic), 400);
}
END_TEST

START_TEST(a_user_room_bears_its_owners_name_and_gives_its_link_to_them_alone)
{
    add_own_room_of(&people.nurse);
    ck_assert_str_eq(link_text, ""); /* who added it does not get its link */
    ck_assert_uint_eq(rooms_of(&people.nurse), 1);
    const json_t *own = json_array_get(json_object_get(people.nurse.reply, "rooms"), 0);
    ck_assert_str_eq(text_in(own, "name"), text_in(json_object_get(own, "owner"), "name"));
    ck_assert_uint_eq(strlen(text_in(own, "link")), 20);
    ck_assert_uint_eq(rooms_of(&people.clerk), 0);
    char body[128];
    snprintf(body, sizeof body, "{'kind': 'user', 'name': 'x', 'owner': '%s'}", people.nurse.user);
    ck_assert_int_eq(admin_ask(&people.admin, "POST", body, "/clinics/%s/rooms", clinic), 409);
}
END_TEST

START_TEST(a_new_link_ends_the_old_one)
{
    add("{'kind': 'meeting', 'name': 'Board'}");
    struct remote *guest = remote_connect(&people.bench), *late = remote_connect(&people.bench);
    remote_do(guest, "enter", "{s:s, s:s}", "link", link_text, "name", "Guest");
    ck_assert_int_eq(admin_ask(&people.nurse, "POST", NULL, "/rooms/%s/link", room), 403);
    ck_assert_int_eq(admin_ask(&people.other, "POST", NULL, "/rooms/%s/link", room), 404);
    ck_assert_int_eq(admin_ask(&people.admin, "POST", NULL, "/rooms/%s/link", room), 200);
    remote_ask(late, "enter", "{s:s, s:s}", "link", link_text, "name", "Late");
    ck_assert_int_eq(remote_error(late), -32004);
    remote_do(late, "enter", "{s:s, s:s}", "link", admin_text(&people.admin, "link"), "name",
              "Late");
}
END_TEST

START_TEST(only_the_owner_renews_the_link_of_a_user_room)
{
    add_own_room_of(&people.nurse);
    ck_assert_int_eq(admin_ask(&people.admin, "POST", NULL, "/rooms/%s/link", room), 403);
    ck_assert_int_eq(admin_ask(&people.clerk, "POST", NULL, "/rooms/%s/link", room), 404);
    ck_assert_int_eq(admin_ask(&people.nurse, "POST", NULL, "/rooms/%s/link", room), 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("room_routes");
    TCase *tests = tcase_create("room_routes");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_new_meeting_room_is_there_for_the_team);
    tcase_add_test(tests, who_may_not_add_a_room_adds_none);
    tcase_add_test(tests, what_is_wrong_with_a_new_room_is_named);
    tcase_add_test(tests, a_user_room_bears_its_owners_name_and_gives_its_link_to_them_alone);
    tcase_add_test(tests, a_new_link_ends_the_old_one);
    tcase_add_test(tests, only_the_owner_renews_the_link_of_a_user_room);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
