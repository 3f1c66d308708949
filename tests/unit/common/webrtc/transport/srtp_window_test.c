#include "common/webrtc/transport/srtp_window.h"

#include <check.h>
#include <stdlib.h>

static struct srtp_window window_at(uint64_t index)
{
    struct srtp_window window = {0};

    srtp_window_add(&window, index);
    return window;
}

START_TEST(the_first_packet_has_rollover_0)
{
    struct srtp_window window = {0};

    ck_assert_uint_eq(srtp_window_estimate(&window, 65535), 65535);
    ck_assert(srtp_window_is_fresh(&window, 65535));
}
END_TEST

/* RFC 3711 appendix A, both cases on both sides of 2^15. */
START_TEST(the_nearest_rollover_is_taken)
{
    static const struct {
        uint64_t highest;
        uint16_t sequence;
        uint64_t index;
    } cases[] = {
        {0x0000ffff, 0x0000, 0x00010000}, /* wraps */
        {0x00010002, 0xffff, 0x0000ffff}, /* came late */
        {0x00010002, 0x0003, 0x00010003}, {0x00017fff, 0xffff, 0x0001ffff},
        {0x00017ffe, 0xffff, 0x0000ffff}, {0x00018000, 0x0000, 0x00010000},
        {0x00018001, 0x0000, 0x00020000}, {0x00008000, 0xffff, 0x0000ffff},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct srtp_window window = window_at(cases[i].highest);
        ck_assert_msg(srtp_window_estimate(&window, cases[i].sequence) == cases[i].index,
                      "case %zu", i);
    }
}
END_TEST

START_TEST(nothing_is_older_than_rollover_0)
{
    struct srtp_window window = window_at(2);

    ck_assert(srtp_window_estimate(&window, 65535) == UINT64_MAX);
}
END_TEST

START_TEST(each_index_is_fresh_once)
{
    struct srtp_window window = window_at(1000);

    for (uint64_t index = 1000 - SRTP_WINDOW_SIZE + 1; index < 1000; index++) {
        ck_assert(srtp_window_is_fresh(&window, index));
        srtp_window_add(&window, index);
        ck_assert(!srtp_window_is_fresh(&window, index));
    }
    ck_assert(!srtp_window_is_fresh(&window, 1000));
    ck_assert(!srtp_window_is_fresh(&window, 1000 - SRTP_WINDOW_SIZE));
}
END_TEST

/* Places are used again every SRTP_WINDOW_SIZE indices: what was jumped over must be fresh. */
START_TEST(a_jump_forgets_what_its_places_stood_for)
{
    static const uint64_t jumps[] = {1, 2, 63, 64, 65, 255, 256, 257, 70000};

    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        struct srtp_window window = {0};
        uint64_t now = 5000 + jumps[i];

        for (uint64_t index = 4000; index <= 5000; index++)
            srtp_window_add(&window, index);
        srtp_window_add(&window, now);
        for (uint64_t index = now - SRTP_WINDOW_SIZE + 1; index <= now; index++)
            ck_assert_msg(srtp_window_is_fresh(&window, index) == (index > 5000 && index < now),
                          "jump %d, index %d", (int)jumps[i], (int)index);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("srtp_window");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, the_first_packet_has_rollover_0);
    tcase_add_test(tcase, the_nearest_rollover_is_taken);
    tcase_add_test(tcase, nothing_is_older_than_rollover_0);
    tcase_add_test(tcase, each_index_is_fresh_once);
    tcase_add_test(tcase, a_jump_forgets_what_its_places_stood_for);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
