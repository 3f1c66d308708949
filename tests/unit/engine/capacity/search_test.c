#include "engine/capacity/search.h"

#include <check.h>
#include <stdlib.h>

#include "common/base/random.h"

/* A simulated platform: what happens at a load in its k-th trial. */
typedef enum trial_outcome platform_fn(uint64_t load, unsigned trial);

static struct search search;

static void begin(uint64_t from, uint64_t to, unsigned trials_max)
{
    search = (struct search){.from = from, .to = to, .trials_max = trials_max};
}

static enum search_end go(platform_fn *platform)
{
    uint64_t load = 0;
    enum search_end end;
    while ((end = search_next(&search, &load)) == SEARCH_GOES_ON) {
        ck_assert_uint_ge(load, search.from);
        ck_assert_uint_le(load, search.to);
        ck_assert(search_add(&search, load, platform(load, (unsigned)search.count)));
        ck_assert_uint_le(search.count, search.trials_max);
    }
    return end;
}

static struct search_interval interval(void)
{
    struct search_interval found;
    search_interval(&search, &found);
    return found;
}

static enum trial_outcome carries_412(uint64_t load, unsigned trial)
{
    (void)trial;
    return load <= 412 ? TRIAL_PASSED : TRIAL_FAILED;
}

START_TEST(finds_the_edge_and_confirms_it)
{
    begin(10, 10000, 24);
    ck_assert_int_eq(go(carries_412), SEARCH_FOUND);
    struct search_interval found = interval();
    ck_assert_uint_le(found.pass, 412);
    ck_assert_uint_gt(found.fail, 412);
    ck_assert_uint_le(found.fail - found.pass, found.pass / SEARCH_RESOLUTION);
    ck_assert(found.pass_confirmed && found.fail_confirmed && !found.fail_is_generator);
    ck_assert_uint_eq(found.pass_holds, SEARCH_AGREEING);
    ck_assert_uint_eq(found.fail_holds, SEARCH_AGREEING);
    ck_assert_uint_le(search.count, 14); /* 7 to rise, 5 to halve, 2 to confirm */
}
END_TEST

START_TEST(small_loads_are_found_to_one)
{
    for (uint64_t from = 1; from <= 3; from++) {
        begin(from, 412 * 2, 24);
        ck_assert_int_eq(go(carries_412), SEARCH_FOUND);
    }
    begin(412, 413, 24);
    ck_assert_int_eq(go(carries_412), SEARCH_FOUND);
    ck_assert_uint_eq(interval().pass, 412);
    ck_assert_uint_eq(interval().fail, 413);
}
END_TEST

START_TEST(the_limit_of_what_may_be_tried)
{
    begin(10, 300, 24);
    ck_assert_int_eq(go(carries_412), SEARCH_NOT_REACHED);
    ck_assert_uint_eq(interval().pass, 300);
    ck_assert(interval().pass_confirmed);
    ck_assert_uint_eq(interval().fail, 0);

    begin(500, 1000, 24);
    ck_assert_int_eq(go(carries_412), SEARCH_FAILS_AT_LOWEST);
    ck_assert_uint_eq(interval().pass, 0);
    ck_assert_uint_eq(interval().fail, 500);
    ck_assert_uint_eq(search.count, 2); /* said twice before it is believed */
}
END_TEST

static enum trial_outcome generator_ends_at_200(uint64_t load, unsigned trial)
{
    return load <= 200 ? TRIAL_PASSED : trial % 2 ? TRIAL_UNFIT : TRIAL_UNFIT;
}

START_TEST(a_generator_at_its_end_is_not_the_targets)
{
    begin(10, 1000, 30);
    ck_assert_int_eq(go(generator_ends_at_200), SEARCH_GENERATOR_LIMITED);
    ck_assert(interval().fail_is_generator);
    ck_assert_uint_le(interval().pass, 200);
    ck_assert_uint_gt(interval().fail, 200);
    begin(300, 1000, 30);
    ck_assert_int_eq(go(generator_ends_at_200), SEARCH_GENERATOR_LIMITED);
    ck_assert_uint_eq(interval().pass, 0);
}
END_TEST

static enum trial_outcome unfit_above_breaks_before(uint64_t load, unsigned trial)
{
    (void)trial;
    return load <= 150 ? TRIAL_PASSED : load < 300 ? TRIAL_FAILED : TRIAL_UNFIT;
}

/* A broken target may well drag the generator along: below that the edge is still to be found. */
START_TEST(the_edge_below_an_unfit_generator)
{
    begin(10, 1000, 30);
    ck_assert_int_eq(go(unfit_above_breaks_before), SEARCH_FOUND);
    ck_assert_uint_le(interval().pass, 150);
    ck_assert_uint_gt(interval().fail, 150);
    ck_assert(!interval().fail_is_generator);
}
END_TEST

static enum trial_outcome stalls_once(uint64_t load, unsigned trial)
{
    return trial == 2 ? TRIAL_UNFIT : carries_412(load, trial);
}

START_TEST(one_stall_of_the_host_decides_nothing)
{
    begin(10, 1000, 30);
    ck_assert_int_eq(go(stalls_once), SEARCH_FOUND);
    ck_assert_uint_gt(interval().fail, 412);
}
END_TEST

static enum trial_outcome lucky_first_time(uint64_t load, unsigned trial)
{
    static uint64_t seen[SEARCH_TRIALS_MAX];
    bool again = false;
    for (unsigned i = 0; i < trial; i++)
        again |= seen[i] == load;
    seen[trial] = load;
    /* From 300 to 400 only the first hold passes. */
    return load <= 300 || (load <= 400 && !again) ? TRIAL_PASSED : TRIAL_FAILED;
}

START_TEST(a_lucky_pass_does_not_stand)
{
    begin(10, 1000, 60);
    ck_assert_int_eq(go(lucky_first_time), SEARCH_FOUND);
    ck_assert_uint_le(interval().pass, 300);
}
END_TEST

static enum trial_outcome unlucky_first_time(uint64_t load, unsigned trial)
{
    static bool failed;
    if (trial == 0)
        failed = false;
    if (load == 160 && !failed) {
        failed = true;
        return TRIAL_FAILED;
    }
    return carries_412(load, trial);
}

/* 160 fails once: the search goes below it, comes to its edge, asks again and goes on above. */
START_TEST(an_unlucky_fail_does_not_stand)
{
    begin(10, 1000, 60);
    ck_assert_int_eq(go(unlucky_first_time), SEARCH_FOUND);
    ck_assert_uint_gt(interval().pass, 380);
    ck_assert_uint_le(interval().pass, 412);
}
END_TEST

static enum trial_outcome passes_again_above(uint64_t load, unsigned trial)
{
    (void)trial;
    return load < 100 || (load >= 150 && load < 400) ? TRIAL_PASSED : TRIAL_FAILED;
}

/* Not monotone: whatever is found, everything tried up to it passes and what ends it fails. */
START_TEST(a_hole_in_what_passes)
{
    begin(10, 1000, 60);
    ck_assert_int_eq(go(passes_again_above), SEARCH_FOUND);
    struct search_interval found = interval();
    ck_assert_int_eq(passes_again_above(found.pass, 0), TRIAL_PASSED);
    ck_assert_int_eq(passes_again_above(found.fail, 0), TRIAL_FAILED);
    for (size_t i = 0; i < search.count; i++) {
        if (search.trials[i].load <= found.pass)
            ck_assert_int_eq(search.trials[i].outcome, TRIAL_PASSED);
    }
}
END_TEST

static struct random_stream noise;

/* Between 350 and 450 chance decides, the more likely to fail the higher. */
static enum trial_outcome noisy(uint64_t load, unsigned trial)
{
    (void)trial;
    double fails = load <= 350 ? 0 : load >= 450 ? 1 : (double)(load - 350) / 100;
    return random_unit(&noise) < fails ? TRIAL_FAILED : TRIAL_PASSED;
}

START_TEST(noise_is_survived)
{
    unsigned found = 0;
    for (uint64_t seed = 0; seed < 500; seed++) {
        random_stream_init(&noise, seed);
        begin(10, 2000, 24);
        enum search_end end = go(noisy);
        ck_assert(end == SEARCH_FOUND || end == SEARCH_INCONCLUSIVE);
        found += end == SEARCH_FOUND;
        if (end == SEARCH_FOUND) {
            ck_assert_uint_ge(interval().pass, 330);
            ck_assert_uint_le(interval().pass, 450);
        }
    }
    ck_assert_uint_ge(found, 450); /* nine of ten come to an end */
}
END_TEST

static enum trial_outcome too_few(uint64_t load, unsigned trial)
{
    (void)trial;
    return load < 40 ? TRIAL_UNSURE : carries_412(load, trial);
}

static enum trial_outcome never_enough(uint64_t load, unsigned trial)
{
    (void)trial;
    return load <= 412 ? TRIAL_UNSURE : TRIAL_FAILED;
}

START_TEST(too_few_samples_lead_on_but_confirm_nothing)
{
    begin(10, 1000, 30);
    ck_assert_int_eq(go(too_few), SEARCH_FOUND);
    begin(10, 1000, 60);
    ck_assert_int_eq(go(never_enough), SEARCH_INCONCLUSIVE);
    ck_assert(!interval().pass_confirmed);
}
END_TEST

START_TEST(the_number_of_trials_is_kept)
{
    begin(10, 1000, 5);
    ck_assert_int_eq(go(carries_412), SEARCH_INCONCLUSIVE);
    ck_assert_uint_eq(search.count, 5);
    ck_assert_uint_eq(interval().pass, 160); /* what is known stays known */
    for (unsigned i = 0; i < SEARCH_TRIALS_MAX; i++)
        search_add(&search, 10, TRIAL_PASSED);
    ck_assert(!search_add(&search, 10, TRIAL_PASSED));
    ck_assert_uint_eq(search.count, SEARCH_TRIALS_MAX);
}
END_TEST

static void staircase(const struct trial *steps, size_t count)
{
    begin(1, 1000, SEARCH_TRIALS_MAX);
    for (size_t i = 0; i < count; i++)
        ck_assert(search_add(&search, steps[i].load, steps[i].outcome));
}

START_TEST(a_staircase_is_concluded_from_one_hold_each)
{
    static const struct trial found[] = {
        {50, TRIAL_PASSED}, {100, TRIAL_PASSED}, {150, TRIAL_FAILED}, {200, TRIAL_UNFIT}};
    staircase(found, 4);
    ck_assert_int_eq(search_conclude(&search), SEARCH_FOUND);
    ck_assert_uint_eq(interval().pass, 100);
    ck_assert(!interval().pass_confirmed);
    staircase(found, 2);
    ck_assert_int_eq(search_conclude(&search), SEARCH_NOT_REACHED);
    staircase(found + 2, 1);
    ck_assert_int_eq(search_conclude(&search), SEARCH_FAILS_AT_LOWEST);
    staircase(found, 0);
    ck_assert_int_eq(search_conclude(&search), SEARCH_INCONCLUSIVE);
    static const struct trial unfit[] = {{50, TRIAL_PASSED}, {100, TRIAL_UNFIT}};
    staircase(unfit, 2);
    ck_assert_int_eq(search_conclude(&search), SEARCH_GENERATOR_LIMITED);
    static const struct trial split[] = {
        {50, TRIAL_PASSED}, {100, TRIAL_FAILED}, {100, TRIAL_PASSED}};
    staircase(split, 3);
    ck_assert_int_eq(search_conclude(&search), SEARCH_INCONCLUSIVE);
    static const struct trial few[] = {{50, TRIAL_UNSURE}, {100, TRIAL_FAILED}};
    staircase(few, 2);
    ck_assert_int_eq(search_conclude(&search), SEARCH_INCONCLUSIVE);
}
END_TEST

START_TEST(words_are_found_again)
{
    for (unsigned i = 0; i < TRIAL_OUTCOME_COUNT; i++)
        ck_assert_uint_eq(trial_outcome_by_word(trial_outcome_word((enum trial_outcome)i)), i);
    ck_assert_int_eq(trial_outcome_by_word("perhaps"), TRIAL_OUTCOME_COUNT);
}
END_TEST

START_TEST(a_step_of_which_a_part_was_missing_is_no_trial)
{
    begin(1, 100, 10);
    ck_assert(search_add(&search, 10, TRIAL_PASSED));
    ck_assert(!search_add(&search, 20, TRIAL_PARTIAL));
    ck_assert(search_add(&search, 30, TRIAL_PASSED));
    ck_assert_uint_eq(interval().pass, 30);
    ck_assert_uint_eq(interval().fail, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("search");
    TCase *cases = tcase_create("platforms");
    tcase_add_test(cases, finds_the_edge_and_confirms_it);
    tcase_add_test(cases, small_loads_are_found_to_one);
    tcase_add_test(cases, the_limit_of_what_may_be_tried);
    tcase_add_test(cases, a_generator_at_its_end_is_not_the_targets);
    tcase_add_test(cases, the_edge_below_an_unfit_generator);
    tcase_add_test(cases, one_stall_of_the_host_decides_nothing);
    tcase_add_test(cases, a_lucky_pass_does_not_stand);
    tcase_add_test(cases, an_unlucky_fail_does_not_stand);
    tcase_add_test(cases, a_hole_in_what_passes);
    tcase_add_test(cases, noise_is_survived);
    tcase_add_test(cases, too_few_samples_lead_on_but_confirm_nothing);
    tcase_add_test(cases, the_number_of_trials_is_kept);
    tcase_add_test(cases, a_staircase_is_concluded_from_one_hold_each);
    tcase_add_test(cases, words_are_found_again);
    tcase_add_test(cases, a_step_of_which_a_part_was_missing_is_no_trial);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
