#include "engine/media/frame_assembler.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/codec/vp8_payload.h"

enum { KEPT_MAX = 64, INTERVAL_US = 66000, TICKS = 5940 };

struct kept {
    struct assembled_frame frame;
    uint8_t data[4096];
};
static struct kept kept[KEPT_MAX];
static size_t kept_count, wanted;
static struct frame_assembler *assembler;

static void on_frame(void *arg, const struct assembled_frame *frame)
{
    ck_assert_ptr_eq(arg, &kept_count);
    ck_assert_uint_lt(kept_count, KEPT_MAX);
    kept[kept_count].frame = *frame;
    if (frame->data)
        memcpy(kept[kept_count].data, frame->data, frame->size);
    kept_count++;
}

static void on_want(void *arg)
{
    (void)arg;
    wanted++;
}

static void begin(bool keep_data)
{
    static const struct assembler_events events = {on_frame, on_want, &kept_count};
    kept_count = wanted = 0;
    frame_assembler_destroy(assembler);
    assembler = frame_assembler_create(&events, keep_data, 4096);
    ck_assert_ptr_nonnull(assembler);
}

static void finish(void)
{
    frame_assembler_destroy(assembler);
    assembler = NULL;
}

/* Packet `index` of `count` of frame `number`, whose first packet has `sequence`. */
struct part {
    int64_t sequence;
    unsigned number, index, count;
    bool key, repaired;
    int64_t arrival_us;
};

static void give(struct part part)
{
    uint8_t payload[200] = {0};
    struct vp8_descriptor descriptor = {.start_of_partition = part.index == 0,
                                        .has_picture_id = true,
                                        .picture_id = (uint16_t)part.number};
    size_t at = vp8_descriptor_write(&descriptor, payload, sizeof payload);
    memset(payload + at, (int)(16 * part.number + part.index), 100);
    if (part.index == 0)
        payload[at] = part.key ? 0x10 : 0x11;
    if (part.index + 1 == part.count)
        memset(payload + at + 100 - STAMP_VIDEO_SIZE, (int)part.number, STAMP_VIDEO_SIZE);
    struct assembler_packet packet = {
        .sequence = part.sequence + part.index,
        .timestamp = 0xfffff000 + part.number * TICKS,
        .marker = part.index + 1 == part.count,
        .repaired = part.repaired,
        .payload = payload,
        .size = at + 100,
        .arrival_us =
            part.arrival_us ? part.arrival_us : 1000000 + (int64_t)part.number * INTERVAL_US,
    };
    frame_assembler_packet(assembler, &packet);
}

/* Frames of two packets each; frame `number` begins at sequence 65530 + 2 · number. */
static struct part part(unsigned number, unsigned index)
{
    return (struct part){
        .sequence = 65530 + 2 * number, .number = number, .index = index, .count = 2};
}

static void give_whole(unsigned number, bool key)
{
    for (unsigned i = 0; i < 2; i++) {
        struct part one = part(number, i);
        one.key = key;
        give(one);
    }
}

static void assert_frame(size_t index, unsigned number, bool complete, bool decodable)
{
    ck_assert_uint_gt(kept_count, index);
    ck_assert_uint_eq((uint32_t)kept[index].frame.timestamp, 0xfffff000 + number * TICKS);
    ck_assert_int_eq(kept[index].frame.complete, complete);
    ck_assert_int_eq(kept[index].frame.decodable, decodable);
}

START_TEST(frames_in_order)
{
    begin(false);
    give_whole(0, true);
    give_whole(1, false);
    ck_assert_uint_eq(kept_count, 2);
    assert_frame(0, 0, true, true);
    assert_frame(1, 1, true, true);
    const struct assembled_frame *frame = &kept[1].frame;
    ck_assert(kept[0].frame.key_frame && !frame->key_frame);
    ck_assert_uint_eq(frame->packets, 2);
    ck_assert_uint_eq(frame->size, 200);
    ck_assert_int_eq(frame->sequence, 65532);
    ck_assert_int_eq(frame->first_arrival_us, 1000000 + INTERVAL_US);
    ck_assert_int_eq(frame->decodable_us, 1000000 + INTERVAL_US);
    ck_assert_uint_eq(frame->tail_size, STAMP_VIDEO_SIZE);
    ck_assert_uint_eq(frame->tail[0], 1);
    ck_assert_ptr_null(frame->data);
    ck_assert_uint_eq(wanted, 0);
    finish();
}
END_TEST

START_TEST(a_frame_of_one_packet)
{
    begin(true);
    give((struct part){.sequence = 7, .number = 3, .index = 0, .count = 1, .key = true});
    ck_assert_uint_eq(kept_count, 1);
    ck_assert_uint_eq(kept[0].frame.packets, 1);
    ck_assert_uint_eq(kept[0].data[0], 0x10);
    finish();
}
END_TEST

START_TEST(packets_out_of_order_are_put_in_order)
{
    static const unsigned order[] = {3, 0, 4, 2, 1};
    begin(true);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(kept_count, 0);
        give((struct part){.sequence = 65534,
                           .number = 2,
                           .index = order[i],
                           .count = 5,
                           .key = true,
                           .arrival_us = 2000000 - (int64_t)i});
    }
    ck_assert_uint_eq(kept_count, 1);
    ck_assert_uint_eq(kept[0].frame.size, 500);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(kept[0].data[100 * i + 50], 16 * 2 + i);
    ck_assert_int_eq(kept[0].frame.first_arrival_us, 2000000 - 4);
    ck_assert_int_eq(kept[0].frame.last_arrival_us, 2000000);
    ck_assert_int_eq(kept[0].frame.sequence, 65534);
    finish();
}
END_TEST

START_TEST(memory_is_used_again)
{
    begin(true);
    for (unsigned i = 0; i < KEPT_MAX; i++)
        give_whole(i, i == 0);
    ck_assert_uint_eq(kept_count, KEPT_MAX);
    assert_frame(KEPT_MAX - 1, KEPT_MAX - 1, true, true);
    ck_assert_uint_eq(kept[40].data[150], (16 * 40 + 1) & 255);
    finish();
}
END_TEST

START_TEST(nothing_is_decodable_before_a_key_frame)
{
    begin(false);
    give_whole(0, false);
    give_whole(1, false);
    give_whole(2, true);
    give_whole(3, false);
    ck_assert_uint_eq(kept_count, 4);
    assert_frame(0, 0, true, false);
    assert_frame(1, 1, true, false);
    assert_frame(2, 2, true, true);
    assert_frame(3, 3, true, true);
    finish();
}
END_TEST

/* The repair of frame 1 comes 100 ms later: frames 2 and 3 wait for it and become decodable then.
 */
START_TEST(later_frames_wait_for_a_repair)
{
    begin(false);
    give_whole(0, true);
    give(part(1, 1));
    give_whole(2, false);
    give_whole(3, false);
    ck_assert_uint_eq(kept_count, 1);
    struct part repair = part(1, 0);
    repair.repaired = true;
    repair.arrival_us = 1000000 + 3 * INTERVAL_US + 100000;
    give(repair);
    ck_assert_uint_eq(kept_count, 4);
    for (unsigned i = 1; i < 4; i++) {
        assert_frame(i, i, true, true);
        ck_assert_int_eq(kept[i].frame.decodable_us, repair.arrival_us);
    }
    ck_assert(kept[1].frame.repaired && !kept[2].frame.repaired);
    ck_assert_int_eq(kept[2].frame.last_arrival_us, 1000000 + 2 * INTERVAL_US);
    ck_assert_uint_eq(wanted, 0);
    finish();
}
END_TEST

START_TEST(a_frame_of_which_nothing_came_is_a_hole_too)
{
    begin(false);
    give_whole(0, true);
    give_whole(2, false);
    ck_assert_uint_eq(kept_count, 1);
    give_whole(1, false); /* all of it late */
    ck_assert_uint_eq(kept_count, 3);
    assert_frame(1, 1, true, true);
    assert_frame(2, 2, true, true);
    finish();
}
END_TEST

START_TEST(a_hole_that_stays_makes_it_want_a_key_frame)
{
    begin(false);
    give_whole(0, true);
    give(part(1, 0));
    give_whole(2, false);
    int64_t blocked_us = 1000000 + 2 * INTERVAL_US;
    frame_assembler_time(assembler, blocked_us + ASSEMBLER_WAIT_US - 1);
    ck_assert_uint_eq(kept_count, 1);
    ck_assert_uint_eq(wanted, 0);
    frame_assembler_time(assembler, blocked_us + ASSEMBLER_WAIT_US);
    ck_assert_uint_eq(wanted, 1);
    ck_assert_uint_eq(kept_count, 2);
    assert_frame(1, 2, true, false); /* received, not decodable */
    frame_assembler_time(assembler, blocked_us + 2 * ASSEMBLER_WAIT_US - 1);
    ck_assert_uint_eq(wanted, 1);
    frame_assembler_time(assembler, blocked_us + 2 * ASSEMBLER_WAIT_US);
    ck_assert_uint_eq(wanted, 2); /* still none */
    give_whole(20, true);
    ck_assert_uint_eq(kept_count, 3);
    assert_frame(2, 20, true, true);
    frame_assembler_time(assembler, 1000001 + INTERVAL_US + ASSEMBLER_ABANDON_US);
    ck_assert_uint_eq(kept_count, 4);
    assert_frame(3, 1, false, false); /* abandoned at last */
    ck_assert_uint_eq(kept[3].frame.packets, 1);
    ck_assert_uint_eq(kept[3].frame.tail_size, 0);
    frame_assembler_time(assembler, blocked_us + 100 * ASSEMBLER_WAIT_US);
    ck_assert_uint_eq(wanted, 2);
    finish();
}
END_TEST

START_TEST(retransmissions_extend_the_wait)
{
    begin(false);
    give_whole(0, true);
    struct part first = {.sequence = 65532, .number = 1, .index = 0, .count = 3};
    give(first); /* packets 1 and 2 of frame 1 are missing */
    give((struct part){.sequence = 65535, .number = 2, .index = 0, .count = 1});
    int64_t blocked_us = 1000000 + 2 * INTERVAL_US;
    first.index = 1;
    first.repaired = true;
    first.arrival_us = blocked_us + 400000;
    give(first);
    frame_assembler_time(assembler, blocked_us + 400000 + ASSEMBLER_WAIT_US - 1);
    ck_assert_uint_eq(wanted, 0);
    frame_assembler_time(assembler, blocked_us + 400000 + ASSEMBLER_WAIT_US);
    ck_assert_uint_eq(wanted, 1);
    finish();
}
END_TEST

START_TEST(a_key_frame_ends_a_hole_at_once)
{
    begin(false);
    give_whole(0, true);
    give(part(1, 0));
    give_whole(2, false);
    give_whole(3, true);
    ck_assert_uint_eq(kept_count, 3);
    assert_frame(1, 2, true, false);
    assert_frame(2, 3, true, true);
    give_whole(4, false);
    assert_frame(3, 4, true, true);
    give(part(1, 1)); /* complete, too late */
    ck_assert_uint_eq(kept_count, 5);
    assert_frame(4, 1, true, false);
    ck_assert_uint_eq(wanted, 0);
    finish();
}
END_TEST

START_TEST(a_stream_without_a_key_frame_is_told_so)
{
    begin(false);
    for (unsigned i = 0; i < 9; i++) {
        give_whole(i, false);
        ck_assert_uint_eq(wanted, i * INTERVAL_US >= ASSEMBLER_WAIT_US);
    }
    ck_assert_uint_eq(wanted, 1);
    finish();
}
END_TEST

/* The first key frame lost a packet: deltas wait for its repair, but not for ever. */
START_TEST(a_damaged_first_key_frame)
{
    begin(false);
    struct part key = part(0, 1);
    give(key);
    give_whole(1, false);
    ck_assert_uint_eq(kept_count, 0);
    key.index = 0;
    key.key = true;
    key.arrival_us = 1000000 + INTERVAL_US + 5000;
    give(key);
    ck_assert_uint_eq(kept_count, 2);
    assert_frame(0, 0, true, true);
    assert_frame(1, 1, true, true);
    finish();
}
END_TEST

START_TEST(the_list_is_bounded)
{
    begin(false);
    give_whole(0, true);
    give(part(1, 0));
    for (unsigned i = 2; i <= ASSEMBLER_FRAMES_MAX; i++) {
        struct part one = part(i, 0);
        one.arrival_us = 1100000;
        give(one);
    }
    ck_assert_uint_eq(kept_count, 1);
    struct part last = part(ASSEMBLER_FRAMES_MAX + 1, 0);
    last.arrival_us = 1100000;
    give(last);
    ck_assert_uint_eq(kept_count, 2);
    assert_frame(1, 1, false, false);
    ck_assert_uint_eq(wanted, 1);
    finish();
}
END_TEST

START_TEST(padding_between_frames_is_no_hole)
{
    static const int64_t padding[] = {65533, 65532, 65534};
    begin(false);
    give_whole(0, true); /* 65530, 65531 */
    for (size_t i = 0; i < 3; i++) {
        struct assembler_packet packet = {.sequence = padding[i], .arrival_us = 1000000};
        frame_assembler_packet(assembler, &packet);
    }
    give((struct part){.sequence = 65535, .number = 1, .index = 0, .count = 1});
    ck_assert_uint_eq(kept_count, 2);
    assert_frame(1, 1, true, true);
    finish();
}
END_TEST

START_TEST(frames_that_follow_are_told_apart_from_those_that_do_not)
{
    begin(false);
    give_whole(0, true);
    ck_assert(!kept[0].frame.follows); /* nothing was before it */
    give_whole(1, false);
    ck_assert(kept[1].frame.follows && !kept[1].frame.misnumbered);
    give_whole(3, true); /* frame 2 is missing on the wire */
    ck_assert(!kept[2].frame.follows && !kept[2].frame.misnumbered);
    /* Frame 5 right behind frame 3: numbers of pictures must follow as those of packets do. */
    for (unsigned i = 0; i < 2; i++)
        give((struct part){.sequence = 65530 + 8, .number = 5, .index = i, .count = 2});
    ck_assert(kept[3].frame.follows && kept[3].frame.misnumbered);
    finish();
}
END_TEST

START_TEST(a_frame_that_a_key_frame_cuts_off_is_told)
{
    begin(false);
    give_whole(0, true);
    give(part(1, 0)); /* its second packet is never sent */
    for (unsigned i = 0; i < 2; i++)
        give((struct part){.sequence = 65533, .number = 2, .index = i, .count = 2, .key = true});
    ck_assert_uint_eq(kept_count, 3);
    assert_frame(1, 1, false, false);
    ck_assert(kept[1].frame.cut);
    assert_frame(2, 2, true, true);
    ck_assert(kept[2].frame.follows && !kept[2].frame.misnumbered);
    finish();
}
END_TEST

START_TEST(a_key_frame_that_cuts_off_may_be_cut_off_itself)
{
    begin(false);
    give_whole(0, true);
    give(part(1, 0));
    give((struct part){.sequence = 65533, .number = 2, .index = 0, .count = 2, .key = true});
    for (unsigned i = 0; i < 2; i++)
        give((struct part){.sequence = 65534, .number = 3, .index = i, .count = 2, .key = true});
    ck_assert_uint_eq(kept_count, 4);
    assert_frame(1, 1, false, false);
    assert_frame(2, 2, false, false);
    ck_assert(kept[1].frame.cut && kept[2].frame.cut);
    assert_frame(3, 3, true, true);
    ck_assert(kept[3].frame.follows && !kept[3].frame.misnumbered);
    finish();
}
END_TEST

START_TEST(a_frame_with_a_hole_is_not_cut_off)
{
    begin(false);
    give_whole(0, true);
    give(part(1, 0)); /* its second packet is lost */
    give_whole(2, true);
    frame_assembler_reset(assembler);
    assert_frame(2, 1, false, false);
    ck_assert(!kept[2].frame.cut && !kept[1].frame.follows);
    finish();
}
END_TEST

START_TEST(what_is_no_frame_is_counted)
{
    static const uint8_t half_descriptor[] = {0x90};
    begin(false);
    struct assembler_packet packet = {.sequence = 1, .payload = half_descriptor, .size = 1};
    frame_assembler_packet(assembler, &packet);
    ck_assert_uint_eq(frame_assembler_counts(assembler)->malformed, 1);
    give(part(0, 0));
    give(part(0, 0));
    ck_assert_uint_eq(frame_assembler_counts(assembler)->duplicates, 1);
    give((struct part){
        .sequence = 65530 + ASSEMBLER_PACKETS_MAX, .number = 0, .index = 0, .count = 1});
    ck_assert_uint_eq(frame_assembler_counts(assembler)->oversized, 1);
    ck_assert_uint_eq(kept_count, 0);
    finish();
}
END_TEST

START_TEST(a_frame_too_large_to_keep_is_given_up)
{
    begin(true);
    for (unsigned i = 0; i < 41; i++)
        give((struct part){.sequence = 10, .number = 0, .index = i, .count = 41, .key = true});
    ck_assert_uint_eq(frame_assembler_counts(assembler)->oversized, 1);
    ck_assert_uint_eq(kept_count, 0);
    frame_assembler_time(assembler, 1000001 + ASSEMBLER_ABANDON_US);
    ck_assert_uint_eq(kept_count, 1);
    ck_assert(!kept[0].frame.complete);
    finish();
}
END_TEST

START_TEST(frames_before_it_that_are_incomplete_are_told)
{
    begin(false);
    give(part(0, 0));
    give(part(1, 1));
    give_whole(2, true);
    ck_assert_uint_eq(kept_count, 1);
    ck_assert_uint_eq(kept[0].frame.incomplete_before, 2);
    finish();
}
END_TEST

START_TEST(reset_delivers_and_forgets)
{
    begin(false);
    give_whole(0, true);
    give(part(1, 1));
    give_whole(2, false);
    frame_assembler_reset(assembler);
    ck_assert_uint_eq(kept_count, 3);
    assert_frame(1, 1, false, false);
    assert_frame(2, 2, true, false);
    ck_assert_uint_eq(kept[1].frame.tail_size, STAMP_VIDEO_SIZE); /* its last packet came */
    give((struct part){.sequence = 5, .number = 9, .index = 0, .count = 1});
    assert_frame(3, 9, true, false);
    give((struct part){.sequence = 6, .number = 10, .index = 0, .count = 1, .key = true});
    assert_frame(4, 10, true, true);
    finish();
}
END_TEST

/* Nothing is shown twice, should a datagram come again after its frame was delivered. */
START_TEST(a_frame_that_comes_again)
{
    begin(false);
    give_whole(0, true);
    give_whole(1, false);
    give_whole(1, false);
    give_whole(0, true);
    for (size_t i = 2; i < kept_count; i++)
        ck_assert(!kept[i].frame.decodable);
    give_whole(2, false);
    assert_frame(kept_count - 1, 2, true, true);
    finish();
}
END_TEST

/* Sequence numbers below zero happen when the very first packets are out of order. */
START_TEST(numbers_below_zero)
{
    begin(false);
    for (int i = 2; i >= 0; i--)
        give((struct part){
            .sequence = -2, .number = 0, .index = (unsigned)i, .count = 3, .key = true});
    give((struct part){.sequence = 1, .number = 1, .index = 0, .count = 1});
    ck_assert_uint_eq(kept_count, 2);
    assert_frame(1, 1, true, true);
    finish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/frame_assembler");
    TCase *cases = tcase_create("frame_assembler");
    tcase_add_test(cases, frames_in_order);
    tcase_add_test(cases, a_frame_of_one_packet);
    tcase_add_test(cases, packets_out_of_order_are_put_in_order);
    tcase_add_test(cases, memory_is_used_again);
    tcase_add_test(cases, nothing_is_decodable_before_a_key_frame);
    tcase_add_test(cases, later_frames_wait_for_a_repair);
    tcase_add_test(cases, a_frame_of_which_nothing_came_is_a_hole_too);
    tcase_add_test(cases, a_hole_that_stays_makes_it_want_a_key_frame);
    tcase_add_test(cases, retransmissions_extend_the_wait);
    tcase_add_test(cases, a_key_frame_ends_a_hole_at_once);
    tcase_add_test(cases, a_stream_without_a_key_frame_is_told_so);
    tcase_add_test(cases, a_damaged_first_key_frame);
    tcase_add_test(cases, the_list_is_bounded);
    tcase_add_test(cases, padding_between_frames_is_no_hole);
    tcase_add_test(cases, frames_that_follow_are_told_apart_from_those_that_do_not);
    tcase_add_test(cases, a_frame_that_a_key_frame_cuts_off_is_told);
    tcase_add_test(cases, a_key_frame_that_cuts_off_may_be_cut_off_itself);
    tcase_add_test(cases, a_frame_with_a_hole_is_not_cut_off);
    tcase_add_test(cases, what_is_no_frame_is_counted);
    tcase_add_test(cases, a_frame_too_large_to_keep_is_given_up);
    tcase_add_test(cases, frames_before_it_that_are_incomplete_are_told);
    tcase_add_test(cases, reset_delivers_and_forgets);
    tcase_add_test(cases, a_frame_that_comes_again);
    tcase_add_test(cases, numbers_below_zero);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
