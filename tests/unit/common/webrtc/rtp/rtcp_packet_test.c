#include "common/webrtc/rtp/rtcp_packet.h"

#include <check.h>

START_TEST(unix_epoch_is_2208988800_in_ntp)
{
    ck_assert_uint_eq(ntp_from_realtime_us(0), 2208988800ULL << 32);
    ck_assert_uint_eq(ntp_from_realtime_us(500000), 2208988800ULL << 32 | 0x80000000);
    ck_assert_int_eq(ntp_to_realtime_us(2208988800ULL << 32 | 0x40000000), 250000);
}
END_TEST

START_TEST(every_microsecond_survives)
{
    for (int64_t us = 1769860800000000; us < 1769860801000000; us += 997)
        ck_assert_int_eq(ntp_to_realtime_us(ntp_from_realtime_us(us)), us);
    ck_assert_int_eq(ntp_to_realtime_us(ntp_from_realtime_us(1769860800999999)), 1769860800999999);
}
END_TEST

/* 2036-02-07T06:28:16Z is second 0 of the next era. */
START_TEST(the_era_after_2036_is_understood)
{
    const int64_t rollover_us = 2085978496000000;
    ck_assert_uint_eq(ntp_from_realtime_us(rollover_us), 0);
    ck_assert_int_eq(ntp_to_realtime_us(0), rollover_us);
    ck_assert_int_eq(ntp_to_realtime_us(ntp_from_realtime_us(rollover_us + 1)), rollover_us + 1);
}
END_TEST

/* RFC 3550 §6.4.1, figure 2: 0xb44db705:20000000 is reported as LSR 0xb705:2000. */
START_TEST(middle_bits_of_the_rfc)
{
    ck_assert_uint_eq(ntp_middle(0xb44db70520000000ULL), 0xb7052000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/rtcp_packet");
    TCase *cases = tcase_create("rtcp_packet");
    tcase_add_test(cases, unix_epoch_is_2208988800_in_ntp);
    tcase_add_test(cases, every_microsecond_survives);
    tcase_add_test(cases, the_era_after_2036_is_understood);
    tcase_add_test(cases, middle_bits_of_the_rfc);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
