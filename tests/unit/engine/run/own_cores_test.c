#include "engine/run/own_cores.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static cpu_set_t cores(const char *list)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (const char *at = list; *at; at++)
        CPU_SET(*at - '0', &set);
    return set;
}

START_TEST(workers_take_cores_from_the_last_one_down)
{
    cpu_set_t allowed = cores("0257"), rest;

    ck_assert_int_eq(own_cores_pick(&allowed, 0), 7);
    ck_assert_int_eq(own_cores_pick(&allowed, 1), 5);
    ck_assert_int_eq(own_cores_pick(&allowed, 3), 0);
    ck_assert_int_eq(own_cores_pick(&allowed, 4), -1);
    own_cores_rest(&allowed, 2, &rest);
    cpu_set_t expected = cores("02");
    ck_assert(CPU_EQUAL(&rest, &expected));
    own_cores_rest(&allowed, 9, &rest);
    ck_assert_int_eq(CPU_COUNT(&rest), 0);
}
END_TEST

START_TEST(too_few_cores_are_named)
{
    struct failure failure = {0};
    cpu_set_t before, one;

    ck_assert_int_eq(own_cores_check(0, &failure), STATUS_OK);
    ck_assert_int_eq(own_cores_check(CPU_SETSIZE, &failure), STATUS_INVALID);
    ck_assert_int_eq(sched_getaffinity(0, sizeof before, &before), 0);
    own_cores_claim(0);
    ck_assert_int_eq(sched_getaffinity(0, sizeof one, &one), 0);
    ck_assert_int_eq(CPU_COUNT(&one), 1);
    ck_assert(CPU_ISSET(own_cores_pick(&before, 0), &one));
    ck_assert_int_eq(own_cores_check(1, &failure), STATUS_INVALID);
    ck_assert_ptr_nonnull(strstr(failure.message, ": 2, this process may use 1"));
    own_cores_leave(1); /* nothing would be left: it stays where it is */
    ck_assert_int_eq(sched_getaffinity(0, sizeof one, &one), 0);
    ck_assert_int_eq(CPU_COUNT(&one), 1);
    ck_assert_int_eq(sched_setaffinity(0, sizeof before, &before), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/run/own_cores");
    TCase *cases = tcase_create("own_cores");

    tcase_add_test(cases, workers_take_cores_from_the_last_one_down);
    tcase_add_test(cases, too_few_cores_are_named);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
