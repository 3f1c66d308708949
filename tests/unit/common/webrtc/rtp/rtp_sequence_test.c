#include "common/webrtc/rtp/rtp_sequence.h"

#include <check.h>

START_TEST(first_number_keeps_its_value)
{
    struct sequence_unwrapper sequences = {0};
    struct timestamp_unwrapper timestamps = {0};
    ck_assert_int_eq(sequence_unwrap(&sequences, 65535), 65535);
    ck_assert_int_eq(timestamp_unwrap(&timestamps, UINT32_MAX), UINT32_MAX);
}
END_TEST

START_TEST(sequence_wraps_forwards_and_backwards)
{
    struct sequence_unwrapper unwrapper = {0};
    sequence_unwrap(&unwrapper, 65534);
    ck_assert_int_eq(sequence_unwrap(&unwrapper, 1), 65537);
    ck_assert_int_eq(sequence_unwrap(&unwrapper, 65535), 65535); /* late */
    ck_assert_int_eq(sequence_unwrap(&unwrapper, 0), 65536);
    for (int64_t i = 65537; i < 300000; i += 32767)
        ck_assert_int_eq(sequence_unwrap(&unwrapper, (uint16_t)i), i);
}
END_TEST

START_TEST(number_before_the_first_is_negative)
{
    struct sequence_unwrapper unwrapper = {0};
    sequence_unwrap(&unwrapper, 0);
    ck_assert_int_eq(sequence_unwrap(&unwrapper, 65535), -1);
    ck_assert_int_eq(sequence_unwrap(&unwrapper, 0), 0);
}
END_TEST

START_TEST(timestamp_wraps)
{
    struct timestamp_unwrapper unwrapper = {0};
    timestamp_unwrap(&unwrapper, 0xfffffff0);
    ck_assert_int_eq(timestamp_unwrap(&unwrapper, 0x10), 0x100000010);
    ck_assert_int_eq(timestamp_unwrap(&unwrapper, 0xfffffff0), 0xfffffff0);
}
END_TEST

START_TEST(newer_is_decided_modulo_65536)
{
    ck_assert(sequence_newer(1, 0));
    ck_assert(sequence_newer(0, 65535));
    ck_assert(!sequence_newer(65535, 0));
    ck_assert(!sequence_newer(7, 7));
    ck_assert(sequence_newer(0x7fff, 0));
    ck_assert(!sequence_newer(0x8000, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/rtp/rtp_sequence");
    TCase *cases = tcase_create("rtp_sequence");
    tcase_add_test(cases, first_number_keeps_its_value);
    tcase_add_test(cases, sequence_wraps_forwards_and_backwards);
    tcase_add_test(cases, number_before_the_first_is_negative);
    tcase_add_test(cases, timestamp_wraps);
    tcase_add_test(cases, newer_is_decided_modulo_65536);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
