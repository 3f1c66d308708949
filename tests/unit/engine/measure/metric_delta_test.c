#include "engine/measure/metric_delta.h"

#include <check.h>
#include <stdlib.h>

START_TEST(tells_what_a_second_brought)
{
    struct metrics *metrics = metrics_create();
    struct metric_delta delta = {0};
    struct histogram gained = {0};
    ck_assert(metric_delta_histogram(&delta, metrics, METRIC_FRAME_LATENCY, &gained));
    ck_assert_uint_eq(gained.count, 0);

    for (int i = 0; i < 100; i++) {
        metric_record(metrics, METRIC_FRAME_LATENCY, 2000, 0, 0);
    }
    ck_assert(metric_delta_histogram(&delta, metrics, METRIC_FRAME_LATENCY, &gained));
    ck_assert_uint_eq(gained.count, 100);
    ck_assert_int_le(labs(histogram_quantile(&gained, 0.5) - 2000), 16);

    metric_record(metrics, METRIC_FRAME_LATENCY, 80000, 0, 0);
    metric_record(metrics, METRIC_FRAME_LATENCY, -5, 0, 0);
    ck_assert(metric_delta_histogram(&delta, metrics, METRIC_FRAME_LATENCY, &gained));
    ck_assert_uint_eq(gained.count, 1); /* the first second's values do not come back */
    ck_assert_uint_eq(gained.negative, 1);
    ck_assert_double_eq(gained.sum, 80000);
    ck_assert_int_ge(gained.min, 79000);

    ck_assert(metric_delta_histogram(&delta, metrics, METRIC_FRAME_LATENCY, &gained));
    ck_assert_uint_eq(gained.count, 0);
    ck_assert_int_eq(gained.max, 0);
    histogram_finish(&gained);
    metric_delta_finish(&delta);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(sums_have_increases)
{
    struct metrics *metrics = metrics_create();
    struct metric_delta delta = {0};
    ck_assert_int_eq(metric_delta_sum(&delta, metrics, METRIC_RTP_SENT), 0);
    metric_record(metrics, METRIC_RTP_SENT, 7, 0, 0);
    ck_assert_int_eq(metric_delta_sum(&delta, metrics, METRIC_RTP_SENT), 7);
    metric_record(metrics, METRIC_RTP_SENT, 4, 0, 0);
    metric_record(metrics, METRIC_RTP_SENT, 1, 0, 0);
    ck_assert_int_eq(metric_delta_sum(&delta, metrics, METRIC_RTP_SENT), 5);
    ck_assert_int_eq(metric_delta_sum(&delta, metrics, METRIC_RTP_SENT), 0);
    metric_delta_finish(&delta);
    metrics_destroy(metrics);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metric_delta");
    TCase *cases = tcase_create("delta");
    tcase_add_test(cases, tells_what_a_second_brought);
    tcase_add_test(cases, sums_have_increases);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
