#include "reference-server/domain/directory.h"

#include <check.h>
#include <stdio.h>

#define O1 "organisation-0000001"
#define O2 "organisation-0000002"
#define C1 "clinic-0000000000001"
#define C2 "clinic-0000000000002"
#define C3 "clinic-0000000000003"
#define R1 "room-000000000000001"
#define U1 "user-000000000000001"

static struct directory directory;

static void fill(void)
{
    directory = (struct directory){0};
    ck_assert_int_eq(directory_add_organisation(&directory, O1, "One"), STATUS_OK);
    ck_assert_int_eq(directory_add_organisation(&directory, O2, "Two"), STATUS_OK);
    ck_assert_int_eq(directory_add_clinic(&directory, C1, O1, "Renal", "renal-link"), STATUS_OK);
    ck_assert_int_eq(directory_add_clinic(&directory, C2, O1, "Heart", "heart-link"), STATUS_OK);
    ck_assert_int_eq(directory_add_clinic(&directory, C3, O2, "Heart", "other-link"), STATUS_OK);
    ck_assert_int_eq(directory_add_user(&directory, U1, "ann", "Ann", "hash"), STATUS_OK);
}

START_TEST(what_was_added_is_found_by_every_key)
{
    fill();
    struct clinic *clinic = directory_clinic_by_link(&directory, "heart-link");
    ck_assert_ptr_nonnull(clinic);
    ck_assert_ptr_eq(clinic, directory_clinic_by_id(&directory, C2));
    ck_assert_str_eq(clinic->name, "Heart");
    ck_assert_str_eq(clinic->organisation->name, "One");
    ck_assert_uint_eq(clinic->index, 1);
    ck_assert_ptr_eq(directory_user_by_name(&directory, "ann"),
                     directory_user_by_id(&directory, U1));
    ck_assert_ptr_null(directory_clinic_by_link(&directory, "heart-lin"));
    ck_assert_ptr_null(directory_clinic_by_link(&directory, "heart-link2"));
    ck_assert_ptr_null(directory_user_by_name(&directory, "Ann"));
    directory_finish(&directory);
}
END_TEST

static enum status add_room(const char *id, const char *clinic, const char *link)
{
    return directory_add_room(
        &directory,
        &(struct new_room){.id = id, .clinic_id = clinic, .name = "Group", .link = link});
}

START_TEST(a_user_room_has_an_owner_and_no_other_room_has)
{
    fill();
    struct new_room room = {
        .id = R1, .clinic_id = C2, .name = "Ann", .link = "ann-link", .kind = ROOM_USER};
    ck_assert_int_eq(directory_add_room(&directory, &room), STATUS_INVALID);
    room.owner_id = "nobody";
    ck_assert_int_eq(directory_add_room(&directory, &room), STATUS_NOT_FOUND);
    room.owner_id = U1;
    ck_assert_int_eq(directory_add_room(&directory, &room), STATUS_OK);
    ck_assert_ptr_eq(directory_room_by_id(&directory, R1)->owner,
                     directory_user_by_id(&directory, U1));
    room = (struct new_room){.id = "room-000000000000002",
                             .clinic_id = C2,
                             .name = "Team",
                             .link = "team-link",
                             .kind = ROOM_MEETING,
                             .owner_id = U1};
    ck_assert_int_eq(directory_add_room(&directory, &room), STATUS_INVALID);
    directory_finish(&directory);
}
END_TEST

START_TEST(a_new_link_takes_the_place_of_the_old_one)
{
    fill();
    ck_assert_int_eq(add_room(R1, C2, "group-link"), STATUS_OK);
    struct room *room = directory_room_by_id(&directory, R1);
    ck_assert_int_eq(directory_set_room_link(&directory, room, "heart-link"), STATUS_EXISTS);
    ck_assert_ptr_eq(directory_area_by_link(&directory, "group-link"), &room->area);
    ck_assert_int_eq(directory_set_room_link(&directory, room, "new-link"), STATUS_OK);
    ck_assert_ptr_null(directory_area_by_link(&directory, "group-link"));
    ck_assert_ptr_eq(directory_area_by_link(&directory, "new-link"), &room->area);
    directory_finish(&directory);
}
END_TEST

START_TEST(a_room_stands_in_its_clinic_and_has_a_link_of_its_own)
{
    fill();
    ck_assert_int_eq(add_room(R1, C2, "group-link"), STATUS_OK);
    struct room *room = directory_room_by_id(&directory, R1);
    ck_assert_ptr_nonnull(room);
    ck_assert_ptr_eq(room->clinic, directory_clinic_by_id(&directory, C2));
    ck_assert_ptr_eq(room->clinic->rooms[0], room);
    ck_assert_ptr_eq(directory_area_by_link(&directory, "group-link"), &room->area);
    ck_assert_ptr_null(directory_clinic_by_link(&directory, "group-link"));
    ck_assert_ptr_eq(directory_area_by_link(&directory, "heart-link"), &room->clinic->area);
    ck_assert_int_eq(add_room("room-000000000000002", C2, "heart-link"), STATUS_EXISTS);
    ck_assert_int_eq(add_room(R1, C2, "new-link"), STATUS_EXISTS);
    ck_assert_int_eq(add_room("room-000000000000002", "nobody", "y"), STATUS_NOT_FOUND);
    ck_assert_uint_eq(directory.room_count, 1);
    ck_assert_uint_eq(room->clinic->room_count, 1);
    ck_assert_ptr_null(directory_area_by_link(&directory, "new-link"));
    directory_finish(&directory);
}
END_TEST

START_TEST(keys_are_unique_and_a_refused_row_leaves_no_trace)
{
    fill();
    ck_assert_int_eq(directory_add_clinic(&directory, C1, O1, "x", "new-link"), STATUS_EXISTS);
    ck_assert_int_eq(
        directory_add_clinic(&directory, "clinic-0000000000009", O1, "x", "heart-link"),
        STATUS_EXISTS);
    ck_assert_ptr_null(directory_clinic_by_link(&directory, "new-link"));
    ck_assert_ptr_null(directory_clinic_by_id(&directory, "clinic-0000000000009"));
    ck_assert_int_eq(directory_add_user(&directory, "user-000000000000002", "ann", "B", "h"),
                     STATUS_EXISTS);
    ck_assert_ptr_null(directory_user_by_id(&directory, "user-000000000000002"));
    ck_assert_int_eq(directory_add_organisation(&directory, O1, "x"), STATUS_EXISTS);
    ck_assert_uint_eq(directory.clinic_count, 3);
    directory_finish(&directory);
}
END_TEST

START_TEST(parents_must_exist_and_ids_have_one_length)
{
    fill();
    ck_assert_int_eq(directory_add_clinic(&directory, "clinic-0000000000009",
                                          "organisation-0000009", "x", "x-link-x"),
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(directory_add_organisation(&directory, "short", "x"), STATUS_INVALID);
    directory_finish(&directory);
}
END_TEST

START_TEST(roles_count_in_their_scope_only)
{
    fill();
    struct user *user = directory_user_by_id(&directory, U1);
    struct clinic *c1 = directory_clinic_by_id(&directory, C1);
    struct clinic *c2 = directory_clinic_by_id(&directory, C2);
    struct clinic *c3 = directory_clinic_by_id(&directory, C3);
    ck_assert(!user_may(user, ACT_KNOW_CLINIC, c1));
    ck_assert_int_eq(directory_add_membership(&directory, U1, O1, C1, ROLE_TEAM_MEMBER, 0),
                     STATUS_OK);
    ck_assert_int_eq(directory_add_membership(&directory, U1, O1, C1, ROLE_CLINIC_CLERK, 0),
                     STATUS_OK);
    ck_assert_int_eq(
        directory_add_membership(&directory, U1, O1, NULL, ROLE_ORGANISATION_REPORTER, 0),
        STATUS_OK);
    ck_assert(user_may(user, ACT_JOIN_CALL, c1) && user_may(user, ACT_MANAGE_TEAM, c1));
    ck_assert(user_may(user, ACT_LIST_CLINICS, c2) && !user_may(user, ACT_JOIN_CALL, c2));
    ck_assert(!user_may(user, ACT_KNOW_CLINIC, c3));
    directory_finish(&directory);
}
END_TEST

START_TEST(what_was_denied_to_a_member_no_other_role_lacks)
{
    fill();
    struct user *user = directory_user_by_id(&directory, U1);
    struct clinic *c1 = directory_clinic_by_id(&directory, C1);
    struct clinic *c2 = directory_clinic_by_id(&directory, C2);
    ck_assert(!user_may(user, ACT_KNOW_CLINIC, c1));
    ck_assert(!user_knows_organisation(user, c1->organisation));
    ck_assert_int_eq(directory_add_membership(&directory, U1, O1, C1, ROLE_TEAM_MEMBER, 0),
                     STATUS_OK);
    ck_assert(user_may(user, ACT_JOIN_CALL, c1) && !user_may(user, ACT_JOIN_CALL, c2));
    ck_assert(user_knows_organisation(user, c1->organisation));
    user->memberships[0].denied = permission_bit(ACT_JOIN_CALL);
    ck_assert(!user_may(user, ACT_JOIN_CALL, c1) && user_may(user, ACT_VIEW_WAITING_AREA, c1));
    ck_assert_int_eq(
        directory_add_membership(&directory, U1, O1, NULL, ROLE_ORGANISATION_ADMINISTRATOR, 0),
        STATUS_OK);
    ck_assert(user_may(user, ACT_JOIN_CALL, c1) && user_may(user, ACT_JOIN_CALL, c2));
    directory_finish(&directory);
}
END_TEST

START_TEST(only_roles_of_the_organisation_count_in_it)
{
    fill();
    struct user *user = directory_user_by_id(&directory, U1);
    struct organisation *organisation = directory_clinic_by_id(&directory, C1)->organisation;
    ck_assert_int_eq(directory_add_membership(&directory, U1, O1, C1, ROLE_CLINIC_ADMINISTRATOR, 0),
                     STATUS_OK);
    ck_assert(!user_may_in_organisation(user, ACT_MANAGE_TEAM, organisation));
    ck_assert_int_eq(
        directory_add_membership(&directory, U1, O1, NULL, ROLE_ORGANISATION_ADMINISTRATOR, 0),
        STATUS_OK);
    ck_assert(user_may_in_organisation(user, ACT_MANAGE_TEAM, organisation));
    directory_finish(&directory);
}
END_TEST

START_TEST(roles_fit_their_scope)
{
    fill();
    ck_assert_int_eq(
        directory_add_membership(&directory, U1, O1, C1, ROLE_ORGANISATION_ADMINISTRATOR, 0),
        STATUS_INVALID);
    ck_assert_int_eq(directory_add_membership(&directory, U1, O1, NULL, ROLE_TEAM_MEMBER, 0),
                     STATUS_INVALID);
    ck_assert_int_eq(directory_add_membership(&directory, U1, O2, C1, ROLE_TEAM_MEMBER, 0),
                     STATUS_INVALID);
    ck_assert_int_eq(directory_add_membership(&directory, "nobody", O1, C1, ROLE_TEAM_MEMBER, 0),
                     STATUS_NOT_FOUND);
    directory_finish(&directory);
}
END_TEST

START_TEST(lists_keep_the_order_of_creation)
{
    fill();
    for (int i = 10; i < 60; i++) {
        char id[ID_LENGTH + 1], link[32];
        snprintf(id, sizeof id, "clinic-%013d", i);
        snprintf(link, sizeof link, "link-%d", i);
        ck_assert_int_eq(directory_add_clinic(&directory, id, O1, "n", link), STATUS_OK);
    }
    ck_assert_uint_eq(directory.clinic_count, 53);
    ck_assert_uint_eq(directory.organisations[0]->clinic_count, 52);
    ck_assert_str_eq(directory.clinics[52]->link, "link-59");
    ck_assert_uint_eq(directory.clinics[52]->index, 52);
    ck_assert_str_eq(directory.organisations[1]->clinics[0]->id.text, C3);
    directory_finish(&directory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("directory");
    TCase *tests = tcase_create("directory");
    tcase_add_test(tests, what_was_added_is_found_by_every_key);
    tcase_add_test(tests, a_room_stands_in_its_clinic_and_has_a_link_of_its_own);
    tcase_add_test(tests, a_user_room_has_an_owner_and_no_other_room_has);
    tcase_add_test(tests, a_new_link_takes_the_place_of_the_old_one);
    tcase_add_test(tests, keys_are_unique_and_a_refused_row_leaves_no_trace);
    tcase_add_test(tests, parents_must_exist_and_ids_have_one_length);
    tcase_add_test(tests, roles_count_in_their_scope_only);
    tcase_add_test(tests, what_was_denied_to_a_member_no_other_role_lacks);
    tcase_add_test(tests, only_roles_of_the_organisation_count_in_it);
    tcase_add_test(tests, roles_fit_their_scope);
    tcase_add_test(tests, lists_keep_the_order_of_creation);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
