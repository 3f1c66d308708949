#include "reference-server/media/forward/layer_filter.h"

#include <check.h>

static struct layer_filter filter;

static void setup(void)
{
    layer_filter_init(&filter);
}

static enum layer_verdict frame(uint8_t encoding, uint8_t temporal, bool sync, bool key)
{
    struct layer_packet packet = {encoding, temporal, sync, true, key};
    return layer_filter_packet(&filter, &packet);
}

static enum layer_verdict rest(uint8_t encoding, uint8_t temporal, bool sync)
{
    struct layer_packet packet = {encoding, temporal, sync, false, false};
    return layer_filter_packet(&filter, &packet);
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
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
