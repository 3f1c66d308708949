#include "reference-server/auth/password.h"

#include <check.h>
#include <string.h>

START_TEST(the_right_password_and_no_other)
{
    char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];
    ck_assert_int_eq(password_start(), STATUS_OK);
    ck_assert_int_eq(password_hash("correct horse", PASSWORD_COST_LOAD, hash), STATUS_OK);
    ck_assert_int_eq(password_verify("correct horse", hash), STATUS_OK);
    ck_assert_int_eq(password_verify("correct hors", hash), STATUS_UNAUTHENTIC);
    ck_assert_int_eq(password_verify("", hash), STATUS_UNAUTHENTIC);
    ck_assert_int_eq(password_verify("correct horse", "not a hash"), STATUS_UNAUTHENTIC);
    ck_assert_int_eq(password_hash("correct horse", PASSWORD_COST_LOAD, again), STATUS_OK);
    ck_assert_str_ne(hash, again); /* salted */
}
END_TEST

START_TEST(the_cost_stands_in_the_hash)
{
    char hash[PASSWORD_HASH_SIZE];
    ck_assert_int_eq(password_start(), STATUS_OK);
    ck_assert_int_eq(password_hash("x", PASSWORD_COST_NORMAL, hash), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(hash, "$argon2id$v=19$m=65536,t=2,p=1$"));
    ck_assert_int_eq(password_hash("x", PASSWORD_COST_LOAD, hash), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(hash, "$argon2id$v=19$m=8,t=1,p=1$"));
}
END_TEST

START_TEST(costs_have_names)
{
    enum password_cost cost = PASSWORD_COST_NORMAL;
    ck_assert_int_eq(password_cost_by_name("load", &cost), STATUS_OK);
    ck_assert_int_eq(cost, PASSWORD_COST_LOAD);
    ck_assert_int_eq(password_cost_by_name("normal", &cost), STATUS_OK);
    ck_assert_int_eq(cost, PASSWORD_COST_NORMAL);
    ck_assert_int_eq(password_cost_by_name("none", &cost), STATUS_INVALID);
}
END_TEST

START_TEST(a_wiped_password_is_gone)
{
    char password[] = "secret";
    password_wipe(password);
    ck_assert_mem_eq(password, "\0\0\0\0\0\0", 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("password");
    TCase *tests = tcase_create("password");
    tcase_add_test(tests, the_right_password_and_no_other);
    tcase_add_test(tests, the_cost_stands_in_the_hash);
    tcase_add_test(tests, costs_have_names);
    tcase_add_test(tests, a_wiped_password_is_gone);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
