#include "common/webrtc/rtp/rtp_extension.h"

#include <check.h>
#include <string.h>

static const struct rtp_extension_map map = {{
    [RTP_EXTENSION_MID] = 4,
    [RTP_EXTENSION_RID] = 10,
    [RTP_EXTENSION_REPAIRED_RID] = 11,
    [RTP_EXTENSION_AUDIO_LEVEL] = 1,
    [RTP_EXTENSION_ABS_SEND_TIME] = 2,
    [RTP_EXTENSION_TRANSPORT_CC] = 3,
    [RTP_EXTENSION_ABS_CAPTURE_TIME] = 14,
}};

static struct rtp_extension_values read_block(uint16_t profile, const void *data, size_t size)
{
    struct rtp_packet packet = {
        .extension_profile = profile, .extensions = data, .extensions_size = size};
    struct rtp_extension_values values;
    rtp_extension_read(&packet, &map, &values);
    return values;
}

START_TEST(uris_and_names_agree)
{
    for (int i = 0; i < RTP_EXTENSION_COUNT; i++)
        ck_assert_int_eq(rtp_extension_by_uri(rtp_extension_uri((enum rtp_extension)i)), i);
    ck_assert_int_eq(rtp_extension_by_uri("urn:ietf:params:rtp-hdrext:sdes:mid"),
                     RTP_EXTENSION_MID);
    ck_assert_int_eq(rtp_extension_by_uri("urn:x"), RTP_EXTENSION_COUNT);
    ck_assert_int_eq(rtp_extension_by_uri(NULL), RTP_EXTENSION_COUNT);
    ck_assert_ptr_null(rtp_extension_uri(RTP_EXTENSION_COUNT));
}
END_TEST

/* The layout of the figure in RFC 8285 §4.2: lengths 1, 2, two padding bytes, length 4. */
START_TEST(one_byte_form_of_the_rfc)
{
    static const uint8_t block[] = {0x10, 0x95, 0x31, 0x12, 0x34, 0x00,
                                    0x00, 0x43, 'm',  'i',  'd',  '1'};
    struct rtp_extension_values values = read_block(0xbede, block, sizeof block);
    ck_assert(values.has_audio_level && values.voice);
    ck_assert_uint_eq(values.audio_level, 21);
    ck_assert(values.has_transport_sequence);
    ck_assert_uint_eq(values.transport_sequence, 0x1234);
    ck_assert_str_eq(values.mid, "mid1");
    ck_assert(!values.has_abs_send_time && !values.has_abs_capture_time);
    ck_assert_str_eq(values.rid, "");
}
END_TEST

/* The layout of the figure in RFC 8285 §4.3: lengths 0, 1, one padding byte, length 4. */
START_TEST(two_byte_form_of_the_rfc)
{
    static const uint8_t block[] = {0x09, 0x00, 0x01, 0x01, 0x7f, 0x00,
                                    0x04, 0x04, 'a',  'b',  'c',  'd'};
    struct rtp_extension_values values = read_block(0x1000, block, sizeof block);
    ck_assert(values.has_audio_level && !values.voice);
    ck_assert_uint_eq(values.audio_level, 127);
    ck_assert_str_eq(values.mid, "abcd");
    values = read_block(0x100f, block, sizeof block); /* "appbits" do not matter */
    ck_assert_str_eq(values.mid, "abcd");
}
END_TEST

START_TEST(unknown_profile_is_skipped)
{
    static const uint8_t block[] = {0x10, 0x95, 0x00, 0x00};
    ck_assert(!read_block(0x1234, block, sizeof block).has_audio_level);
    ck_assert(read_block(0xbede, block, sizeof block).has_audio_level);
}
END_TEST

/* RFC 8285 §4.2: id 15, or id 0 with a length, ends the walk. */
START_TEST(reserved_ids_end_the_walk)
{
    static const uint8_t id15[] = {0x10, 0x05, 0xf0, 0x00, 0x31, 0x12, 0x34, 0x00};
    static const uint8_t id0[] = {0x10, 0x05, 0x01, 0xaa, 0xbb, 0x31, 0x12, 0x34};
    struct rtp_extension_values values = read_block(0xbede, id15, sizeof id15);
    ck_assert(values.has_audio_level && !values.has_transport_sequence);
    values = read_block(0xbede, id0, sizeof id0);
    ck_assert(values.has_audio_level && !values.has_transport_sequence);
}
END_TEST

START_TEST(element_beyond_the_block_is_ignored)
{
    static const uint8_t one[] = {0x10, 0x05, 0x00, 0x33};
    static const uint8_t two[] = {0x01, 0x01, 0x05, 0x03};
    static const uint8_t two_long[] = {0x01, 0x01, 0x05, 0x00, 0x03, 0x02, 0x11, 0x04};
    ck_assert(read_block(0xbede, one, sizeof one).has_audio_level);
    ck_assert(read_block(0x1000, two, sizeof two).has_audio_level);
    ck_assert(!read_block(0x1000, two_long, 6).has_transport_sequence);
}
END_TEST

START_TEST(values_too_short_count_as_absent)
{
    static const uint8_t block[] = {0x30, 0x12, 0x21, 0x12, 0x34, 0xe2, 1, 2, 3, 0, 0, 0};
    struct rtp_extension_values values = read_block(0xbede, block, sizeof block);
    ck_assert(!values.has_transport_sequence);
    ck_assert(!values.has_abs_send_time);
    ck_assert(!values.has_abs_capture_time);
}
END_TEST

START_TEST(long_text_is_cut_at_16)
{
    uint8_t block[24] = {4, 20};
    memcpy(block + 2, "abcdefghijklmnopqrst", 20);
    ck_assert_str_eq(read_block(0x1000, block, sizeof block).mid, "abcdefghijklmnop");
}
END_TEST

static const struct rtp_extension_values everything = {
    .mid = "0123456789abcdef",
    .rid = "h",
    .repaired_rid = "repaired_rid_16c",
    .has_audio_level = true,
    .audio_level = 30,
    .voice = true,
    .has_transport_sequence = true,
    .transport_sequence = 0xfffe,
    .has_abs_send_time = true,
    .abs_send_time = 0xabcdef,
    .has_abs_capture_time = true,
    .abs_capture_time = 0x0123456789abcdefULL,
};

START_TEST(written_values_read_back)
{
    uint8_t block[RTP_EXTENSION_BLOCK_MAX];
    size_t offset;
    size_t size = rtp_extension_write(&map, &everything, block, sizeof block, &offset);
    ck_assert_uint_gt(size, 0);
    ck_assert_uint_eq(size % 4, 0);
    ck_assert_uint_eq(block[offset], 0xff);
    ck_assert_uint_eq(block[offset + 1], 0xfe);
    struct rtp_extension_values values = read_block(0xbede, block, size);
    ck_assert_str_eq(values.mid, everything.mid);
    ck_assert_str_eq(values.rid, everything.rid);
    ck_assert_str_eq(values.repaired_rid, everything.repaired_rid);
    ck_assert(values.has_audio_level && values.voice);
    ck_assert_uint_eq(values.audio_level, 30);
    ck_assert_uint_eq(values.transport_sequence, 0xfffe);
    ck_assert_uint_eq(values.abs_send_time, 0xabcdef);
    ck_assert_uint_eq(values.abs_capture_time, 0x0123456789abcdefULL);
}
END_TEST

START_TEST(full_texts_fill_the_largest_block_exactly)
{
    struct rtp_extension_values values = everything;
    uint8_t block[RTP_EXTENSION_BLOCK_MAX];
    size_t offset;
    memcpy(values.rid, "sixteen_long_rid", 17);
    ck_assert_uint_eq(rtp_extension_write(&map, &values, block, sizeof block, NULL),
                      RTP_EXTENSION_BLOCK_MAX);
    ck_assert_uint_eq(rtp_extension_write(&map, &values, block, sizeof block - 1, &offset), 0);
    ck_assert_uint_eq(offset, 0);
}
END_TEST

START_TEST(only_what_was_negotiated_is_written)
{
    static const struct rtp_extension_map none = {0};
    struct rtp_extension_map beyond = map;
    struct rtp_extension_values level = {.has_audio_level = true, .audio_level = 5};
    uint8_t block[RTP_EXTENSION_BLOCK_MAX];
    size_t offset = 9;
    ck_assert_uint_eq(rtp_extension_write(&none, &everything, block, sizeof block, &offset), 0);
    ck_assert_uint_eq(offset, 0);
    ck_assert_uint_eq(rtp_extension_write(&map, &level, block, sizeof block, NULL), 4);
    ck_assert_mem_eq(block, "\x10\x05\0\0", 4);
    beyond.id[RTP_EXTENSION_AUDIO_LEVEL] = 15; /* not writable in the one-byte form */
    ck_assert_uint_eq(rtp_extension_write(&beyond, &level, block, sizeof block, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/rtp_extension");
    TCase *cases = tcase_create("rtp_extension");
    tcase_add_test(cases, uris_and_names_agree);
    tcase_add_test(cases, one_byte_form_of_the_rfc);
    tcase_add_test(cases, two_byte_form_of_the_rfc);
    tcase_add_test(cases, unknown_profile_is_skipped);
    tcase_add_test(cases, reserved_ids_end_the_walk);
    tcase_add_test(cases, element_beyond_the_block_is_ignored);
    tcase_add_test(cases, values_too_short_count_as_absent);
    tcase_add_test(cases, long_text_is_cut_at_16);
    tcase_add_test(cases, written_values_read_back);
    tcase_add_test(cases, full_texts_fill_the_largest_block_exactly);
    tcase_add_test(cases, only_what_was_negotiated_is_written);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
