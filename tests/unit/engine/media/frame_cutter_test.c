#include "engine/media/frame_cutter.h"

#include <check.h>
#include <string.h>

static uint8_t frame[10000];

static const struct stamp stamp = {.run = 5, .sender = 6, .number = 7, .capture_us = 8};

/* Frames of every size come together again, the stamp whole in the last payload. */
START_TEST(cut_and_joined)
{
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (uint8_t)(i * 7);
    for (size_t size = 1; size < sizeof frame; size += 13) {
        static uint8_t joined[sizeof frame + STAMP_VIDEO_SIZE];
        struct frame_cut cut;
        size_t at = 0;
        frame_cut_begin(&cut, frame, size, &stamp, &(struct frame_numbers){.picture_id = 0x7abc});
        for (size_t i = 0; i < cut.split.count; i++) {
            uint8_t payload[FRAME_CUTTER_PAYLOAD_MAX];
            struct vp8_descriptor descriptor;
            struct packet_part part;
            size_t length = frame_cut_payload(&cut, i, payload, &part);
            ck_assert_int_eq(vp8_descriptor_parse(payload, length, &descriptor), STATUS_OK);
            ck_assert_int_eq(descriptor.start_of_partition, i == 0);
            ck_assert_uint_eq(descriptor.partition, 0);
            ck_assert(descriptor.has_picture_id && descriptor.picture_id_15bit);
            ck_assert_uint_eq(descriptor.picture_id, 0x7abc);
            ck_assert(part.data == frame + at && part.at == descriptor.size);
            ck_assert_mem_eq(payload + part.at, part.data, part.size);
            ck_assert_uint_eq(part.at + part.size,
                              length - (i + 1 == cut.split.count ? STAMP_VIDEO_SIZE : 0));
            memcpy(joined + at, payload + descriptor.size, length - descriptor.size);
            at += length - descriptor.size;
            if (i + 1 == cut.split.count)
                ck_assert_uint_ge(length - descriptor.size, STAMP_VIDEO_SIZE);
        }
        struct stamp back;
        ck_assert_uint_eq(at, size + STAMP_VIDEO_SIZE);
        ck_assert_mem_eq(joined, frame, size);
        ck_assert(stamp_read_video(joined, at, 5, &back));
        ck_assert_uint_eq(back.number, 7);
    }
}
END_TEST

START_TEST(a_small_frame_is_one_payload)
{
    struct frame_cut cut;
    frame_cut_begin(&cut, frame, FRAME_CUTTER_PAYLOAD_MAX - VP8_DESCRIPTOR_MAX - STAMP_VIDEO_SIZE,
                    &stamp, &(struct frame_numbers){.picture_id = 1});
    ck_assert_uint_eq(cut.split.count, 1);
    frame_cut_begin(&cut, frame,
                    FRAME_CUTTER_PAYLOAD_MAX - VP8_DESCRIPTOR_MAX - STAMP_VIDEO_SIZE + 1, &stamp,
                    &(struct frame_numbers){.picture_id = 1});
    ck_assert_uint_eq(cut.split.count, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/frame_cutter");
    TCase *cases = tcase_create("frame_cutter");
    tcase_add_test(cases, cut_and_joined);
    tcase_add_test(cases, a_small_frame_is_one_payload);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
