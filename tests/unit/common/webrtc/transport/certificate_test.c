#include "common/webrtc/transport/certificate.h"

#include <check.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static X509 *parse(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);
    return x509;
}

/* What others would read from it: the curve, the names, the dates, its own signature. */
START_TEST(is_a_self_signed_p256_certificate)
{
    struct certificate *certificate;
    X509 *x509;
    EVP_PKEY *key;
    char group[32] = "", name[64] = "";

    ck_assert(certificate_create("caseload", "IP:127.0.0.1,DNS:localhost", 30, &certificate) ==
              STATUS_OK);
    x509 = parse(certificate_pem(certificate));
    ck_assert_ptr_nonnull(x509);
    key = X509_get0_pubkey(x509);
    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    ck_assert_str_eq(group, "prime256v1");
    X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, name, sizeof(name));
    ck_assert_str_eq(name, "caseload");
    ck_assert_int_eq(X509_verify(x509, key), 1);
    ck_assert_int_eq(X509_check_ip_asc(x509, "127.0.0.1", 0), 1);
    ck_assert_int_eq(X509_check_host(x509, "localhost", 0, 0, NULL), 1);
    ck_assert_int_eq(X509_check_host(x509, "elsewhere", 0, 0, NULL), 0);
    ck_assert_int_lt(X509_cmp_current_time(X509_get0_notBefore(x509)), 0);
    ck_assert_int_gt(X509_cmp_current_time(X509_get0_notAfter(x509)), 0);
    X509_free(x509);
    certificate_destroy(certificate);
}
END_TEST

START_TEST(key_belongs_to_the_certificate)
{
    struct certificate *certificate;
    BIO *bio;
    EVP_PKEY *key;
    X509 *x509;

    ck_assert(certificate_create("a", NULL, 1, &certificate) == STATUS_OK);
    bio = BIO_new_mem_buf(certificate_key_pem(certificate), -1);
    key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    x509 = parse(certificate_pem(certificate));
    ck_assert_int_eq(X509_check_private_key(x509, key), 1);
    X509_free(x509);
    EVP_PKEY_free(key);
    BIO_free(bio);
    certificate_destroy(certificate);
}
END_TEST

/* RFC 8122 §5: 32 upper-case hex pairs with colons, of the DER form. */
START_TEST(fingerprint_is_sha256_of_the_der_form)
{
    struct certificate *certificate;
    const char *text;
    X509 *x509;
    uint8_t digest[32];
    char expected[4];

    ck_assert(certificate_create("a", NULL, 1, &certificate) == STATUS_OK);
    text = certificate_fingerprint(certificate);
    ck_assert_uint_eq(strlen(text), 95);
    x509 = parse(certificate_pem(certificate));
    X509_digest(x509, EVP_sha256(), digest, NULL);
    for (int i = 0; i < 32; i++) {
        snprintf(expected, sizeof(expected), "%02X%s", digest[i], i < 31 ? ":" : "");
        ck_assert_int_eq(strncmp(text + 3 * i, expected, strlen(expected)), 0);
    }
    X509_free(x509);
    certificate_destroy(certificate);
}
END_TEST

START_TEST(two_certificates_differ)
{
    struct certificate *a, *b;

    ck_assert(certificate_create("a", NULL, 1, &a) == STATUS_OK);
    ck_assert(certificate_create("a", NULL, 1, &b) == STATUS_OK);
    ck_assert_str_ne(certificate_fingerprint(a), certificate_fingerprint(b));
    certificate_destroy(a);
    certificate_destroy(b);
    certificate_destroy(NULL);
}
END_TEST

START_TEST(bad_alternative_name_is_invalid)
{
    struct certificate *certificate = NULL;

    ck_assert(certificate_create("a", "IP:not-an-address", 1, &certificate) == STATUS_INVALID);
    ck_assert_ptr_null(certificate);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("certificate");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, is_a_self_signed_p256_certificate);
    tcase_add_test(tcase, key_belongs_to_the_certificate);
    tcase_add_test(tcase, fingerprint_is_sha256_of_the_der_form);
    tcase_add_test(tcase, two_certificates_differ);
    tcase_add_test(tcase, bad_alternative_name_is_invalid);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
