#include "engine/media/audio_padding.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static uint8_t out[4096];
static size_t out_size;

static enum status append(const void *packet, size_t size, size_t count)
{
    static const uint8_t bytes[254] = {0xaa, 0xbb};
    return audio_padding_append(packet, size, bytes, count, out, sizeof out, &out_size);
}

/* TOC 0x78: hybrid, fullband, 20 ms, mono. The results are written out by hand from §3.2.5. */
START_TEST(code_0_becomes_one_frame)
{
    ck_assert_int_eq(append("\x78xyz", 4, 2), STATUS_OK);
    ck_assert_uint_eq(out_size, 8);
    ck_assert_mem_eq(out, "\x7b\x41\x02xyz\xaa\xbb", 8);
}
END_TEST

START_TEST(code_1_becomes_two_equal_frames)
{
    ck_assert_int_eq(append("\x79"
                            "abcd",
                            5, 2),
                     STATUS_OK);
    ck_assert_uint_eq(out_size, 9);
    ck_assert_mem_eq(out,
                     "\x7b\x42\x02"
                     "abcd\xaa\xbb",
                     9);
    ck_assert_int_eq(append("\x79"
                            "abc",
                            4, 2),
                     STATUS_MALFORMED); /* R3: not two halves */
}
END_TEST

START_TEST(code_2_becomes_two_different_frames)
{
    ck_assert_int_eq(append("\x7a\x01"
                            "abcd",
                            6, 2),
                     STATUS_OK);
    ck_assert_uint_eq(out_size, 10);
    ck_assert_mem_eq(out,
                     "\x7b\xc2\x02\x01"
                     "abcd\xaa\xbb",
                     10);
    ck_assert_int_eq(append("\x7a\x05"
                            "abcd",
                            6, 2),
                     STATUS_MALFORMED); /* R4 */
    ck_assert_int_eq(append("\x7a", 1, 2), STATUS_MALFORMED);
    ck_assert_int_eq(append("\x7a\xfc", 2, 2), STATUS_MALFORMED); /* half a length */
}
END_TEST

START_TEST(code_3_keeps_its_frames)
{
    ck_assert_int_eq(append("\x7b\x03"
                            "abc",
                            5, 2),
                     STATUS_OK);
    ck_assert_uint_eq(out_size, 8);
    ck_assert_mem_eq(out,
                     "\x7b\x43\x02"
                     "abc\xaa\xbb",
                     8);
    ck_assert_int_eq(append("\x7b\x83\x01\x02"
                            "abbc",
                            8, 2),
                     STATUS_OK);
    ck_assert_uint_eq(out_size, 11);
    ck_assert_mem_eq(out,
                     "\x7b\xc3\x02\x01\x02"
                     "abbc\xaa\xbb",
                     11);
}
END_TEST

START_TEST(padding_that_is_there_stays_in_front)
{
    ck_assert_int_eq(append("\x7b\x41\x01"
                            "abc\x55",
                            7, 2),
                     STATUS_OK);
    ck_assert_uint_eq(out_size, 9);
    ck_assert_mem_eq(out,
                     "\x7b\x41\x03"
                     "abc\x55\xaa\xbb",
                     9);
}
END_TEST

/* 254 bytes fit one length byte, 255 take two, 508 two, 509 three (§3.2.5). */
START_TEST(padding_lengths_at_their_limits)
{
    ck_assert_int_eq(append("\x78x", 2, 254), STATUS_OK);
    ck_assert_uint_eq(out_size, 3 + 1 + 254);
    ck_assert_mem_eq(out, "\x7b\x41\xfex", 4);
    uint8_t *first = malloc(out_size);
    size_t first_size = out_size;
    memcpy(first, out, out_size);
    ck_assert_int_eq(append(first, first_size, 1), STATUS_OK);
    ck_assert_uint_eq(out_size, 4 + 1 + 255);
    ck_assert_mem_eq(out, "\x7b\x41\xff\x01x", 5);
    ck_assert_int_eq(append(first, first_size, 254), STATUS_OK);
    ck_assert_mem_eq(out, "\x7b\x41\xff\xfex", 5);
    size_t count;
    ck_assert_ptr_eq(audio_padding_find(out, out_size, &count), out + 5);
    ck_assert_uint_eq(count, 508);
    first_size = out_size;
    first = realloc(first, first_size);
    memcpy(first, out, first_size);
    ck_assert_int_eq(append(first, first_size, 1), STATUS_OK);
    ck_assert_mem_eq(out, "\x7b\x41\xff\xff\x01x", 6);
    ck_assert_ptr_eq(audio_padding_find(out, out_size, &count), out + 6);
    ck_assert_uint_eq(count, 509);
    free(first);
}
END_TEST

START_TEST(room_is_checked)
{
    uint8_t small[16];
    size_t size = 99;
    ck_assert_int_eq(audio_padding_append((const uint8_t *)"\x78xyz", 4, (const uint8_t *)"ab", 2,
                                          small, 7, &size),
                     STATUS_TOO_LARGE);
    ck_assert_uint_eq(size, 99);
    ck_assert_int_eq(audio_padding_append((const uint8_t *)"\x78xyz", 4, (const uint8_t *)"ab", 2,
                                          small, 8, &size),
                     STATUS_OK);
}
END_TEST

START_TEST(what_is_no_opus_packet)
{
    uint8_t long_frame[1277] = {0x78};
    size_t count;
    ck_assert_int_eq(append("", 0, 2), STATUS_MALFORMED);         /* R1 */
    ck_assert_int_eq(append("\x7b", 1, 2), STATUS_MALFORMED);     /* R6: no count */
    ck_assert_int_eq(append("\x7b\x00", 2, 2), STATUS_MALFORMED); /* R5: no frame */
    ck_assert_int_eq(append("\x7b\x07"
                            "abcdefg",
                            9, 2),
                     STATUS_MALFORMED); /* R5: 140 ms */
    ck_assert_int_eq(append("\x7b\x06"
                            "abcdef",
                            8, 2),
                     STATUS_OK); /* 120 ms */
    ck_assert_int_eq(append("\x7b\x02"
                            "abc",
                            5, 2),
                     STATUS_MALFORMED); /* R6 */
    ck_assert_int_eq(append("\x7b\x41\x05"
                            "abc",
                            6, 2),
                     STATUS_MALFORMED); /* R6 */
    ck_assert_int_eq(append("\x7b\x41\xff\xff", 4, 2), STATUS_MALFORMED);
    ck_assert_int_eq(append("\x7b\x82\x05"
                            "abc",
                            6, 2),
                     STATUS_MALFORMED);                       /* R7 */
    ck_assert_int_eq(append(long_frame, 1276, 2), STATUS_OK); /* R2 */
    ck_assert_int_eq(append(long_frame, 1277, 2), STATUS_MALFORMED);
    ck_assert_ptr_null(audio_padding_find((const uint8_t *)"\x78x", 2, &count));
    ck_assert_ptr_null(audio_padding_find((const uint8_t *)"\x7b\x41\x00x", 4, &count));
    ck_assert_ptr_null(audio_padding_find((const uint8_t *)"", 0, &count));
}
END_TEST

/* 10 ms hybrid twelve times is 120 ms; 2.5 ms CELT forty-eight times too. */
START_TEST(durations_follow_the_table)
{
    uint8_t packet[64] = {0x63, 12};
    ck_assert_int_eq(append(packet, 2 + 12, 2), STATUS_OK);
    packet[1] = 13;
    ck_assert_int_eq(append(packet, 2 + 13, 2), STATUS_MALFORMED);
    packet[0] = 0x83;
    packet[1] = 48;
    ck_assert_int_eq(append(packet, 2 + 48, 2), STATUS_OK);
    packet[1] = 49;
    ck_assert_int_eq(append(packet, 2 + 49, 2), STATUS_MALFORMED);
    packet[0] = 0x1b; /* SILK, 60 ms */
    packet[1] = 2;
    ck_assert_int_eq(append(packet, 2 + 2, 2), STATUS_OK);
    packet[1] = 3;
    ck_assert_int_eq(append(packet, 2 + 3, 2), STATUS_MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/media/audio_padding");
    TCase *cases = tcase_create("audio_padding");
    tcase_add_test(cases, code_0_becomes_one_frame);
    tcase_add_test(cases, code_1_becomes_two_equal_frames);
    tcase_add_test(cases, code_2_becomes_two_different_frames);
    tcase_add_test(cases, code_3_keeps_its_frames);
    tcase_add_test(cases, padding_that_is_there_stays_in_front);
    tcase_add_test(cases, padding_lengths_at_their_limits);
    tcase_add_test(cases, room_is_checked);
    tcase_add_test(cases, what_is_no_opus_packet);
    tcase_add_test(cases, durations_follow_the_table);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
