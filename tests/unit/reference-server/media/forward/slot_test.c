#include "reference-server/media/forward/slot.h"

#include <check.h>

enum { FIRST_SEQUENCE = 500, FIRST_TIMESTAMP = 70000, FIRST_PICTURE = 0x7ffe };

static struct slot slot;
static struct slot_numbers out;

static void setup(void)
{
    slot_init(&slot, true, 90000, FIRST_SEQUENCE, FIRST_TIMESTAMP, FIRST_PICTURE);
}

/* A source: its numbers move as a real sender's do. */
struct sender {
    uint32_t epoch;
    int64_t sequence;
    uint32_t timestamp;
    struct vp8_descriptor vp8;
};

static struct sender sender(uint32_t epoch, int64_t sequence, uint32_t timestamp, uint16_t picture,
                            uint8_t tl0)
{
    return (struct sender){.epoch = epoch,
                           .sequence = sequence,
                           .timestamp = timestamp,
                           .vp8 = {.has_picture_id = true,
                                   .picture_id_15bit = true,
                                   .picture_id = picture,
                                   .has_tl0_pic_idx = true,
                                   .tl0_pic_idx = tl0}};
}

static enum slot_verdict give(const struct sender *from, int64_t sequence, bool key,
                              int64_t arrival_us)
{
    struct slot_packet packet = {.sequence = sequence,
                                 .timestamp = from->timestamp,
                                 .epoch = from->epoch,
                                 .starts_key_frame = key,
                                 .vp8 = &from->vp8,
                                 .arrival_us = arrival_us};
    return slot_rewrite(&slot, &packet, &out);
}

static enum slot_verdict send_packet(struct sender *from, bool key, int64_t arrival_us)
{
    return give(from, from->sequence++, key, arrival_us);
}

/* Padding. */
static bool skip(int64_t sequence, uint32_t epoch)
{
    struct slot_packet packet = {.sequence = sequence, .epoch = epoch};
    return slot_skip(&slot, &packet, &out);
}

/* The next frame at 30 a second. */
static void next_frame(struct sender *from)
{
    unsigned mask = from->vp8.picture_id_15bit ? 0x7fff : 0x7f;
    from->timestamp += 3000;
    from->vp8.picture_id = (from->vp8.picture_id + 1) & mask;
    from->vp8.tl0_pic_idx++;
}

START_TEST(video_starts_at_a_key_frame)
{
    struct sender a = sender(1, 1000, 5, 20, 3);
    ck_assert_int_eq(send_packet(&a, false, 0), SLOT_WAITS_FOR_KEY_FRAME);
    next_frame(&a);
    ck_assert_int_eq(send_packet(&a, true, 33000), SLOT_FORWARD);
    ck_assert(out.switched);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE);
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP);
    ck_assert_uint_eq(out.picture_id, FIRST_PICTURE);
    ck_assert_int_eq(send_packet(&a, false, 34000), SLOT_FORWARD);
    ck_assert(!out.switched);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 1);
    ck_assert_uint_eq(out.picture_id, FIRST_PICTURE);
}
END_TEST

START_TEST(audio_starts_with_any_packet)
{
    slot_init(&slot, false, 48000, 10, 20, 0);
    struct slot_packet packet = {.sequence = 77, .timestamp = 960, .epoch = 1};
    ck_assert_int_eq(slot_rewrite(&slot, &packet, &out), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, 10);
    ck_assert_uint_eq(out.timestamp, 20);
}
END_TEST

START_TEST(numbers_run_on_across_a_switch)
{
    struct sender a = sender(1, 65530, 0xfffffff0u, 0x7ffd, 254), b = sender(2, 3, 123456, 9, 200);
    uint16_t sequence = FIRST_SEQUENCE;
    uint16_t picture = FIRST_PICTURE;
    uint8_t tl0 = 0;
    int64_t now_us = 1000000;

    for (int frame = 0; frame < 10; frame++, now_us += 33333) {
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(send_packet(&a, frame == 0 && i == 0, now_us), SLOT_FORWARD);
            ck_assert_uint_eq(out.sequence, sequence++);
            ck_assert_uint_eq(out.picture_id, picture);
            ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP + 3000 * (uint32_t)frame);
            if (frame == 0)
                tl0 = out.tl0_pic_idx;
            ck_assert_uint_eq(out.tl0_pic_idx, (uint8_t)(tl0 + frame));
        }
        picture = (picture + 1) & 0x7fff; /* wraps after two frames */
        next_frame(&a);
    }
    uint32_t last_timestamp = out.timestamp;
    tl0 = out.tl0_pic_idx;
    slot_restart(&slot);
    ck_assert_int_eq(send_packet(&b, false, now_us), SLOT_WAITS_FOR_KEY_FRAME);
    next_frame(&b);
    /* The last frame of a arrived 33.3 ms + 66.7 ms ago. */
    ck_assert_int_eq(send_packet(&b, true, now_us + 66667), SLOT_FORWARD);
    ck_assert(out.switched);
    ck_assert_uint_eq(out.sequence, sequence);
    ck_assert_uint_eq(out.picture_id, picture);
    ck_assert_uint_eq(out.tl0_pic_idx, (uint8_t)(tl0 + 1));
    ck_assert_uint_eq(out.timestamp - last_timestamp, 9000);
    next_frame(&b);
    ck_assert_int_eq(send_packet(&b, false, now_us + 100000), SLOT_FORWARD);
    ck_assert_uint_eq(out.picture_id, (picture + 1) & 0x7fff);
    ck_assert_uint_eq(out.tl0_pic_idx, (uint8_t)(tl0 + 2));
    ck_assert_uint_eq(out.timestamp - last_timestamp, 12000);
}
END_TEST

START_TEST(a_switch_in_no_time_still_moves_the_timestamp)
{
    struct sender a = sender(1, 1, 1000, 1, 1), b = sender(2, 1, 1, 1, 1);
    send_packet(&a, true, 5000);
    slot_restart(&slot);
    ck_assert_int_eq(send_packet(&b, true, 5000), SLOT_FORWARD);
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP + 900);
    slot_restart(&slot); /* and a clock that goes backwards does not harm */
    b.epoch = 3;
    ck_assert_int_eq(send_packet(&b, true, 1000), SLOT_FORWARD);
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP + 1800);
}
END_TEST

START_TEST(late_packets_from_before_the_switch_are_dropped)
{
    struct sender a = sender(1, 100, 1000, 1, 1);
    send_packet(&a, false, 0);
    send_packet(&a, true, 0); /* number 101 */
    ck_assert_int_eq(give(&a, 100, false, 0), SLOT_LATE);
    ck_assert_int_eq(give(&a, 99, false, 0), SLOT_LATE);
    ck_assert_int_eq(send_packet(&a, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 1);
}
END_TEST

START_TEST(reordered_packets_keep_their_places)
{
    struct sender a = sender(1, 100, 1000, 40, 1), later;
    send_packet(&a, true, 0);
    later = a;
    next_frame(&later);
    ck_assert_int_eq(give(&later, 102, false, 10), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 2);
    ck_assert_uint_eq(out.picture_id, (FIRST_PICTURE + 1) & 0x7fff);
    ck_assert_int_eq(give(&a, 101, false, 20), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 1);
    ck_assert_uint_eq(out.picture_id, FIRST_PICTURE);
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP);
    ck_assert_int_eq(give(&later, 103, false, 30), SLOT_FORWARD);
    ck_assert_uint_eq(out.picture_id, (FIRST_PICTURE + 1) & 0x7fff);
}
END_TEST

START_TEST(a_new_epoch_waits_for_a_key_frame_by_itself)
{
    struct sender a = sender(1, 100, 1000, 40, 1);
    send_packet(&a, true, 0);
    a.epoch = 2; /* switched off and on, or another SSRC */
    a.sequence = 90000;
    ck_assert_int_eq(send_packet(&a, false, 0), SLOT_WAITS_FOR_KEY_FRAME);
    ck_assert_int_eq(send_packet(&a, true, 0), SLOT_FORWARD);
    ck_assert(out.switched);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 1);
}
END_TEST

START_TEST(packets_left_out_leave_no_gap)
{
    struct sender a = sender(1, 100, 1000, 40, 1);
    send_packet(&a, true, 0);
    skip(101, 1);
    skip(102, 1);
    skip(102, 1); /* said twice */
    ck_assert_int_eq(give(&a, 103, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 1);
    ck_assert_int_eq(give(&a, 102, false, 0), SLOT_LATE); /* left out is left out */
    ck_assert_int_eq(give(&a, 106, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 4);
    ck_assert(!skip(105, 1)); /* overtaken: somebody waits for it */
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 3);
    ck_assert_int_eq(give(&a, 104, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 2);
    ck_assert_int_eq(give(&a, 107, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 5);
}
END_TEST

START_TEST(skips_arrive_in_any_order_and_of_any_epoch)
{
    struct sender a = sender(1, 100, 1000, 40, 1);
    skip(99, 1); /* nothing flows yet */
    send_packet(&a, true, 0);
    skip(103, 1);
    skip(101, 1);
    skip(102, 7);
    ck_assert_int_eq(give(&a, 102, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 1);
    ck_assert_int_eq(give(&a, 104, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 2);
}
END_TEST

START_TEST(many_packets_left_out_are_still_no_gap)
{
    struct sender a = sender(1, 0, 1000, 40, 1);
    uint16_t expected = FIRST_SEQUENCE;
    for (int64_t number = 0; number < 2000; number++) {
        if (number % 2 == 1) {
            skip(number, 1);
            continue;
        }
        ck_assert_int_eq(give(&a, number, number == 0, 0), SLOT_FORWARD);
        ck_assert_uint_eq(out.sequence, expected++);
    }
    /* A late one still maps between its neighbours; one from before the remembered ones is late. */
    ck_assert_int_eq(give(&a, 1990, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, (uint16_t)(expected - 5));
    ck_assert_int_eq(give(&a, 100, false, 0), SLOT_LATE);
}
END_TEST

/* A whole frame of `packets` packets is left out. */
static void leave_out_frame(struct sender *from, int packets)
{
    for (int i = 0; i < packets; i++) {
        struct slot_packet packet = {.sequence = from->sequence++,
                                     .timestamp = from->timestamp,
                                     .epoch = from->epoch,
                                     .vp8 = &from->vp8};
        ck_assert(slot_skip(&slot, &packet, &out));
    }
}

START_TEST(frames_left_out_leave_no_gap_in_picture_ids)
{
    struct sender a = sender(1, 100, 1000, 0x7ffe, 1); /* wraps on the way */
    uint16_t picture = FIRST_PICTURE, sequence = FIRST_SEQUENCE;
    for (int frame = 0; frame < 200; frame++) {
        if (frame % 4 == 0) {
            ck_assert_int_eq(send_packet(&a, frame == 0, 0), SLOT_FORWARD);
            ck_assert_uint_eq(out.picture_id, picture);
            ck_assert_uint_eq(out.sequence, sequence++);
            ck_assert_int_eq(send_packet(&a, false, 0), SLOT_FORWARD);
            ck_assert_uint_eq(out.picture_id, picture);
            ck_assert_uint_eq(out.sequence, sequence++);
            picture = (picture + 1) & 0x7fff;
        } else {
            leave_out_frame(&a, 3);
        }
        next_frame(&a);
    }
}
END_TEST

/* Another encoding of the same source: its timestamps are 500000 further than the old one's. */
START_TEST(another_encoding_goes_on_on_the_same_axis)
{
    struct sender a = sender(1, 100, 1000, 40, 1), b = sender(2, 7, 501000, 9, 200);
    send_packet(&a, true, 0);
    next_frame(&a);
    next_frame(&b);
    send_packet(&a, false, 0);
    uint32_t before = out.timestamp;
    slot_change(&slot, 500000);
    next_frame(&b); /* one frame later, whatever the clock says about its arrival */
    ck_assert_int_eq(send_packet(&b, false, 900000), SLOT_WAITS_FOR_KEY_FRAME);
    ck_assert_int_eq(send_packet(&b, true, 900000), SLOT_FORWARD);
    ck_assert_uint_eq(out.timestamp, before + 3000);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 2);
    ck_assert_uint_eq(out.picture_id, (FIRST_PICTURE + 2) & 0x7fff);
}
END_TEST

/* The key frame shows the picture that the old encoding has shown: a little later all the same. */
START_TEST(two_encodings_of_one_picture_get_different_times)
{
    struct sender a = sender(1, 100, 1000, 40, 1), b = sender(2, 7, 501000, 9, 200);
    send_packet(&a, true, 0);
    slot_change(&slot, 500000);
    ck_assert_int_eq(send_packet(&b, true, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP + 90); /* 1 ms */
    next_frame(&b);
    send_packet(&b, false, 0);
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP + 90 + 3000);
}
END_TEST

START_TEST(what_is_hopelessly_late_is_not_sent)
{
    struct sender a = sender(1, 0, 1000, 40, 1);
    send_packet(&a, true, 0);
    give(&a, SLOT_REORDER_MAX, false, 0);
    ck_assert_int_eq(give(&a, 1, false, 0), SLOT_FORWARD);
    give(&a, SLOT_REORDER_MAX + 1, false, 0);
    ck_assert_int_eq(give(&a, 1, false, 0), SLOT_LATE);
}
END_TEST

START_TEST(short_picture_ids_become_long_ones)
{
    struct sender a = sender(1, 0, 1000, 120, 1), b = sender(2, 0, 1000, 0x7000, 1);
    uint16_t picture = FIRST_PICTURE;

    a.vp8.picture_id_15bit = false;
    for (int frame = 0; frame < 300; frame++, next_frame(&a)) { /* wraps at 127 twice */
        ck_assert_int_eq(send_packet(&a, frame == 0, 0), SLOT_FORWARD);
        ck_assert_uint_eq(out.picture_id, (picture + frame) & 0x7fff);
    }
    picture = out.picture_id;
    slot_restart(&slot);
    ck_assert_int_eq(send_packet(&b, true, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.picture_id, (picture + 1) & 0x7fff);
}
END_TEST

START_TEST(short_picture_ids_may_be_overtaken)
{
    struct sender a = sender(1, 0, 1000, 126, 1);
    a.vp8.picture_id_15bit = false;
    send_packet(&a, true, 0);
    struct sender earlier = a;
    next_frame(&a);
    next_frame(&a); /* 0 now: it wrapped */
    ck_assert_int_eq(give(&a, 3, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.picture_id, (FIRST_PICTURE + 2) & 0x7fff);
    ck_assert_int_eq(give(&earlier, 1, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.picture_id, FIRST_PICTURE);
    ck_assert_int_eq(give(&a, 4, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.picture_id, (FIRST_PICTURE + 2) & 0x7fff);
}
END_TEST

START_TEST(a_switch_goes_on_behind_the_newest_not_behind_the_last)
{
    struct sender a = sender(1, 100, 1000, 40, 7), late, b = sender(2, 9, 7, 55, 66);
    send_packet(&a, true, 0);
    uint8_t tl0 = out.tl0_pic_idx;
    late = a;
    next_frame(&a);
    give(&a, 102, false, 33333);
    give(&late, 101, false, 40000);
    slot_restart(&slot);
    ck_assert_int_eq(send_packet(&b, true, 66666), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 3);
    ck_assert_uint_eq(out.picture_id, (FIRST_PICTURE + 2) & 0x7fff);
    ck_assert_uint_eq(out.tl0_pic_idx, (uint8_t)(tl0 + 2));
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP + 3000 + 2999);
}
END_TEST

START_TEST(what_was_left_out_of_one_source_is_not_left_out_of_the_next)
{
    struct sender a = sender(1, 100, 1000, 40, 7), b = sender(2, 100, 7, 55, 66);
    send_packet(&a, true, 0);
    skip(101, 1);
    slot_restart(&slot);
    ck_assert_int_eq(send_packet(&b, true, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 1);
    ck_assert_int_eq(send_packet(&b, false, 0), SLOT_FORWARD); /* 101 */
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 2);
    ck_assert_int_eq(send_packet(&b, false, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.sequence, FIRST_SEQUENCE + 3);
}
END_TEST

START_TEST(each_switch_counts_time_from_the_one_before)
{
    struct sender a = sender(1, 100, 1000, 40, 7), b = sender(2, 100, 7, 55, 66);
    send_packet(&a, true, 0);
    slot_restart(&slot);
    send_packet(&b, true, 1000000);
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP + 90000);
    slot_restart(&slot);
    a.epoch = 3;
    send_packet(&a, true, 3000000);
    ck_assert_uint_eq(out.timestamp, FIRST_TIMESTAMP + 90000 + 180000);
}
END_TEST

START_TEST(a_source_without_picture_ids_passes)
{
    struct sender a = sender(1, 0, 1000, 0, 0), b = sender(2, 9, 7, 55, 66);
    a.vp8.has_picture_id = a.vp8.has_tl0_pic_idx = false;
    ck_assert_int_eq(send_packet(&a, true, 0), SLOT_FORWARD);
    slot_restart(&slot);
    ck_assert_int_eq(send_packet(&b, true, 0), SLOT_FORWARD);
    ck_assert_uint_eq(out.picture_id, FIRST_PICTURE);
}
END_TEST

START_TEST(sequence_and_tl0_wrap)
{
    struct sender a = sender(1, 65000, 0xffff0000u, 0, 250);
    uint16_t sequence = FIRST_SEQUENCE;
    uint8_t tl0 = 0;
    for (int frame = 0; frame < 70000; frame++, next_frame(&a)) {
        ck_assert_int_eq(send_packet(&a, frame == 0, frame * 33333LL), SLOT_FORWARD);
        ck_assert_uint_eq(out.sequence, sequence++);
        if (frame > 0)
            ck_assert_uint_eq(out.tl0_pic_idx, (uint8_t)(tl0 + 1));
        tl0 = out.tl0_pic_idx;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/forward/slot");
    TCase *cases = tcase_create("slot");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, video_starts_at_a_key_frame);
    tcase_add_test(cases, audio_starts_with_any_packet);
    tcase_add_test(cases, numbers_run_on_across_a_switch);
    tcase_add_test(cases, a_switch_in_no_time_still_moves_the_timestamp);
    tcase_add_test(cases, late_packets_from_before_the_switch_are_dropped);
    tcase_add_test(cases, reordered_packets_keep_their_places);
    tcase_add_test(cases, a_new_epoch_waits_for_a_key_frame_by_itself);
    tcase_add_test(cases, packets_left_out_leave_no_gap);
    tcase_add_test(cases, skips_arrive_in_any_order_and_of_any_epoch);
    tcase_add_test(cases, many_packets_left_out_are_still_no_gap);
    tcase_add_test(cases, frames_left_out_leave_no_gap_in_picture_ids);
    tcase_add_test(cases, another_encoding_goes_on_on_the_same_axis);
    tcase_add_test(cases, two_encodings_of_one_picture_get_different_times);
    tcase_add_test(cases, what_is_hopelessly_late_is_not_sent);
    tcase_add_test(cases, short_picture_ids_become_long_ones);
    tcase_add_test(cases, short_picture_ids_may_be_overtaken);
    tcase_add_test(cases, a_switch_goes_on_behind_the_newest_not_behind_the_last);
    tcase_add_test(cases, what_was_left_out_of_one_source_is_not_left_out_of_the_next);
    tcase_add_test(cases, each_switch_counts_time_from_the_one_before);
    tcase_add_test(cases, a_source_without_picture_ids_passes);
    tcase_add_test(cases, sequence_and_tl0_wrap);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
