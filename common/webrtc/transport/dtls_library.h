/* OpenSSL as DTLS sessions use it: the default provider with only the keys that they use and the
 * decoders that read such a key out of a certificate. OpenSSL 3.0 goes through all key managers and
 * decoders of a library context anew for every certificate that it reads; with these few a join of
 * the generator takes 11.7 million instructions instead of 12.4 (results/published/joins.md). */
#ifndef CASELOAD_DTLS_LIBRARY_H
#define CASELOAD_DTLS_LIBRARY_H

#include <openssl/crypto.h>

/* Lives as long as the process; any thread. NULL, which is the default library context: it could
 * not be made. */
OSSL_LIB_CTX *dtls_library(void);

#endif
