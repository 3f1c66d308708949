#include "common/webrtc/bandwidth/sent_packets.h"

#include <check.h>

static struct sent_packets packets;
static struct sent_packet packet;

START_TEST(what_was_sent_is_found)
{
    sent_packets_init(&packets);
    ck_assert(!sent_packets_find(&packets, 0, 0, &packet));
    for (uint16_t i = 0; i < 10; i++)
        sent_packets_record(&packets, (uint16_t)(65530 + i), 100 + i, 1000000 + i * 10000);
    ck_assert(sent_packets_find(&packets, 65535, 5000000, &packet));
    ck_assert_int_eq(packet.fate, SENT_UNDERWAY);
    ck_assert_int_le(packet.sent_us, 1050000);
    ck_assert_int_gt(packet.sent_us, 1050000 - 64);
    ck_assert_uint_eq(packet.size_bytes, 104); /* 105 to the nearest multiple of 4 */
    ck_assert(sent_packets_find(&packets, 3, 5000000, &packet)); /* over the wrap */
    ck_assert(!sent_packets_find(&packets, 4, 5000000, &packet));
    ck_assert(!sent_packets_find(&packets, 65529, 5000000, &packet));
}
END_TEST

START_TEST(the_fate_is_kept_beside_the_rest)
{
    sent_packets_init(&packets);
    sent_packets_record(&packets, 7, 1200, 64000);
    sent_packets_set_fate(&packets, 7, SENT_MISSING);
    ck_assert(sent_packets_find(&packets, 7, 64000, &packet));
    ck_assert_int_eq(packet.fate, SENT_MISSING);
    sent_packets_set_fate(&packets, 7, SENT_ARRIVED);
    ck_assert(sent_packets_find(&packets, 7, 64000, &packet));
    ck_assert_int_eq(packet.fate, SENT_ARRIVED);
    ck_assert_uint_eq(packet.size_bytes, 1200);
    ck_assert_int_eq(packet.sent_us, 64000);
}
END_TEST

START_TEST(the_oldest_make_room)
{
    sent_packets_init(&packets);
    for (unsigned i = 0; i < 3 * SENT_PACKETS_MAX; i++)
        sent_packets_record(&packets, (uint16_t)i, 100, i);
    ck_assert(!sent_packets_find(&packets, 2 * SENT_PACKETS_MAX - 1, 10000, &packet));
    ck_assert(sent_packets_find(&packets, 2 * SENT_PACKETS_MAX, 10000, &packet));
    ck_assert(sent_packets_find(&packets, 3 * SENT_PACKETS_MAX - 1, 10000, &packet));
}
END_TEST

START_TEST(a_jump_of_the_numbers_begins_anew)
{
    sent_packets_init(&packets);
    sent_packets_record(&packets, 1, 100, 0);
    sent_packets_record(&packets, 5, 100, 0);
    ck_assert(!sent_packets_find(&packets, 1, 1000, &packet));
    ck_assert(!sent_packets_find(&packets, 3, 1000, &packet));
    ck_assert(sent_packets_find(&packets, 5, 1000, &packet));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/bandwidth/sent_packets");
    TCase *cases = tcase_create("sent_packets");
    tcase_add_test(cases, what_was_sent_is_found);
    tcase_add_test(cases, the_fate_is_kept_beside_the_rest);
    tcase_add_test(cases, the_oldest_make_room);
    tcase_add_test(cases, a_jump_of_the_numbers_begins_anew);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
