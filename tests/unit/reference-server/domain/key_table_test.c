#include "reference-server/domain/key_table.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/random.h"

START_TEST(empty_table_finds_and_removes_nothing)
{
    struct key_table table = {0};
    ck_assert_ptr_null(key_table_find(&table, "a", 1));
    key_table_remove(&table, "a", 1);
    key_table_finish(&table);
}
END_TEST

START_TEST(keys_differ_by_bytes_and_by_length)
{
    struct key_table table = {0};
    int one, two, three;
    ck_assert_int_eq(key_table_add(&table, "ab", 2, &one), STATUS_OK);
    ck_assert_int_eq(key_table_add(&table, "abc", 3, &two), STATUS_OK);
    ck_assert_int_eq(key_table_add(&table, "a\0c", 3, &three), STATUS_OK);
    ck_assert_int_eq(key_table_add(&table, "abc", 3, &one), STATUS_EXISTS);
    ck_assert_ptr_eq(key_table_find(&table, "ab", 2), &one);
    ck_assert_ptr_eq(key_table_find(&table, "abc", 3), &two);
    ck_assert_ptr_eq(key_table_find(&table, "a\0c", 3), &three);
    ck_assert_ptr_null(key_table_find(&table, "a", 1));
    key_table_finish(&table);
}
END_TEST

/* Against an array of flags: random adds and removes, then every key is asked for. */
START_TEST(agrees_with_a_plain_array)
{
    enum { KEYS = 500, STEPS = 20000 };
    static char keys[KEYS][16];
    bool listed[KEYS] = {false};
    struct key_table table = {0};
    struct random_stream random;
    random_stream_init(&random, 7);
    for (int i = 0; i < KEYS; i++)
        snprintf(keys[i], sizeof keys[i], "k%d", i);

    size_t count = 0;
    for (int step = 0; step < STEPS; step++) {
        size_t i = random_below(&random, KEYS);
        if (random_below(&random, 2)) {
            enum status status = key_table_add(&table, keys[i], strlen(keys[i]), keys[i]);
            ck_assert_int_eq(status, listed[i] ? STATUS_EXISTS : STATUS_OK);
            count += !listed[i];
            listed[i] = true;
        } else {
            key_table_remove(&table, keys[i], strlen(keys[i]));
            count -= listed[i];
            listed[i] = false;
        }
        ck_assert_uint_eq(table.count, count);
        if (step % 500 != 0)
            continue;
        for (int k = 0; k < KEYS; k++)
            ck_assert_ptr_eq(key_table_find(&table, keys[k], strlen(keys[k])),
                             listed[k] ? keys[k] : NULL);
    }
    key_table_finish(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key_table");
    TCase *tests = tcase_create("key_table");
    tcase_add_test(tests, empty_table_finds_and_removes_nothing);
    tcase_add_test(tests, keys_differ_by_bytes_and_by_length);
    tcase_add_test(tests, agrees_with_a_plain_array);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
