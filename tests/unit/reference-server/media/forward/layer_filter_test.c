#include "reference-server/media/forward/layer_filter.h"

#include <check.h>

static struct layer_filter filter;
static uint32_t timestamp;

static void setup(void)
{
    timestamp = 0xffffff00; /* it wraps */
    layer_filter_init(&filter);
}

static enum layer_verdict frame(uint8_t encoding, uint8_t temporal, bool sync, bool key)
{
    timestamp += 6000;
    return layer_filter_packet(&filter, &(struct layer_packet){.encoding = encoding,
                                                               .temporal = temporal,
                                                               .sync = sync,
                                                               .starts_frame = true,
                                                               .starts_key_frame = key,
                                                               .timestamp = timestamp});
}

static enum layer_verdict rest(uint8_t encoding, uint8_t temporal, bool sync)
{
    return layer_filter_packet(&filter, &(struct layer_packet){.encoding = encoding,
                                                               .temporal = temporal,
                                                               .sync = sync,
                                                               .timestamp = timestamp});
}

/* A packet of encoding 0 that had been lost, of the frame so many before the newest. */
static enum layer_verdict repair(uint32_t frames_ago, uint8_t temporal, bool start, bool key)
{
    return layer_filter_packet(&filter,
                               &(struct layer_packet){.temporal = temporal,
                                                      .sync = true,
                                                      .starts_frame = start,
                                                      .starts_key_frame = key,
                                                      .repaired = true,
                                                      .timestamp = timestamp - frames_ago * 6000});
}

START_TEST(a_lone_encoding_flows_from_its_key_frame)
{
    ck_assert_uint_eq(layer_filter_awaited(&filter), LAYER_ANY);
    ck_assert_int_eq(frame(0, 0, false, false), LAYER_WAITS);
    ck_assert_int_eq(frame(0, 0, false, true), LAYER_SWITCH);
    ck_assert_int_eq(rest(0, 0, false), LAYER_PASS);
    ck_assert_int_eq(frame(0, 2, false, false), LAYER_PASS);
    ck_assert_int_eq(frame(0, 0, false, true), LAYER_PASS);
    ck_assert_uint_eq(layer_filter_awaited(&filter), LAYER_NONE);
    layer_filter_restart(&filter);
    ck_assert_int_eq(frame(0, 0, false, false), LAYER_WAITS);
}
END_TEST

START_TEST(encodings_change_at_a_key_frame)
{
    frame(0, 0, false, true);
    filter.wanted = (struct layer_pick){2, 2};
    ck_assert_uint_eq(layer_filter_awaited(&filter), 2);
    ck_assert_int_eq(frame(0, 0, false, false), LAYER_PASS); /* goes on until then */
    ck_assert_int_eq(frame(2, 0, false, false), LAYER_WAITS);
    ck_assert_int_eq(frame(1, 0, false, true), LAYER_OTHER);
    ck_assert_int_eq(frame(2, 0, false, true), LAYER_SWITCH);
    ck_assert_int_eq(frame(0, 0, false, false), LAYER_OTHER);
    ck_assert_int_eq(rest(2, 0, false), LAYER_PASS);
}
END_TEST

START_TEST(layers_go_down_between_frames)
{
    frame(0, 0, false, true);
    ck_assert_int_eq(frame(0, 2, true, false), LAYER_PASS);
    filter.wanted = (struct layer_pick){0, 0};
    ck_assert_int_eq(rest(0, 2, true), LAYER_PASS); /* a frame is not cut */
    ck_assert_int_eq(frame(0, 1, true, false), LAYER_THIN);
    ck_assert_int_eq(rest(0, 1, true), LAYER_THIN);
    ck_assert_int_eq(frame(0, 0, false, false), LAYER_PASS);
}
END_TEST

START_TEST(layers_go_up_at_synchronisation_points_one_by_one)
{
    filter.wanted = (struct layer_pick){0, 0};
    frame(0, 0, false, true);
    filter.wanted.temporal = 2;
    ck_assert_int_eq(frame(0, 2, true, false), LAYER_THIN);  /* one step at a time */
    ck_assert_int_eq(frame(0, 1, false, false), LAYER_THIN); /* builds on one we lack */
    ck_assert_int_eq(rest(0, 1, true), LAYER_THIN);          /* not at its beginning */
    ck_assert_int_eq(frame(0, 1, true, false), LAYER_PASS);
    ck_assert_int_eq(rest(0, 1, true), LAYER_PASS);
    ck_assert_int_eq(frame(0, 2, false, false), LAYER_THIN);
    ck_assert_int_eq(frame(0, 2, true, false), LAYER_PASS);
    ck_assert_int_eq(frame(0, 2, false, false), LAYER_PASS);
}
END_TEST

START_TEST(a_key_frame_brings_all_layers)
{
    filter.wanted = (struct layer_pick){0, 0};
    frame(0, 0, false, true);
    filter.wanted.temporal = 2;
    ck_assert_int_eq(frame(0, 0, false, true), LAYER_PASS);
    ck_assert_int_eq(frame(0, 2, false, false), LAYER_PASS);
}
END_TEST

START_TEST(repairs_share_the_fate_of_their_frame)
{
    frame(0, 0, false, true);
    frame(0, 2, true, false);
    filter.wanted = (struct layer_pick){0, 0};
    ck_assert_int_eq(frame(0, 0, false, false), LAYER_PASS); /* down to the lowest */
    ck_assert_int_eq(repair(1, 2, false, false), LAYER_PASS);
    ck_assert_int_eq(repair(1, 2, true, false), LAYER_PASS);
    ck_assert_int_eq(frame(0, 1, true, false), LAYER_THIN);
    filter.wanted.temporal = 2;
    ck_assert_int_eq(repair(0, 1, true, false), LAYER_THIN); /* no rise in the middle */
    ck_assert_int_eq(frame(0, 1, true, false), LAYER_PASS);
    ck_assert_int_eq(repair(1, 1, false, false), LAYER_THIN);
    ck_assert_int_eq(repair(0, 1, false, false), LAYER_PASS);
}
END_TEST

START_TEST(a_lost_beginning_is_no_beginning)
{
    frame(0, 0, false, true);
    filter.wanted = (struct layer_pick){0, 0};
    timestamp += 6000;
    ck_assert_int_eq(rest(0, 1, true), LAYER_PASS); /* of a frame that has begun: not cut */
    ck_assert_int_eq(frame(0, 1, true, false), LAYER_THIN);
    filter.wanted.temporal = 2;
    timestamp += 6000;
    ck_assert_int_eq(rest(0, 1, true), LAYER_THIN);
    ck_assert_int_eq(repair(0, 1, true, false), LAYER_THIN);
    layer_filter_restart(&filter);
    ck_assert_int_eq(rest(0, 0, false), LAYER_WAITS);
    ck_assert_int_eq(repair(0, 0, true, true), LAYER_WAITS); /* its rest was refused */
    ck_assert_int_eq(frame(0, 0, false, true), LAYER_SWITCH);
}
END_TEST

START_TEST(frames_that_were_lost_whole_come_behind_others)
{
    frame(0, 0, false, true);
    timestamp += 6000;
    frame(0, 0, false, false);
    ck_assert_int_eq(repair(1, 2, true, false), LAYER_PASS);
    for (int i = 0; i < 3 * LAYER_FRAMES_MAX; i++)
        ck_assert_int_eq(frame(0, 2, false, false), LAYER_PASS);
    ck_assert_int_eq(repair(LAYER_FRAMES_MAX + 2, 2, false, false), LAYER_PASS); /* forgotten */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer_filter");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, a_lone_encoding_flows_from_its_key_frame);
    tcase_add_test(cases, encodings_change_at_a_key_frame);
    tcase_add_test(cases, layers_go_down_between_frames);
    tcase_add_test(cases, layers_go_up_at_synchronisation_points_one_by_one);
    tcase_add_test(cases, a_key_frame_brings_all_layers);
    tcase_add_test(cases, repairs_share_the_fate_of_their_frame);
    tcase_add_test(cases, a_lost_beginning_is_no_beginning);
    tcase_add_test(cases, frames_that_were_lost_whole_come_behind_others);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
