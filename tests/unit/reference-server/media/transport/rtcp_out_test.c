#include "reference-server/media/transport/rtcp_out.h"

#include <check.h>
#include <string.h>

static struct rtcp_out out;
static enum rtcp_kind kinds[64];
static size_t kind_count;
static struct rtcp_item last;

static void note(void *arg, const struct rtcp_item *item)
{
    (void)arg;
    ck_assert_uint_lt(kind_count, 64);
    kinds[kind_count++] = item->kind;
    last = *item;
}

static void parse(void)
{
    kind_count = 0;
    ck_assert_int_eq(rtcp_parse(out.data, out.size, note, NULL), STATUS_OK);
}

START_TEST(a_bare_compound_is_empty)
{
    rtcp_out_begin(&out, true, 1, "name");
    ck_assert_uint_eq(out.size, 0);
}
END_TEST

START_TEST(otherwise_it_begins_with_a_report_and_a_name)
{
    rtcp_out_begin(&out, false, 0x11223344, "name");
    ck_assert_int_eq(rtcp_out_pli(&out, 0x11223344, 0x55667788), STATUS_OK);
    parse();
    ck_assert_uint_eq(kind_count, 3);
    ck_assert_int_eq(kinds[0], RTCP_RECEIVER_REPORT);
    ck_assert_int_eq(kinds[1], RTCP_SOURCE_DESCRIPTION);
    ck_assert_int_eq(kinds[2], RTCP_PLI);
    ck_assert_uint_eq(last.sender_ssrc, 0x11223344);
    ck_assert_uint_eq(last.media_ssrc, 0x55667788);
}
END_TEST

START_TEST(a_sender_report_carries_the_slot)
{
    struct rtcp_sender sender = {
        .ssrc = 9, .ntp = 0x0102030405060708, .timestamp = 77, .packets = 5, .octets = 6000};
    rtcp_out_begin(&out, true, 1, "name");
    ck_assert_int_eq(rtcp_out_sender(&out, &sender, "cname-of-all"), STATUS_OK);
    parse();
    ck_assert_uint_eq(kind_count, 2);
    ck_assert_str_eq(last.description.cname, "cname-of-all");
    ck_assert_uint_eq(last.sender_ssrc, 9);
    kind_count = 0;
    /* The report alone: 28 bytes. */
    ck_assert_int_eq(rtcp_parse(out.data, 28, note, NULL), STATUS_OK);
    ck_assert_int_eq(last.kind, RTCP_SENDER_REPORT);
    ck_assert_uint_eq(last.report.ntp, 0x0102030405060708);
    ck_assert_uint_eq(last.report.rtp_timestamp, 77);
    ck_assert_uint_eq(last.report.packet_count, 5);
    ck_assert_uint_eq(last.report.octet_count, 6000);
    ck_assert_uint_eq(last.report.block_count, 0);
}
END_TEST

START_TEST(report_blocks_go_through)
{
    struct rtcp_report_block blocks[2] = {{.ssrc = 3, .cumulative_lost = -5}, {.ssrc = 4}};
    rtcp_out_begin(&out, true, 1, "name");
    ck_assert_int_eq(rtcp_out_receiver(&out, 1, "n", blocks, 2), STATUS_OK);
    kind_count = 0;
    ck_assert_int_eq(rtcp_parse(out.data, 8 + 48, note, NULL), STATUS_OK);
    ck_assert_uint_eq(last.report.block_count, 2);
    ck_assert_int_eq(last.report.blocks[0].cumulative_lost, -5);
    ck_assert_uint_eq(last.report.blocks[1].ssrc, 4);
}
END_TEST

START_TEST(what_does_not_fit_leaves_the_compound_whole)
{
    struct rtcp_sender sender = {.ssrc = 9};
    size_t before = 0, fitted = 0;
    rtcp_out_begin(&out, true, 1, "name");
    while (rtcp_out_sender(&out, &sender, "a-name-of-thirty-two-characters.") == STATUS_OK) {
        before = out.size;
        fitted++;
    }
    ck_assert_uint_eq(out.size, before);
    ck_assert_uint_ge(fitted, 11); /* all slots of a participant in one datagram */
    parse();
    ck_assert_uint_eq(kind_count, 2 * fitted);
}
END_TEST

START_TEST(lost_numbers_are_asked_for)
{
    const uint16_t lost[] = {65534, 65535, 0, 40};
    rtcp_out_begin(&out, true, 1, "name");
    ck_assert_int_eq(rtcp_out_nack(&out, 1, 2, lost, 4), STATUS_OK);
    parse();
    ck_assert_int_eq(last.kind, RTCP_NACK);
    ck_assert_uint_eq(last.media_ssrc, 2);
    ck_assert_uint_eq(last.nack.count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(last.nack.sequences[i], lost[i]);
}
END_TEST

START_TEST(feedback_is_sent_once_for_each_arrival)
{
    struct transport_feedback feedback;
    transport_feedback_init(&feedback);
    rtcp_out_begin(&out, true, 1, "name");
    ck_assert_int_eq(rtcp_out_transport(&out, &feedback, 1, 2), STATUS_AGAIN);
    transport_feedback_arrival(&feedback, 10, 1000000);
    transport_feedback_arrival(&feedback, 12, 1002000);
    ck_assert_int_eq(rtcp_out_transport(&out, &feedback, 1, 2), STATUS_OK);
    parse();
    ck_assert_int_eq(last.kind, RTCP_TRANSPORT);
    ck_assert_uint_eq(last.transport.count, 3);
    ck_assert(!last.transport.arrivals[1].received);
    ck_assert_int_eq(rtcp_out_transport(&out, &feedback, 1, 2), STATUS_AGAIN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/transport/rtcp_out");
    TCase *cases = tcase_create("rtcp_out");
    tcase_add_test(cases, a_bare_compound_is_empty);
    tcase_add_test(cases, otherwise_it_begins_with_a_report_and_a_name);
    tcase_add_test(cases, a_sender_report_carries_the_slot);
    tcase_add_test(cases, report_blocks_go_through);
    tcase_add_test(cases, what_does_not_fit_leaves_the_compound_whole);
    tcase_add_test(cases, lost_numbers_are_asked_for);
    tcase_add_test(cases, feedback_is_sent_once_for_each_arrival);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
