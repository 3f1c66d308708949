/* Self-signed ECDSA P-256 certificates for DTLS and TLS, and their fingerprints (RFC 8122). Only
 * this file and dtls_session know OpenSSL. */
#ifndef CASELOAD_CERTIFICATE_H
#define CASELOAD_CERTIFICATE_H

#include "common/base/status.h"

#define FINGERPRINT_SIZE 96 /* "AA:BB:…" of SHA-256 with terminator */

struct certificate;

/* Valid from a day ago for `days`; `common_name` and, when not NULL, one subjectAltName
 * ("IP:127.0.0.1" or "DNS:localhost"; comma-separated list allowed). Immutable afterwards: may be
 * shared by threads. */
MUST_CHECK enum status certificate_create(const char *common_name, const char *alt_names, int days,
                                          struct certificate **ret_certificate);
void certificate_destroy(struct certificate *certificate);
/* SHA-256, upper-case hex with colons. Lives as long as the certificate. */
const char *certificate_fingerprint(const struct certificate *certificate);
/* PEM texts, owned by the certificate. */
const char *certificate_pem(const struct certificate *certificate);
const char *certificate_key_pem(const struct certificate *certificate);

#endif
