#include "common/webrtc/rtp/nack_tracker.h"

#include <check.h>

static struct nack_tracker tracker;
static uint16_t sequences[NACK_TRACKER_MAX];
static size_t given_up;

static size_t due(int64_t now_us)
{
    return nack_tracker_due(&tracker, now_us, 0, sequences, NACK_TRACKER_MAX, &given_up);
}

static void setup(void)
{
    nack_tracker_init(&tracker);
    nack_tracker_received(&tracker, 100, 0);
}

START_TEST(nothing_is_missing_at_first)
{
    setup();
    ck_assert_uint_eq(due(1000000), 0);
    nack_tracker_received(&tracker, 101, 0);
    ck_assert_uint_eq(due(2000000), 0);
    ck_assert_uint_eq(given_up, 0);
}
END_TEST

START_TEST(a_gap_is_asked_for_after_the_reordering_time)
{
    setup();
    nack_tracker_received(&tracker, 103, 1000);
    ck_assert_uint_eq(due(1000 + NACK_REORDER_US - 1), 0);
    ck_assert_uint_eq(due(1000 + NACK_REORDER_US), 2);
    ck_assert_uint_eq(sequences[0], 101);
    ck_assert_uint_eq(sequences[1], 102);
    ck_assert_uint_eq(tracker.asked, 2);
}
END_TEST

START_TEST(reordered_packets_are_never_asked_for)
{
    setup();
    nack_tracker_received(&tracker, 102, 0);
    nack_tracker_received(&tracker, 101, 1000);
    ck_assert_uint_eq(due(NACK_REORDER_US), 0);
    ck_assert_uint_eq(tracker.repaired, 0);
}
END_TEST

START_TEST(questions_repeat_at_the_larger_of_retry_and_rtt)
{
    setup();
    nack_tracker_received(&tracker, 102, 0);
    ck_assert_uint_eq(due(10000), 1);
    ck_assert_uint_eq(due(10000 + NACK_RETRY_US - 1), 0);
    ck_assert_uint_eq(due(10000 + NACK_RETRY_US), 1);
    int64_t last_us = 10000 + NACK_RETRY_US;
    ck_assert_uint_eq(nack_tracker_due(&tracker, last_us + 99999, 100000, sequences, 1, NULL), 0);
    ck_assert_uint_eq(nack_tracker_due(&tracker, last_us + 100000, 100000, sequences, 1, NULL), 1);
}
END_TEST

START_TEST(an_answer_counts_as_repaired)
{
    setup();
    nack_tracker_received(&tracker, 104, 0);
    due(NACK_REORDER_US);
    nack_tracker_received(&tracker, 102, 30000);
    ck_assert_uint_eq(tracker.repaired, 1);
    ck_assert_uint_eq(due(60000), 2);
    ck_assert_uint_eq(sequences[0], 101);
    ck_assert_uint_eq(sequences[1], 103);
}
END_TEST

START_TEST(it_gives_up_after_its_tries)
{
    setup();
    nack_tracker_received(&tracker, 102, 0);
    for (int64_t i = 0; i < NACK_TRIES; i++)
        ck_assert_uint_eq(due(NACK_REORDER_US + i * NACK_RETRY_US), 1);
    int64_t last_us = NACK_REORDER_US + (NACK_TRIES - 1) * NACK_RETRY_US;
    ck_assert_uint_eq(due(last_us + NACK_RETRY_US - 1), 0);
    ck_assert_uint_eq(given_up, 0); /* the last answer may still come */
    ck_assert_uint_eq(due(last_us + NACK_RETRY_US), 0);
    ck_assert_uint_eq(given_up, 1);
    ck_assert_uint_eq(tracker.given_up, 1);
    due(last_us + 2 * NACK_RETRY_US);
    ck_assert_uint_eq(given_up, 0); /* told once */
}
END_TEST

START_TEST(it_gives_up_after_a_second)
{
    setup();
    nack_tracker_received(&tracker, 102, 0);
    ck_assert_uint_eq(due(NACK_GIVE_UP_US), 0);
    ck_assert_uint_eq(given_up, 1);
}
END_TEST

START_TEST(a_short_answer_leaves_the_rest_for_later)
{
    setup();
    nack_tracker_received(&tracker, 111, 0);
    ck_assert_uint_eq(nack_tracker_due(&tracker, 10000, 0, sequences, 4, NULL), 4);
    ck_assert_uint_eq(nack_tracker_due(&tracker, 10000, 0, sequences, 100, NULL), 6);
    ck_assert_uint_eq(sequences[0], 105);
}
END_TEST

START_TEST(the_oldest_go_first_when_it_is_full)
{
    setup();
    nack_tracker_received(&tracker, 100 + NACK_TRACKER_MAX, 0); /* 255 missing */
    nack_tracker_received(&tracker, 100 + NACK_TRACKER_MAX + 6, 0);
    ck_assert_uint_eq(tracker.count, NACK_TRACKER_MAX);
    ck_assert_uint_eq(due(NACK_REORDER_US), NACK_TRACKER_MAX);
    ck_assert_uint_eq(given_up, 4);
    ck_assert_uint_eq(sequences[0], 105);
    ck_assert_uint_eq(sequences[NACK_TRACKER_MAX - 1], 100 + NACK_TRACKER_MAX + 5);
}
END_TEST

START_TEST(a_gap_too_wide_forgets_everything)
{
    setup();
    nack_tracker_received(&tracker, 102, 0);
    nack_tracker_received(&tracker, 103 + NACK_TRACKER_MAX, 0);
    ck_assert_uint_eq(tracker.count, NACK_TRACKER_MAX);
    nack_tracker_received(&tracker, 104 + 2 * NACK_TRACKER_MAX + 1, 0);
    ck_assert_uint_eq(tracker.count, 0);
    due(0);
    ck_assert_uint_eq(given_up, 1 + NACK_TRACKER_MAX + NACK_TRACKER_MAX + 1);
}
END_TEST

START_TEST(numbers_are_asked_for_modulo_65536)
{
    nack_tracker_init(&tracker);
    nack_tracker_received(&tracker, 65535, 0);
    nack_tracker_received(&tracker, 65538, 0);
    ck_assert_uint_eq(due(NACK_REORDER_US), 2);
    ck_assert_uint_eq(sequences[0], 0);
    ck_assert_uint_eq(sequences[1], 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/nack_tracker");
    TCase *cases = tcase_create("nack_tracker");
    tcase_add_test(cases, nothing_is_missing_at_first);
    tcase_add_test(cases, a_gap_is_asked_for_after_the_reordering_time);
    tcase_add_test(cases, reordered_packets_are_never_asked_for);
    tcase_add_test(cases, questions_repeat_at_the_larger_of_retry_and_rtt);
    tcase_add_test(cases, an_answer_counts_as_repaired);
    tcase_add_test(cases, it_gives_up_after_its_tries);
    tcase_add_test(cases, it_gives_up_after_a_second);
    tcase_add_test(cases, a_short_answer_leaves_the_rest_for_later);
    tcase_add_test(cases, the_oldest_go_first_when_it_is_full);
    tcase_add_test(cases, a_gap_too_wide_forgets_everything);
    tcase_add_test(cases, numbers_are_asked_for_modulo_65536);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
