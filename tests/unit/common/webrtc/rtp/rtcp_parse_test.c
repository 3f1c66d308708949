#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/rtp/rtcp_packet.h"

#define ITEMS_MAX 300

static struct rtcp_item items[ITEMS_MAX];
static size_t item_count;

static void keep(void *arg, const struct rtcp_item *item)
{
    ck_assert_ptr_eq(arg, &item_count);
    ck_assert_uint_lt(item_count, ITEMS_MAX);
    items[item_count++] = *item;
}

/* A heap copy of the exact size, so that the address sanitizer sees a read past its end. */
static enum status parse(const void *data, size_t size)
{
    void *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    item_count = 0;
    enum status status = rtcp_parse(copy, size, keep, &item_count);
    free(copy);
    return status;
}

static const uint8_t sender_report[] = {
    0x81, 200,  0,    12,                           /* one block, 13 words */
    1,    2,    3,    4,                            /* sender */
    0xb4, 0x4d, 0xb7, 0x05, 0x20, 0,    0,    0,    /* NTP of RFC 3550 figure 2 */
    0,    0,    0xbb, 0x80,                         /* RTP timestamp 48000 */
    0,    0,    0,    50,                           /* packets */
    0,    0,    0x10, 0,                            /* octets */
    9,    9,    9,    9,    64,   0xff, 0xff, 0xfe, /* block: 1/4 lost now, -2 in all */
    0,    1,    0,    5,    0,    0,    0,    160,  /* highest 65541, jitter 160 */
    0xb7, 0x05, 0x20, 0x00, 0,    5,    0x40, 0,    /* LSR, DLSR 5.25 s */
};

START_TEST(sender_report_with_a_block)
{
    ck_assert_int_eq(parse(sender_report, sizeof sender_report), STATUS_OK);
    ck_assert_uint_eq(item_count, 1);
    ck_assert_int_eq(items[0].kind, RTCP_SENDER_REPORT);
    ck_assert_uint_eq(items[0].sender_ssrc, 0x01020304);
    ck_assert_uint_eq(items[0].report.ntp, 0xb44db70520000000ULL);
    ck_assert_uint_eq(items[0].report.rtp_timestamp, 48000);
    ck_assert_uint_eq(items[0].report.packet_count, 50);
    ck_assert_uint_eq(items[0].report.octet_count, 4096);
    ck_assert_uint_eq(items[0].report.block_count, 1);
    const struct rtcp_report_block *block = &items[0].report.blocks[0];
    ck_assert_uint_eq(block->ssrc, 0x09090909);
    ck_assert_uint_eq(block->fraction_lost, 64);
    ck_assert_int_eq(block->cumulative_lost, -2);
    ck_assert_uint_eq(block->highest_sequence, 65541);
    ck_assert_uint_eq(block->jitter, 160);
    ck_assert_uint_eq(block->last_sr, 0xb7052000);
    ck_assert_uint_eq(block->delay_since_sr, 0x54000);
}
END_TEST

START_TEST(every_truncation_is_malformed)
{
    for (size_t size = 0; size < sizeof sender_report; size++)
        ck_assert_int_eq(parse(sender_report, size), STATUS_MALFORMED);
    ck_assert_uint_eq(item_count, 0);
}
END_TEST

START_TEST(thirty_one_blocks_and_an_extension)
{
    uint8_t bytes[8 + 31 * 24 + 8] = {0x80 | 31, 201, 0, (sizeof bytes - 4) / 4};
    store_u16(bytes + 2, (uint16_t)(sizeof bytes / 4 - 1));
    for (uint32_t i = 0; i < 31; i++)
        store_u32(bytes + 8 + 24 * i, 1000 + i);
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_int_eq(items[0].kind, RTCP_RECEIVER_REPORT);
    ck_assert_uint_eq(items[0].report.block_count, 31);
    ck_assert_uint_eq(items[0].report.blocks[30].ssrc, 1030);
}
END_TEST

START_TEST(more_blocks_announced_than_sent)
{
    static const uint8_t bytes[8] = {0x81, 201, 0, 1};
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_MALFORMED);
}
END_TEST

START_TEST(wrong_version_in_the_second_packet)
{
    uint8_t bytes[16] = {0x80, 201, 0, 1, 0, 0, 0, 1, 0x40, 201, 0, 1};
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_MALFORMED);
    ck_assert_uint_eq(item_count, 1);
}
END_TEST

START_TEST(description_with_two_sources)
{
    static const uint8_t bytes[] = {
        0x82, 202, 0, 7, 0, 0, 0, 1, 2, 4, 'n', 'a', 'm', 'e', 1,   2,
        'c',  'n', 0, 0, 0, 0, 0, 2, 1, 5, 'a', 'l', 'i', 'c', 'e', 0,
    };
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_uint_eq(item_count, 2);
    ck_assert_int_eq(items[1].kind, RTCP_SOURCE_DESCRIPTION);
    ck_assert_uint_eq(items[0].sender_ssrc, 1);
    ck_assert_str_eq(items[0].description.cname, "cn");
    ck_assert_uint_eq(items[1].sender_ssrc, 2);
    ck_assert_str_eq(items[1].description.cname, "alice");
}
END_TEST

START_TEST(description_that_never_ends)
{
    static const uint8_t no_end[] = {0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 'c', 'n'};
    static const uint8_t too_long[] = {0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 'c', 'n'};
    ck_assert_int_eq(parse(no_end, sizeof no_end), STATUS_MALFORMED);
    ck_assert_int_eq(parse(too_long, sizeof too_long), STATUS_MALFORMED);
}
END_TEST

START_TEST(longest_cname_is_kept)
{
    uint8_t bytes[4 + 4 + 2 + 255 + 1 + 2] = {0x81, 202};
    ck_assert_uint_eq(sizeof bytes % 4, 0);
    store_u16(bytes + 2, sizeof bytes / 4 - 1);
    bytes[8] = 1;
    bytes[9] = 255;
    memset(bytes + 10, 'x', 255);
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_uint_eq(strlen(items[0].description.cname), 255);
}
END_TEST

START_TEST(bye_names_every_source)
{
    static const uint8_t bytes[] = {0x82, 203, 0, 4,   0,   0,   0, 7, 0, 0,
                                    0,    8,   3, 'b', 'y', 'e', 0, 0, 0, 0};
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_uint_eq(item_count, 2);
    ck_assert_int_eq(items[0].kind, RTCP_BYE);
    ck_assert_uint_eq(items[0].media_ssrc, 7);
    ck_assert_uint_eq(items[1].media_ssrc, 8);
    ck_assert_int_eq(parse(bytes, 4), STATUS_MALFORMED);
}
END_TEST

START_TEST(nack_mask_wraps)
{
    static const uint8_t bytes[] = {0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0x80, 1};
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_int_eq(items[0].kind, RTCP_NACK);
    ck_assert_uint_eq(items[0].sender_ssrc, 1);
    ck_assert_uint_eq(items[0].media_ssrc, 2);
    ck_assert_uint_eq(items[0].nack.count, 3);
    ck_assert_uint_eq(items[0].nack.sequences[0], 65535);
    ck_assert_uint_eq(items[0].nack.sequences[1], 0);
    ck_assert_uint_eq(items[0].nack.sequences[2], 15);
    static const uint8_t empty[] = {0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2};
    ck_assert_int_eq(parse(empty, sizeof empty), STATUS_MALFORMED);
}
END_TEST

START_TEST(long_nack_comes_as_several_items)
{
    uint8_t bytes[12 + 4 * 16] = {0x81, 205, 0, 2 + 16};
    for (uint16_t i = 0; i < 16; i++) {
        store_u16(bytes + 12 + 4 * i, (uint16_t)(17 * i));
        store_u16(bytes + 14 + 4 * i, 0xffff);
    }
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_uint_eq(item_count, 2);
    ck_assert_uint_eq(items[0].nack.count, RTCP_NACK_MAX);
    ck_assert_uint_eq(items[1].nack.count, 16 * 17 - RTCP_NACK_MAX);
    for (unsigned i = 0; i < 16 * 17; i++)
        ck_assert_uint_eq(items[i / RTCP_NACK_MAX].nack.sequences[i % RTCP_NACK_MAX], i);
}
END_TEST

START_TEST(picture_loss_and_full_intra_request)
{
    static const uint8_t bytes[] = {
        0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, /* PLI */
        0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, /* FIR of two sources */
        0,    0,   0, 5, 9, 0, 0, 0, 0, 0, 0, 6, 255, 0, 0, 0,
    };
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_uint_eq(item_count, 3);
    ck_assert_int_eq(items[0].kind, RTCP_PLI);
    ck_assert_uint_eq(items[0].media_ssrc, 2);
    ck_assert_int_eq(items[1].kind, RTCP_FIR);
    ck_assert_uint_eq(items[1].media_ssrc, 5);
    ck_assert_uint_eq(items[1].fir.sequence, 9);
    ck_assert_uint_eq(items[2].media_ssrc, 6);
    ck_assert_uint_eq(items[2].fir.sequence, 255);
}
END_TEST

/* draft-alvestrand-rmcat-remb-03 §2.2: mantissa · 2^exponent */
START_TEST(remb_bitrate)
{
    uint8_t bytes[] = {0x8f, 206, 0,   5,   0, 0,          0,    1,    0, 0, 0, 0,
                       'R',  'E', 'M', 'B', 1, 6 << 2 | 2, 0x01, 0x02, 0, 0, 0, 9};
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_int_eq(items[0].kind, RTCP_REMB);
    ck_assert_uint_eq(items[0].remb.bitrate_bps, 0x20102ULL << 6);
    ck_assert_uint_eq(items[0].remb.ssrc_count, 1);
    ck_assert_uint_eq(items[0].remb.ssrcs[0], 9);
    bytes[17] = 47 << 2 | 3; /* 18 significant bits shifted by 47: more than 64 */
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_MALFORMED);
    bytes[17] = 46 << 2 | 3;
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    bytes[16] = 2; /* two SSRCs announced, one there */
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_MALFORMED);
    bytes[16] = 1;
    bytes[12] = 'X'; /* some other application's feedback */
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_int_eq(items[0].kind, RTCP_OTHER);
}
END_TEST

/* §2.2 has the sender leave this 0. What a stranger writes there is not for one of our streams. */
START_TEST(remb_with_a_media_source_names_none)
{
    uint8_t bytes[] = {0x8f, 206, 0,   5,   0, 0,          0,    1,    0, 0, 0, 7,
                       'R',  'E', 'M', 'B', 1, 6 << 2 | 2, 0x01, 0x02, 0, 0, 0, 9};
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_int_eq(items[0].kind, RTCP_REMB);
    ck_assert_uint_eq(items[0].media_ssrc, 0);
}
END_TEST

START_TEST(what_is_not_understood_is_skipped)
{
    static const uint8_t bytes[] = {
        0x80, 207, 0, 1, 0, 0, 0, 1,                     /* XR */
        0x85, 204, 0, 2, 0, 0, 0, 1, 'n', 'a', 'm', 'e', /* APP */
        0x83, 205, 0, 2, 0, 0, 0, 1, 0,   0,   0,   2,   /* RTPFB 3: TMMBR */
        0x80, 201, 0, 1, 0, 0, 0, 9,                     /* RR */
    };
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    ck_assert_uint_eq(item_count, 4);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(items[i].kind, RTCP_OTHER);
    ck_assert_int_eq(items[3].kind, RTCP_RECEIVER_REPORT);
    ck_assert_uint_eq(items[3].sender_ssrc, 9);
}
END_TEST

START_TEST(padding_is_taken_off)
{
    uint8_t bytes[] = {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4};
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_OK);
    bytes[11] = 0;
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_MALFORMED);
    bytes[11] = 9; /* more than the packet */
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_MALFORMED);
    bytes[11] = 8; /* eats the SSRC */
    ck_assert_int_eq(parse(bytes, sizeof bytes), STATUS_MALFORMED);
}
END_TEST

static uint8_t feedback_header[20] = {0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2};

/* Transport-wide feedback from base number 65534; `rest` is chunks and deltas. */
static enum status parse_feedback(uint16_t count, uint32_t reference, const void *rest, size_t size)
{
    uint8_t bytes[1200];
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, feedback_header, sizeof feedback_header);
    store_u16(bytes + 12, 65534);
    store_u16(bytes + 14, count);
    store_u32(bytes + 16, reference << 8 | 77);
    memcpy(bytes + 20, rest, size);
    size = (20 + size + 3) / 4 * 4;
    store_u16(bytes + 2, (uint16_t)(size / 4 - 1));
    return parse(bytes, size);
}

/* The run-length chunks of the draft's §3.1.3: 0 01 … small deltas, then 0 00 … not received. */
START_TEST(feedback_run_length_chunks)
{
    static const uint8_t rest[] = {0x20, 0x03, 0x00, 0x02, 4, 0, 255, 0};
    ck_assert_int_eq(parse_feedback(5, 0xffffff, rest, sizeof rest), STATUS_OK);
    ck_assert_uint_eq(item_count, 1);
    ck_assert_int_eq(items[0].kind, RTCP_TRANSPORT);
    ck_assert_uint_eq(items[0].transport.feedback_count, 77);
    ck_assert_int_eq(items[0].transport.reference_time_us, -64000);
    ck_assert_uint_eq(items[0].transport.count, 5);
    static const struct {
        uint16_t sequence;
        bool received;
        int64_t arrival_us;
    } expected[] = {
        {65534, true, 1000}, {65535, true, 1000}, {0, true, 64750}, {1, false, 0}, {2, false, 0}};
    for (size_t i = 0; i < 5; i++) {
        const struct rtcp_arrival *arrival = &items[0].transport.arrivals[i];
        ck_assert_uint_eq(arrival->sequence, expected[i].sequence);
        ck_assert_int_eq(arrival->received, expected[i].received);
        ck_assert_int_eq(arrival->arrival_us, expected[i].arrival_us);
    }
}
END_TEST

/* §3.1.4: a vector of 14 one-bit symbols, then one of seven two-bit symbols. */
START_TEST(feedback_vector_chunks)
{
    static const uint8_t rest[] = {
        0x80 | 0x20, 0x01,                /* 1 0 | 1 0 0 0 0 0 … 1: first and last of 14 */
        0xc0 | 0x24, 0x00,                /* 1 1 | 10 01 00 …: large, small, five missing */
        1,           2,    0xff, 0xfe, 8, /* 1, 2, -2, 8 ticks */
    };
    ck_assert_int_eq(parse_feedback(16, 1, rest, sizeof rest), STATUS_OK);
    ck_assert_uint_eq(items[0].transport.count, 16);
    const struct rtcp_arrival *arrivals = items[0].transport.arrivals;
    size_t received = 0;
    for (size_t i = 0; i < 16; i++)
        received += arrivals[i].received;
    ck_assert_uint_eq(received, 4);
    ck_assert_int_eq(arrivals[0].arrival_us, 250);
    ck_assert_int_eq(arrivals[13].arrival_us, 750);
    ck_assert_int_eq(arrivals[14].arrival_us, 250);
    ck_assert_int_eq(arrivals[15].arrival_us, 2250);
}
END_TEST

START_TEST(feedback_that_lies_about_its_length)
{
    static const uint8_t run[] = {0x20, 0x04, 1, 1};      /* 4 deltas announced, 2 there */
    static const uint8_t reserved[] = {0x60, 0x01, 0, 0}; /* symbol 3 */
    static const uint8_t empty_runs[] = {0x20, 0, 0x20, 0};
    ck_assert_int_eq(parse_feedback(4, 0, run, sizeof run), STATUS_MALFORMED);
    ck_assert_int_eq(parse_feedback(9, 0, run, sizeof run), STATUS_MALFORMED);
    ck_assert_int_eq(parse_feedback(1, 0, reserved, sizeof reserved), STATUS_MALFORMED);
    ck_assert_int_eq(parse_feedback(1, 0, empty_runs, sizeof empty_runs), STATUS_MALFORMED);
    ck_assert_int_eq(parse_feedback(0, 0, run, sizeof run), STATUS_MALFORMED);
    ck_assert_int_eq(parse(feedback_header, 12), STATUS_MALFORMED);
    ck_assert_uint_eq(item_count, 0);
}
END_TEST

START_TEST(long_feedback_comes_as_several_items)
{
    static const uint8_t rest[] = {0x1f, 0xff, 0x1f, 0xff, 0x20, 0x01, 9, 0};
    ck_assert_int_eq(parse_feedback(16383, 0, rest, sizeof rest), STATUS_OK);
    ck_assert_uint_eq(item_count, (16383 + RTCP_TRANSPORT_MAX - 1) / RTCP_TRANSPORT_MAX);
    size_t count = 0;
    for (size_t i = 0; i < item_count; i++)
        count += items[i].transport.count;
    ck_assert_uint_eq(count, 16383);
    const struct rtcp_item *last = &items[item_count - 1];
    const struct rtcp_arrival *newest = &last->transport.arrivals[last->transport.count - 1];
    ck_assert_uint_eq(newest->sequence, (uint16_t)(65534 + 16382));
    ck_assert(newest->received);
    ck_assert_int_eq(newest->arrival_us, 9 * 250);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/rtcp_parse");
    TCase *cases = tcase_create("rtcp_parse");
    tcase_add_test(cases, sender_report_with_a_block);
    tcase_add_test(cases, every_truncation_is_malformed);
    tcase_add_test(cases, thirty_one_blocks_and_an_extension);
    tcase_add_test(cases, more_blocks_announced_than_sent);
    tcase_add_test(cases, wrong_version_in_the_second_packet);
    tcase_add_test(cases, description_with_two_sources);
    tcase_add_test(cases, description_that_never_ends);
    tcase_add_test(cases, longest_cname_is_kept);
    tcase_add_test(cases, bye_names_every_source);
    tcase_add_test(cases, nack_mask_wraps);
    tcase_add_test(cases, long_nack_comes_as_several_items);
    tcase_add_test(cases, picture_loss_and_full_intra_request);
    tcase_add_test(cases, remb_bitrate);
    tcase_add_test(cases, remb_with_a_media_source_names_none);
    tcase_add_test(cases, what_is_not_understood_is_skipped);
    tcase_add_test(cases, padding_is_taken_off);
    tcase_add_test(cases, feedback_run_length_chunks);
    tcase_add_test(cases, feedback_vector_chunks);
    tcase_add_test(cases, feedback_that_lies_about_its_length);
    tcase_add_test(cases, long_feedback_comes_as_several_items);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
