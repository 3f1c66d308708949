#include "reference-server/server/server_data.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reference-server/auth/password.h"
#include "reference-server/auth/token.h"

static const char fixture[] =
    "{\"schema\": \"caseload/fixture/1\", \"password_cost\": \"load\","
    "\"organisation\": {\"name\": \"Organisation\"},"
    "\"clinics\": [{\"name\": \"Clinic 1\", \"link\": \"clinic-1\"},"
    "{\"name\": \"Clinic 2\", \"link\": \"clinic-2\"}],"
    "\"staff\": [{\"username\": \"ann\", \"password\": \"secret\", \"name\": \"Ann\","
    "\"roles\": [{\"clinic\": \"Clinic 2\", \"role\": \"team_member\"},"
    "{\"clinic\": null, \"role\": \"organisation_reporter\"}]}]}";

static struct store *store;
static struct directory directory;
static struct token_table *tokens;
static char cost[16];

static void setup(void)
{
    char path[] = "/tmp/caseload-data-XXXXXX";
    struct failure failure = {0};
    int fd = mkstemp(path);
    ck_assert_int_eq(password_start(), STATUS_OK);
    ck_assert_int_eq(write(fd, fixture, strlen(fixture)), (ssize_t)strlen(fixture));
    close(fd);
    ck_assert_int_eq(store_open(":memory:", &store, NULL), STATUS_OK);
    enum status status = server_data_load_fixture(store, path, &failure);
    ck_assert_msg(status == STATUS_OK, "%s", failure.message);
    unlink(path);
    tokens = token_table_create(10);
    directory = (struct directory){0};
}

static void teardown(void)
{
    token_table_destroy(tokens);
    directory_finish(&directory);
    store_close(store);
}

static enum status read_all(int64_t now_us)
{
    return server_data_read(store, now_us, &directory, tokens, cost, sizeof cost, NULL);
}

START_TEST(the_fixture_arrives_in_the_directory)
{
    ck_assert_int_eq(read_all(0), STATUS_OK);
    ck_assert_str_eq(cost, "load");
    const struct clinic *clinic = directory_clinic_by_link(&directory, "clinic-2");
    ck_assert_str_eq(clinic->name, "Clinic 2");
    ck_assert_uint_eq(clinic->index, 1);
    const struct user *ann = directory_user_by_name(&directory, "ann");
    ck_assert_int_eq(password_verify("secret", ann->password_hash), STATUS_OK);
    ck_assert_uint_eq(ann->membership_count, 2);
    ck_assert(user_may(ann, ACT_JOIN_CALL, clinic) && user_may(ann, ACT_LIST_CLINICS, clinic));
}
END_TEST

START_TEST(living_tokens_come_back_after_a_restart)
{
    char hash[TOKEN_HEX_SIZE];
    struct token_key key = token_key("a token");
    token_key_write(&key, hash);
    ck_assert_int_eq(read_all(0), STATUS_OK);
    struct store_token token = {hash, directory_user_by_name(&directory, "ann")->id.text, 1, 100};
    ck_assert_int_eq(store_add_token(store, &token), STATUS_OK);
    directory_finish(&directory);
    ck_assert_int_eq(read_all(50), STATUS_OK);
    ck_assert_ptr_eq(token_table_find(tokens, &key, 50)->user,
                     directory_user_by_name(&directory, "ann"));
}
END_TEST

START_TEST(an_empty_database_is_a_normal_one)
{
    store_close(store);
    ck_assert_int_eq(store_open(":memory:", &store, NULL), STATUS_OK);
    ck_assert_int_eq(read_all(0), STATUS_OK);
    ck_assert_str_eq(cost, "normal");
    ck_assert_uint_eq(directory.clinic_count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("server_data");
    TCase *tests = tcase_create("server_data");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_fixture_arrives_in_the_directory);
    tcase_add_test(tests, living_tokens_come_back_after_a_restart);
    tcase_add_test(tests, an_empty_database_is_a_normal_one);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
