#include "reference-server/media/worker/key_map.h"

#include <check.h>
#include <stdlib.h>

#include "common/base/random.h"

enum { LIMIT = 3000 };

static struct key_map *map;
static int values[LIMIT + 1];

static void setup(void)
{
    map = key_map_create(LIMIT, 42);
    ck_assert_ptr_nonnull(map);
}

static void teardown(void)
{
    key_map_destroy(map);
}

START_TEST(finds_what_was_put)
{
    ck_assert_ptr_null(key_map_find(map, 7));
    ck_assert_int_eq(key_map_put(map, 7, &values[7]), STATUS_OK);
    ck_assert_int_eq(key_map_put(map, 0, &values[0]), STATUS_OK);
    ck_assert_ptr_eq(key_map_find(map, 7), &values[7]);
    ck_assert_ptr_eq(key_map_find(map, 0), &values[0]);
    ck_assert_int_eq(key_map_put(map, 7, &values[8]), STATUS_OK);
    ck_assert_ptr_eq(key_map_find(map, 7), &values[8]);
    ck_assert_uint_eq(key_map_count(map), 2);
    ck_assert_ptr_eq(key_map_remove(map, 7), &values[8]);
    ck_assert_ptr_null(key_map_find(map, 7));
    ck_assert_ptr_null(key_map_remove(map, 7));
}
END_TEST

START_TEST(is_full_at_its_limit_but_still_replaces)
{
    for (uint64_t i = 0; i < LIMIT; i++)
        ck_assert_int_eq(key_map_put(map, i, &values[i]), STATUS_OK);
    ck_assert_int_eq(key_map_put(map, LIMIT, &values[LIMIT]), STATUS_FULL);
    ck_assert_int_eq(key_map_put(map, 3, &values[4]), STATUS_OK);
    ck_assert_uint_eq(key_map_count(map), LIMIT);
}
END_TEST

/* Against a plain array, through thousands of collisions and removals. */
START_TEST(agrees_with_a_plain_list)
{
    struct random_stream random;
    int *expected[LIMIT] = {0};

    random_stream_init(&random, 1);
    for (int step = 0; step < 50000; step++) {
        uint64_t key = random_below(&random, LIMIT / 2);
        if (random_below(&random, 2) == 0) {
            ck_assert_int_eq(key_map_put(map, key, &values[step % LIMIT]), STATUS_OK);
            expected[key] = &values[step % LIMIT];
        } else {
            ck_assert_ptr_eq(key_map_remove(map, key), expected[key]);
            expected[key] = NULL;
        }
        key = random_below(&random, LIMIT / 2);
        ck_assert_ptr_eq(key_map_find(map, key), expected[key]);
    }
    size_t held = 0, walked = 0, cursor = 0;
    for (size_t i = 0; i < LIMIT; i++)
        held += expected[i] != NULL;
    while (key_map_next(map, &cursor))
        walked++;
    ck_assert_uint_eq(key_map_count(map), held);
    ck_assert_uint_eq(walked, held);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/worker/key_map");
    TCase *cases = tcase_create("key_map");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, finds_what_was_put);
    tcase_add_test(cases, is_full_at_its_limit_but_still_replaces);
    tcase_add_test(cases, agrees_with_a_plain_list);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
