#include "common/webrtc/rtp/rtp_packet.h"

#include <check.h>
#include <string.h>

/* Marker, payload type 96, one CSRC, one-byte extension block of a word, two bytes of payload,
 * three of padding. */
static const uint8_t full[] = {
    0xb1, 0xe0, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xde, 0xad, 0xbe, 0xef, 0,    0,    0,
    9,    0xbe, 0xde, 0x00, 0x01, 0x10, 0xaa, 0x00, 0x00, 'h',  'i',  0x00, 0x00, 0x03,
};

START_TEST(every_field_is_read)
{
    struct rtp_packet packet;
    ck_assert_int_eq(rtp_packet_parse(full, sizeof full, &packet), STATUS_OK);
    ck_assert(packet.marker);
    ck_assert_uint_eq(packet.payload_type, 96);
    ck_assert_uint_eq(packet.sequence, 0x1234);
    ck_assert_uint_eq(packet.timestamp, 0x01020304);
    ck_assert_uint_eq(packet.ssrc, 0xdeadbeef);
    ck_assert_uint_eq(packet.csrc_count, 1);
    ck_assert_uint_eq(packet.extension_profile, 0xbede);
    ck_assert_uint_eq(packet.extensions_size, 4);
    ck_assert_ptr_eq(packet.extensions, full + 20);
    ck_assert_uint_eq(packet.header_size, 24);
    ck_assert_uint_eq(packet.payload_size, 2);
    ck_assert_mem_eq(packet.payload, "hi", 2);
    ck_assert_uint_eq(packet.padding_size, 3);
}
END_TEST

START_TEST(every_truncation_of_the_header_is_malformed)
{
    struct rtp_packet packet;
    for (size_t size = 0; size < 24; size++)
        ck_assert_int_eq(rtp_packet_parse(full, size, &packet), STATUS_MALFORMED);
}
END_TEST

START_TEST(other_versions_are_malformed)
{
    uint8_t bytes[sizeof full];
    struct rtp_packet packet;
    memcpy(bytes, full, sizeof full);
    for (unsigned version = 0; version < 4; version++) {
        bytes[0] = (uint8_t)((full[0] & 0x3f) | version << 6);
        ck_assert_int_eq(rtp_packet_parse(bytes, sizeof bytes, &packet),
                         version == 2 ? STATUS_OK : STATUS_MALFORMED);
    }
}
END_TEST

START_TEST(padding_is_zero_too_large_or_everything)
{
    uint8_t bytes[sizeof full];
    struct rtp_packet packet;
    memcpy(bytes, full, sizeof full);
    bytes[sizeof bytes - 1] = 0;
    ck_assert_int_eq(rtp_packet_parse(bytes, sizeof bytes, &packet), STATUS_MALFORMED);
    bytes[sizeof bytes - 1] = 6;
    ck_assert_int_eq(rtp_packet_parse(bytes, sizeof bytes, &packet), STATUS_MALFORMED);
    bytes[sizeof bytes - 1] = 5; /* a padding-only packet */
    ck_assert_int_eq(rtp_packet_parse(bytes, sizeof bytes, &packet), STATUS_OK);
    ck_assert_uint_eq(packet.payload_size, 0);
    ck_assert_uint_eq(packet.padding_size, 5);
    /* padding announced, but nothing behind the header */
    ck_assert_int_eq(rtp_packet_parse(bytes, 24, &packet), STATUS_MALFORMED);
}
END_TEST

START_TEST(empty_packet_and_empty_extension_block)
{
    static const uint8_t bare[12] = {0x80, 0x00};
    static const uint8_t empty_block[16] = {0x90, [12] = 0xbe, 0xde, 0, 0};
    struct rtp_packet packet;
    ck_assert_int_eq(rtp_packet_parse(bare, sizeof bare, &packet), STATUS_OK);
    ck_assert_uint_eq(packet.payload_size, 0);
    ck_assert_ptr_null(packet.extensions);
    ck_assert_int_eq(rtp_packet_parse(empty_block, sizeof empty_block, &packet), STATUS_OK);
    ck_assert_uint_eq(packet.extensions_size, 0);
    ck_assert_uint_eq(packet.header_size, 16);
}
END_TEST

static const struct rtp_packet sample = {
    .marker = true,
    .payload_type = 111,
    .sequence = 65535,
    .timestamp = UINT32_MAX,
    .ssrc = 0x80000001,
    .extension_profile = 0xbede,
    .extensions = (const uint8_t[]){0x10, 0x7f, 0, 0},
    .extensions_size = 4,
    .payload = (const uint8_t *)"payload",
    .payload_size = 7,
    .padding_size = 4,
};

START_TEST(written_packet_reads_back)
{
    uint8_t bytes[64];
    size_t size = 0;
    struct rtp_packet back;
    ck_assert_int_eq(rtp_packet_write(&sample, bytes, sizeof bytes, &size), STATUS_OK);
    ck_assert_uint_eq(size, 12 + 8 + 7 + 4);
    ck_assert_int_eq(rtp_packet_parse(bytes, size, &back), STATUS_OK);
    ck_assert(back.marker);
    ck_assert_uint_eq(back.payload_type, 111);
    ck_assert_uint_eq(back.sequence, 65535);
    ck_assert_uint_eq(back.timestamp, UINT32_MAX);
    ck_assert_uint_eq(back.ssrc, 0x80000001);
    ck_assert_mem_eq(back.extensions, sample.extensions, 4);
    ck_assert_uint_eq(back.payload_size, 7);
    ck_assert_mem_eq(back.payload, "payload", 7);
    ck_assert_uint_eq(back.padding_size, 4);
    ck_assert_mem_eq(bytes + size - 4, "\0\0\0\4", 4);
}
END_TEST

START_TEST(a_packet_that_does_not_fit_is_refused)
{
    uint8_t bytes[31];
    size_t size = 77;
    ck_assert_int_eq(rtp_packet_write(&sample, bytes, 30, &size), STATUS_TOO_LARGE);
    ck_assert_uint_eq(size, 77);
    ck_assert_int_eq(rtp_packet_write(&sample, bytes, 31, &size), STATUS_OK);
}
END_TEST

START_TEST(payload_may_stand_at_its_place)
{
    uint8_t bytes[64] = {0};
    struct rtp_packet packet = {.payload_type = 96, .payload = bytes + 12, .payload_size = 5};
    size_t size;
    memcpy(bytes + 12, "stays", 5);
    ck_assert_int_eq(rtp_packet_write(&packet, bytes, sizeof bytes, &size), STATUS_OK);
    ck_assert_mem_eq(bytes + 12, "stays", 5);
    ck_assert_uint_eq(bytes[0], 0x80);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/rtp_packet");
    TCase *cases = tcase_create("rtp_packet");
    tcase_add_test(cases, every_field_is_read);
    tcase_add_test(cases, every_truncation_of_the_header_is_malformed);
    tcase_add_test(cases, other_versions_are_malformed);
    tcase_add_test(cases, padding_is_zero_too_large_or_everything);
    tcase_add_test(cases, empty_packet_and_empty_extension_block);
    tcase_add_test(cases, written_packet_reads_back);
    tcase_add_test(cases, a_packet_that_does_not_fit_is_refused);
    tcase_add_test(cases, payload_may_stand_at_its_place);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
