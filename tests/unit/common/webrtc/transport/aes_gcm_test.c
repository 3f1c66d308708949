#include "common/webrtc/transport/aes_gcm.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 7714 §16.1.1: one SRTP packet, its tag behind it. */
static const uint8_t rfc7714_key[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t rfc7714_iv[] = {0x51, 0x75, 0x3c, 0x65, 0x80, 0xc2,
                                     0x72, 0x6f, 0x20, 0x71, 0x84, 0x14};
static const uint8_t rfc7714_header[] = {0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41,
                                         0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2};
static const char rfc7714_plain[] = "Gallia est omnis divisa in partes tres";
static const uint8_t rfc7714_sealed[] = {0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba,
                                         0x86, 0x1c, 0x9d, 0x7e, 0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5,
                                         0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a, 0x51, 0xc7,
                                         0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33};
static const uint8_t rfc7714_tag[] = {0x89, 0x9d, 0x7f, 0x27, 0xbe, 0xb1, 0x6a, 0x91,
                                      0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce};
#define SIZE (sizeof rfc7714_plain - 1)

static struct aes_gcm_key key;

static void setup(void)
{
    ck_assert(aes_gcm_start());
    aes_gcm_key_expand(&key, rfc7714_key);
}

START_TEST(seals_the_packet_of_rfc_7714)
{
    uint8_t data[SIZE], tag[AES_GCM_TAG_SIZE];

    memcpy(data, rfc7714_plain, SIZE);
    aes_gcm_seal(&key, rfc7714_iv, rfc7714_header, sizeof rfc7714_header, data, SIZE, tag);
    ck_assert_mem_eq(data, rfc7714_sealed, SIZE);
    ck_assert_mem_eq(tag, rfc7714_tag, sizeof tag);
}
END_TEST

START_TEST(opens_the_packet_of_rfc_7714)
{
    uint8_t data[SIZE];

    memcpy(data, rfc7714_sealed, SIZE);
    ck_assert(aes_gcm_open(&key, rfc7714_iv, rfc7714_header, sizeof rfc7714_header, data, SIZE,
                           rfc7714_tag));
    ck_assert_mem_eq(data, rfc7714_plain, SIZE);
}
END_TEST

START_TEST(any_other_bit_is_refused)
{
    for (size_t bit = 0; bit < 8 * (sizeof rfc7714_header + SIZE + AES_GCM_TAG_SIZE); bit++) {
        uint8_t all[sizeof rfc7714_header + SIZE + AES_GCM_TAG_SIZE];
        uint8_t *data = all + sizeof rfc7714_header;

        memcpy(all, rfc7714_header, sizeof rfc7714_header);
        memcpy(data, rfc7714_sealed, SIZE);
        memcpy(data + SIZE, rfc7714_tag, AES_GCM_TAG_SIZE);
        all[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert(
            !aes_gcm_open(&key, rfc7714_iv, all, sizeof rfc7714_header, data, SIZE, data + SIZE));
    }
}
END_TEST

/* FIPS 197, appendix B */
START_TEST(encrypts_the_block_of_fips_197)
{
    static const uint8_t block_key[] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                        0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
    static const uint8_t in[] = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d,
                                 0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34};
    static const uint8_t expected[] = {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb,
                                       0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32};
    uint8_t out[AES_BLOCK_SIZE];

    aes_128_encrypt_block(block_key, in, out);
    ck_assert_mem_eq(out, expected, sizeof out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("aes_gcm");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    if (!aes_gcm_start()) {
        puts("no libipsec-mb, or no AES instructions: nothing to test");
        return 77;
    }
    runner = srunner_create(suite);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, seals_the_packet_of_rfc_7714);
    tcase_add_test(tcase, opens_the_packet_of_rfc_7714);
    tcase_add_test(tcase, any_other_bit_is_refused);
    tcase_add_test(tcase, encrypts_the_block_of_fips_197);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
