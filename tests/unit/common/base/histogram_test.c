#include "common/base/histogram.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "common/base/random.h"

#define LARGEST (((int64_t)1 << HISTOGRAM_MAX_BITS) - 1)

START_TEST(small_values_are_exact)
{
    for (int64_t value = 0; value < 128; value++) {
        ck_assert_uint_eq(histogram_bucket_index(value), value);
        ck_assert_int_eq(histogram_bucket_low((size_t)value), value);
    }
}
END_TEST

START_TEST(buckets_join_without_gap)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        int64_t low = histogram_bucket_low(i), next = histogram_bucket_low(i + 1);
        ck_assert_int_gt(next, low);
        ck_assert_uint_eq(histogram_bucket_index(low), i);
        ck_assert_uint_eq(histogram_bucket_index(next - 1), i);
    }
    ck_assert_uint_eq(histogram_bucket_index(LARGEST), HISTOGRAM_BUCKETS - 1);
    ck_assert_int_eq(histogram_bucket_low(HISTOGRAM_BUCKETS), LARGEST + 1);
}
END_TEST

/* The quantile of a value between two others is that value's bucket: measures its error. */
static double relative_error(int64_t value)
{
    struct histogram histogram = {0};
    histogram_record(&histogram, 0);
    histogram_record(&histogram, value);
    histogram_record(&histogram, LARGEST);
    int64_t told = histogram_quantile(&histogram, 0.5);
    histogram_finish(&histogram);
    return fabs((double)(told - value)) / (double)value;
}

START_TEST(relative_error_is_at_most_one_in_128)
{
    double worst = 0;
    for (size_t i = 1; i < HISTOGRAM_BUCKETS; i++) {
        /* The worst values of a bucket are its first and its last one. */
        double low = relative_error(histogram_bucket_low(i));
        double high = relative_error(histogram_bucket_low(i + 1) - 1);
        worst = fmax(worst, fmax(low, high));
    }
    ck_assert_double_le(worst, 1.0 / 128);
    ck_assert_double_gt(worst, 0.9 / 128); /* the test looks at values that are not exact */
}
END_TEST

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Values spread over all magnitudes. */
static int64_t draw(struct random_stream *stream)
{
    return (int64_t)(random_u64(stream) >> (64 - HISTOGRAM_MAX_BITS + random_below(stream, 36)));
}

START_TEST(quantiles_agree_with_a_sorted_array)
{
    enum { COUNT = 9973 };
    static int64_t values[COUNT];
    static const double quantiles[] = {0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1};
    struct histogram histogram = {0};
    struct random_stream stream;
    random_stream_init(&stream, 1);
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
        values[i] = draw(&stream);
        sum += (double)values[i];
        histogram_record(&histogram, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], compare);

    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        double rank = ceil(quantiles[i] * COUNT);
        int64_t expected = values[rank < 1 ? 0 : (int)rank - 1];
        int64_t told = histogram_quantile(&histogram, quantiles[i]);
        ck_assert_double_le(fabs((double)(told - expected)), (double)expected / 128);
    }
    ck_assert_int_eq(histogram_quantile(&histogram, 0), values[0]);
    ck_assert_int_eq(histogram_quantile(&histogram, 1), values[COUNT - 1]);
    ck_assert_int_eq(histogram.min, values[0]);
    ck_assert_int_eq(histogram.max, values[COUNT - 1]);
    ck_assert_double_eq_tol(histogram_mean(&histogram), sum / COUNT, 1e-6 * sum / COUNT);
    histogram_finish(&histogram);
}
END_TEST

START_TEST(merging_equals_recording_all_in_one)
{
    struct histogram parts[3] = {{0}}, whole = {0}, merged = {0};
    struct random_stream stream;
    random_stream_init(&stream, 2);
    for (int i = 0; i < 6000; i++) {
        int64_t value = i % 100 == 0 ? -1 : i % 101 == 0 ? LARGEST + 1 : draw(&stream);
        histogram_record(&parts[i % 3], value);
        histogram_record(&whole, value);
    }
    for (int i = 0; i < 3; i++)
        histogram_merge(&merged, &parts[i]);

    ck_assert_uint_eq(merged.count, whole.count);
    ck_assert_uint_eq(merged.negative, 60);
    ck_assert_uint_eq(merged.overflow, whole.overflow);
    ck_assert_uint_gt(merged.overflow, 0);
    ck_assert_int_eq(merged.min, whole.min);
    ck_assert_int_eq(merged.max, whole.max);
    ck_assert_double_eq_tol(merged.sum, whole.sum, whole.sum * 1e-9);
    ck_assert_mem_eq(merged.buckets, whole.buckets, HISTOGRAM_BUCKETS * sizeof *whole.buckets);
    for (int i = 0; i < 3; i++)
        histogram_finish(&parts[i]);
    histogram_finish(&whole);
    histogram_finish(&merged);
}
END_TEST

START_TEST(empty_histogram_has_no_values)
{
    struct histogram empty = {0}, other = {0};
    ck_assert_int_eq(histogram_quantile(&empty, 0.5), 0);
    ck_assert_double_eq(histogram_mean(&empty), 0);
    histogram_merge(&other, &empty);
    ck_assert_ptr_null(other.buckets);
    histogram_record(&other, 5);
    histogram_merge(&other, &empty);
    ck_assert_int_eq(other.min, 5); /* an empty part does not pull the minimum to 0 */
    histogram_finish(&other);
    histogram_finish(&empty);
}
END_TEST

START_TEST(unrecordable_values_are_counted)
{
    struct histogram histogram = {0};
    histogram_record(&histogram, -1);
    histogram_record(&histogram, INT64_MIN);
    histogram_record(&histogram, LARGEST + 1);
    histogram_record(&histogram, INT64_MAX);
    ck_assert_uint_eq(histogram.count, 0);
    ck_assert_uint_eq(histogram.negative, 2);
    ck_assert_uint_eq(histogram.overflow, 2);
    histogram_record(&histogram, LARGEST);
    ck_assert_int_eq(histogram_quantile(&histogram, 0.5), LARGEST);
    histogram_finish(&histogram);
}
END_TEST

START_TEST(full_bucket_counts_what_it_lost)
{
    struct histogram histogram = {0};
    histogram_record_many(&histogram, 7, UINT32_MAX - 1);
    histogram_record_many(&histogram, 7, 3);
    ck_assert_uint_eq(histogram.count, UINT32_MAX);
    ck_assert_uint_eq(histogram.overflow, 2);
    histogram_record_many(&histogram, 9, 0);
    ck_assert_int_eq(histogram.max, 7);
    histogram_finish(&histogram);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/histogram");
    TCase *cases = tcase_create("histogram");
    tcase_add_test(cases, small_values_are_exact);
    tcase_add_test(cases, buckets_join_without_gap);
    tcase_add_test(cases, relative_error_is_at_most_one_in_128);
    tcase_add_test(cases, quantiles_agree_with_a_sorted_array);
    tcase_add_test(cases, merging_equals_recording_all_in_one);
    tcase_add_test(cases, empty_histogram_has_no_values);
    tcase_add_test(cases, unrecordable_values_are_counted);
    tcase_add_test(cases, full_bucket_counts_what_it_lost);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
