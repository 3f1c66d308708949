#include "common/base/random.h"

#include <check.h>
#include <math.h>
#include <string.h>

START_TEST(stream_matches_the_reference_generator)
{
    /* First outputs of the authors' xoshiro256starstar.c with state 1, 2, 3, 4. */
    static const uint64_t expected[] = {
        11520,
        0,
        1509978240,
        1215971899390074240,
        1216172134540287360,
        607988272756665600,
        16172922978634559625ULL,
        8476171486693032832,
        10595114339597558777ULL,
        2904607092377533576,
    };
    struct random_stream stream = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_uint_eq(random_u64(&stream), expected[i]);
}
END_TEST

START_TEST(seeding_is_splitmix64)
{
    /* First outputs of splitmix64.c with seed 1234567. */
    struct random_stream stream;
    random_stream_init(&stream, 1234567);
    ck_assert_uint_eq(stream.state[0], 6457827717110365317ULL);
    ck_assert_uint_eq(stream.state[1], 3203168211198807973ULL);
    ck_assert_uint_eq(stream.state[2], 9817491932198370423ULL);
    ck_assert_uint_eq(stream.state[3], 4593380528125082431ULL);
}
END_TEST

START_TEST(mixing_depends_on_every_value_and_on_order)
{
    ck_assert_uint_ne(random_mix(random_mix(1, 2), 3), random_mix(random_mix(1, 3), 2));
    ck_assert_uint_ne(random_mix(0, 0), 0);
    ck_assert_uint_ne(random_mix(0, 1), random_mix(1, 0));
    /* Neighbours differ in about half of their 64 bits. */
    int changed = 0;
    for (uint64_t i = 0; i < 1000; i++)
        changed += __builtin_popcountll(random_mix(7, i) ^ random_mix(7, i + 1));
    ck_assert_int_gt(changed, 31000);
    ck_assert_int_lt(changed, 33000);
    ck_assert_uint_ne(random_hash_text("arrival"), random_hash_text("patience"));
    ck_assert_uint_eq(random_hash_text("arrival"), random_hash_text("arrival"));
}
END_TEST

START_TEST(unit_draws_are_even)
{
    struct random_stream stream;
    random_stream_init(&stream, 42);
    double sum = 0, squares = 0;
    int out_of_range = 0;
    for (int i = 0; i < 100000; i++) {
        double value = random_unit(&stream);
        out_of_range += !(value >= 0 && value < 1);
        sum += value;
        squares += value * value;
    }
    ck_assert_int_eq(out_of_range, 0);
    ck_assert_double_eq_tol(sum / 100000, 0.5, 0.005);
    ck_assert_double_eq_tol(squares / 100000, 1.0 / 3, 0.005);
}
END_TEST

START_TEST(bounded_draws_are_even_and_in_range)
{
    struct random_stream stream;
    random_stream_init(&stream, 42);
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++) {
        uint64_t value = random_below(&stream, 7);
        if (value >= 7)
            ck_abort_msg("out of range");
        counts[value]++;
    }
    for (int i = 0; i < 7; i++) {
        ck_assert_int_gt(counts[i], 9500);
        ck_assert_int_lt(counts[i], 10500);
    }
    ck_assert_uint_eq(random_below(&stream, 1), 0);
    /* With a bound of 3/4 of the range, plain modulo would fill the lower third twice as often. */
    uint64_t bound = 3ULL << 62;
    int low = 0;
    for (int i = 0; i < 30000; i++)
        low += random_below(&stream, bound) < 1ULL << 62;
    ck_assert_int_gt(low, 9500);
    ck_assert_int_lt(low, 10500);
}
END_TEST

START_TEST(exponential_has_mean_and_median)
{
    struct random_stream stream;
    random_stream_init(&stream, 42);
    double sum = 0;
    int below_median = 0;
    for (int i = 0; i < 100000; i++) {
        double value = random_exponential(&stream, 20);
        if (value < 0 || !isfinite(value))
            ck_abort_msg("out of range");
        sum += value;
        below_median += value < 20 * 0.6931471805599453;
    }
    ck_assert_double_eq_tol(sum / 100000, 20, 0.3);
    ck_assert_int_gt(below_median, 49000);
    ck_assert_int_lt(below_median, 51000);
}
END_TEST

START_TEST(secrets_fill_their_place_and_differ)
{
    unsigned char first[1000] = {0}, second[1000] = {0};
    ck_assert_int_eq(random_secret(first, sizeof first), STATUS_OK);
    ck_assert_int_eq(random_secret(second, sizeof second), STATUS_OK);
    ck_assert_mem_ne(first, second, sizeof first);
    ck_assert_mem_ne(first + 900, (unsigned char[100]){0}, 100);
    ck_assert_int_eq(random_secret(NULL, 0), STATUS_OK);
}
END_TEST

START_TEST(secret_texts_use_the_whole_alphabet_evenly)
{
    static char text[62001];
    int counts[256] = {0};
    ck_assert_int_eq(random_secret_text(text, sizeof text - 1), STATUS_OK);
    ck_assert_uint_eq(strlen(text), sizeof text - 1);
    for (const char *at = text; *at; at++)
        counts[(unsigned char)*at]++;
    int used = 0;
    for (int i = 0; i < 256; i++) {
        if (counts[i] == 0)
            continue;
        used++;
        /* 1000 expected; modulo bias would give the favoured letters 1200. */
        ck_assert_int_gt(counts[i], 800);
        ck_assert_int_lt(counts[i], 1190);
    }
    ck_assert_int_eq(used, 62);
    ck_assert_int_eq(random_secret_text(text, 0), STATUS_OK);
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/random");
    TCase *cases = tcase_create("random");
    tcase_add_test(cases, stream_matches_the_reference_generator);
    tcase_add_test(cases, seeding_is_splitmix64);
    tcase_add_test(cases, mixing_depends_on_every_value_and_on_order);
    tcase_add_test(cases, unit_draws_are_even);
    tcase_add_test(cases, bounded_draws_are_even_and_in_range);
    tcase_add_test(cases, exponential_has_mean_and_median);
    tcase_add_test(cases, secrets_fill_their_place_and_differ);
    tcase_add_test(cases, secret_texts_use_the_whole_alphabet_evenly);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
