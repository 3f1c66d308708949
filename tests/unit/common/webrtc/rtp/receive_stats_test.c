#include "common/webrtc/rtp/receive_stats.h"

#include <check.h>
#include <math.h>

static struct receive_stats stats;

static bool receive(uint16_t sequence, uint32_t timestamp, int64_t arrival_us)
{
    struct rtp_packet packet = {.sequence = sequence, .timestamp = timestamp, .payload_size = 100};
    return receive_stats_packet(&stats, &packet, arrival_us);
}

/* RFC 3550 A.8 by hand, 8 kHz, 20 ms packets: arrivals 0, 20, 45, 60 ms give |D| of 0, 40 and 40
 * timestamp units: J = 0, 40/16 = 2.5, 2.5 + 37.5/16 = 4.84375. */
START_TEST(jitter_of_appendix_a8)
{
    receive_stats_init(&stats, 1, 8000);
    receive(1, 160, 1000000);
    receive(2, 320, 1020000);
    ck_assert_double_eq(stats.jitter, 0);
    receive(3, 480, 1045000);
    ck_assert_double_eq(stats.jitter, 2.5);
    receive(4, 640, 1060000);
    ck_assert_double_eq(stats.jitter, 4.84375);
    ck_assert_double_eq_tol(receive_stats_jitter_s(&stats), 4.84375 / 8000, 1e-12);
}
END_TEST

START_TEST(jitter_crosses_the_timestamp_wrap)
{
    receive_stats_init(&stats, 1, 48000);
    receive(1, 0xfffffc40, 5000000000);
    receive(2, 0x00000000, 5000020000);
    receive(3, 0x000003c0, 5000040000);
    ck_assert_double_eq(stats.jitter, 0);
}
END_TEST

START_TEST(jitter_is_not_disturbed_by_a_late_clock)
{
    const int64_t years_us = 40LL * 365 * 86400 * 1000000;
    receive_stats_init(&stats, 1, 90000);
    for (uint16_t i = 0; i < 100; i++)
        receive(i, 3000U * i, years_us + i * 100000LL / 3);
    ck_assert_double_lt(stats.jitter, 1.0);
}
END_TEST

START_TEST(loss_duplicates_and_reordering)
{
    receive_stats_init(&stats, 7, 48000);
    ck_assert_int_eq(receive_stats_lost(&stats), 0);
    ck_assert(receive(65534, 0, 0));
    ck_assert(receive(1, 0, 0)); /* 65535 and 0 are missing */
    ck_assert_int_eq(receive_stats_lost(&stats), 2);
    ck_assert(receive(65535, 0, 0));
    ck_assert(!receive(65535, 0, 0));
    ck_assert_int_eq(receive_stats_lost(&stats), 1);
    ck_assert_uint_eq(stats.packets, 3);
    ck_assert_uint_eq(stats.bytes, 300);
    ck_assert_uint_eq(stats.duplicates, 1);
    ck_assert_uint_eq(stats.reordered, 1);
    ck_assert(receive(65533, 0, 0)); /* before the first: W3C packetsLost may go below zero */
    ck_assert(receive(0, 0, 0));
    ck_assert_int_eq(receive_stats_lost(&stats), -1);
}
END_TEST

START_TEST(duplicates_are_recognised_within_the_window)
{
    receive_stats_init(&stats, 7, 48000);
    for (uint16_t i = 0; i < 3000; i++)
        ck_assert(receive(i, 0, 0));
    for (uint16_t i = 2999; i > 2999 - RECEIVE_STATS_WINDOW; i--)
        ck_assert(!receive(i, 0, 0));
    ck_assert_uint_eq(stats.duplicates, RECEIVE_STATS_WINDOW);
    ck_assert_uint_eq(stats.too_old, 0);
    ck_assert(!receive(2999 - RECEIVE_STATS_WINDOW, 0, 0));
    ck_assert_uint_eq(stats.too_old, 1);
    ck_assert_uint_eq(stats.packets, 3000);
}
END_TEST

START_TEST(a_jump_over_the_window_forgets_what_was_seen)
{
    receive_stats_init(&stats, 7, 48000);
    receive(10, 0, 0);
    receive(10 + RECEIVE_STATS_WINDOW + 5, 0, 0);
    ck_assert(receive(10 + RECEIVE_STATS_WINDOW, 0, 0)); /* shares a bit with 10 */
    receive(10 + 2 * RECEIVE_STATS_WINDOW, 0, 0);
    ck_assert(receive(10 + RECEIVE_STATS_WINDOW + 1, 0, 0));
    ck_assert(!receive(10 + RECEIVE_STATS_WINDOW + 5, 0, 0));
}
END_TEST

/* RFC 3550 A.3: 3 of 8 expected in the interval are lost: 3 · 256 / 8 = 96. */
START_TEST(report_blocks_by_interval)
{
    struct rtcp_report_block block;
    receive_stats_init(&stats, 0xabcd, 48000);
    receive(65530, 0, 0);
    receive_stats_report(&stats, 1000, &block);
    ck_assert_uint_eq(block.ssrc, 0xabcd);
    ck_assert_uint_eq(block.fraction_lost, 0);
    ck_assert_uint_eq(block.highest_sequence, 65530);
    static const uint16_t arrived[] = {65531, 65533, 65534, 0, 2};
    for (size_t i = 0; i < 5; i++)
        receive(arrived[i], 0, 0);
    receive_stats_report(&stats, 2000, &block);
    ck_assert_uint_eq(block.fraction_lost, 96);
    ck_assert_int_eq(block.cumulative_lost, 3);
    ck_assert_uint_eq(block.highest_sequence, 65536 + 2); /* cycles in the upper half */
    receive(65532, 0, 0); /* late ones make the next interval's loss negative: 0 */
    receive_stats_report(&stats, 3000, &block);
    ck_assert_uint_eq(block.fraction_lost, 0);
    ck_assert_int_eq(block.cumulative_lost, 2);
}
END_TEST

START_TEST(fraction_is_capped_and_the_total_clamped)
{
    struct rtcp_report_block block;
    receive_stats_init(&stats, 1, 48000);
    receive(0, 0, 0);
    receive_stats_report(&stats, 0, &block);
    receive(30000, 0, 0);
    receive_stats_report(&stats, 0, &block);
    ck_assert_uint_eq(block.fraction_lost, 255);
    for (uint32_t i = 2; i < 400; i++)
        receive((uint16_t)(30000 * i), 0, 0);
    receive_stats_report(&stats, 0, &block);
    ck_assert_int_eq(block.cumulative_lost, 0x7fffff);
}
END_TEST

START_TEST(last_sender_report_and_its_delay)
{
    struct rtcp_report_block block;
    receive_stats_init(&stats, 1, 48000);
    receive_stats_report(&stats, 9000000, &block);
    ck_assert_uint_eq(block.last_sr, 0);
    ck_assert_uint_eq(block.delay_since_sr, 0);
    receive_stats_sender_report(&stats, 0xb44db70520000000ULL, 1000000);
    receive_stats_report(&stats, 6250000, &block);
    ck_assert_uint_eq(block.last_sr, 0xb7052000);
    ck_assert_uint_eq(block.delay_since_sr, 0x54000); /* 5.25 s, RFC 3550 figure 2 */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/receive_stats");
    TCase *cases = tcase_create("receive_stats");
    tcase_add_test(cases, jitter_of_appendix_a8);
    tcase_add_test(cases, jitter_crosses_the_timestamp_wrap);
    tcase_add_test(cases, jitter_is_not_disturbed_by_a_late_clock);
    tcase_add_test(cases, loss_duplicates_and_reordering);
    tcase_add_test(cases, duplicates_are_recognised_within_the_window);
    tcase_add_test(cases, a_jump_over_the_window_forgets_what_was_seen);
    tcase_add_test(cases, report_blocks_by_interval);
    tcase_add_test(cases, fraction_is_capped_and_the_total_clamped);
    tcase_add_test(cases, last_sender_report_and_its_delay);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
