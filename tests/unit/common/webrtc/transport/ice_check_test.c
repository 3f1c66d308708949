#include "common/webrtc/transport/ice_check.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/transport/ice_lite.h"
#include "common/webrtc/transport/packet_kind.h"

#define PEER_PWD "a-password-of-22-chars"

static struct ice_check check;
static uint8_t request[ICE_CHECK_MAX];
static size_t request_size;
static struct ice_check_id id;
static uint8_t response[256];
static size_t response_size;
static int code;

static void setup(void)
{
    check = (struct ice_check){.local_ufrag = "mine",
                               .remote_ufrag = "theirs",
                               .remote_pwd = PEER_PWD,
                               .priority = 0x6e0001ff,
                               .tie_breaker = 0x932ff9b151263b36};
    code = 0;
}

static enum status answer(struct ice_lite_check *ret_check)
{
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_port = htons(40123)};

    return ice_lite_answer(request, request_size, "theirs", PEER_PWD, (struct sockaddr *)&source,
                           sizeof source, ret_check, response, sizeof response, &response_size);
}

static void exchange(void)
{
    struct ice_lite_check seen;

    ck_assert(ice_check_write(&check, request, &request_size, &id) == STATUS_OK);
    ck_assert(answer(&seen) == STATUS_OK);
    ck_assert_uint_eq(seen.priority, 0x6e0001ff);
    ck_assert(seen.use_candidate == check.use_candidate);
}

START_TEST(check_is_answered_by_a_lite_agent)
{
    enum stun_class class;
    struct ice_check_id seen;

    check.use_candidate = _i == 1;
    exchange();
    ck_assert(packet_kind(request, request_size) == PACKET_STUN);
    ck_assert(ice_check_peek(request, request_size, &class, &seen) == STATUS_OK);
    ck_assert(class == STUN_CLASS_REQUEST);
    ck_assert_mem_eq(&seen, &id, sizeof id);
    ck_assert(ice_check_peek(response, response_size, &class, &seen) == STATUS_OK);
    ck_assert(class == STUN_CLASS_RESPONSE);
    ck_assert_mem_eq(&seen, &id, sizeof id);
    ck_assert(ice_check_read(response, response_size, &id, PEER_PWD, &code) == STATUS_OK);
}
END_TEST

/* What RFC 8445 §7.1 and §7.2.2 ask for, byte by byte. */
static size_t find_attribute(uint16_t type, const uint8_t **ret_value)
{
    for (size_t at = 20; at + 4 <= request_size;) {
        size_t length = (size_t)request[at + 2] << 8 | request[at + 3];

        if ((request[at] << 8 | request[at + 1]) == type) {
            *ret_value = request + at + 4;
            return length;
        }
        at += 4 + (length + 3) / 4 * 4;
    }
    return SIZE_MAX;
}

START_TEST(attributes_of_a_check)
{
    enum { USERNAME = 6, INTEGRITY = 8, PRIORITY = 0x24, USE = 0x25, CONTROLLING = 0x802a };
    enum { CONTROLLED = 0x8029, FINGERPRINT = 0x8028 };
    const uint8_t *value;

    check.use_candidate = _i == 1;
    exchange();
    ck_assert_uint_eq(find_attribute(USERNAME, &value), 11);
    ck_assert_mem_eq(value, "theirs:mine", 11);
    ck_assert_uint_eq(find_attribute(PRIORITY, &value), 4);
    ck_assert_mem_eq(value, "\x6e\x00\x01\xff", 4);
    ck_assert_uint_eq(find_attribute(CONTROLLING, &value), 8);
    ck_assert_mem_eq(value, "\x93\x2f\xf9\xb1\x51\x26\x3b\x36", 8);
    ck_assert_uint_eq(find_attribute(USE, &value), _i == 1 ? 0 : SIZE_MAX);
    ck_assert_uint_eq(find_attribute(CONTROLLED, &value), SIZE_MAX);
    ck_assert_uint_eq(find_attribute(INTEGRITY, &value), 20);
    ck_assert_uint_eq(find_attribute(FINGERPRINT, &value), 4);
}
END_TEST

START_TEST(every_check_is_a_transaction_of_its_own)
{
    struct ice_check_id first;

    exchange();
    first = id;
    ck_assert(ice_check_write(&check, request, &request_size, &id) == STATUS_OK);
    ck_assert_mem_ne(&first, &id, sizeof id);
    /* The answer to the first one is not an answer to the second one. */
    ck_assert(ice_check_read(response, response_size, &id, PEER_PWD, &code) == STATUS_UNAUTHENTIC);
    ck_assert(ice_check_read(response, response_size, &first, PEER_PWD, &code) == STATUS_OK);
}
END_TEST

START_TEST(tampered_and_cut_responses_are_refused)
{
    exchange();
    ck_assert(ice_check_read(response, response_size, &id, "another-password-of-22", &code) ==
              STATUS_UNAUTHENTIC);
    ck_assert(ice_check_read(response, response_size, &id, "", &code) == STATUS_UNAUTHENTIC);
    for (size_t i = 0; i < response_size * 8; i++) {
        response[i / 8] ^= (uint8_t)(1U << i % 8);
        ck_assert_msg(ice_check_read(response, response_size, &id, PEER_PWD, &code) != STATUS_OK,
                      "bit %zu", i);
        response[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    for (size_t size = 0; size < response_size; size++) {
        uint8_t *exact = malloc(size + 1); /* so that a sanitizer sees reads beyond it */

        memcpy(exact, response, size);
        ck_assert(ice_check_read(exact, size, &id, PEER_PWD, &code) == STATUS_MALFORMED);
        free(exact);
    }
    ck_assert(ice_check_read(response, response_size, &id, PEER_PWD, &code) == STATUS_OK);
    ck_assert(ice_check_read(request, request_size, &id, PEER_PWD, &code) == STATUS_MALFORMED);
    ck_assert_int_eq(code, 0);
}
END_TEST

/* RFC 5769 §2.2, the sample IPv4 response. */
static const uint8_t rfc5769_response[] =
    "\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
    "\x80\x22\x00\x0b\x74\x65\x73\x74\x20\x76\x65\x63\x74\x6f\x72\x20"
    "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"
    "\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7"
    "\xd7\x80\x28\x00\x04\xc0\x7d\x4c\x96";

START_TEST(rfc5769_sample_response_is_authentic)
{
    struct ice_check_id sample;

    memcpy(sample.bytes, rfc5769_response + 4, sizeof sample.bytes);
    ck_assert(ice_check_read(rfc5769_response, 80, &sample, "VOkJxbRl1RmTxUk/WvJxBt", &code) ==
              STATUS_OK);
    ck_assert(ice_check_read(rfc5769_response, 80, &sample, "VOkJxbRl1RmTxUk/WvJxBT", &code) ==
              STATUS_UNAUTHENTIC);
    sample.bytes[15] ^= 1;
    ck_assert(ice_check_read(rfc5769_response, 80, &sample, "VOkJxbRl1RmTxUk/WvJxBt", &code) ==
              STATUS_UNAUTHENTIC);
}
END_TEST

START_TEST(role_conflict_is_told_by_its_code)
{
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_port = htons(40123)};
    struct ice_lite_check seen;

    ck_assert(ice_check_write(&check, request, &request_size, &id) == STATUS_OK);
    ck_assert(ice_lite_answer_controlling(request, request_size, "theirs", PEER_PWD,
                                          (struct sockaddr *)&source, sizeof source, &seen,
                                          response, sizeof response,
                                          &response_size) == STATUS_CONFLICT);
    ck_assert(ice_check_read(response, response_size, &id, PEER_PWD, &code) == STATUS_CONFLICT);
    ck_assert_int_eq(code, 487);
}
END_TEST

/* Errors 400 and 401 may come without MESSAGE-INTEGRITY, and from anybody. */
START_TEST(an_unsigned_error_ends_nothing)
{
    static const uint8_t attribute[] = {0x00, 0x09, 0x00, 0x04, 0x00, 0x00, 0x04, 0x00};
    uint8_t message[28];

    exchange();
    memcpy(message, request, 20);
    message[0] = 0x01, message[1] = 0x11, message[2] = 0, message[3] = sizeof attribute;
    memcpy(message + 20, attribute, sizeof attribute);
    ck_assert(ice_check_read(message, sizeof message, &id, PEER_PWD, &code) == STATUS_UNAUTHENTIC);
}
END_TEST

START_TEST(fragments_have_bounds)
{
    char longest[258], too_long[259];
    struct ice_lite_check seen;

    memset(longest, 'x', 256);
    longest[256] = '\0';
    memset(too_long, 'x', 257);
    too_long[257] = '\0';
    check.local_ufrag = check.remote_ufrag = longest;
    ck_assert(ice_check_write(&check, request, &request_size, &id) == STATUS_OK);
    ck_assert_uint_le(request_size, ICE_CHECK_MAX);
    ck_assert(answer(&seen) == STATUS_UNAUTHENTIC);
    check.remote_ufrag = too_long;
    ck_assert(ice_check_write(&check, request, &request_size, &id) == STATUS_INVALID);
    check.remote_ufrag = "";
    ck_assert(ice_check_write(&check, request, &request_size, &id) == STATUS_INVALID);
}
END_TEST

START_TEST(other_bytes_are_malformed)
{
    static const uint8_t allocate[20] = {0x00, 0x03, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    static const uint8_t old[20] = {0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x43};
    struct ice_check_id seen;
    enum stun_class class;

    ck_assert(ice_check_peek(allocate, 20, &class, &seen) == STATUS_MALFORMED);
    ck_assert(ice_check_peek(old, 20, &class, &seen) == STATUS_MALFORMED);
    ck_assert(ice_check_peek("", 0, &class, &seen) == STATUS_MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/webrtc/transport/ice_check");
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_loop_test(cases, check_is_answered_by_a_lite_agent, 0, 2);
    tcase_add_loop_test(cases, attributes_of_a_check, 0, 2);
    tcase_add_test(cases, every_check_is_a_transaction_of_its_own);
    tcase_add_test(cases, tampered_and_cut_responses_are_refused);
    tcase_add_test(cases, rfc5769_sample_response_is_authentic);
    tcase_add_test(cases, role_conflict_is_told_by_its_code);
    tcase_add_test(cases, an_unsigned_error_ends_nothing);
    tcase_add_test(cases, fragments_have_bounds);
    tcase_add_test(cases, other_bytes_are_malformed);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
