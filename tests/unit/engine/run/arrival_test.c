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
    struct arrival_settings settings = {.kind = ARRIVAL_POISSON,
                                        .rate_per_s = 50,
                                        .duration_us = 200 * US_PER_S,
                                        .seed = 7};
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
    struct arrival_settings settings = {.kind = ARRIVAL_POISSON,
                                        .rate_per_s = 100,
                                        .duration_us = 100 * US_PER_S,
                                        .seed = 3};
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
    tcase_add_test(tcase, closed_starts_spread_over_the_ramp);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
