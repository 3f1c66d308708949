#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/webrtc/rtp/rtcp_packet.h"

static uint8_t bytes[4096];
static struct rtcp_item back;
static size_t back_count;

static void keep(void *arg, const struct rtcp_item *item)
{
    (void)arg;
    back = *item;
    back_count++;
}

/* Write, check that one byte less of room is refused without a trace, parse again into `back`. */
static size_t round_trip(const struct rtcp_item *item)
{
    size_t at = 8, refused = 8;
    ck_assert_int_eq(rtcp_write(item, bytes, sizeof bytes, &at), STATUS_OK);
    ck_assert_uint_eq(at % 4, 0);
    uint8_t *tight = malloc(at);
    ck_assert_int_eq(rtcp_write(item, tight, at - 1, &refused), STATUS_TOO_LARGE);
    ck_assert_uint_eq(refused, 8);
    ck_assert_int_eq(rtcp_write(item, tight, at, &refused), STATUS_OK);
    ck_assert_mem_eq(tight + 8, bytes + 8, at - 8);
    free(tight);
    back_count = 0;
    ck_assert_int_eq(rtcp_parse(bytes + 8, at - 8, keep, NULL), STATUS_OK);
    ck_assert_uint_eq(back_count, 1);
    ck_assert_int_eq(back.kind, item->kind);
    return at - 8;
}

static void assert_same_block(const struct rtcp_report_block *a, const struct rtcp_report_block *b)
{
    ck_assert_uint_eq(a->ssrc, b->ssrc);
    ck_assert_uint_eq(a->fraction_lost, b->fraction_lost);
    ck_assert_int_eq(a->cumulative_lost, b->cumulative_lost);
    ck_assert_uint_eq(a->highest_sequence, b->highest_sequence);
    ck_assert_uint_eq(a->jitter, b->jitter);
    ck_assert_uint_eq(a->last_sr, b->last_sr);
    ck_assert_uint_eq(a->delay_since_sr, b->delay_since_sr);
}

START_TEST(reports_with_no_and_31_blocks)
{
    struct rtcp_item item = {.kind = RTCP_SENDER_REPORT, .sender_ssrc = 5};
    item.report.ntp = 0x123456789abcdef0ULL;
    item.report.rtp_timestamp = 90000;
    item.report.packet_count = 3;
    item.report.octet_count = 4;
    ck_assert_uint_eq(round_trip(&item), 28);
    ck_assert_uint_eq(back.report.ntp, item.report.ntp);
    ck_assert_uint_eq(back.report.octet_count, 4);
    ck_assert_uint_eq(back.report.block_count, 0);

    item.kind = RTCP_RECEIVER_REPORT;
    item.report.block_count = RTCP_REPORTS_MAX;
    for (uint32_t i = 0; i < RTCP_REPORTS_MAX; i++)
        item.report.blocks[i] = (struct rtcp_report_block){
            i, 255, -0x800000 + (int32_t)i, i * 7, i * 11, i * 13, UINT32_MAX - i};
    ck_assert_uint_eq(round_trip(&item), 8 + 31 * 24);
    for (uint32_t i = 0; i < RTCP_REPORTS_MAX; i++)
        assert_same_block(&back.report.blocks[i], &item.report.blocks[i]);
}
END_TEST

START_TEST(description_of_any_length)
{
    struct rtcp_item item = {.kind = RTCP_SOURCE_DESCRIPTION, .sender_ssrc = 1};
    for (size_t length = 0; length < 256; length++) {
        memset(item.description.cname, 'c', length);
        item.description.cname[length] = '\0';
        round_trip(&item);
        ck_assert_str_eq(back.description.cname, item.description.cname);
        ck_assert_uint_eq(back.sender_ssrc, 1);
    }
}
END_TEST

START_TEST(bye_pli_and_fir)
{
    struct rtcp_item item = {.kind = RTCP_BYE, .media_ssrc = 77};
    ck_assert_uint_eq(round_trip(&item), 8);
    ck_assert_uint_eq(back.media_ssrc, 77);
    item = (struct rtcp_item){.kind = RTCP_PLI, .sender_ssrc = 1, .media_ssrc = 2};
    ck_assert_uint_eq(round_trip(&item), 12);
    ck_assert_uint_eq(back.sender_ssrc, 1);
    ck_assert_uint_eq(back.media_ssrc, 2);
    item = (struct rtcp_item){.kind = RTCP_FIR, .sender_ssrc = 1, .media_ssrc = 2};
    item.fir.sequence = 200;
    ck_assert_uint_eq(round_trip(&item), 20);
    ck_assert_uint_eq(load_u32(bytes + 8 + 8), 0); /* RFC 5104 §4.3.1.2: SHALL be 0 */
    ck_assert_uint_eq(back.media_ssrc, 2);
    ck_assert_uint_eq(back.fir.sequence, 200);
}
END_TEST

START_TEST(nack_packs_sixteen_behind_the_first)
{
    struct rtcp_item item = {.kind = RTCP_NACK, .sender_ssrc = 1, .media_ssrc = 2};
    ck_assert_int_eq(rtcp_write(&item, bytes, sizeof bytes, &(size_t){0}), STATUS_INVALID);
    item.nack.count = 4;
    item.nack.sequences[0] = 65530;
    item.nack.sequences[1] = 65535;
    item.nack.sequences[2] = 10; /* 16 behind the first: the last bit of its mask */
    item.nack.sequences[3] = 11; /* 17: a pair of its own */
    ck_assert_uint_eq(round_trip(&item), 12 + 8);
    ck_assert_uint_eq(load_u16(bytes + 20), 65530);
    ck_assert_uint_eq(load_u16(bytes + 22), 0x8010);
    ck_assert_uint_eq(back.nack.count, 4);
    ck_assert_mem_eq(back.nack.sequences, item.nack.sequences, 4 * sizeof(uint16_t));
    item.nack.count = RTCP_NACK_MAX;
    for (uint16_t i = 0; i < RTCP_NACK_MAX; i++)
        item.nack.sequences[i] = (uint16_t)(65500 + 100 * i);
    ck_assert_uint_eq(round_trip(&item), 12 + 4 * RTCP_NACK_MAX);
    ck_assert_mem_eq(back.nack.sequences, item.nack.sequences, sizeof item.nack.sequences);
}
END_TEST

START_TEST(remb_loses_less_than_a_part_in_131072)
{
    static const uint64_t rates[] = {0, 1, 262143, 262144, 2500000, 123456789012345, UINT64_MAX};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct rtcp_item item = {.kind = RTCP_REMB, .sender_ssrc = 1};
        item.remb.bitrate_bps = rates[i];
        item.remb.ssrc_count = 16;
        item.remb.ssrcs[15] = 4242;
        round_trip(&item);
        ck_assert_uint_le(back.remb.bitrate_bps, rates[i]);
        ck_assert_uint_le(rates[i] - back.remb.bitrate_bps, rates[i] / 131072);
        ck_assert_uint_eq(back.remb.ssrc_count, 16);
        ck_assert_uint_eq(back.remb.ssrcs[15], 4242);
    }
}
END_TEST

START_TEST(other_cannot_be_written)
{
    struct rtcp_item item = {.kind = RTCP_OTHER};
    size_t at = 0;
    ck_assert_int_eq(rtcp_write(&item, bytes, sizeof bytes, &at), STATUS_INVALID);
    ck_assert_uint_eq(at, 0);
}
END_TEST

static struct rtcp_item feedback(uint16_t base, uint16_t count)
{
    struct rtcp_item item = {.kind = RTCP_TRANSPORT, .sender_ssrc = 1, .media_ssrc = 2};
    item.transport.feedback_count = 255;
    item.transport.reference_time_us = 64000LL * 3;
    item.transport.count = count;
    for (uint16_t i = 0; i < count; i++)
        item.transport.arrivals[i].sequence = (uint16_t)(base + i);
    return item;
}

static void receive(struct rtcp_item *item, size_t index, int64_t arrival_us)
{
    item->transport.arrivals[index].received = true;
    item->transport.arrivals[index].arrival_us = arrival_us;
}

static void assert_same_feedback(const struct rtcp_item *item)
{
    ck_assert_uint_eq(back.transport.count, item->transport.count);
    ck_assert_uint_eq(back.transport.feedback_count, item->transport.feedback_count);
    ck_assert_int_eq(back.transport.reference_time_us, item->transport.reference_time_us);
    for (size_t i = 0; i < item->transport.count; i++) {
        const struct rtcp_arrival *sent = &item->transport.arrivals[i];
        const struct rtcp_arrival *got = &back.transport.arrivals[i];
        ck_assert_uint_eq(got->sequence, sent->sequence);
        ck_assert_int_eq(got->received, sent->received);
        if (sent->received) /* half a tick, not adding up */
            ck_assert_int_le(llabs(got->arrival_us - sent->arrival_us), 125);
    }
}

START_TEST(feedback_of_a_steady_stream_is_one_run)
{
    struct rtcp_item item = feedback(65500, 100);
    for (size_t i = 0; i < 100; i++)
        receive(&item, i, 1000 * (int64_t)i);
    ck_assert_uint_eq(round_trip(&item), 20 + 2 + 100 + 2);
    assert_same_feedback(&item);
    ck_assert_uint_eq(load_u16(bytes + 8 + 20), 1 << 13 | 100);
}
END_TEST

/* 0 and 63.75 ms still take one byte; 64 ms and a step back take two; ±8.19 s is the end. */
START_TEST(feedback_deltas_at_their_limits)
{
    struct rtcp_item item = feedback(0, 5);
    receive(&item, 0, 0);
    receive(&item, 1, 63750);
    receive(&item, 2, 63750 + 64000);
    receive(&item, 3, 63750);
    receive(&item, 4, 63750 + 32767 * 250);
    ck_assert_uint_eq(round_trip(&item), 20 + 2 + 1 + 1 + 2 + 2 + 2 + 2);
    assert_same_feedback(&item);
    struct rtcp_item two = feedback(0, 2);
    receive(&two, 0, 0);
    receive(&two, 1, 63750);
    ck_assert_uint_eq(round_trip(&two), 20 + 2 + 1 + 1); /* to the byte */
    item.transport.arrivals[4].arrival_us += 250;
    ck_assert_int_eq(rtcp_write(&item, bytes, sizeof bytes, &(size_t){0}), STATUS_INVALID);
    item = feedback(0, 1);
    receive(&item, 0, -32768 * 250);
    round_trip(&item);
    assert_same_feedback(&item);
}
END_TEST

START_TEST(feedback_with_gaps_in_its_numbers_is_invalid)
{
    struct rtcp_item item = feedback(10, 3);
    item.transport.arrivals[2].sequence = 13;
    ck_assert_int_eq(rtcp_write(&item, bytes, sizeof bytes, &(size_t){0}), STATUS_INVALID);
    item = feedback(10, 0);
    ck_assert_int_eq(rtcp_write(&item, bytes, sizeof bytes, &(size_t){0}), STATUS_INVALID);
}
END_TEST

START_TEST(feedback_of_random_streams)
{
    struct random_stream random;
    random_stream_init(&random, 20);
    for (int round = 0; round < 300; round++) {
        uint16_t count = (uint16_t)(1 + random_below(&random, RTCP_TRANSPORT_MAX));
        struct rtcp_item item = feedback((uint16_t)random_u64(&random), count);
        double loss = random_unit(&random) * random_unit(&random), late = random_unit(&random);
        int64_t at_us = 0;
        for (size_t i = 0; i < count; i++) {
            at_us += (int64_t)random_below(&random, random_unit(&random) < late ? 200000 : 3000);
            if (random_unit(&random) >= loss)
                receive(&item, i, at_us - (int64_t)random_below(&random, 900));
        }
        back_count = 0;
        size_t at = 0;
        if (rtcp_write(&item, bytes, sizeof bytes, &at) == STATUS_INVALID)
            continue; /* a gap too long for a delta */
        ck_assert_int_eq(rtcp_parse(bytes, at, keep, NULL), STATUS_OK);
        ck_assert_uint_eq(back_count, 1);
        assert_same_feedback(&item);
    }
}
END_TEST

START_TEST(compound_packet)
{
    struct rtcp_item report = {.kind = RTCP_RECEIVER_REPORT, .sender_ssrc = 1};
    struct rtcp_item name = {.kind = RTCP_SOURCE_DESCRIPTION, .sender_ssrc = 1};
    struct rtcp_item loss = {.kind = RTCP_PLI, .sender_ssrc = 1, .media_ssrc = 2};
    size_t at = 0;
    strcpy(name.description.cname, "cname");
    ck_assert_int_eq(rtcp_write(&report, bytes, sizeof bytes, &at), STATUS_OK);
    ck_assert_int_eq(rtcp_write(&name, bytes, sizeof bytes, &at), STATUS_OK);
    ck_assert_int_eq(rtcp_write(&loss, bytes, sizeof bytes, &at), STATUS_OK);
    back_count = 0;
    ck_assert_int_eq(rtcp_parse(bytes, at, keep, NULL), STATUS_OK);
    ck_assert_uint_eq(back_count, 3);
    ck_assert_int_eq(back.kind, RTCP_PLI);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/rtcp_write");
    TCase *cases = tcase_create("rtcp_write");
    tcase_add_test(cases, reports_with_no_and_31_blocks);
    tcase_add_test(cases, description_of_any_length);
    tcase_add_test(cases, bye_pli_and_fir);
    tcase_add_test(cases, nack_packs_sixteen_behind_the_first);
    tcase_add_test(cases, remb_loses_less_than_a_part_in_131072);
    tcase_add_test(cases, other_cannot_be_written);
    tcase_add_test(cases, feedback_of_a_steady_stream_is_one_run);
    tcase_add_test(cases, feedback_deltas_at_their_limits);
    tcase_add_test(cases, feedback_with_gaps_in_its_numbers_is_invalid);
    tcase_add_test(cases, feedback_of_random_streams);
    tcase_add_test(cases, compound_packet);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
