#include "engine/capacity/cause.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct target_use seen(double cpu, double limit)
{
    struct target_use use = target_use_unknown();
    use.seen = true;
    use.cpu_mean = use.cpu_max = cpu;
    use.cpu_limit = limit;
    return use;
}

START_TEST(what_was_not_seen_is_not_guessed)
{
    struct target_use none = target_use_unknown();
    char text[200];
    ck_assert_int_eq(cause_find(&none, true), CAUSE_UNSEEN);
    cause_describe(CAUSE_UNSEEN, &none, text, sizeof text);
    ck_assert_str_eq(text, "unknown: the target shows no metrics");
    struct target_use idle = seen(0.1, 1);
    ck_assert_int_eq(cause_find(&idle, true), CAUSE_NOTHING_EXHAUSTED);
}
END_TEST

START_TEST(the_generator_is_never_the_targets_limit)
{
    struct target_use full = seen(0.3, 0.3);
    ck_assert_int_eq(cause_find(&full, false), CAUSE_GENERATOR);
}
END_TEST

START_TEST(the_processor_of_the_target)
{
    char text[200];
    struct target_use full = seen(0.29, 0.3), half = seen(0.15, 0.3);
    ck_assert_int_eq(cause_find(&full, true), CAUSE_TARGET_CPU);
    ck_assert_int_eq(cause_find(&half, true), CAUSE_NOTHING_EXHAUSTED);
    half.throttled = 0.8; /* bursts: little on average, and yet held back */
    ck_assert_int_eq(cause_find(&half, true), CAUSE_TARGET_CPU);
    half.throttled = 0.1;
    ck_assert_int_eq(cause_find(&half, true), CAUSE_NOTHING_EXHAUSTED);
    full.throttled = 0.81;
    cause_describe(CAUSE_TARGET_CPU, &full, text, sizeof text);
    ck_assert_str_eq(
        text, "the target's processor: 0.29 of 0.30 cores used, held back in 81 % of its periods");
}
END_TEST

START_TEST(one_thread_the_loop_and_drops)
{
    char text[200];
    struct target_use use = seen(1.0, 2);
    use.busiest = 0.95;
    ck_assert_int_eq(cause_find(&use, true), CAUSE_TARGET_LOOP);
    cause_describe(CAUSE_TARGET_LOOP, &use, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "95 %"));
    use.busiest = 0.5;
    use.loop_lag_ms = 350;
    ck_assert_int_eq(cause_find(&use, true), CAUSE_TARGET_LOOP);
    use.loop_lag_ms = 3;
    use.drops = 12;
    ck_assert_int_eq(cause_find(&use, true), CAUSE_TARGET_DROPS);
    use.drops = 0;
    ck_assert_int_eq(cause_find(&use, true), CAUSE_NOTHING_EXHAUSTED);
    use.cpu_limit = -1; /* of another host: not known what it may use */
    ck_assert_int_eq(cause_find(&use, true), CAUSE_NOTHING_EXHAUSTED);
}
END_TEST

START_TEST(words_are_found_again)
{
    for (unsigned i = 0; i < CAUSE_COUNT; i++)
        ck_assert_uint_eq(cause_by_word(cause_word((enum cause)i)), i);
    ck_assert_int_eq(cause_by_word("fate"), CAUSE_COUNT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cause");
    TCase *cases = tcase_create("causes");
    tcase_add_test(cases, what_was_not_seen_is_not_guessed);
    tcase_add_test(cases, the_generator_is_never_the_targets_limit);
    tcase_add_test(cases, the_processor_of_the_target);
    tcase_add_test(cases, one_thread_the_loop_and_drops);
    tcase_add_test(cases, words_are_found_again);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
