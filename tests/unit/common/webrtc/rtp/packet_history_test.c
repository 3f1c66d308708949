#include "common/webrtc/rtp/packet_history.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/rtp/rtp_packet.h"

START_TEST(a_stored_packet_is_found_until_it_is_overwritten)
{
    struct packet_history *history = packet_history_create(4);
    size_t size = 0;
    ck_assert_ptr_null(packet_history_take(history, 0, 0, 0, &size));
    for (uint16_t i = 65534; i != 3; i++)
        packet_history_store(history, i, &i, sizeof i, NULL, 0);
    ck_assert_ptr_null(packet_history_take(history, 65534, 0, 0, &size));
    for (uint16_t i = 65535; i != 3; i++) {
        const uint8_t *packet = packet_history_take(history, i, 0, 0, &size);
        ck_assert_ptr_nonnull(packet);
        ck_assert_uint_eq(size, sizeof i);
        ck_assert_mem_eq(packet, &i, sizeof i);
    }
    packet_history_destroy(history);
    packet_history_destroy(NULL);
}
END_TEST

START_TEST(old_and_impatient_questions_are_refused)
{
    struct packet_history *history = packet_history_create(16);
    size_t size;
    packet_history_store(history, 5, "x", 1, NULL, 1000);
    ck_assert_ptr_nonnull(packet_history_take(history, 5, 2000, 20000, &size));
    ck_assert_ptr_null(packet_history_take(history, 5, 21999, 20000, &size));
    ck_assert_ptr_nonnull(packet_history_take(history, 5, 22000, 20000, &size));
    ck_assert_ptr_nonnull(
        packet_history_take(history, 5, 1000 + PACKET_HISTORY_AGE_US, 20000, &size));
    ck_assert_ptr_null(packet_history_take(history, 5, 1001 + PACKET_HISTORY_AGE_US, 0, &size));
    packet_history_store(history, 5, "y", 1, NULL, 5000000); /* stored anew: not sent again yet */
    ck_assert_ptr_nonnull(packet_history_take(history, 5, 5000001, 20000, &size));
    packet_history_destroy(history);
}
END_TEST

START_TEST(a_repair_counts_as_sent_again)
{
    struct packet_history *history = packet_history_create(4);
    size_t size;
    packet_history_note_repair(history, 5, 1000); /* not there: nothing to note */
    packet_history_store(history, 5, "x", 1, NULL, 1000);
    packet_history_note_repair(history, 9, 1000); /* another packet in the same place */
    packet_history_note_repair(history, 5, 1000);
    ck_assert_ptr_null(packet_history_take(history, 5, 20999, 20000, &size));
    ck_assert_ptr_nonnull(packet_history_take(history, 5, 21000, 20000, &size));
    packet_history_destroy(history);
}
END_TEST

START_TEST(what_is_forgotten_is_not_repeated)
{
    struct packet_history *history = packet_history_create(4);
    size_t size;
    packet_history_store(history, 5, "x", 1, NULL, 1000);
    packet_history_store(history, 6, "y", 1, NULL, 1000);
    packet_history_forget(history);
    ck_assert_ptr_null(packet_history_take(history, 5, 2000, 0, &size));
    packet_history_store(history, 6, "z", 1, NULL, 2000);
    ck_assert_ptr_nonnull(packet_history_take(history, 6, 2000, 0, &size));
    packet_history_destroy(history);
}
END_TEST

START_TEST(slots_grow_to_the_largest_packet)
{
    struct packet_history *history = packet_history_create(2);
    uint8_t packet[RTP_PACKET_MAX];
    size_t size;
    memset(packet, 7, sizeof packet);
    packet_history_store(history, 0, packet, 10, NULL, 0);
    packet_history_store(history, 2, packet, sizeof packet, NULL, 0);
    const uint8_t *back = packet_history_take(history, 2, 0, 0, &size);
    ck_assert_uint_eq(size, sizeof packet);
    ck_assert_mem_eq(back, packet, sizeof packet);
    packet_history_destroy(history);
}
END_TEST

/* Every way to share a part: nothing, the beginning, the middle, the end, nearly all of it. */
START_TEST(a_shared_part_is_taken_from_where_it_lies)
{
    static const size_t parts[][2] = {{0, 0}, {0, 40}, {50, 900}, {960, 40}, {1, 999}, {1000, 0}};
    uint8_t packet[1000], elsewhere[sizeof packet], copy[sizeof packet];
    size_t size;

    for (size_t i = 0; i < sizeof packet; i++)
        packet[i] = elsewhere[i] = (uint8_t)(i * 3);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct packet_history *history = packet_history_create(2);
        struct packet_part part = {elsewhere + parts[i][0], parts[i][0], parts[i][1]};
        memcpy(copy, packet, sizeof packet);
        packet_history_store(history, 0, copy, sizeof copy, &part, 0);
        packet_history_store(history, 1, "other", 5, NULL, 0);
        memset(copy, 0, sizeof copy);
        const uint8_t *back = packet_history_take(history, 0, 0, 0, &size);
        ck_assert_uint_eq(size, sizeof packet);
        ck_assert_mem_eq(back, packet, sizeof packet);
        if (part.size > 0) { /* it really comes from there */
            elsewhere[part.at] ^= 0xff;
            back = packet_history_take(history, 0, 0, 0, &size);
            ck_assert_uint_eq(back[part.at], elsewhere[part.at]);
            elsewhere[part.at] ^= 0xff;
        }
        back = packet_history_take(history, 1, 0, 0, &size);
        ck_assert_uint_eq(size, 5);
        ck_assert_mem_eq(back, "other", 5);
        packet_history_store(history, 2, "new", 3, NULL, 0); /* the slot without a shared part */
        ck_assert_mem_eq(packet_history_take(history, 2, 0, 0, &size), "new", 3);
        packet_history_destroy(history);
    }
}
END_TEST

/* Marker, two CSRCs, an extension block, three bytes of payload, four of padding. */
static const uint8_t original[] = {
    0xb2, 0xe0, 0x12, 0x34, 1, 2, 3,    4, 0, 0, 0,   9,   0,   0, 0, 1, 0, 0,
    0,    2,    0xbe, 0xde, 0, 1, 0x10, 5, 0, 0, 'a', 'b', 'c', 0, 0, 0, 4,
};

START_TEST(retransmission_by_rfc_4588)
{
    uint8_t repeat[64];
    size_t size = 0;
    struct rtp_packet packet;
    ck_assert_int_eq(
        rtx_wrap(original, sizeof original, 97, 0xfeedbeef, 0xffff, repeat, sizeof repeat, &size),
        STATUS_OK);
    ck_assert_uint_eq(size, sizeof original - 4 + 2);
    ck_assert_int_eq(rtp_packet_parse(repeat, size, &packet), STATUS_OK);
    ck_assert(packet.marker);
    ck_assert_uint_eq(packet.payload_type, 97);
    ck_assert_uint_eq(packet.ssrc, 0xfeedbeef);
    ck_assert_uint_eq(packet.sequence, 0xffff);
    ck_assert_uint_eq(packet.timestamp, 0x01020304);
    ck_assert_uint_eq(packet.csrc_count, 2);
    ck_assert_mem_eq(packet.extensions, "\x10\5\0\0", 4);
    ck_assert_uint_eq(packet.payload_size, 5);
    ck_assert_mem_eq(packet.payload,
                     "\x12\x34"
                     "abc",
                     5);
    ck_assert_uint_eq(packet.padding_size, 0);

    ck_assert_int_eq(rtx_unwrap(repeat, &size, 96, 9), STATUS_OK);
    ck_assert_uint_eq(size, sizeof original - 4);
    ck_assert_uint_eq(repeat[0], 0x92); /* as it was, without the padding bit */
    ck_assert_mem_eq(repeat + 1, original + 1, size - 1);
}
END_TEST

START_TEST(padding_of_the_retransmission_is_dropped)
{
    uint8_t repeat[] = {0xa0, 97, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0xab, 0xcd, 'x', 0, 2};
    size_t size = sizeof repeat;
    ck_assert_int_eq(rtx_unwrap(repeat, &size, 96, 9), STATUS_OK);
    ck_assert_uint_eq(size, 13);
    ck_assert_mem_eq(repeat, "\x80\x60\xab\xcd\0\0\0\0\0\0\0\x09x", 13);
}
END_TEST

START_TEST(what_cannot_be_wrapped_or_unwrapped)
{
    uint8_t out[64];
    uint8_t probe[16] = {0xa0, 97, [15] = 4};
    uint8_t one_byte[13] = {0x80, 97};
    size_t size = 99;
    ck_assert_int_eq(rtx_wrap(original, sizeof original, 97, 1, 1, out, sizeof original - 3, &size),
                     STATUS_TOO_LARGE);
    ck_assert_int_eq(rtx_wrap(original, sizeof original, 97, 1, 1, out, sizeof original - 2, &size),
                     STATUS_OK);
    ck_assert_int_eq(rtx_wrap(original, 11, 97, 1, 1, out, sizeof out, &size), STATUS_MALFORMED);
    size = sizeof probe;
    ck_assert_int_eq(rtx_unwrap(probe, &size, 96, 1), STATUS_MALFORMED);
    size = sizeof one_byte;
    ck_assert_int_eq(rtx_unwrap(one_byte, &size, 96, 1), STATUS_MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/packet_history");
    TCase *cases = tcase_create("packet_history");
    tcase_add_test(cases, a_stored_packet_is_found_until_it_is_overwritten);
    tcase_add_test(cases, old_and_impatient_questions_are_refused);
    tcase_add_test(cases, a_repair_counts_as_sent_again);
    tcase_add_test(cases, what_is_forgotten_is_not_repeated);
    tcase_add_test(cases, slots_grow_to_the_largest_packet);
    tcase_add_test(cases, a_shared_part_is_taken_from_where_it_lies);
    tcase_add_test(cases, retransmission_by_rfc_4588);
    tcase_add_test(cases, padding_of_the_retransmission_is_dropped);
    tcase_add_test(cases, what_cannot_be_wrapped_or_unwrapped);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
