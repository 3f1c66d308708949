#include "engine/media/arrival_jitter.h"

#include <check.h>

/* RFC 3550 A.8 by hand: 20 ms packets at 0, 20, 45 and 60 ms: |D| is 0, 5 and 5 ms, so J is 0,
 * 5/16 = 0.3125 and 0.3125 + (5 - 0.3125)/16 = 0.60546875 ms. */
START_TEST(by_hand)
{
    struct arrival_jitter jitter = {0};
    arrival_jitter_packet(&jitter, 0xfffffc40, 48000, 100000);
    ck_assert(!jitter.measured);
    arrival_jitter_packet(&jitter, 0, 48000, 120000);
    ck_assert(jitter.measured);
    ck_assert_double_eq(jitter.jitter_us, 0);
    arrival_jitter_packet(&jitter, 960, 48000, 145000);
    ck_assert_double_eq(jitter.jitter_us, 312.5);
    arrival_jitter_packet(&jitter, 1920, 48000, 160000);
    ck_assert_double_eq(jitter.jitter_us, 605.46875);
}
END_TEST

START_TEST(packets_of_one_frame_are_one)
{
    struct arrival_jitter jitter = {0};
    for (uint32_t frame = 0; frame < 20; frame++)
        for (int64_t packet = 0; packet < 4; packet++)
            arrival_jitter_packet(&jitter, frame * 6000, 90000,
                                  1000000 + frame * 200000 / 3 + packet * 8000);
    ck_assert_double_lt(jitter.jitter_us, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/arrival_jitter");
    TCase *cases = tcase_create("arrival_jitter");
    tcase_add_test(cases, by_hand);
    tcase_add_test(cases, packets_of_one_frame_are_one);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
