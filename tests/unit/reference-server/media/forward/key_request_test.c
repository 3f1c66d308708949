#include "reference-server/media/forward/key_request.h"

#include <check.h>

static struct key_request request;

static void setup(void)
{
    request = (struct key_request){0};
}

START_TEST(the_first_question_goes_out_at_once)
{
    ck_assert(key_request_ask(&request, false, 5));
}
END_TEST

START_TEST(a_storm_becomes_one_question_and_one_more)
{
    ck_assert(key_request_ask(&request, false, 0));
    for (int64_t now_us = 1; now_us < KEY_REQUEST_INTERVAL_US; now_us += 1000) {
        ck_assert(!key_request_ask(&request, false, now_us));
        ck_assert(!key_request_due(&request, now_us));
    }
    ck_assert(key_request_due(&request, KEY_REQUEST_INTERVAL_US));
    ck_assert(!key_request_due(&request, 2 * KEY_REQUEST_INTERVAL_US)); /* nobody asked since */
}
END_TEST

START_TEST(a_key_frame_serves_all_who_wait)
{
    key_request_ask(&request, false, 0);
    key_request_ask(&request, false, 1000);
    key_request_key_frame(&request);
    ck_assert(!key_request_due(&request, KEY_REQUEST_INTERVAL_US));
}
END_TEST

START_TEST(many_fresh_slots_share_one_question)
{
    ck_assert(key_request_ask(&request, true, 0));
    ck_assert(!key_request_ask(&request, true, 100));
    ck_assert(!key_request_ask(&request, true, 200));
}
END_TEST

START_TEST(a_fresh_slot_after_the_key_frame_does_not_wait)
{
    key_request_ask(&request, false, 0);
    key_request_key_frame(&request);
    ck_assert(!key_request_ask(&request, false, 30000));
    ck_assert(key_request_ask(&request, true, 30001));
}
END_TEST

START_TEST(what_could_not_be_sent_is_due_again)
{
    ck_assert(key_request_ask(&request, true, 0));
    key_request_postpone(&request);
    ck_assert(!key_request_due(&request, KEY_REQUEST_INTERVAL_US - 1));
    ck_assert(key_request_due(&request, KEY_REQUEST_INTERVAL_US));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference-server/media/forward/key_request");
    TCase *cases = tcase_create("key_request");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, the_first_question_goes_out_at_once);
    tcase_add_test(cases, a_storm_becomes_one_question_and_one_more);
    tcase_add_test(cases, a_key_frame_serves_all_who_wait);
    tcase_add_test(cases, many_fresh_slots_share_one_question);
    tcase_add_test(cases, a_fresh_slot_after_the_key_frame_does_not_wait);
    tcase_add_test(cases, what_could_not_be_sent_is_due_again);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
