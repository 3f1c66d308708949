#include "engine/media/frame_rate.h"

#include <check.h>

static struct frame_rate rate;
static int64_t now_us;
static uint32_t rates[FRAME_RATE_HELD_MAX];

static size_t second(unsigned frames)
{
    for (unsigned i = 0; i < frames; i++)
        frame_rate_frame(&rate);
    return frame_rate_window(&rate, now_us += 1000000, rates);
}

START_TEST(the_first_and_the_last_window_do_not_count)
{
    rate = (struct frame_rate){0};
    now_us = 5000000;
    ck_assert_uint_eq(second(0), 0);
    ck_assert_uint_eq(second(7), 0); /* began somewhere in it */
    ck_assert_uint_eq(second(15), 0);
    ck_assert_uint_eq(second(14), 1);
    ck_assert_uint_eq(rates[0], 15000);
    ck_assert_uint_eq(second(3), 1); /* ended somewhere in it */
    ck_assert_uint_eq(rates[0], 14000);
    for (int i = 0; i < 20; i++)
        ck_assert_uint_eq(second(0), 0);
}
END_TEST

START_TEST(empty_windows_between_frames_count)
{
    rate = (struct frame_rate){0};
    now_us = 0;
    second(15);
    second(15);
    ck_assert_uint_eq(second(0), 0);
    ck_assert_uint_eq(second(0), 0);
    ck_assert_uint_eq(second(10), 3);
    ck_assert_uint_eq(rates[0], 15000);
    ck_assert_uint_eq(rates[1], 0);
    ck_assert_uint_eq(rates[2], 0);
}
END_TEST

START_TEST(after_a_pause_it_begins_anew)
{
    rate = (struct frame_rate){0};
    now_us = 0;
    second(15);
    second(15);
    for (int i = 0; i < FRAME_RATE_HELD_MAX; i++)
        second(0);
    ck_assert_uint_eq(second(8), 0); /* a part of a window again */
    ck_assert_uint_eq(second(15), 0);
    ck_assert_uint_eq(second(15), 1);
    ck_assert_uint_eq(rates[0], 15000);
}
END_TEST

START_TEST(the_length_of_the_window_counts)
{
    rate = (struct frame_rate){0};
    now_us = 0;
    second(1);
    now_us += 20000; /* a second call that came 20 ms late */
    second(15);      /* 15 in 1.02 s */
    ck_assert_uint_eq(second(15), 1);
    ck_assert_uint_eq(rates[0], 14705);
}
END_TEST

START_TEST(a_break_forgets)
{
    rate = (struct frame_rate){0};
    now_us = 0;
    second(15);
    second(15);
    frame_rate_break(&rate);
    ck_assert_uint_eq(second(15), 0);
    ck_assert_uint_eq(second(15), 0);
    ck_assert_uint_eq(second(15), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/frame_rate");
    TCase *cases = tcase_create("frame_rate");
    tcase_add_test(cases, the_first_and_the_last_window_do_not_count);
    tcase_add_test(cases, empty_windows_between_frames_count);
    tcase_add_test(cases, after_a_pause_it_begins_anew);
    tcase_add_test(cases, the_length_of_the_window_counts);
    tcase_add_test(cases, a_break_forgets);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
