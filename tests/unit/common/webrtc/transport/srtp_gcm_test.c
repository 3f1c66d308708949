/* Ours against libsrtp2, packet by packet and both ways: two programs that were written apart. */
#include "common/webrtc/transport/srtp_gcm.h"

#include <check.h>
#include <srtp2/srtp.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/webrtc/transport/aes_gcm.h"

#define SPARE 160

static uint8_t master[28];
static struct srtp_gcm *ours;
static srtp_t theirs_in, theirs_out;
static uint32_t random_state;

struct packet {
    alignas(4) uint8_t data[1472 + SPARE];
    size_t size;
};

static srtp_t create_theirs(srtp_ssrc_type_t direction)
{
    srtp_policy_t policy;
    srtp_t session;

    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    policy.key = master;
    policy.ssrc.type = direction;
    policy.window_size = 256;
    ck_assert(srtp_create(&session, &policy) == srtp_err_status_ok);
    return session;
}

static void setup(void)
{
    for (size_t i = 0; i < sizeof master; i++)
        master[i] = (uint8_t)(17 * i + 3);
    random_state = 1;
    ck_assert(aes_gcm_start());
    ck_assert(srtp_init() == srtp_err_status_ok);
    ours = srtp_gcm_create(master);
    ck_assert_ptr_nonnull(ours);
    theirs_in = create_theirs(ssrc_any_inbound);
    theirs_out = create_theirs(ssrc_any_outbound);
}

static void teardown(void)
{
    srtp_gcm_destroy(ours);
    srtp_dealloc(theirs_in);
    srtp_dealloc(theirs_out);
    srtp_shutdown();
}

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

static void fill(struct packet *packet, size_t from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        packet->data[from + i] = (uint8_t)draw(256);
    packet->size = from + count;
}

/* With any number of CSRCs, an extension block or none, and any payload. */
static struct packet make_rtp(uint16_t sequence, uint32_t ssrc)
{
    struct packet packet = {.size = 12};
    uint32_t csrcs = draw(4) == 0 ? draw(16) : 0, extension = draw(2) ? draw(5) : 0;

    fill(&packet, 0, 12 + 4 * csrcs);
    packet.data[0] = (uint8_t)(0x80 | (extension ? 0x10 : 0) | csrcs);
    store_u16(packet.data + 2, sequence);
    store_u32(packet.data + 8, ssrc);
    if (extension) {
        size_t at = packet.size;
        fill(&packet, at, 4 + 4 * extension);
        store_u16(packet.data + at, 0xbede);
        store_u16(packet.data + at + 2, (uint16_t)extension);
    }
    fill(&packet, packet.size, draw(1200));
    return packet;
}

static struct packet make_rtcp(uint32_t ssrc)
{
    struct packet packet;
    size_t words = 1 + draw(200);

    fill(&packet, 0, 4 + 4 * words);
    packet.data[0] = 0x80;
    packet.data[1] = 201;
    store_u16(packet.data + 2, (uint16_t)words);
    store_u32(packet.data + 4, ssrc);
    return packet;
}

typedef enum status our_fn(struct srtp_gcm *session, void *packet, size_t *size);
typedef srtp_err_status_t their_fn(srtp_t session, void *packet, int *size);

static void check_same(const struct packet *packet, const struct packet *original)
{
    ck_assert_uint_eq(packet->size, original->size);
    ck_assert_mem_eq(packet->data, original->data, original->size);
}

static void there(struct packet packet, our_fn *protect, their_fn *unprotect)
{
    struct packet original = packet;
    int size;

    ck_assert(protect(ours, packet.data, &packet.size) == STATUS_OK);
    size = (int)packet.size;
    ck_assert(unprotect(theirs_in, packet.data, &size) == srtp_err_status_ok);
    packet.size = (size_t)size;
    check_same(&packet, &original);
}

static void back(struct packet packet, their_fn *protect, our_fn *unprotect)
{
    struct packet original = packet, again;
    int size = (int)packet.size;

    ck_assert(protect(theirs_out, packet.data, &size) == srtp_err_status_ok);
    packet.size = (size_t)size;
    again = packet;
    ck_assert(unprotect(ours, packet.data, &packet.size) == STATUS_OK);
    check_same(&packet, &original);
    ck_assert(unprotect(ours, again.data, &again.size) == STATUS_REPLAYED);
}

/* Three times around the sequence numbers, some packets in another order, several SSRCs. */
#define PACKETS 9000
static uint16_t sequence_of(int i)
{
    return (uint16_t)(22 * (i ^ (i % 7 == 3)));
}

START_TEST(they_read_our_rtp)
{
    for (int i = 0; i < PACKETS; i++)
        there(make_rtp(sequence_of(i), 1 + (uint32_t)i % 5), srtp_gcm_protect_rtp, srtp_unprotect);
}
END_TEST

START_TEST(we_read_their_rtp)
{
    for (int i = 0; i < PACKETS; i++)
        back(make_rtp(sequence_of(i), 1 + (uint32_t)i % 5), srtp_protect, srtp_gcm_unprotect_rtp);
}
END_TEST

START_TEST(they_read_our_rtcp)
{
    for (int i = 0; i < 1000; i++)
        there(make_rtcp(1 + draw(20)), srtp_gcm_protect_rtcp, srtp_unprotect_rtcp);
}
END_TEST

START_TEST(we_read_their_rtcp)
{
    for (int i = 0; i < 1000; i++)
        back(make_rtcp(1 + draw(20)), srtp_protect_rtcp, srtp_gcm_unprotect_rtcp);
}
END_TEST

/* libsrtp2 sends it so when only authentication was asked for: the E flag is 0. */
START_TEST(we_read_rtcp_that_is_only_authenticated)
{
    struct packet packet = make_rtcp(9), original = packet;
    srtp_policy_t policy;
    srtp_t session;
    int size = (int)packet.size;

    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    policy.rtcp.sec_serv = sec_serv_auth;
    policy.key = master;
    policy.ssrc.type = ssrc_any_outbound;
    ck_assert(srtp_create(&session, &policy) == srtp_err_status_ok);
    ck_assert(srtp_protect_rtcp(session, packet.data, &size) == srtp_err_status_ok);
    srtp_dealloc(session);
    packet.size = (size_t)size;
    ck_assert_uint_eq(packet.data[size - 4] & 0x80, 0);
    ck_assert(srtp_gcm_unprotect_rtcp(ours, packet.data, &packet.size) == STATUS_OK);
    check_same(&packet, &original);
}
END_TEST

START_TEST(what_is_no_packet_is_malformed)
{
    static const uint8_t bad[][16] = {
        {0x40}, /* version 1 */
        {0x8f}, /* CSRCs beyond the end */
        {0x90}, /* no room for an extension block: see its size below */
    };

    for (size_t i = 0; i < 3; i++) {
        uint8_t data[16 + SPARE] = {0};
        size_t size = i == 2 ? 14 : 16;

        memcpy(data, bad[i], 16);
        ck_assert(srtp_gcm_protect_rtp(ours, data, &size) == STATUS_MALFORMED);
        ck_assert(srtp_gcm_unprotect_rtp(ours, data, &size) == STATUS_MALFORMED);
    }
    for (size_t size = 0; size < 8 + SRTP_GCM_OVERHEAD; size++) {
        uint8_t data[64] = {0x80, 200};
        size_t left = size;

        ck_assert(srtp_gcm_unprotect_rtcp(ours, data, &left) == STATUS_MALFORMED);
    }
}
END_TEST

/* Streams are remembered only when a packet is authentic, and not without end. */
START_TEST(too_many_sources_are_refused)
{
    struct srtp_gcm *receiver = srtp_gcm_create(master);
    struct packet packet;

    for (uint32_t ssrc = 0; ssrc < 3 * SRTP_GCM_SSRCS_MAX; ssrc++) {
        packet = make_rtp(1, ssrc << 12);
        packet.size += 16;
        ck_assert(srtp_gcm_unprotect_rtp(receiver, packet.data, &packet.size) ==
                  STATUS_UNAUTHENTIC);
    }
    for (uint32_t ssrc = 0; ssrc <= SRTP_GCM_SSRCS_MAX; ssrc++) {
        enum status expected = ssrc < SRTP_GCM_SSRCS_MAX ? STATUS_OK : STATUS_FULL;
        int size;

        packet = make_rtp(1, ssrc << 12);
        size = (int)packet.size;
        ck_assert(srtp_protect(theirs_out, packet.data, &size) == srtp_err_status_ok);
        packet.size = (size_t)size;
        ck_assert(srtp_gcm_unprotect_rtp(receiver, packet.data, &packet.size) == expected);
    }
    srtp_gcm_destroy(receiver);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("srtp_gcm");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    if (!aes_gcm_start()) {
        puts("no libipsec-mb, or no AES instructions: nothing to test");
        return 77;
    }
    runner = srunner_create(suite);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, they_read_our_rtp);
    tcase_add_test(tcase, we_read_their_rtp);
    tcase_add_test(tcase, they_read_our_rtcp);
    tcase_add_test(tcase, we_read_their_rtcp);
    tcase_add_test(tcase, we_read_rtcp_that_is_only_authenticated);
    tcase_add_test(tcase, what_is_no_packet_is_malformed);
    tcase_add_test(tcase, too_many_sources_are_refused);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
