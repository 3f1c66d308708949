#include "reference-server/store/fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct store *store;
static struct failure failure;
static unsigned ids;
static char hashed[256]; /* "cost:password " of each */

static enum status hash_password(const char *password, const char *cost, char *ret_hash,
                                 size_t size)
{
    snprintf(ret_hash, size, "hash of %s", password);
    strcat(strcat(strcat(strcat(hashed, cost), ":"), password), " ");
    return STATUS_OK;
}

static enum status make_id(char *ret_id, size_t size)
{
    snprintf(ret_id, size, "id%018u", ++ids);
    return STATUS_OK;
}

static bool role_is_known(const char *role, bool *ret_of_organisation)
{
    *ret_of_organisation = strcmp(role, "organisation_administrator") == 0;
    return *ret_of_organisation || strcmp(role, "team_member") == 0;
}

static const struct fixture_tools tools = {hash_password, make_id, role_is_known};

static void setup(void)
{
    ids = 0;
    hashed[0] = '\0';
    failure = (struct failure){0};
    ck_assert_int_eq(store_open(":memory:", &store, &failure), STATUS_OK);
}

static void teardown(void)
{
    store_close(store);
}

static enum status load(const char *text)
{
    return fixture_load_text(store, "f.json", text, strlen(text), &tools, &failure);
}

#define HEAD                                                                                       \
    "{\"schema\": \"caseload/fixture/1\", \"password_cost\": \"load\","                            \
    "\"organisation\": {\"name\": \"Organisation\"},"
#define CLINICS                                                                                    \
    "\"clinics\": [{\"name\": \"Clinic 1\", \"link\": \"clinic-1\"},"                              \
    "{\"name\": \"Clinic 2\", \"link\": \"clinic_2\"}],"
#define ROOMS                                                                                      \
    "\"rooms\": [{\"clinic\": \"Clinic 1\", \"name\": \"Group room\", \"kind\": \"group\","        \
    "\"link\": \"group-1-room\"}],"
#define STAFF                                                                                      \
    "\"staff\": [{\"username\": \"nurse-1\", \"password\": \"secret\", \"name\": \"Nurse 1\","     \
    "\"roles\": [{\"clinic\": \"Clinic 1\", \"role\": \"team_member\"},"                           \
    "{\"clinic\": null, \"role\": \"organisation_administrator\"}]}]}"

START_TEST(the_example_of_the_protocol_is_loaded)
{
    ck_assert_msg(load(HEAD CLINICS ROOMS STAFF) == STATUS_OK, "%s", failure.message);
    bool has = false;
    char cost[16];
    ck_assert_int_eq(store_has_organisations(store, &has), STATUS_OK);
    ck_assert(has);
    ck_assert_int_eq(store_read_setting(store, "password_cost", cost, sizeof cost), STATUS_OK);
    ck_assert_str_eq(cost, "load");
    ck_assert_str_eq(hashed, "load:secret ");
    ck_assert_uint_eq(ids, 5);
}
END_TEST

#define SEVERAL                                                                                    \
    "{\"schema\": \"caseload/fixture/1\", \"password_cost\": \"load\","                            \
    "\"organisations\": [{\"name\": \"North\"}, {\"name\": \"South\"}],"
#define CLINIC_OF(organisation, name)                                                              \
    "{\"organisation\": \"" organisation "\", \"name\": \"" name "\", \"link\": \"link-of-" name   \
    "\"}"
#define CLINICS_OF_SEVERAL                                                                         \
    "\"clinics\": [" CLINIC_OF("North", "one") "," CLINIC_OF("South", "two") "],"
#define STAFF_OF_SEVERAL(role)                                                                     \
    "\"staff\": [{\"username\": \"a\", \"password\": \"b\", \"name\": \"c\", \"roles\": [" role    \
    "]}]}"

static char told[512]; /* by the store, of what was loaded */

static enum status tell_organisation(void *arg, const char *id, const char *name,
                                     const char *settings)
{
    (void)arg, (void)settings;
    strcat(strcat(strcat(strcat(told, name), "="), id), " ");
    return STATUS_OK;
}

static enum status tell_clinic(void *arg, const char *id, const char *organisation_id,
                               const char *name, const char *link, const char *settings)
{
    (void)arg, (void)id, (void)link, (void)settings;
    strcat(strcat(strcat(strcat(told, name), "<"), organisation_id), " ");
    return STATUS_OK;
}

static enum status tell_user(void *arg, const char *id, const char *username, const char *name,
                             const char *password_hash)
{
    (void)arg, (void)id, (void)username, (void)name, (void)password_hash;
    return STATUS_OK;
}

static enum status tell_membership(void *arg, const struct store_membership *row)
{
    (void)arg;
    strcat(strcat(strcat(strcat(told, row->role), "<"), row->organisation_id),
           row->clinic_id ? "/" : " ");
    strcat(strcat(told, row->clinic_id ? row->clinic_id : ""), row->clinic_id ? " " : "");
    return STATUS_OK;
}

START_TEST(clinics_and_roles_belong_to_their_organisation)
{
    const struct store_reader reader = {.organisation = tell_organisation,
                                        .clinic = tell_clinic,
                                        .user = tell_user,
                                        .membership = tell_membership};
    told[0] = '\0';
    ck_assert_msg(load(SEVERAL CLINICS_OF_SEVERAL STAFF_OF_SEVERAL(
                      "{\"clinic\": \"two\", \"role\": \"team_member\"},"
                      "{\"organisation\": \"North\", \"clinic\": null,"
                      " \"role\": \"organisation_administrator\"}")) == STATUS_OK,
                  "%s", failure.message);
    ck_assert_int_eq(store_read_directory(store, &reader), STATUS_OK);
    static const char *const expected[] = {"North=id000000000000000001 ",
                                           "South=id000000000000000002 ",
                                           "one<id000000000000000001 ",
                                           "two<id000000000000000002 ",
                                           "team_member<id000000000000000002/id000000000000000004 ",
                                           "organisation_administrator<id000000000000000001 "};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_msg(strstr(told, expected[i]) != NULL, "%s: %s", expected[i], told);
}
END_TEST

START_TEST(a_second_fixture_is_refused)
{
    ck_assert_int_eq(load(HEAD CLINICS STAFF), STATUS_OK);
    ck_assert_int_eq(load(HEAD CLINICS STAFF), STATUS_EXISTS);
    ck_assert_ptr_nonnull(strstr(failure.message, "already"));
}
END_TEST

static const struct {
    const char *text;
    enum status status;
    const char *named; /* stands in the message */
} bad[] = {
    {"", STATUS_MALFORMED, "f.json:1"},
    {"[]", STATUS_UNSUPPORTED, "schema"},
    {"{\n\n\"a\": }", STATUS_MALFORMED, "f.json:3"},
    {"{\"schema\": \"caseload/fixture/2\"}", STATUS_UNSUPPORTED, "caseload/fixture/1"},
    {HEAD CLINICS "\"staff\": [], \"extra\": 1}", STATUS_INVALID, "not known"},
    {HEAD "\"staff\": []}", STATUS_INVALID, "clinics"},
    {HEAD "\"organisations\": [], \"clinics\": [], \"staff\": []}", STATUS_INVALID, "either"},
    {SEVERAL CLINICS "\"staff\": []}", STATUS_INVALID, "clinics[0]"},
    {HEAD "\"clinics\": [" CLINIC_OF("Organisation", "one") "], \"staff\": []}", STATUS_INVALID,
     "clinics[0]"},
    {SEVERAL "\"clinics\": [" CLINIC_OF("West", "one") "], \"staff\": []}", STATUS_INVALID,
     "clinics[0]"},
    {SEVERAL CLINICS_OF_SEVERAL STAFF_OF_SEVERAL(
         "{\"clinic\": null, \"role\": \"organisation_administrator\"}"),
     STATUS_INVALID, "several"},
    {SEVERAL CLINICS_OF_SEVERAL STAFF_OF_SEVERAL(
         "{\"organisation\": \"North\", \"clinic\": \"two\", \"role\": \"team_member\"}"),
     STATUS_INVALID, "several"},
    {HEAD CLINICS "\"staff\": {}}", STATUS_INVALID, "staff"},
    {HEAD "\"clinics\": [{\"name\": \"C\", \"link\": \"short\"}], \"staff\": []}", STATUS_INVALID,
     "clinics[0]"},
    {HEAD "\"clinics\": [{\"name\": \"C\", \"link\": \"with a space\"}], \"staff\": []}",
     STATUS_INVALID, "link"},
    {HEAD "\"clinics\": [{\"name\": \"C\", \"link\": \"clinic-1\"},"
          "{\"name\": \"D\", \"link\": \"clinic-1\"}], \"staff\": []}",
     STATUS_EXISTS, "clinics[1]"},
    {HEAD "\"clinics\": [{\"name\": \"C\", \"link\": \"clinic-1\"},"
          "{\"name\": \"C\", \"link\": \"clinic-2\"}], \"staff\": []}",
     STATUS_EXISTS, "twice"},
    {HEAD CLINICS "\"rooms\": {}, \"staff\": []}", STATUS_INVALID, "rooms"},
    {HEAD CLINICS
     "\"rooms\": [{\"clinic\": \"Clinic 1\", \"name\": \"R\", \"link\": \"room-1-link\"}],"
     "\"staff\": []}",
     STATUS_INVALID, "rooms[0]"},
    {HEAD CLINICS "\"rooms\": [{\"clinic\": \"Clinic 1\", \"name\": \"R\", \"kind\": \"garden\","
                  "\"link\": \"room-1-link\"}], \"staff\": []}",
     STATUS_INVALID, "group"},
    {HEAD CLINICS "\"rooms\": [{\"clinic\": \"Clinic 1\", \"name\": \"R\", \"kind\": \"group\","
                  "\"link\": \"clinic_2\"}], \"staff\": []}",
     STATUS_INVALID, "twice"},
    {HEAD CLINICS "\"rooms\": [{\"clinic\": \"Clinic 9\", \"name\": \"R\", \"kind\": \"group\","
                  "\"link\": \"room-1-link\"}], \"staff\": []}",
     STATUS_INVALID, "none of"},
    {HEAD CLINICS "\"staff\": [{\"username\": \"a\", \"password\": \"b\", \"name\": \"c\"}]}",
     STATUS_INVALID, "staff[0]"},
    {HEAD CLINICS "\"staff\": [{\"username\": \"a\", \"password\": \"b\", \"name\": \"c\","
                  "\"roles\": [{\"clinic\": \"Clinic 1\", \"role\": \"king\"}]}]}",
     STATUS_INVALID, "not known"},
    {HEAD CLINICS "\"staff\": [{\"username\": \"a\", \"password\": \"b\", \"name\": \"c\","
                  "\"roles\": [{\"clinic\": \"Clinic 9\", \"role\": \"team_member\"}]}]}",
     STATUS_NOT_FOUND, "clinics"},
    {HEAD CLINICS "\"staff\": [{\"username\": \"a\", \"password\": \"b\", \"name\": \"c\","
                  "\"roles\": [{\"clinic\": null, \"role\": \"team_member\"}]}]}",
     STATUS_INVALID, "null"},
    {HEAD CLINICS "\"staff\": [{\"username\": \"a\", \"password\": \"b\", \"name\": \"c\","
                  "\"roles\": []}, {\"username\": \"a\", \"password\": \"b\", \"name\": \"c\","
                  "\"roles\": []}]}",
     STATUS_EXISTS, "staff[1]"},
};

START_TEST(what_is_wrong_is_named_and_nothing_stays)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        failure.message[0] = '\0';
        ck_assert_msg(load(bad[i].text) == bad[i].status, "case %zu: %s", i, failure.message);
        ck_assert_msg(strstr(failure.message, bad[i].named), "case %zu: %s", i, failure.message);
        bool has = true;
        ck_assert_int_eq(store_has_organisations(store, &has), STATUS_OK);
        ck_assert(!has);
    }
    ck_assert_int_eq(load(HEAD CLINICS STAFF), STATUS_OK);
}
END_TEST

START_TEST(files_are_read_and_missing_ones_named)
{
    char path[] = "/tmp/caseload-fixture-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(write(fd, HEAD CLINICS STAFF, strlen(HEAD CLINICS STAFF)), 0);
    close(fd);
    ck_assert_int_eq(fixture_load(store, path, &tools, &failure), STATUS_OK);
    unlink(path);
    ck_assert_int_eq(fixture_load(store, path, &tools, &failure), STATUS_IO);
    ck_assert_ptr_nonnull(strstr(failure.message, path));
    ck_assert_int_eq(fixture_load(store, "/tmp", &tools, &failure), STATUS_IO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fixture");
    TCase *tests = tcase_create("fixture");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_example_of_the_protocol_is_loaded);
    tcase_add_test(tests, clinics_and_roles_belong_to_their_organisation);
    tcase_add_test(tests, a_second_fixture_is_refused);
    tcase_add_test(tests, what_is_wrong_is_named_and_nothing_stays);
    tcase_add_test(tests, files_are_read_and_missing_ones_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
