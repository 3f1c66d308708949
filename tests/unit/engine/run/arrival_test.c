#include "engine/run/arrival.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "common/base/clock.h"

static uint64_t count_starts(const struct arrival_settings *settings, int64_t until_us,
                             int64_t *ret_last_us)
{
    struct arrival arrival;
    int64_t offset_us, last_us = 0;
    uint64_t count = 0;

    arrival_init(&arrival, settings);
    while (arrival_next(&arrival, &offset_us) && offset_us < until_us) {
        ck_assert_int_ge(offset_us, last_us);
        last_us = offset_us;
        count++;
    }
    if (ret_last_us)
        *ret_last_us = last_us;
    return count;
}

START_TEST(constant_rate_spaces_evenly)
{
    struct arrival arrival;
    struct arrival_settings settings = {
        .kind = ARRIVAL_CONSTANT, .rate_per_s = 4, .duration_us = 2 * US_PER_S};
    int64_t offset_us;

    arrival_init(&arrival, &settings);
    for (int i = 0; i < 8; i++) {
        ck_assert(arrival_next(&arrival, &offset_us));
        ck_assert_int_eq(offset_us, i * 250 * US_PER_MS);
    }
    ck_assert(!arrival_next(&arrival, &offset_us));
}
END_TEST

START_TEST(ramp_starts_half_as_many_as_the_full_rate)
{
    struct arrival_settings settings = {.kind = ARRIVAL_CONSTANT,
                                        .rate_per_s = 10,
                                        .ramp_us = 10 * US_PER_S,
                                        .duration_us = 20 * US_PER_S};

    /* 10 s of ramp: 50 starts; then 100. */
    ck_assert_uint_eq(count_starts(&settings, 10 * US_PER_S, NULL), 50);
    ck_assert_uint_eq(count_starts(&settings, INT64_MAX, NULL), 150);
}
END_TEST

START_TEST(poisson_has_its_rate_and_repeats_with_the_seed)
{
    struct arrival_settings settings = {
        .kind = ARRIVAL_POISSON, .rate_per_s = 50, .duration_us = 200 * US_PER_S, .seed = 7};
    int64_t first_us, second_us;
    uint64_t count = count_starts(&settings, INT64_MAX, &first_us);

    /* 10000 expected, standard deviation 100. */
    ck_assert(fabs((double)count - 10000) < 400);
    ck_assert_uint_eq(count_starts(&settings, INT64_MAX, &second_us), count);
    ck_assert_int_eq(first_us, second_us);
    settings.seed = 8;
    count_starts(&settings, INT64_MAX, &second_us);
    ck_assert_int_ne(first_us, second_us);
}
END_TEST

START_TEST(poisson_gaps_vary_like_an_exponential)
{
    struct arrival_settings settings = {
        .kind = ARRIVAL_POISSON, .rate_per_s = 100, .duration_us = 100 * US_PER_S, .seed = 3};
    struct arrival arrival;
    int64_t offset_us, last_us = 0;
    double sum = 0, squares = 0;
    int count = 0;

    arrival_init(&arrival, &settings);
    while (arrival_next(&arrival, &offset_us)) {
        double gap_s = (double)(offset_us - last_us) / US_PER_S;
        sum += gap_s;
        squares += gap_s * gap_s;
        last_us = offset_us;
        count++;
    }
    double mean = sum / count, variance = squares / count - mean * mean;
    /* The coefficient of variation of an exponential is 1; an even spacing has 0. */
    ck_assert_double_eq_tol(sqrt(variance) / mean, 1.0, 0.05);
}
END_TEST

/* How many start in [from, to), seconds. */
static unsigned between(const struct arrival_settings *settings, double from_s, double to_s)
{
    struct arrival arrival;
    int64_t offset_us;
    unsigned count = 0;

    arrival_init(&arrival, settings);
    while (arrival_next(&arrival, &offset_us))
        count += (double)offset_us >= from_s * US_PER_S && (double)offset_us < to_s * US_PER_S;
    return count;
}

START_TEST(burst_puts_its_share_at_the_top_of_each_period)
{
    struct arrival_shape shape = {0};
    struct arrival_settings settings = {
        .shape = &shape, .rate_per_s = 10, .duration_us = 40 * US_PER_S};

    /* 100 in each 10 s, 60 of them in the first two. */
    arrival_shape_burst(&shape, 0.6, 2 * US_PER_S, 10 * US_PER_S);
    ck_assert_uint_eq(between(&settings, 0, 1e9), 400);
    for (int period = 0; period < 4; period++) {
        ck_assert_uint_eq(between(&settings, period * 10, period * 10 + 2), 60);
        ck_assert_uint_eq(between(&settings, period * 10 + 2, period * 10 + 10), 40);
    }
}
END_TEST

START_TEST(burst_of_everybody_leaves_the_rest_of_the_period_empty)
{
    struct arrival_shape shape = {0};
    struct arrival_settings settings = {.kind = ARRIVAL_POISSON,
                                        .shape = &shape,
                                        .rate_per_s = 50,
                                        .duration_us = 100 * US_PER_S,
                                        .seed = 5};

    arrival_shape_burst(&shape, 1, US_PER_S, 10 * US_PER_S);
    for (int period = 0; period < 10; period++)
        ck_assert_uint_eq(between(&settings, period * 10 + 1, period * 10 + 10), 0);
    /* 5000 expected, standard deviation 71. */
    ck_assert(fabs((double)between(&settings, 0, 1e9) - 5000) < 280);
}
END_TEST

/* Rate 2 for 10 s, nothing for 10 s, rate 4 for 5 s, then the end. */
static const struct arrival_shape day = {
    .count = 4, .steps = {{0, 0.5}, {10 * US_PER_S, 0}, {20 * US_PER_S, 1}, {25 * US_PER_S, 0}}};

START_TEST(steps_have_their_own_rates_and_an_end)
{
    struct arrival_settings settings = {
        .shape = &day, .rate_per_s = 4, .duration_us = 1000 * US_PER_S};
    struct arrival arrival;
    int64_t offset_us;

    ck_assert_uint_eq(between(&settings, 0, 10), 20);
    ck_assert_uint_eq(between(&settings, 10, 20), 0);
    ck_assert_uint_eq(between(&settings, 20, 25), 20);
    ck_assert_uint_eq(between(&settings, 25, 1e9), 0);
    arrival_init(&arrival, &settings);
    for (int i = 0; i < 21; i++)
        ck_assert(arrival_next(&arrival, &offset_us));
    ck_assert_int_eq(offset_us, 20 * US_PER_S); /* the first of the third step */
}
END_TEST

START_TEST(ramp_thins_the_begin_of_a_shape)
{
    struct arrival_settings settings = {
        .shape = &day, .rate_per_s = 4, .ramp_us = 22 * US_PER_S, .duration_us = 1000 * US_PER_S};

    /* 2·10²/44 = 4.5 in the first step; 4·(22²−20²)/44 = 7.6 and 4·3 in the third. */
    ck_assert_uint_eq(between(&settings, 0, 10), 5);
    ck_assert_uint_eq(between(&settings, 10, 20), 0);
    ck_assert_uint_eq(between(&settings, 0, 1e9), 25);
}
END_TEST

START_TEST(inhomogeneous_poisson_has_the_rates_of_its_steps)
{
    struct arrival_settings settings = {.kind = ARRIVAL_POISSON,
                                        .shape = &day,
                                        .rate_per_s = 2000,
                                        .duration_us = 1000 * US_PER_S,
                                        .seed = 9};

    /* 10000 each, standard deviation 100. */
    ck_assert(fabs((double)between(&settings, 0, 10) - 10000) < 400);
    ck_assert_uint_eq(between(&settings, 10, 20), 0);
    ck_assert(fabs((double)between(&settings, 20, 25) - 10000) < 400);
}
END_TEST

START_TEST(most_in_a_window_is_where_the_shape_is_busiest)
{
    struct arrival_shape shape = {0};

    ck_assert_double_eq_tol(arrival_shape_most(&shape, 3 * US_PER_S), 3, 1e-9);
    ck_assert_double_eq_tol(arrival_shape_most(&day, 2 * US_PER_S), 2, 1e-9);
    /* 15 s that end with the busy step: 5 of it, and of the empty one. */
    ck_assert_double_eq_tol(arrival_shape_most(&day, 15 * US_PER_S), 5, 1e-9);
    ck_assert_double_eq_tol(arrival_shape_most(&day, 100 * US_PER_S), 10, 1e-9);
    ck_assert_int_eq(arrival_shape_length_us(&day), 25 * US_PER_S);
    arrival_shape_burst(&shape, 0.6, 2 * US_PER_S, 10 * US_PER_S);
    ck_assert_double_eq_tol(arrival_shape_most(&shape, 1 * US_PER_S), 3, 1e-9);
    /* One period and the window of the next. */
    ck_assert_double_eq_tol(arrival_shape_most(&shape, 12 * US_PER_S), 16, 1e-9);
    ck_assert_double_eq_tol(arrival_shape_expected(&shape, 0, 100 * US_PER_S), 100, 1e-9);
    ck_assert_int_eq(arrival_shape_length_us(&shape), 0);
}
END_TEST

START_TEST(closed_starts_spread_over_the_ramp)
{
    ck_assert_int_eq(arrival_closed_start_us(0, 4, 2 * US_PER_S), 0);
    ck_assert_int_eq(arrival_closed_start_us(3, 4, 2 * US_PER_S), 1500 * US_PER_MS);
    ck_assert_int_eq(arrival_closed_start_us(3, 4, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrival");
    TCase *tcase = tcase_create("arrival");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, constant_rate_spaces_evenly);
    tcase_add_test(tcase, ramp_starts_half_as_many_as_the_full_rate);
    tcase_add_test(tcase, poisson_has_its_rate_and_repeats_with_the_seed);
    tcase_add_test(tcase, poisson_gaps_vary_like_an_exponential);
    tcase_add_test(tcase, burst_puts_its_share_at_the_top_of_each_period);
    tcase_add_test(tcase, burst_of_everybody_leaves_the_rest_of_the_period_empty);
    tcase_add_test(tcase, steps_have_their_own_rates_and_an_end);
    tcase_add_test(tcase, ramp_thins_the_begin_of_a_shape);
    tcase_add_test(tcase, inhomogeneous_poisson_has_the_rates_of_its_steps);
    tcase_add_test(tcase, most_in_a_window_is_where_the_shape_is_busiest);
    tcase_add_test(tcase, closed_starts_spread_over_the_ramp);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
