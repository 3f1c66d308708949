#include "reference-server/media/transport/resend_allowance.h"

#include <check.h>

/* 300 kbit/s, 50 ms. */
enum { CARRIED = 1875, PACKET = 1200 };

static struct resend_allowance allowance;

static void setup(void)
{
    resend_allowance_init(&allowance);
}

static unsigned take_all(void)
{
    unsigned packets = 0;

    for (; resend_allowance_is_open(&allowance); packets++)
        resend_allowance_take(&allowance, PACKET);
    return packets;
}

START_TEST(an_unknown_path_has_a_bound_of_packets)
{
    ck_assert_uint_eq(take_all(), RESEND_PACKETS_PER_TICK);
    resend_allowance_tick(&allowance, RESEND_UNLIMITED, 0);
    ck_assert_uint_eq(take_all(), RESEND_PACKETS_PER_TICK);
}
END_TEST

START_TEST(what_media_leave_is_kept_for_a_burst)
{
    for (int i = 0; i < 100; i++)
        resend_allowance_tick(&allowance, CARRIED, 0);
    ck_assert_uint_eq(take_all(), (RESEND_TICKS_KEPT * CARRIED + PACKET - 1) / PACKET);
}
END_TEST

/* On a path that has become narrow the media of before are still under way, and all of it is lost
 * and asked for again. */
START_TEST(a_path_that_is_full_is_not_filled_with_repair)
{
    unsigned packets = 0, ticks = 200;

    resend_allowance_tick(&allowance, CARRIED, 0);
    take_all();
    for (unsigned i = 0; i < ticks; i++) {
        resend_allowance_tick(&allowance, CARRIED, 4 * CARRIED + allowance.taken);
        packets += take_all();
    }
    ck_assert_uint_le(packets, ticks * CARRIED / RESEND_SHARE / PACKET + 1);
    ck_assert_uint_ge(packets, ticks * CARRIED / RESEND_SHARE / PACKET - 1);
}
END_TEST

START_TEST(repair_does_not_count_as_media)
{
    unsigned packets = 0;

    resend_allowance_tick(&allowance, CARRIED, 0);
    take_all();
    for (unsigned i = 0; i < 100; i++) { /* media take half */
        resend_allowance_tick(&allowance, CARRIED, CARRIED / 2 + allowance.taken);
        packets += take_all();
    }
    ck_assert_uint_ge(packets, 100 * (CARRIED / 2) / PACKET - 1);
    ck_assert_uint_le(packets, 100 * (CARRIED / 2) / PACKET + 1);
}
END_TEST

START_TEST(a_wide_path_that_narrows_keeps_nothing_of_its_width)
{
    resend_allowance_tick(&allowance, RESEND_UNLIMITED, 0);
    resend_allowance_tick(&allowance, CARRIED, CARRIED);
    ck_assert_uint_le(take_all(), (RESEND_TICKS_KEPT * CARRIED + PACKET - 1) / PACKET);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resend_allowance");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, an_unknown_path_has_a_bound_of_packets);
    tcase_add_test(cases, what_media_leave_is_kept_for_a_burst);
    tcase_add_test(cases, a_path_that_is_full_is_not_filled_with_repair);
    tcase_add_test(cases, repair_does_not_count_as_media);
    tcase_add_test(cases, a_wide_path_that_narrows_keeps_nothing_of_its_width);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
