#include "common/webrtc/transport/packet_kind.h"

#include <check.h>
#include <stdlib.h>

/* RFC 7983 §7, first byte; every border from both sides. */
START_TEST(first_byte_decides)
{
    static const struct {
        uint8_t first;
        enum packet_kind kind;
    } rows[] = {
        {0, PACKET_STUN},      {3, PACKET_STUN},  {4, PACKET_UNKNOWN},  {19, PACKET_UNKNOWN},
        {20, PACKET_DTLS},     {63, PACKET_DTLS}, {64, PACKET_UNKNOWN}, {79, PACKET_UNKNOWN},
        {127, PACKET_UNKNOWN}, {128, PACKET_RTP}, {191, PACKET_RTP},    {192, PACKET_UNKNOWN},
        {255, PACKET_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t data[2] = {rows[i].first, 0};

        ck_assert_msg(packet_kind(data, 2) == rows[i].kind, "first byte %u", rows[i].first);
    }
}
END_TEST

/* RFC 5761 §4: 192…223 in the second byte is RTCP (SR is 200, transport feedback 205). */
START_TEST(second_byte_tells_rtcp)
{
    static const uint8_t rtcp[] = {192, 200, 201, 205, 206, 207, 223};
    static const uint8_t rtp[] = {0, 96, 111, 127, 128 + 63, 224, 128 + 96, 255};

    for (size_t i = 0; i < sizeof(rtcp); i++)
        ck_assert(packet_kind((uint8_t[]){0x81, rtcp[i]}, 2) == PACKET_RTCP);
    for (size_t i = 0; i < sizeof(rtp); i++)
        ck_assert(packet_kind((uint8_t[]){0x90, rtp[i]}, 2) == PACKET_RTP);
}
END_TEST

START_TEST(too_short_is_unknown)
{
    ck_assert(packet_kind((const uint8_t *)"", 0) == PACKET_UNKNOWN);
    ck_assert(packet_kind((uint8_t[]){0x80}, 1) == PACKET_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packet_kind");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, first_byte_decides);
    tcase_add_test(tcase, second_byte_tells_rtcp);
    tcase_add_test(tcase, too_short_is_unknown);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
