#include "common/webrtc/transport/dtls_library.h"

#include <check.h>
#include <openssl/core_dispatch.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

static void count(OSSL_DECODER *decoder, void *arg)
{
    (void)decoder;
    ++*(size_t *)arg;
}

/* What it is for: fewer of them to go through for each certificate. */
START_TEST(it_has_few_decoders)
{
    size_t few = 0, all = 0;

    OSSL_DECODER_do_all_provided(dtls_library(), count, &few);
    OSSL_DECODER_do_all_provided(NULL, count, &all);
    ck_assert_ptr_nonnull(dtls_library());
    ck_assert_uint_gt(few, 0);
    ck_assert_uint_lt(few, all / 2);
}
END_TEST

static const struct {
    const char *type, *parameter; /* of a curve */
    size_t bits;                  /* of RSA */
} kinds[] = {{"EC", "P-256", 0}, {"EC", "P-384", 0}, {"RSA", NULL, 2048}, {"ED25519", NULL, 0}};

/* RFC 8827 §6.5 asks for P-256; peers with an RSA certificate are older but real. */
START_TEST(it_reads_the_keys_that_certificates_hold)
{
    EVP_PKEY *key = kinds[_i].bits        ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", kinds[_i].bits)
                    : kinds[_i].parameter ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[_i].parameter)
                                          : EVP_PKEY_Q_keygen(NULL, NULL, kinds[_i].type);
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    const unsigned char *at = der;

    ck_assert_int_gt(size, 0);
    EVP_PKEY *read = d2i_PUBKEY_ex(NULL, &at, size, dtls_library(), NULL);
    ck_assert_ptr_nonnull(read);
    ck_assert_int_eq(EVP_PKEY_eq(key, read), 1);
    EVP_PKEY_free(read);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dtls_library");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, it_has_few_decoders);
    tcase_add_loop_test(cases, it_reads_the_keys_that_certificates_hold, 0,
                        sizeof kinds / sizeof kinds[0]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
