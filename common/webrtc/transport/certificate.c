#include "common/webrtc/transport/certificate.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/webrtc/transport/certificate_private.h"

#define SECONDS_PER_DAY (24 * 60 * 60L)
#define DIGEST_SIZE 32
_Static_assert(FINGERPRINT_SIZE >= DIGEST_SIZE * 3, "a SHA-256 fingerprint must fit");

enum status certificate_digest(const X509 *x509, char text[FINGERPRINT_SIZE])
{
    static const char hex[] = "0123456789ABCDEF";
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    if (X509_digest(x509, EVP_sha256(), digest, &size) != 1 || size != DIGEST_SIZE)
        return STATUS_CRYPTO;
    for (unsigned int i = 0; i < size; i++) {
        text[3 * i] = hex[digest[i] >> 4];
        text[3 * i + 1] = hex[digest[i] & 15];
        text[3 * i + 2] = ':';
    }
    text[3 * size - 1] = '\0';
    return STATUS_OK;
}

/* A random positive serial number of 63 bits (RFC 5280 §4.1.2.2). */
static bool set_serial(X509 *x509)
{
    uint64_t serial;

    return RAND_bytes((unsigned char *)&serial, sizeof(serial)) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), (serial >> 1) | 1) == 1;
}

static bool set_name(X509 *x509, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(x509);

    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(x509, name) == 1;
}

static bool add_extension(X509 *x509, int kind, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool added;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    if (extension == NULL)
        return false;
    added = X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool fill(struct certificate *certificate, const char *common_name, const char *alt_names,
                 int days)
{
    X509 *x509 = certificate->x509;

    return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
           X509_gmtime_adj(X509_getm_notBefore(x509), -SECONDS_PER_DAY) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(x509), days * SECONDS_PER_DAY) != NULL &&
           set_name(x509, common_name) && X509_set_pubkey(x509, certificate->key) == 1 &&
           (alt_names == NULL || add_extension(x509, NID_subject_alt_name, alt_names)) &&
           X509_sign(x509, certificate->key, EVP_sha256()) > 0;
}

/* The text of a memory BIO as a string of our own; frees the BIO. */
static char *take_text(BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    char *text = size > 0 ? strndup(data, (size_t)size) : NULL;

    BIO_free(bio);
    return text;
}

static enum status write_pem(struct certificate *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    BIO *key_bio = BIO_new(BIO_s_mem());

    if (bio != NULL)
        PEM_write_bio_X509(bio, certificate->x509);
    if (key_bio != NULL)
        PEM_write_bio_PKCS8PrivateKey(key_bio, certificate->key, NULL, NULL, 0, NULL, NULL);
    certificate->pem = bio != NULL ? take_text(bio) : NULL;
    certificate->key_pem = key_bio != NULL ? take_text(key_bio) : NULL;
    return certificate->pem != NULL && certificate->key_pem != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status certificate_create(const char *common_name, const char *alt_names, int days,
                               struct certificate **ret_certificate)
{
    struct certificate *certificate = calloc(1, sizeof(*certificate));
    enum status status = STATUS_CRYPTO;

    assert(common_name != NULL && days > 0);
    if (certificate == NULL)
        return STATUS_NO_MEMORY;
    pthread_mutex_init(&certificate->lock, NULL);
    ERR_clear_error();
    certificate->key = EVP_EC_gen("P-256");
    certificate->x509 = X509_new();
    if (certificate->key == NULL || certificate->x509 == NULL)
        goto out;
    if (!fill(certificate, common_name, alt_names, days)) {
        status = alt_names != NULL ? STATUS_INVALID : STATUS_CRYPTO;
        goto out;
    }
    status = certificate_digest(certificate->x509, certificate->fingerprint);
    if (status == STATUS_OK)
        status = write_pem(certificate);
out:
    ERR_clear_error();
    if (status != STATUS_OK)
        certificate_destroy(certificate);
    else
        *ret_certificate = certificate;
    return status;
}

void certificate_destroy(struct certificate *certificate)
{
    if (certificate == NULL)
        return;
    SSL_CTX_free(certificate->dtls_context);
    X509_free(certificate->x509);
    EVP_PKEY_free(certificate->key);
    free(certificate->pem);
    if (certificate->key_pem != NULL)
        OPENSSL_cleanse(certificate->key_pem, strlen(certificate->key_pem));
    free(certificate->key_pem);
    pthread_mutex_destroy(&certificate->lock);
    free(certificate);
}

const char *certificate_fingerprint(const struct certificate *certificate)
{
    return certificate->fingerprint;
}

const char *certificate_pem(const struct certificate *certificate)
{
    return certificate->pem;
}

const char *certificate_key_pem(const struct certificate *certificate)
{
    return certificate->key_pem;
}
