#include "common/webrtc/codec/vp8_payload.h"

#include <check.h>
#include <string.h>

static struct vp8_descriptor parsed(const void *payload, size_t size)
{
    struct vp8_descriptor descriptor;
    ck_assert_int_eq(vp8_descriptor_parse(payload, size, &descriptor), STATUS_OK);
    return descriptor;
}

/* RFC 7741 §4.6.1: key frame in a single packet, X=1 S=1, I=1, PictureID 17. */
START_TEST(example_of_4_6_1)
{
    static const uint8_t payload[] = {0x90, 0x80, 0x11, 0x10};
    struct vp8_descriptor descriptor = parsed(payload, sizeof payload);
    ck_assert(descriptor.start_of_partition && !descriptor.non_reference);
    ck_assert_uint_eq(descriptor.partition, 0);
    ck_assert(descriptor.has_picture_id && !descriptor.picture_id_15bit);
    ck_assert_uint_eq(descriptor.picture_id, 17);
    ck_assert(!descriptor.has_tl0_pic_idx && !descriptor.has_temporal);
    ck_assert_uint_eq(descriptor.size, 3);
    ck_assert(vp8_payload_starts_key_frame(payload, sizeof payload));
}
END_TEST

/* §4.6.2: an interframe without PictureID, X=0 S=1. */
START_TEST(example_of_4_6_2)
{
    static const uint8_t payload[] = {0x10, 0x11};
    struct vp8_descriptor descriptor = parsed(payload, sizeof payload);
    ck_assert(descriptor.start_of_partition && !descriptor.has_picture_id);
    ck_assert_uint_eq(descriptor.size, 1);
    ck_assert(!vp8_payload_starts_key_frame(payload, sizeof payload));
}
END_TEST

/* §4.6.3: the second partition of a frame in a packet of its own, S=1 PID=1. */
START_TEST(example_of_4_6_3)
{
    static const uint8_t payload[] = {0x91, 0x80, 0x11, 0x00};
    struct vp8_descriptor descriptor = parsed(payload, sizeof payload);
    ck_assert(descriptor.start_of_partition);
    ck_assert_uint_eq(descriptor.partition, 1);
    ck_assert(!vp8_payload_starts_key_frame(payload, sizeof payload));
}
END_TEST

/* §4.6.5: long PictureID 4711. */
START_TEST(example_of_4_6_5)
{
    static const uint8_t payload[] = {0x90, 0x80, 0x92, 0x67, 0x10};
    struct vp8_descriptor descriptor = parsed(payload, sizeof payload);
    ck_assert(descriptor.picture_id_15bit);
    ck_assert_uint_eq(descriptor.picture_id, 4711);
    ck_assert_uint_eq(descriptor.size, 4);
}
END_TEST

static const uint8_t everything[] = {0xb5, 0xf0, 0xff, 0xfe, 0xc8, 0xb3};

START_TEST(every_field_at_once)
{
    struct vp8_descriptor descriptor = parsed(everything, sizeof everything);
    ck_assert(descriptor.non_reference && descriptor.start_of_partition);
    ck_assert_uint_eq(descriptor.partition, 5);
    ck_assert_uint_eq(descriptor.picture_id, 0x7ffe);
    ck_assert_uint_eq(descriptor.tl0_pic_idx, 0xc8);
    ck_assert_uint_eq(descriptor.temporal_id, 2);
    ck_assert(descriptor.layer_sync && descriptor.has_key_index);
    ck_assert_uint_eq(descriptor.key_index, 19);
    ck_assert_uint_eq(descriptor.size, VP8_DESCRIPTOR_MAX);
    for (size_t size = 0; size < sizeof everything; size++)
        ck_assert_int_eq(vp8_descriptor_parse(everything, size, &descriptor), STATUS_MALFORMED);
}
END_TEST

/* TID and KEYIDX share a byte: with only one of them present the other means nothing. */
START_TEST(temporal_id_and_key_index_alone)
{
    struct vp8_descriptor descriptor = parsed("\x90\x20\xff", 3);
    ck_assert(descriptor.has_temporal && !descriptor.has_key_index);
    ck_assert_uint_eq(descriptor.temporal_id, 3);
    ck_assert_uint_eq(descriptor.key_index, 0);
    descriptor = parsed("\x90\x10\xff", 3);
    ck_assert(!descriptor.has_temporal && descriptor.has_key_index);
    ck_assert_uint_eq(descriptor.temporal_id, 0);
    ck_assert_uint_eq(descriptor.key_index, 31);
}
END_TEST

START_TEST(written_descriptors_read_back)
{
    uint8_t bytes[VP8_DESCRIPTOR_MAX];
    struct vp8_descriptor descriptor = parsed(everything, sizeof everything);
    ck_assert_uint_eq(vp8_descriptor_write(&descriptor, bytes, sizeof bytes), 6);
    ck_assert_mem_eq(bytes, everything, 6);
    for (size_t size = 0; size < 6; size++)
        ck_assert_uint_eq(vp8_descriptor_write(&descriptor, bytes, size), 0);
    for (unsigned mask = 0; mask < 16; mask++) {
        struct vp8_descriptor some = {.start_of_partition = true};
        some.has_picture_id = mask & 1;
        some.has_tl0_pic_idx = mask & 2;
        some.has_temporal = mask & 4;
        some.has_key_index = mask & 8;
        size_t size = vp8_descriptor_write(&some, bytes, sizeof bytes);
        struct vp8_descriptor back = parsed(bytes, size);
        ck_assert_uint_eq(back.size, size);
        ck_assert_int_eq(back.has_picture_id, some.has_picture_id);
        ck_assert_int_eq(back.picture_id_15bit, some.has_picture_id);
        ck_assert_int_eq(back.has_tl0_pic_idx, some.has_tl0_pic_idx);
        ck_assert_int_eq(back.has_temporal, some.has_temporal);
        ck_assert_int_eq(back.has_key_index, some.has_key_index);
    }
}
END_TEST

START_TEST(rewriting_keeps_widths_and_neighbours)
{
    uint8_t payload[sizeof everything];
    memcpy(payload, everything, sizeof payload);
    struct vp8_descriptor descriptor = parsed(payload, sizeof payload);
    vp8_descriptor_rewrite(payload, &descriptor, 0x8123, 7); /* the PictureID is taken mod 2^15 */
    ck_assert_mem_eq(payload, "\xb5\xf0\x81\x23\x07\xb3", 6);

    uint8_t narrow[] = {0x90, 0xc0, 0x11, 0x22, 0xaa};
    descriptor = parsed(narrow, sizeof narrow);
    vp8_descriptor_rewrite(narrow, &descriptor, 0x1ff, 9);
    ck_assert_mem_eq(narrow, "\x90\xc0\x7f\x09\xaa", 5);

    uint8_t only_tl0[] = {0x90, 0x40, 0x11, 0xaa};
    descriptor = parsed(only_tl0, sizeof only_tl0);
    vp8_descriptor_rewrite(only_tl0, &descriptor, 5, 6);
    ck_assert_mem_eq(only_tl0, "\x90\x40\x06\xaa", 4);

    uint8_t absent[] = {0x10, 0xaa, 0xbb};
    descriptor = parsed(absent, sizeof absent);
    vp8_descriptor_rewrite(absent, &descriptor, 5, 6);
    ck_assert_mem_eq(absent, "\x10\xaa\xbb", 3);
}
END_TEST

/* RFC 6386 §9.1: 640x360 with a scaling hint of 1 in both, then an interframe. */
START_TEST(frame_header)
{
    static const uint8_t key[] = {0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x41};
    static const uint8_t inter[] = {0x01, 0x00, 0x00};
    struct vp8_frame_header header;
    ck_assert(vp8_frame_header_parse(key, sizeof key, &header));
    ck_assert(header.key_frame && header.show_frame);
    ck_assert_uint_eq(header.width, 640);
    ck_assert_uint_eq(header.height, 360);
    for (size_t size = 0; size < sizeof key; size++)
        ck_assert(!vp8_frame_header_parse(key, size, &header));
    ck_assert(vp8_frame_header_parse(inter, sizeof inter, &header));
    ck_assert(!header.key_frame && !header.show_frame);
    ck_assert_uint_eq(header.width, 0);
    uint8_t bad[sizeof key];
    memcpy(bad, key, sizeof bad);
    bad[4] = 2;
    ck_assert(!vp8_frame_header_parse(bad, sizeof bad, &header));
}
END_TEST

START_TEST(a_descriptor_alone_starts_no_key_frame)
{
    ck_assert(!vp8_payload_starts_key_frame((const uint8_t *)"\x10", 1));
    ck_assert(!vp8_payload_starts_key_frame((const uint8_t *)"", 0));
    ck_assert(vp8_payload_starts_key_frame((const uint8_t *)"\x10\x10", 2));
    ck_assert(!vp8_payload_starts_key_frame((const uint8_t *)"\0\x10", 2)); /* S not set */
}
END_TEST

START_TEST(split_is_even_complete_and_keeps_the_tail)
{
    enum { TAIL = 32, PAYLOAD = 1200 };
    for (size_t size = TAIL; size < 20000; size++) {
        struct vp8_split split = vp8_split_plan(size, TAIL, PAYLOAD);
        size_t longest = 0, last = 0;
        ck_assert_uint_eq(vp8_split_at(&split, 0), 0);
        ck_assert_uint_eq(vp8_split_at(&split, split.count), size);
        for (size_t i = 0; i < split.count; i++) {
            last = vp8_split_at(&split, i + 1) - vp8_split_at(&split, i);
            ck_assert_uint_gt(last, 0);
            ck_assert_uint_le(last + VP8_DESCRIPTOR_MAX, PAYLOAD);
            if (last > longest)
                longest = last;
        }
        ck_assert_uint_le(longest - last, 1); /* nearly equal, the last not longer */
        ck_assert_uint_ge(last, TAIL);
    }
}
END_TEST

START_TEST(split_uses_as_few_payloads_as_possible)
{
    ck_assert_uint_eq(vp8_split_plan(1194, 32, 1200).count, 1);
    ck_assert_uint_eq(vp8_split_plan(1195, 32, 1200).count, 2);
    ck_assert_uint_eq(vp8_split_plan(2388, 32, 1200).count, 2);
    ck_assert_uint_eq(vp8_split_plan(0, 0, 1200).count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/codec/vp8_payload");
    TCase *cases = tcase_create("vp8_payload");
    tcase_add_test(cases, example_of_4_6_1);
    tcase_add_test(cases, example_of_4_6_2);
    tcase_add_test(cases, example_of_4_6_3);
    tcase_add_test(cases, example_of_4_6_5);
    tcase_add_test(cases, every_field_at_once);
    tcase_add_test(cases, temporal_id_and_key_index_alone);
    tcase_add_test(cases, written_descriptors_read_back);
    tcase_add_test(cases, rewriting_keeps_widths_and_neighbours);
    tcase_add_test(cases, frame_header);
    tcase_add_test(cases, a_descriptor_alone_starts_no_key_frame);
    tcase_add_test(cases, split_is_even_complete_and_keeps_the_tail);
    tcase_add_test(cases, split_uses_as_few_payloads_as_possible);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
