#include "reference-server/auth/sign_in.h"

#include <check.h>
#include <string.h>

static struct loop *loop;
static struct directory directory;
static struct background *background;
static struct sign_in *sign_in;
static enum status result;
static struct user *found;
static int results;

static void note(void *arg, enum status status, struct user *user)
{
    result = status;
    found = user;
    results++;
    loop_stop(arg);
}

static void setup(void)
{
    char hash[PASSWORD_HASH_SIZE];
    ck_assert_int_eq(password_start(), STATUS_OK);
    loop = loop_create();
    ck_assert_int_eq(background_create(loop, 2, &background), STATUS_OK);
    ck_assert_int_eq(password_hash("secret", PASSWORD_COST_LOAD, hash), STATUS_OK);
    ck_assert_int_eq(directory_add_user(&directory, "user-000000000000001", "ann", "Ann", hash),
                     STATUS_OK);
    ck_assert_int_eq(sign_in_create(&directory, background, PASSWORD_COST_LOAD, &sign_in),
                     STATUS_OK);
    results = 0;
    found = NULL;
}

static void teardown(void)
{
    background_destroy(background);
    sign_in_destroy(sign_in);
    directory_finish(&directory);
    loop_destroy(loop);
}

static void attempt(const char *username, const char *password)
{
    ck_assert_int_eq(sign_in_start(sign_in, username, password, note, loop), STATUS_OK);
    loop_run(loop);
}

START_TEST(name_and_password_lead_to_the_user)
{
    attempt("ann", "secret");
    ck_assert_int_eq(result, STATUS_OK);
    ck_assert_str_eq(found->name, "Ann");
}
END_TEST

START_TEST(wrong_password_and_unknown_name_are_alike)
{
    attempt("ann", "Secret");
    ck_assert_int_eq(result, STATUS_UNAUTHENTIC);
    ck_assert_ptr_null(found);
    attempt("bob", "secret");
    ck_assert_int_eq(result, STATUS_UNAUTHENTIC);
    ck_assert_ptr_null(found);
    /* Nobody gets in by the password that unknown names are checked against. */
    attempt("bob", "nobody's password");
    ck_assert_int_eq(result, STATUS_UNAUTHENTIC);
    ck_assert_ptr_null(found);
}
END_TEST

START_TEST(more_than_fit_are_refused_and_none_is_lost)
{
    int refused = 0;
    for (int i = 0; i < 50; i++)
        refused += sign_in_start(sign_in, "ann", "secret", note, loop) == STATUS_FULL;
    ck_assert_int_gt(refused, 0);
    while (results < 50 - refused)
        loop_run(loop);
    ck_assert_int_eq(results, 50 - refused);
}
END_TEST

START_TEST(a_stop_answers_what_is_under_way)
{
    ck_assert_int_eq(sign_in_start(sign_in, "ann", "secret", note, loop), STATUS_OK);
    background_destroy(background);
    background = NULL;
    ck_assert_int_eq(results, 1);
    ck_assert(result == STATUS_OK || result == STATUS_INTERRUPTED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sign_in");
    TCase *tests = tcase_create("sign_in");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, name_and_password_lead_to_the_user);
    tcase_add_test(tests, wrong_password_and_unknown_name_are_alike);
    tcase_add_test(tests, more_than_fit_are_refused_and_none_is_lost);
    tcase_add_test(tests, a_stop_answers_what_is_under_way);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
