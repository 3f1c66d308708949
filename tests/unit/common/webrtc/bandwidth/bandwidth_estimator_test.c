#include "common/webrtc/bandwidth/bandwidth_estimator.h"

#include <check.h>

#include "path_double.h"

static struct path path;

static void start(const struct path_terms *terms, uint64_t start_bps)
{
    path_init(&path, terms, start_bps);
}

static uint64_t estimate(void)
{
    return bandwidth_estimator_bps(&path.estimator);
}

/* The documented band: over 20 s the mean lies between 80 % and 102 % of what the path has left, no
 * moment lies below 70 %, and the queue stays short. */
static void assert_band(double capacity_bps)
{
    path_forget(&path);
    path_run(&path, 20);
    ck_assert_double_ge(path_mean_bps(&path), 0.80 * capacity_bps);
    ck_assert_double_le(path_mean_bps(&path), 1.02 * capacity_bps);
    ck_assert_double_ge((double)path.estimate_min, 0.70 * capacity_bps);
    ck_assert_int_le(path.queue_max_us, 150000);
}

/* -- It finds what the path carries -- */

static const uint64_t rates[] = {300000, 1000000, 3000000};

START_TEST(converges_from_below)
{
    struct path_terms terms = path_terms(rates[_i]);

    start(&terms, BANDWIDTH_START_BPS);
    path_run(&path, 35);
    assert_band((double)rates[_i]);
}
END_TEST

START_TEST(converges_from_above)
{
    struct path_terms terms = path_terms(rates[_i]);

    start(&terms, 6000000);
    path_run(&path, 10);
    assert_band((double)rates[_i]);
}
END_TEST

START_TEST(rises_by_eight_percent_a_second)
{
    struct path_terms terms = path_terms(3000000);

    start(&terms, BANDWIDTH_START_BPS);
    path_run(&path, 2);
    for (uint64_t before = estimate(); before < 2500000; before = estimate()) {
        path_run(&path, 1);
        ck_assert_double_le((double)estimate(), 1.12 * (double)before);
        ck_assert_double_ge((double)estimate(), 1.05 * (double)before);
    }
    ck_assert_uint_eq(path.dropped, 0);
}
END_TEST

START_TEST(a_drop_is_followed_within_a_second_and_a_half)
{
    struct path_terms terms = path_terms(2000000);

    start(&terms, 2000000);
    path_run(&path, 10);
    path.terms.rate_bps = 500000;
    path_run(&path, 1.5);
    ck_assert_uint_le(estimate(), 500000);
    path_forget(&path);
    path_run(&path, 20);
    ck_assert_uint_ge(path.estimate_min, 250000);
    path.terms.rate_bps = 2000000;
    path_run(&path, 30);
    ck_assert_uint_ge(estimate(), 1500000);
}
END_TEST

START_TEST(shares_with_traffic_that_does_not_give_way)
{
    struct path_terms terms = path_terms(3000000);

    terms.other_bps = 1000000;
    start(&terms, 1000000);
    path_run(&path, 20);
    assert_band(2000000);
}
END_TEST

START_TEST(a_long_way_is_no_queue)
{
    struct path_terms terms = path_terms(1000000);

    terms.delay_us = 200000;
    start(&terms, 600000);
    path_run(&path, 20);
    assert_band(1000000);
}
END_TEST

/* -- It does not see what is not there -- */

START_TEST(two_percent_of_random_loss_do_not_limit)
{
    struct path_terms terms = path_terms(3000000);

    terms.loss = 0.02;
    start(&terms, 1000000);
    path_run(&path, 20);
    path_forget(&path);
    path_run(&path, 30);
    ck_assert_double_ge(path_mean_bps(&path), 1800000);
    ck_assert_uint_ge(path.estimate_min, 1200000);
}
END_TEST

START_TEST(a_fifth_of_loss_does)
{
    struct path_terms terms = path_terms(3000000);

    terms.loss = 0.2;
    start(&terms, 1000000);
    path_run(&path, 8);
    ck_assert_uint_le(estimate(), 500000);
    ck_assert_int_eq(bandwidth_estimator_limit(&path.estimator), BANDWIDTH_BY_LOSS);
}
END_TEST

/* A path that carries everything: the estimate may only rise, with a clock that drifts and packets
 * that come restlessly. */
START_TEST(restless_arrivals_and_drifting_clocks_are_no_queue)
{
    struct path_terms terms = path_terms(100000000);

    terms.source_bps = 550000;
    terms.jitter_us = 8000;
    terms.clock_drift = _i == 0 ? 200e-6 : -200e-6;
    start(&terms, 600000);
    path_run(&path, 120);
    ck_assert_uint_ge(path.estimate_min, 600000);
}
END_TEST

/* A server that has no lower encoding to offer: what is too much is its fault, not the path's. */
START_TEST(who_does_not_listen_is_told_what_arrives)
{
    struct path_terms terms = path_terms(300000);

    terms.source_bps = 600000;
    terms.deaf = true;
    start(&terms, BANDWIDTH_MAX_BPS);
    path_run(&path, 2);
    path_forget(&path);
    path_run(&path, 20);
    ck_assert_uint_ge(path.estimate_min, 200000);
    ck_assert_uint_le(path.estimate_max, 330000);
}
END_TEST

START_TEST(what_was_never_sent_is_not_promised)
{
    struct path_terms terms = path_terms(100000000);

    terms.source_bps = 200000;
    start(&terms, BANDWIDTH_START_BPS);
    path_run(&path, 60);
    ck_assert_uint_le(estimate(), 350000); /* half more than what arrives */
    ck_assert(bandwidth_estimator_is_calm(&path.estimator, path.now_us));
}
END_TEST

START_TEST(what_arrives_unharmed_in_the_beginning_is_believed)
{
    struct path_terms terms = path_terms(100000000);

    start(&terms, BANDWIDTH_START_BPS);
    path.estimator.delay.bps = 2000000; /* as if sent before anything was told */
    path_run(&path, 1);
    path.estimator.delay.bps = BANDWIDTH_START_BPS;
    path_run(&path, 0.2);
    ck_assert_uint_ge(estimate(), 1500000);
}
END_TEST

/* -- Feedback that suffers itself -- */

START_TEST(lost_feedback_does_not_mislead)
{
    struct path_terms terms = path_terms(1000000);

    terms.feedback_loss = 0.3;
    start(&terms, 600000);
    path_run(&path, 20);
    assert_band(1000000);
}
END_TEST

START_TEST(repeated_and_swapped_feedback_does_not_mislead)
{
    struct path_terms terms = path_terms(1000000);

    terms.feedback_repeat = 0.3;
    terms.feedback_swapped = true;
    start(&terms, 600000);
    path_run(&path, 25);
    path_forget(&path);
    path_run(&path, 20);
    ck_assert_double_ge(path_mean_bps(&path), 600000);
    ck_assert_double_le(path_mean_bps(&path), 1050000);
}
END_TEST

START_TEST(silence_lowers_step_by_step_and_is_forgiven)
{
    struct path_terms terms = path_terms(3000000);

    start(&terms, 1000000);
    path_run(&path, 5);
    uint64_t before = estimate();
    path.terms.feedback_loss = 1;
    path_run(&path, 2.5);
    ck_assert_uint_eq(estimate(), before);
    path_run(&path, 5);
    ck_assert_uint_lt(estimate(), before / 2);
    ck_assert_uint_gt(path.estimator.backed_off, 3);
    path.terms.feedback_loss = 0;
    path_run(&path, 20);
    ck_assert_uint_ge(estimate(), before);
}
END_TEST

START_TEST(nothing_sent_is_no_silence)
{
    struct path_terms terms = path_terms(3000000);

    start(&terms, 1000000);
    path_run(&path, 5);
    uint64_t before = estimate();
    for (int64_t us = path.now_us; us < path.now_us + 60000000; us += 100000)
        bandwidth_estimator_tick(&path.estimator, us);
    ck_assert_uint_eq(estimate(), before);
}
END_TEST

START_TEST(remb_is_an_upper_bound)
{
    struct path_terms terms = path_terms(3000000);

    start(&terms, 1000000);
    path_run(&path, 3);
    bandwidth_estimator_remb(&path.estimator, 123456);
    ck_assert_uint_eq(estimate(), 123456);
    ck_assert_int_eq(bandwidth_estimator_limit(&path.estimator), BANDWIDTH_BY_REMB);
    bandwidth_estimator_remb(&path.estimator, 1000); /* below our own least */
    ck_assert_uint_eq(estimate(), 1000);
    bandwidth_estimator_remb(&path.estimator, UINT64_MAX);
    ck_assert_uint_ge(estimate(), 1000000);
}
END_TEST

/* -- Feedback that lies -- */

static struct rtcp_item lie;

static void lie_about(uint16_t first, uint16_t count, int64_t reference_us, int64_t delta_us)
{
    lie = (struct rtcp_item){.kind = RTCP_TRANSPORT};
    lie.transport.reference_time_us = reference_us;
    lie.transport.count = count;
    for (uint16_t i = 0; i < count; i++)
        lie.transport.arrivals[i] =
            (struct rtcp_arrival){(uint16_t)(first + i), true, (i + 1) * delta_us};
    bandwidth_estimator_feedback(&path.estimator, &lie, path.now_us);
}

START_TEST(numbers_never_sent_are_not_believed)
{
    struct path_terms terms = path_terms(1000000);

    start(&terms, BANDWIDTH_START_BPS);
    lie_about(0, 512, 64000, 10); /* before anything was sent */
    ck_assert_uint_eq(path.estimator.unbelieved, 512);
    ck_assert_int_eq(bandwidth_estimator_limit(&path.estimator), BANDWIDTH_BY_START);
    path_run(&path, 5);
    struct bandwidth_estimator before = path.estimator;
    lie_about(path.sequence, 512, 64000, 10);
    lie_about((uint16_t)(path.sequence - 2000), 512, 64000, 10);
    before.unbelieved += 1024;
    ck_assert_mem_eq(&before, &path.estimator, sizeof before);
}
END_TEST

START_TEST(what_was_told_before_counts_once)
{
    struct path_terms terms = path_terms(1000000);

    start(&terms, BANDWIDTH_START_BPS);
    path_run(&path, 3);
    uint32_t before, after;
    ck_assert(acknowledged_rate_bps(&path.estimator.acknowledged, &before));
    for (int i = 0; i < 100; i++)
        lie_about((uint16_t)(path.sequence - 200), 190, path.estimator.arrival_us, 1);
    ck_assert(acknowledged_rate_bps(&path.estimator.acknowledged, &after));
    ck_assert_uint_le(after, before * 2); /* those still under way count, once */
}
END_TEST

/* Clocks that jump by days, forth and back, at the edge of 24 bits: what follows is believed again.
 */
START_TEST(a_clock_that_jumps_is_survived)
{
    static const int64_t references_us[] = {0, 8388607LL * 64000, -8388608LL * 64000, 64000};
    struct path_terms terms = path_terms(1000000);

    start(&terms, 600000);
    for (size_t i = 0; i < 40; i++) {
        path_run(&path, 0.3);
        lie_about((uint16_t)(path.sequence - 3), 3, references_us[i % 4], 8191750);
        lie_about((uint16_t)(path.sequence - 6), 3, references_us[i % 4], -8192000);
    }
    ck_assert_uint_ge(estimate(), BANDWIDTH_MIN_BPS);
    ck_assert_uint_le(estimate(), BANDWIDTH_MAX_BPS);
    path_run(&path, 40);
    assert_band(1000000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/bandwidth/bandwidth_estimator");
    TCase *tcase = tcase_create("path");

    tcase_add_loop_test(tcase, converges_from_below, 0, 3);
    tcase_add_loop_test(tcase, converges_from_above, 0, 3);
    tcase_add_test(tcase, rises_by_eight_percent_a_second);
    tcase_add_test(tcase, a_drop_is_followed_within_a_second_and_a_half);
    tcase_add_test(tcase, shares_with_traffic_that_does_not_give_way);
    tcase_add_test(tcase, a_long_way_is_no_queue);
    tcase_add_test(tcase, two_percent_of_random_loss_do_not_limit);
    tcase_add_test(tcase, a_fifth_of_loss_does);
    tcase_add_loop_test(tcase, restless_arrivals_and_drifting_clocks_are_no_queue, 0, 2);
    tcase_add_test(tcase, who_does_not_listen_is_told_what_arrives);
    tcase_add_test(tcase, what_was_never_sent_is_not_promised);
    tcase_add_test(tcase, what_arrives_unharmed_in_the_beginning_is_believed);
    tcase_add_test(tcase, lost_feedback_does_not_mislead);
    tcase_add_test(tcase, repeated_and_swapped_feedback_does_not_mislead);
    tcase_add_test(tcase, silence_lowers_step_by_step_and_is_forgiven);
    tcase_add_test(tcase, nothing_sent_is_no_silence);
    tcase_add_test(tcase, remb_is_an_upper_bound);
    tcase_add_test(tcase, numbers_never_sent_are_not_believed);
    tcase_add_test(tcase, what_was_told_before_counts_once);
    tcase_add_test(tcase, a_clock_that_jumps_is_survived);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
