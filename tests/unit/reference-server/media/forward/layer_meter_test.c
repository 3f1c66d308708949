#include "reference-server/media/forward/layer_meter.h"

#include <check.h>
#include <string.h>

static struct layer_meter meter;
static struct layer_option options[LAYER_OPTIONS_MAX];

static void setup(void)
{
    memset(&meter, 0, sizeof meter);
}

/* One second of an encoding at 32 packets of `size` bytes with wrapping, over the layers of L1T3.
 */
static void second(uint8_t encoding, size_t size, uint32_t pixels, unsigned temporals,
                   int64_t from_us)
{
    static const uint8_t pattern[4] = {0, 2, 1, 2};
    for (int i = 0; i < 32; i++) {
        struct layer_sample sample = {.encoding = encoding,
                                      .temporal = temporals == 3 ? pattern[i % 4] : 0,
                                      .payload_size = size - LAYER_PACKET_OVERHEAD,
                                      .pixels = i == 0 ? pixels : 0};
        layer_meter_packet(&meter, &sample, from_us + i * 31250);
    }
}

static size_t get(int64_t now_us)
{
    return layer_meter_options(&meter, now_us, options);
}

static void near(uint64_t bps, uint64_t expected)
{
    ck_assert_uint_ge(bps, expected * 95 / 100);
    ck_assert_uint_le(bps, expected * 105 / 100);
}

START_TEST(one_encoding_is_one_option)
{
    second(0, 1000, 640 * 360, 1, 1000000);
    second(0, 1000, 0, 1, 2000000);
    ck_assert(!meter.layered);
    ck_assert_uint_eq(get(2990000), 1);
    ck_assert(options[0].measured);
    near(options[0].bps, 256000);
    near(layer_meter_need(&meter, 2990000), 256000);
}
END_TEST

START_TEST(temporal_layers_add_up)
{
    for (int i = 0; i < 4; i++)
        second(0, 1000, i == 0 ? 640 * 360 : 0, 3, 1000000 + i * 1000000);
    ck_assert(meter.layered);
    ck_assert_uint_eq(get(4990000), 3);
    near(options[0].bps, 64000);
    near(options[1].bps, 128000);
    near(options[2].bps, 256000);
    ck_assert_uint_eq(options[1].pick.temporal, 1);
    ck_assert_uint_eq(options[2].pick.temporal, LAYER_TEMPORALS_MAX - 1); /* all */
}
END_TEST

/* Encodings arrive in any order of sizes; the ladder is sorted by what their key frames say. */
START_TEST(larger_pictures_stand_above_smaller_ones)
{
    for (int64_t at_us = 1000000; at_us < 4000000; at_us += 1000000) {
        second(0, 1200, 1280 * 720, 3, at_us);
        second(1, 200, 320 * 180, 3, at_us);
        second(2, 500, 640 * 360, 3, at_us);
    }
    ck_assert_uint_eq(get(3990000), 7); /* three and twice two */
    static const struct layer_pick ladder[7] = {{1, 0}, {1, 1}, {1, 3}, {2, 1},
                                                {2, 3}, {0, 1}, {0, 3}};
    for (int i = 0; i < 7; i++) {
        ck_assert_uint_eq(options[i].pick.encoding, ladder[i].encoding);
        ck_assert_uint_eq(options[i].pick.temporal, ladder[i].temporal);
    }
}
END_TEST

START_TEST(silent_encodings_are_no_option)
{
    second(0, 1000, 1280 * 720, 1, 1000000);
    second(1, 300, 640 * 360, 1, 1000000);
    ck_assert_uint_eq(get(2000000), 2);
    second(1, 300, 640 * 360, 1, 2000000);
    second(1, 300, 640 * 360, 1, 3000000);
    ck_assert_uint_eq(get(3990000), 1);
    ck_assert_uint_eq(options[0].pick.encoding, 1);
    second(1, 300, 0, 1, 4000000);
    second(0, 1000, 0, 1, 4000000); /* back again, its size is known from before */
    ck_assert_uint_eq(get(4990000), 2);
}
END_TEST

START_TEST(without_a_key_frame_nothing_is_known)
{
    second(0, 1000, 0, 1, 1000000);
    ck_assert_uint_eq(get(1990000), 0);
    ck_assert_uint_eq(layer_meter_need(&meter, 1990000), LAYER_UNLIMITED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer_meter");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, one_encoding_is_one_option);
    tcase_add_test(cases, temporal_layers_add_up);
    tcase_add_test(cases, larger_pictures_stand_above_smaller_ones);
    tcase_add_test(cases, silent_encodings_are_no_option);
    tcase_add_test(cases, without_a_key_frame_nothing_is_known);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
