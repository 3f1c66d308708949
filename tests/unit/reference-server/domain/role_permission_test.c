#include "reference-server/domain/role_permission.h"

#include <check.h>
#include <string.h>

#include "reference-server/fault.h"

/* Written out again from the catalogue's matrix B.2, row by row, not from the table under test.
 * Columns: OA OC OR CA CC TM SR. */
static const struct {
    enum act act;
    int row;
    const char *granted;
} expected[] = {
    {ACT_KNOW_CLINIC, 0, "1111111"},
    {ACT_INVITE_ADMINISTRATOR, 1, "1000000"},
    {ACT_REMOVE_ADMINISTRATOR, 2, "1000000"},
    {ACT_MANAGE_COORDINATORS, 3, "1100000"},
    {ACT_MANAGE_REPORTERS, 4, "1100000"},
    {ACT_CREATE_CLINIC, 5, "1100000"},
    {ACT_MANAGE_TEAM, 6, "1001100"},
    {ACT_SET_PERMISSIONS, 7, "1001100"},
    {ACT_CONFIGURE_WAITING_AREA, 8, "1101000"},
    {ACT_CONFIGURE_CALL_INTERFACE, 9, "1101000"},
    {ACT_CONFIGURE_ADD_ONS, 10, "1101000"},
    {ACT_CONFIGURE_ORGANISATION, 11, "1100000"},
    {ACT_CONFIGURE_REPORTS, 12, "1110000"},
    {ACT_RUN_ORGANISATION_REPORT, 13, "1110000"},
    {ACT_RUN_CLINIC_REPORT, 14, "1101000"},
    {ACT_LIST_CLINICS, 15, "1110000"},
    {ACT_ENTER_CLINIC, 16, "1101110"},
    {ACT_VIEW_WAITING_AREA, 17, "1101110"},
    {ACT_USE_WAITING_AREA, 18, "1101110"},
    {ACT_SEND_LINK, 19, "1101110"},
    {ACT_JOIN_CALL, 20, "1001110"},
    {ACT_VIEW_MEETING_ROOMS, 22, "1001110"},
    {ACT_USE_MEETING_ROOM, 23, "1001110"},
    {ACT_ADD_MEETING_ROOM, 24, "1001000"},
    {ACT_VIEW_USER_ROOMS, 25, "1001110"},
    {ACT_USE_USER_ROOM, 26, "1001110"},
    {ACT_ADD_USER_ROOM, 27, "1001000"},
    {ACT_USE_GROUP_ROOM, 28, "1001110"},
    {ACT_ADD_GROUP_ROOM, 29, "1001000"},
    {ACT_TRANSFER_FROM, 30, "1101110"},
    {ACT_TRANSFER_INTO, 31, "1101111"},
};

START_TEST(table_is_the_matrix)
{
    ck_assert_uint_eq(sizeof expected / sizeof expected[0], ACT_COUNT);
    for (size_t i = 0; i < ACT_COUNT; i++) {
        ck_assert_int_eq(permission_row(expected[i].act), expected[i].row);
        for (unsigned role = 0; role < ROLE_COUNT; role++)
            ck_assert_msg(permission_granted(expected[i].act, ROLE_BIT(role)) ==
                              (expected[i].granted[role] == '1'),
                          "row %d, role %s", expected[i].row, role_name(role));
    }
}
END_TEST

START_TEST(nobody_without_a_role_may_anything)
{
    for (unsigned act = 0; act < ACT_COUNT; act++)
        ck_assert(!permission_granted(act, 0));
}
END_TEST

START_TEST(several_roles_add_up)
{
    unsigned roles = ROLE_BIT(ROLE_SERVICE_REFERRER) | ROLE_BIT(ROLE_ORGANISATION_COORDINATOR);
    ck_assert(permission_granted(ACT_TRANSFER_INTO, roles));
    ck_assert(permission_granted(ACT_VIEW_WAITING_AREA, roles));
    ck_assert(!permission_granted(ACT_JOIN_CALL, roles));
}
END_TEST

START_TEST(role_names_go_both_ways)
{
    for (unsigned role = 0; role < ROLE_COUNT; role++)
        ck_assert_int_eq(role_by_name(role_name(role)), role);
    ck_assert_str_eq(role_name(ROLE_TEAM_MEMBER), "team_member");
    ck_assert_int_eq(role_by_name("owner"), ROLE_COUNT);
    ck_assert_int_eq(role_by_name(""), ROLE_COUNT);
    ck_assert(role_is_of_organisation(ROLE_ORGANISATION_REPORTER));
    ck_assert(!role_is_of_organisation(ROLE_CLINIC_ADMINISTRATOR));
}
END_TEST

START_TEST(the_faults_grant_and_deny_turn_one_cell)
{
    ck_assert_int_eq(fault_switch_on_text("grant=6:team_member"), FAULT_GRANT);
    ck_assert_int_eq(fault_switch_on_text("deny=17:clinic_clerk"), FAULT_DENY);
    ck_assert(permission_granted(ACT_MANAGE_TEAM, ROLE_BIT(ROLE_TEAM_MEMBER)));
    ck_assert(!permission_granted(ACT_MANAGE_TEAM, ROLE_BIT(ROLE_SERVICE_REFERRER)));
    ck_assert(!permission_granted(ACT_SET_PERMISSIONS, ROLE_BIT(ROLE_TEAM_MEMBER)));
    ck_assert(!permission_granted(ACT_VIEW_WAITING_AREA, ROLE_BIT(ROLE_CLINIC_CLERK)));
    ck_assert(permission_granted(ACT_VIEW_WAITING_AREA, ROLE_BIT(ROLE_TEAM_MEMBER)));
    fault_reset();
    ck_assert(permission_granted(ACT_VIEW_WAITING_AREA, ROLE_BIT(ROLE_CLINIC_CLERK)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("role_permission");
    TCase *tests = tcase_create("role_permission");
    tcase_add_test(tests, table_is_the_matrix);
    tcase_add_test(tests, nobody_without_a_role_may_anything);
    tcase_add_test(tests, several_roles_add_up);
    tcase_add_test(tests, role_names_go_both_ways);
    tcase_add_test(tests, the_faults_grant_and_deny_turn_one_cell);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
