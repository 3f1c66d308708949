#include "common/webrtc/transport/ice_lite.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#define LOCAL_UFRAG "server-ufrag"
#define LOCAL_PWD "a-password-of-22-chars"

static StunAgent client;
static uint8_t request[1024];
static size_t request_size;
static struct sockaddr_in source;
static uint8_t response[256];
static size_t response_size;
static struct ice_lite_check check;

static void setup(void)
{
    stun_agent_init(&client, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    source = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(40123)};
    inet_pton(AF_INET, "198.51.100.7", &source.sin_addr);
    memset(&check, 0x55, sizeof(check));
    response_size = 0;
}

static void make_request(const char *username, const char *pwd, bool use_candidate,
                         bool controlling)
{
    StunMessage message;

    request_size = stun_usage_ice_conncheck_create(
        &client, &message, request, sizeof(request), (const uint8_t *)username, strlen(username),
        (const uint8_t *)pwd, strlen(pwd), use_candidate, controlling, 0x6e0001ff, 12345, NULL,
        STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    ck_assert_uint_gt(request_size, 0);
}

static enum status answer(const void *data, size_t size)
{
    return ice_lite_answer(data, size, LOCAL_UFRAG, LOCAL_PWD, (struct sockaddr *)&source,
                           sizeof(source), &check, response, sizeof(response), &response_size);
}

/* libnice's client side accepts the answer and reads our view of its address from it. */
static void check_response(const struct sockaddr *expected, socklen_t expected_size)
{
    StunMessage message;
    struct sockaddr_storage mapped;
    socklen_t mapped_size = sizeof(mapped);

    ck_assert_int_eq(stun_agent_validate(&client, &message, response, response_size,
                                         stun_agent_default_validater, NULL),
                     STUN_VALIDATION_SUCCESS);
    ck_assert_int_eq(stun_usage_ice_conncheck_process(&message, &mapped, &mapped_size,
                                                      STUN_USAGE_ICE_COMPATIBILITY_RFC5245),
                     STUN_USAGE_ICE_RETURN_SUCCESS);
    ck_assert_uint_eq(mapped_size, expected_size);
    ck_assert_mem_eq(&mapped, expected, expected_size);
    ck_assert(stun_message_has_attribute(&message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS));
    ck_assert(stun_message_has_attribute(&message, STUN_ATTRIBUTE_FINGERPRINT));
}

START_TEST(request_is_answered)
{
    make_request(LOCAL_UFRAG ":peer", LOCAL_PWD, _i == 1, true);
    ck_assert(answer(request, request_size) == STATUS_OK);
    ck_assert(check.use_candidate == (_i == 1));
    ck_assert_uint_eq(check.priority, 0x6e0001ff);
    check_response((struct sockaddr *)&source, sizeof(source));
}
END_TEST

START_TEST(ipv6_source_is_mapped)
{
    struct sockaddr_in6 source6 = {.sin6_family = AF_INET6, .sin6_port = htons(999)};

    inet_pton(AF_INET6, "2001:db8::7", &source6.sin6_addr);
    make_request(LOCAL_UFRAG ":peer", LOCAL_PWD, false, true);
    ck_assert(ice_lite_answer(request, request_size, LOCAL_UFRAG, LOCAL_PWD,
                              (struct sockaddr *)&source6, sizeof(source6), &check, response,
                              sizeof(response), &response_size) == STATUS_OK);
    check_response((struct sockaddr *)&source6, sizeof(source6));
}
END_TEST

static void check_silence(enum status expected)
{
    ck_assert_int_eq(answer(request, request_size), expected);
    ck_assert_uint_eq(response_size, 0);
    ck_assert_uint_eq(check.priority, 0x55555555);
}

START_TEST(wrong_password_is_refused)
{
    make_request(LOCAL_UFRAG ":peer", "another-password-of-22", true, true);
    check_silence(STATUS_UNAUTHENTIC);
}
END_TEST

START_TEST(wrong_ufrag_is_refused)
{
    static const char *const names[] = {"server-ufra:peer", "server-ufragX:peer",
                                        "peer:server-ufrag", LOCAL_UFRAG};

    make_request(names[_i], LOCAL_PWD, true, true);
    check_silence(STATUS_UNAUTHENTIC);
}
END_TEST

START_TEST(tampering_is_refused)
{
    make_request(LOCAL_UFRAG ":peer", LOCAL_PWD, true, true);
    for (size_t i = 0; i < request_size * 8; i++) {
        request[i / 8] ^= (uint8_t)(1u << i % 8);
        ck_assert_msg(answer(request, request_size) != STATUS_OK, "bit %zu", i);
        request[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    ck_assert(answer(request, request_size) == STATUS_OK);
}
END_TEST

START_TEST(truncation_is_refused)
{
    char ufrag[64];

    make_request(LOCAL_UFRAG ":peer", LOCAL_PWD, true, true);
    for (size_t size = 0; size < request_size; size++) {
        uint8_t *exact = malloc(size + 1); /* so that a sanitizer sees reads beyond it */

        memcpy(exact, request, size);
        ck_assert(answer(exact, size) == STATUS_MALFORMED);
        ck_assert(ice_lite_peek_ufrag(exact, size, ufrag, sizeof(ufrag)) == STATUS_MALFORMED);
        free(exact);
    }
    ck_assert(answer(request, request_size + 1) == STATUS_MALFORMED);
}
END_TEST

START_TEST(response_must_fit)
{
    make_request(LOCAL_UFRAG ":peer", LOCAL_PWD, true, true);
    for (size_t size = 0; size < 160; size++)
        ck_assert(ice_lite_answer(request, request_size, LOCAL_UFRAG, LOCAL_PWD,
                                  (struct sockaddr *)&source, sizeof(source), &check, response,
                                  size, &response_size) == STATUS_TOO_LARGE);
    ck_assert_uint_eq(response_size, 0);
    ck_assert(answer(request, request_size) == STATUS_OK);
}
END_TEST

START_TEST(ufrag_is_peeked)
{
    char ufrag[sizeof(LOCAL_UFRAG)];

    make_request(LOCAL_UFRAG ":peer", LOCAL_PWD, true, true);
    ck_assert(ice_lite_peek_ufrag(request, request_size, ufrag, sizeof(ufrag)) == STATUS_OK);
    ck_assert_str_eq(ufrag, LOCAL_UFRAG);
    ck_assert(ice_lite_peek_ufrag(request, request_size, ufrag, sizeof(ufrag) - 1) ==
              STATUS_MALFORMED);
    make_request("no-colon", LOCAL_PWD, true, true);
    ck_assert(ice_lite_peek_ufrag(request, request_size, ufrag, sizeof(ufrag)) == STATUS_MALFORMED);
}
END_TEST

/* RFC 5769 §2.1, the sample request: authentic to us, and its sender claims to be controlled. */
static const uint8_t rfc5769_request[] =
    "\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
    "\x80\x22\x00\x10STUN test client"
    "\x00\x24\x00\x04\x6e\x00\x01\xff"
    "\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36"
    "\x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20"
    "\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71"
    "\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf";

START_TEST(rfc5769_sample_gets_a_role_conflict)
{
    char ufrag[16];

    ck_assert(ice_lite_peek_ufrag(rfc5769_request, 108, ufrag, sizeof(ufrag)) == STATUS_OK);
    ck_assert_str_eq(ufrag, "evtj");
    ck_assert(ice_lite_answer(rfc5769_request, 108, "evtj", "VOkJxbRl1RmTxUk/WvJxBt",
                              (struct sockaddr *)&source, sizeof(source), &check, response,
                              sizeof(response), &response_size) == STATUS_CONFLICT);
    ck_assert_uint_gt(response_size, 20);
    ck_assert_uint_eq(response[0] << 8 | response[1], 0x0111); /* binding error */
    ck_assert_uint_eq(check.priority, 0x55555555);
    ck_assert(ice_lite_answer(rfc5769_request, 108, "evtj", "VOkJxbRl1RmTxUk/WvJxBT",
                              (struct sockaddr *)&source, sizeof(source), &check, response,
                              sizeof(response), &response_size) == STATUS_UNAUTHENTIC);
}
END_TEST

/* libnice compares 20 bytes behind a MESSAGE-INTEGRITY that claims to be shorter. */
START_TEST(short_integrity_is_refused)
{
    static const uint8_t tail[] = {0x00, 0x08, 0x00, 0x00};
    uint8_t *message;
    size_t size;

    make_request(LOCAL_UFRAG ":peer", LOCAL_PWD, true, true);
    size = request_size - 8 - 24 + sizeof(tail); /* without FINGERPRINT and MESSAGE-INTEGRITY */
    message = malloc(size);
    memcpy(message, request, size - sizeof(tail));
    memcpy(message + size - sizeof(tail), tail, sizeof(tail));
    message[2] = (uint8_t)((size - 20) >> 8);
    message[3] = (uint8_t)(size - 20);
    ck_assert(answer(message, size) == STATUS_UNAUTHENTIC);
    free(message);
}
END_TEST

START_TEST(other_stun_is_malformed)
{
    StunMessage message;
    char ufrag[64];

    ck_assert(
        stun_agent_init_indication(&client, &message, request, sizeof(request), STUN_BINDING));
    request_size = stun_agent_finish_message(&client, &message, NULL, 0);
    ck_assert(answer(request, request_size) == STATUS_MALFORMED);
    ck_assert(ice_lite_peek_ufrag(request, request_size, ufrag, 64) == STATUS_MALFORMED);
    make_request(LOCAL_UFRAG ":peer", LOCAL_PWD, true, true);
    ck_assert(answer(request, request_size) == STATUS_OK);
    ck_assert(answer(response, response_size) == STATUS_MALFORMED); /* a response */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ice_lite");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, request_is_answered, 0, 2);
    tcase_add_test(tcase, ipv6_source_is_mapped);
    tcase_add_test(tcase, wrong_password_is_refused);
    tcase_add_loop_test(tcase, wrong_ufrag_is_refused, 0, 4);
    tcase_add_test(tcase, tampering_is_refused);
    tcase_add_test(tcase, truncation_is_refused);
    tcase_add_test(tcase, response_must_fit);
    tcase_add_test(tcase, ufrag_is_peeked);
    tcase_add_test(tcase, rfc5769_sample_gets_a_role_conflict);
    tcase_add_test(tcase, short_integrity_is_refused);
    tcase_add_test(tcase, other_stun_is_malformed);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
