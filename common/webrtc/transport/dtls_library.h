/* OpenSSL as DTLS sessions use it: the default provider, of whose decoders only those that read a
 * public key out of a certificate. OpenSSL 3.0 collects all decoders of a library context anew for
 * every certificate that it reads; of the 80 and more of the default provider a peer's certificate
 * needs one, and collecting the others was a quarter of the instructions of a join. */
#ifndef CASELOAD_DTLS_LIBRARY_H
#define CASELOAD_DTLS_LIBRARY_H

#include <openssl/crypto.h>

/* Lives as long as the process; any thread. NULL, which is the default library context: it could
 * not be made. */
OSSL_LIB_CTX *dtls_library(void);

#endif
