#include "common/webrtc/rtp/transport_feedback.h"

#include <check.h>

static struct transport_feedback feedback;
static struct rtcp_item item;

static bool take(void)
{
    return transport_feedback_item(&feedback, 1, 2, &item);
}

static int64_t arrival_of(size_t index)
{
    return item.transport.reference_time_us + item.transport.arrivals[index].arrival_us;
}

START_TEST(nothing_arrived_nothing_to_say)
{
    transport_feedback_init(&feedback);
    ck_assert(!take());
    transport_feedback_arrival(&feedback, 9, 1000);
    ck_assert(take());
    ck_assert(!take());
}
END_TEST

START_TEST(arrivals_and_gaps_are_reported_once)
{
    transport_feedback_init(&feedback);
    transport_feedback_arrival(&feedback, 65534, 1000000);
    transport_feedback_arrival(&feedback, 0, 1001000);
    ck_assert(take());
    ck_assert_int_eq(item.kind, RTCP_TRANSPORT);
    ck_assert_uint_eq(item.sender_ssrc, 1);
    ck_assert_uint_eq(item.media_ssrc, 2);
    ck_assert_uint_eq(item.transport.feedback_count, 0);
    ck_assert_int_eq(item.transport.reference_time_us, 960000);
    ck_assert_uint_eq(item.transport.count, 3);
    ck_assert_uint_eq(item.transport.arrivals[0].sequence, 65534);
    ck_assert_int_eq(arrival_of(0), 1000000);
    ck_assert_uint_eq(item.transport.arrivals[1].sequence, 65535);
    ck_assert(!item.transport.arrivals[1].received);
    ck_assert_int_eq(arrival_of(2), 1001000);

    transport_feedback_arrival(&feedback, 2, 1100000);
    ck_assert(take());
    ck_assert_uint_eq(item.transport.feedback_count, 1);
    ck_assert_uint_eq(item.transport.count, 2); /* 1 is missing, 2 came */
    ck_assert_uint_eq(item.transport.arrivals[0].sequence, 1);
    ck_assert(!item.transport.arrivals[0].received);
}
END_TEST

START_TEST(a_late_packet_opens_the_report_again)
{
    transport_feedback_init(&feedback);
    for (uint16_t i = 0; i < 5; i++)
        if (i != 2)
            transport_feedback_arrival(&feedback, i, 1000 + i);
    take();
    transport_feedback_arrival(&feedback, 2, 9000);
    ck_assert(take());
    ck_assert_uint_eq(item.transport.count, 3);
    ck_assert_uint_eq(item.transport.arrivals[0].sequence, 2);
    ck_assert_int_eq(arrival_of(0), 9000);
    ck_assert_int_eq(arrival_of(1), 1003); /* before the one before it */
    ck_assert_int_eq(arrival_of(2), 1004);
    ck_assert(!take());
}
END_TEST

START_TEST(the_first_of_two_arrivals_counts)
{
    transport_feedback_init(&feedback);
    transport_feedback_arrival(&feedback, 7, 1000);
    transport_feedback_arrival(&feedback, 7, 2000);
    take();
    ck_assert_int_eq(arrival_of(0), 1000);
    transport_feedback_arrival(&feedback, 7, 3000);
    ck_assert(!take());
}
END_TEST

START_TEST(feedback_count_wraps_at_8_bits)
{
    transport_feedback_init(&feedback);
    for (unsigned i = 0; i < 600; i++) {
        transport_feedback_arrival(&feedback, (uint16_t)(65000 + i), 1000000 + 20000 * (int64_t)i);
        ck_assert(take());
        ck_assert_uint_eq(item.transport.feedback_count, i & 255);
        ck_assert_uint_eq(item.transport.count, 1);
        ck_assert_uint_eq(item.transport.arrivals[0].sequence, (uint16_t)(65000 + i));
        ck_assert_int_eq(arrival_of(0), 1000000 + 20000 * (int64_t)i);
    }
}
END_TEST

START_TEST(what_falls_out_of_memory_is_counted)
{
    transport_feedback_init(&feedback);
    transport_feedback_arrival(&feedback, 0, 1000);
    transport_feedback_arrival(&feedback, RTCP_TRANSPORT_MAX + 9, 2000);
    ck_assert_uint_eq(feedback.unreported, 10);
    transport_feedback_arrival(&feedback, 9, 2001); /* older than what is remembered */
    ck_assert_uint_eq(feedback.unreported, 11);
    ck_assert(take());
    ck_assert_uint_eq(item.transport.count, RTCP_TRANSPORT_MAX);
    ck_assert_uint_eq(item.transport.arrivals[0].sequence, 10);
    for (size_t i = 0; i + 1 < RTCP_TRANSPORT_MAX; i++)
        ck_assert(!item.transport.arrivals[i].received);
    ck_assert(item.transport.arrivals[RTCP_TRANSPORT_MAX - 1].received);
    /* a jump beyond everything remembered */
    transport_feedback_arrival(&feedback, 20000, 3000);
    ck_assert(take());
    ck_assert_uint_eq(item.transport.count, RTCP_TRANSPORT_MAX);
    ck_assert_uint_eq(item.transport.arrivals[RTCP_TRANSPORT_MAX - 1].sequence, 20000);
}
END_TEST

START_TEST(a_long_silence_splits_the_report)
{
    uint8_t bytes[1472];
    size_t at = 0;
    transport_feedback_init(&feedback);
    transport_feedback_arrival(&feedback, 1, 1000000);
    transport_feedback_arrival(&feedback, 3, 20000000);
    ck_assert(take());
    ck_assert_uint_eq(item.transport.count, 2);
    ck_assert_int_eq(arrival_of(0), 1000000);
    ck_assert_int_eq(rtcp_write(&item, bytes, sizeof bytes, &at), STATUS_OK);
    ck_assert(take());
    ck_assert_uint_eq(item.transport.count, 1);
    ck_assert_uint_eq(item.transport.arrivals[0].sequence, 3);
    ck_assert_int_eq(arrival_of(0), 20000000);
    ck_assert(!take());
}
END_TEST

/* The widest item still fits an RTCP packet of its own. */
START_TEST(a_full_item_can_be_written)
{
    uint8_t bytes[1472];
    size_t at = 0;
    transport_feedback_init(&feedback);
    for (uint16_t i = 0; i < RTCP_TRANSPORT_MAX; i++)
        transport_feedback_arrival(&feedback, i, 1000000 + (i % 2) * 70000);
    ck_assert(take());
    ck_assert_int_eq(rtcp_write(&item, bytes, sizeof bytes, &at), STATUS_OK);
    ck_assert_uint_gt(at, 1024);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/transport_feedback");
    TCase *cases = tcase_create("transport_feedback");
    tcase_add_test(cases, nothing_arrived_nothing_to_say);
    tcase_add_test(cases, arrivals_and_gaps_are_reported_once);
    tcase_add_test(cases, a_late_packet_opens_the_report_again);
    tcase_add_test(cases, the_first_of_two_arrivals_counts);
    tcase_add_test(cases, feedback_count_wraps_at_8_bits);
    tcase_add_test(cases, what_falls_out_of_memory_is_counted);
    tcase_add_test(cases, a_long_silence_splits_the_report);
    tcase_add_test(cases, a_full_item_can_be_written);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
