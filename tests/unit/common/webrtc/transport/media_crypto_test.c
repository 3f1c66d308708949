#include "common/webrtc/transport/media_crypto.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_SIZE 100
#define RTP_SIZE (12 + PAYLOAD_SIZE)

static struct media_crypto *sender, *receiver;
static const enum srtp_suite suites[] = {SRTP_SUITE_AEAD_AES_128_GCM, SRTP_SUITE_AES128_CM_SHA1_80};

static void open_pair(enum srtp_suite suite)
{
    struct srtp_keys keys = {.suite = suite, .key_size = 16};
    struct srtp_keys turned;

    keys.salt_size = suite == SRTP_SUITE_AEAD_AES_128_GCM ? 12 : 14;
    for (int i = 0; i < 30; i++) {
        keys.send[i] = (uint8_t)(i + 1);
        keys.receive[i] = (uint8_t)(200 - i);
    }
    turned = keys;
    memcpy(turned.send, keys.receive, sizeof(keys.send));
    memcpy(turned.receive, keys.send, sizeof(keys.send));
    ck_assert(media_crypto_start() == STATUS_OK);
    ck_assert(media_crypto_create(&keys, &sender) == STATUS_OK);
    ck_assert(media_crypto_create(&turned, &receiver) == STATUS_OK);
}

static void teardown(void)
{
    media_crypto_destroy(sender);
    media_crypto_destroy(receiver);
    sender = receiver = NULL;
}

struct packet {
    _Alignas(4) uint8_t data[RTP_SIZE + MEDIA_CRYPTO_OVERHEAD];
    size_t size;
};

static struct packet make_rtp(uint16_t sequence, uint32_t ssrc)
{
    struct packet packet = {.size = RTP_SIZE};

    packet.data[0] = 0x80;
    packet.data[1] = 96;
    packet.data[2] = (uint8_t)(sequence >> 8);
    packet.data[3] = (uint8_t)sequence;
    for (int i = 0; i < 4; i++)
        packet.data[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    for (int i = 0; i < PAYLOAD_SIZE; i++)
        packet.data[12 + i] = (uint8_t)(i ^ sequence);
    return packet;
}

static struct packet protect(uint16_t sequence, uint32_t ssrc)
{
    struct packet packet = make_rtp(sequence, ssrc);

    ck_assert(media_crypto_protect_rtp(sender, packet.data, &packet.size) == STATUS_OK);
    return packet;
}

static enum status unprotect(struct packet packet)
{
    return media_crypto_unprotect_rtp(receiver, packet.data, &packet.size);
}

START_TEST(round_trip)
{
    struct packet packet, original = make_rtp(7, 0x11223344);

    open_pair(suites[_i]);
    packet = protect(7, 0x11223344);
    ck_assert_uint_eq(packet.size, RTP_SIZE + (_i == 0 ? 16 : 10));
    ck_assert_mem_eq(packet.data, original.data, 12);
    ck_assert_mem_ne(packet.data + 12, original.data + 12, PAYLOAD_SIZE);
    ck_assert(media_crypto_unprotect_rtp(receiver, packet.data, &packet.size) == STATUS_OK);
    ck_assert_uint_eq(packet.size, RTP_SIZE);
    ck_assert_mem_eq(packet.data, original.data, RTP_SIZE);
}
END_TEST

START_TEST(rtcp_round_trip)
{
    _Alignas(4) uint8_t report[8 + MEDIA_CRYPTO_OVERHEAD] = {0x80, 201, 0, 1, 1, 2, 3, 4};
    _Alignas(4) uint8_t copy[sizeof(report)];
    size_t size = 8, copy_size;

    open_pair(suites[_i]);
    ck_assert(media_crypto_protect_rtcp(sender, report, &size) == STATUS_OK);
    ck_assert_uint_gt(size, 8 + 4);
    memcpy(copy, report, sizeof(copy));
    copy_size = size;
    ck_assert(media_crypto_unprotect_rtcp(receiver, report, &size) == STATUS_OK);
    ck_assert_uint_eq(size, 8);
    ck_assert(media_crypto_unprotect_rtcp(receiver, copy, &copy_size) == STATUS_REPLAYED);
}
END_TEST

START_TEST(replay_is_refused)
{
    struct packet packet;

    open_pair(suites[_i]);
    packet = protect(100, 1);
    ck_assert(unprotect(packet) == STATUS_OK);
    ck_assert(unprotect(packet) == STATUS_REPLAYED);
}
END_TEST

/* The window is 256: a packet 200 late passes once, one 300 late is old. */
START_TEST(late_packets_pass_within_the_window)
{
    struct packet early, late;

    open_pair(suites[_i]);
    early = protect(1800, 1);
    late = protect(1900, 1);
    for (int i = 1901; i <= 2100; i++)
        ck_assert(unprotect(protect((uint16_t)i, 1)) == STATUS_OK);
    ck_assert(unprotect(late) == STATUS_OK);
    ck_assert(unprotect(late) == STATUS_REPLAYED);
    ck_assert(unprotect(early) == STATUS_REPLAYED);
}
END_TEST

START_TEST(tampering_is_refused_anywhere)
{
    struct packet good;

    open_pair(suites[_i]);
    good = protect(5, 1);
    for (size_t i = 1; i < good.size; i++) {
        struct packet bad = good;

        bad.data[i] ^= 0x10;
        ck_assert_msg(unprotect(bad) != STATUS_OK, "byte %zu", i);
    }
    ck_assert(unprotect(good) == STATUS_OK); /* and none of that moved the window */
}
END_TEST

START_TEST(tampered_payload_is_unauthentic)
{
    struct packet packet;

    open_pair(suites[_i]);
    packet = protect(5, 1);
    packet.data[20] ^= 1;
    ck_assert(unprotect(packet) == STATUS_UNAUTHENTIC);
}
END_TEST

START_TEST(short_packets_are_refused)
{
    struct packet packet;

    open_pair(suites[_i]);
    for (size_t size = 0; size < 30; size++) {
        size_t rtp_size = size, rtcp_size = size;

        packet = protect((uint16_t)(5 + size), 1);
        ck_assert(media_crypto_unprotect_rtp(receiver, packet.data, &rtp_size) != STATUS_OK);
        ck_assert_uint_eq(rtp_size, size);
        packet = protect((uint16_t)(105 + size), 1);
        ck_assert(media_crypto_unprotect_rtcp(receiver, packet.data, &rtcp_size) != STATUS_OK);
    }
}
END_TEST

/* The rollover counter (RFC 3711 §3.3.1) must follow on both sides, twice, with the last packet
 * before a wrap arriving after it. */
START_TEST(sequence_wraps_are_survived)
{
    struct packet held;

    open_pair(suites[_i]);
    for (uint32_t i = 0; i < 3 * 65536; i++) {
        struct packet packet = protect((uint16_t)i, 1);

        if ((uint16_t)i == 65535) {
            held = packet;
            continue;
        }
        ck_assert_msg(unprotect(packet) == STATUS_OK, "packet %u", i);
        if (i > 65536 && (uint16_t)i == 3)
            ck_assert(unprotect(held) == STATUS_OK);
    }
}
END_TEST

/* A re-stamped packet under a used sequence number would reuse GCM's nonce. */
START_TEST(second_send_of_a_sequence_number_is_refused)
{
    struct packet packet;

    open_pair(suites[_i]);
    protect(9, 1);
    packet = make_rtp(9, 1);
    ck_assert(media_crypto_protect_rtp(sender, packet.data, &packet.size) == STATUS_REPLAYED);
}
END_TEST

START_TEST(streams_are_independent)
{
    open_pair(suites[_i]);
    for (uint32_t ssrc = 1; ssrc < 40; ssrc++)
        ck_assert(unprotect(protect(4, ssrc)) == STATUS_OK);
}
END_TEST

START_TEST(unknown_suite_is_unsupported)
{
    struct srtp_keys keys = {.suite = SRTP_SUITE_NONE, .key_size = 16, .salt_size = 14};

    ck_assert(media_crypto_start() == STATUS_OK);
    ck_assert(media_crypto_create(&keys, &sender) == STATUS_UNSUPPORTED);
    ck_assert_ptr_null(sender);
    ck_assert_ptr_nonnull(strstr(media_crypto_build(), "libsrtp2 2."));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media_crypto");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, round_trip, 0, 2);
    tcase_add_loop_test(tcase, rtcp_round_trip, 0, 2);
    tcase_add_loop_test(tcase, replay_is_refused, 0, 2);
    tcase_add_loop_test(tcase, late_packets_pass_within_the_window, 0, 2);
    tcase_add_loop_test(tcase, tampering_is_refused_anywhere, 0, 2);
    tcase_add_loop_test(tcase, tampered_payload_is_unauthentic, 0, 2);
    tcase_add_loop_test(tcase, short_packets_are_refused, 0, 2);
    tcase_add_loop_test(tcase, sequence_wraps_are_survived, 0, 2);
    tcase_add_loop_test(tcase, second_send_of_a_sequence_number_is_refused, 0, 2);
    tcase_add_loop_test(tcase, streams_are_independent, 0, 2);
    tcase_add_test(tcase, unknown_suite_is_unsupported);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
