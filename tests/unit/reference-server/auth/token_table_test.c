#include "reference-server/auth/token_table.h"

#include <check.h>

static struct user user;

static struct staff_token token_number(uint8_t number, int64_t expires_at_us)
{
    return (struct staff_token){
        .key = {.bytes = {number}}, .user = &user, .expires_at_us = expires_at_us};
}

START_TEST(a_token_is_found_until_it_expires_or_is_removed)
{
    struct token_table *table = token_table_create(10);
    struct staff_token one = token_number(1, 1000), two = token_number(2, 2000);
    ck_assert_int_eq(token_table_add(table, &one), STATUS_OK);
    ck_assert_int_eq(token_table_add(table, &two), STATUS_OK);
    ck_assert_int_eq(token_table_add(table, &one), STATUS_EXISTS);
    ck_assert_ptr_eq(token_table_find(table, &one.key, 999)->user, &user);
    ck_assert_ptr_null(token_table_find(table, &one.key, 1000));
    ck_assert_ptr_nonnull(token_table_find(table, &two.key, 1000));
    token_table_remove(table, &two.key);
    ck_assert_ptr_null(token_table_find(table, &two.key, 0));
    token_table_remove(table, &two.key);
    token_table_destroy(table);
    token_table_destroy(NULL);
}
END_TEST

START_TEST(the_sweep_makes_room)
{
    struct token_table *table = token_table_create(3);
    for (uint8_t i = 0; i < 3; i++) {
        struct staff_token token = token_number(i, 1000 + i);
        ck_assert_int_eq(token_table_add(table, &token), STATUS_OK);
    }
    struct staff_token more = token_number(9, 5000);
    ck_assert_int_eq(token_table_add(table, &more), STATUS_FULL);
    token_table_sweep(table, 1001);
    ck_assert_uint_eq(token_table_count(table), 1);
    ck_assert_int_eq(token_table_add(table, &more), STATUS_OK);
    struct token_key kept = {.bytes = {2}};
    ck_assert_ptr_nonnull(token_table_find(table, &kept, 1001));
    token_table_destroy(table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token_table");
    TCase *tests = tcase_create("token_table");
    tcase_add_test(tests, a_token_is_found_until_it_expires_or_is_removed);
    tcase_add_test(tests, the_sweep_makes_room);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
