#include "reference-server/media/forward/source_clock.h"

#include <check.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/webrtc/rtp/rtcp_packet.h"

/* The source's clock runs 1000 s behind ours; its reports take 20 ms and 35 ms to arrive. */
#define BEHIND_US (1000 * US_PER_S)
#define NOW_US (1700000000LL * US_PER_S)

static struct source_clock clock_;

static void setup(void)
{
    clock_ = (struct source_clock){0};
}

static uint64_t source_ntp(int64_t our_us)
{
    return ntp_from_realtime_us(our_us - BEHIND_US);
}

/* Our time of a capture instant as a receiver works it out from a report and a timestamp. */
static int64_t receiver_time_us(enum media_kind kind, uint32_t clock_hz, uint32_t capture,
                                int64_t report_us)
{
    uint32_t at_report = 0;
    ck_assert(source_clock_timestamp(&clock_, kind, clock_hz, report_us, &at_report));
    return report_us + (int64_t)(int32_t)(capture - at_report) * US_PER_S / clock_hz;
}

START_TEST(nothing_is_known_before_a_report)
{
    uint32_t timestamp;
    ck_assert(!source_clock_timestamp(&clock_, MEDIA_AUDIO, 48000, NOW_US, &timestamp));
    ck_assert(source_clock_report(&clock_, MEDIA_AUDIO, source_ntp(NOW_US), 4800, NOW_US + 20000));
    ck_assert(!source_clock_timestamp(&clock_, MEDIA_VIDEO, 90000, NOW_US, &timestamp));
    ck_assert(source_clock_timestamp(&clock_, MEDIA_AUDIO, 48000, NOW_US + 20000, &timestamp));
    ck_assert_uint_eq(timestamp, 4800);
    ck_assert(source_clock_timestamp(&clock_, MEDIA_AUDIO, 48000, NOW_US + 1020000, &timestamp));
    ck_assert_uint_eq(timestamp, 4800 + 48000);
}
END_TEST

START_TEST(sound_and_picture_of_one_instant_stay_together)
{
    /* Captured at NOW: audio timestamp 4800, video timestamp 9000. The reports are made at other
     * instants and arrive with different delays; both axes must still agree. */
    source_clock_report(&clock_, MEDIA_AUDIO, source_ntp(NOW_US + 300000), 4800 + 14400,
                        NOW_US + 320000);
    ck_assert(!source_clock_report(&clock_, MEDIA_VIDEO, source_ntp(NOW_US + 700000), 9000 + 63000,
                                   NOW_US + 735000));
    int64_t audio_us = receiver_time_us(MEDIA_AUDIO, 48000, 4800, NOW_US + 2000000);
    int64_t video_us = receiver_time_us(MEDIA_VIDEO, 90000, 9000, NOW_US + 2600000);
    ck_assert_int_le(audio_us - video_us, 50);
    ck_assert_int_ge(audio_us - video_us, -50);
}
END_TEST

START_TEST(a_stepped_clock_gets_a_new_offset_and_forgets_the_other_stream)
{
    uint32_t timestamp;
    source_clock_report(&clock_, MEDIA_AUDIO, source_ntp(NOW_US), 1, NOW_US);
    source_clock_report(&clock_, MEDIA_VIDEO, source_ntp(NOW_US), 1, NOW_US);
    ck_assert(!source_clock_report(&clock_, MEDIA_AUDIO, source_ntp(NOW_US + US_PER_S), 48001,
                                   NOW_US + 6 * US_PER_S)); /* late, not stepped */
    ck_assert(source_clock_report(&clock_, MEDIA_AUDIO, source_ntp(NOW_US + 19 * US_PER_S), 96001,
                                  NOW_US + 2 * US_PER_S));
    ck_assert(!source_clock_timestamp(&clock_, MEDIA_VIDEO, 90000, NOW_US, &timestamp));
    ck_assert(
        source_clock_timestamp(&clock_, MEDIA_AUDIO, 48000, NOW_US + 2 * US_PER_S, &timestamp));
    ck_assert_uint_eq(timestamp, 96001);
}
END_TEST

START_TEST(strange_reports_do_no_harm)
{
    uint32_t timestamp;
    ck_assert(!source_clock_report(&clock_, MEDIA_AUDIO, 0, 5, NOW_US));
    ck_assert(!source_clock_timestamp(&clock_, MEDIA_AUDIO, 48000, NOW_US, &timestamp));
    source_clock_report(&clock_, MEDIA_AUDIO, UINT64_MAX, 5, NOW_US);
    ck_assert(source_clock_timestamp(&clock_, MEDIA_AUDIO, 48000, NOW_US, &timestamp));
    ck_assert_uint_eq(timestamp, 5);
    /* Hours without a report: better none than a wild one. */
    ck_assert(
        !source_clock_timestamp(&clock_, MEDIA_AUDIO, 48000, NOW_US + 7200 * US_PER_S, &timestamp));
    source_clock_forget(&clock_, MEDIA_AUDIO);
    ck_assert(!source_clock_timestamp(&clock_, MEDIA_AUDIO, 48000, NOW_US, &timestamp));
}
END_TEST

/* Two encodings whose timestamps began elsewhere, reported a second apart. */
START_TEST(encodings_are_placed_against_each_other)
{
    struct source_clock two = {0};
    uint32_t step = 1;
    const int64_t begin_us = 1700000000000000;
    source_clock_report(&two, MEDIA_VIDEO, ntp_from_realtime_us(begin_us), 1000, begin_us + 300);
    ck_assert(!source_clock_step(&two, MEDIA_VIDEO, MEDIA_VIDEO + 1, 90000, &step));
    ck_assert_uint_eq(step, 1);
    source_clock_report(&two, MEDIA_VIDEO + 1, ntp_from_realtime_us(begin_us + US_PER_S),
                        700000 + 90000, begin_us + US_PER_S + 900);
    ck_assert(source_clock_step(&two, MEDIA_VIDEO, MEDIA_VIDEO + 1, 90000, &step));
    ck_assert_int_le(abs((int32_t)(step - 699000)), 1);
    ck_assert(source_clock_step(&two, MEDIA_VIDEO + 1, MEDIA_VIDEO, 90000, &step));
    ck_assert_int_le(abs((int32_t)(step + 699000)), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/forward/source_clock");
    TCase *cases = tcase_create("source_clock");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, nothing_is_known_before_a_report);
    tcase_add_test(cases, sound_and_picture_of_one_instant_stay_together);
    tcase_add_test(cases, a_stepped_clock_gets_a_new_offset_and_forgets_the_other_stream);
    tcase_add_test(cases, strange_reports_do_no_harm);
    tcase_add_test(cases, encodings_are_placed_against_each_other);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
