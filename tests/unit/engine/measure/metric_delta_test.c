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

START_TEST(everything_that_came_since_a_copy)
{
    struct metrics *metrics = metrics_create(), *before = metrics_create();
    struct metric_value value;
    unsigned tag = metrics_tag(metrics, "role=patient");
    metric_record(metrics, METRIC_FRAME_LATENCY, 2000, tag, 0);
    metric_record(metrics, METRIC_RTP_SENT, 7, tag, 0);
    metric_record(metrics, METRIC_FRAMES_LOST, 5, 0, 0);
    metric_record(metrics, METRIC_M_MSG, 10, 0, 0);
    metrics_merge(before, metrics);
    metric_record(metrics, METRIC_FRAME_LATENCY, 80000, tag, 0);
    metric_record(metrics, METRIC_RTP_SENT, 4, tag, 0);
    metric_record(metrics, METRIC_FRAMES_LOST, -2, 0, 0); /* came after all */
    ck_assert_int_eq(metric_record_custom(metrics, "story.new", "us", 9, 0), STATUS_OK);

    struct metrics *gained = metrics_gained(before, metrics);
    for (int i = 0; i < 2; i++) {
        ck_assert(metrics_find(gained, "frame.latency", i ? "role=patient" : "", &value));
        ck_assert_uint_eq(value.histogram->count, 1);
        ck_assert_int_ge(value.histogram->min, 79000);
        ck_assert(metrics_find(gained, "rtp.sent", i ? "role=patient" : "", &value));
        ck_assert_int_eq(value.sum, 4);
        ck_assert_uint_eq(value.additions, 1);
    }
    ck_assert(metrics_find(gained, "frame.lost", "", &value));
    ck_assert_int_eq(value.sum, -2);
    ck_assert(metrics_find(gained, "story.new", "", &value));
    ck_assert_uint_eq(value.histogram->count, 1);
    ck_assert(!metrics_find(gained, "m.msg", "", &value)); /* nothing of it came */
    metrics_destroy(gained);
    metrics_destroy(before);
    metrics_destroy(metrics);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metric_delta");
    TCase *cases = tcase_create("delta");
    tcase_add_test(cases, tells_what_a_second_brought);
    tcase_add_test(cases, sums_have_increases);
    tcase_add_test(cases, everything_that_came_since_a_copy);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
