/* What certificate.c and dtls_session.c share and nobody else sees: the OpenSSL objects. */
#ifndef CASELOAD_CERTIFICATE_PRIVATE_H
#define CASELOAD_CERTIFICATE_PRIVATE_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "common/webrtc/transport/certificate.h"

struct certificate {
    EVP_PKEY *key;
    X509 *x509;
    char fingerprint[FINGERPRINT_SIZE];
    char *pem, *key_pem; /* owned, terminated */
    /* Made by the first DTLS session and shared by all: building one costs more than a session. */
    pthread_mutex_t lock;
    SSL_CTX *dtls_context;
};

/* SHA-256 of a certificate's DER form as "AA:BB:…" (RFC 8122 §5). */
MUST_CHECK enum status certificate_digest(const X509 *x509, char text[FINGERPRINT_SIZE]);

#endif
