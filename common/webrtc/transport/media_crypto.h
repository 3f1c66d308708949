/* SRTP and SRTCP for one transport (RFC 3711, RFC 7714). Only this file knows libsrtp2, and that
 * srtp_gcm does what it can do instead. In place: buffers need MEDIA_CRYPTO_OVERHEAD spare bytes
 * behind the packet. */
#ifndef CASELOAD_MEDIA_CRYPTO_H
#define CASELOAD_MEDIA_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/transport/dtls_session.h"

#define MEDIA_CRYPTO_OVERHEAD 148 /* SRTP_MAX_TRAILER_LEN + 4 */

struct media_crypto;

/* Once per process before any other call; not thread-safe. */
MUST_CHECK enum status media_crypto_start(void);
/* "libsrtp2 2.5.0 (OpenSSL)" or "(NSS)", with ", AES-GCM by intel-ipsec-mb 1.3.0" where that does
 * it: what this process runs on. */
const char *media_crypto_build(void);

/* Any SSRC in both directions; a replay window of SRTP_WINDOW_SIZE packets; no index is sent twice.
 */
MUST_CHECK enum status media_crypto_create(const struct srtp_keys *keys,
                                           struct media_crypto **ret_crypto);
void media_crypto_destroy(struct media_crypto *crypto);
MUST_CHECK enum status media_crypto_protect_rtp(struct media_crypto *crypto, void *packet,
                                                size_t *size);
MUST_CHECK enum status media_crypto_protect_rtcp(struct media_crypto *crypto, void *packet,
                                                 size_t *size);
/* UNAUTHENTIC, REPLAYED or MALFORMED; the packet's bytes are then undefined. */
MUST_CHECK enum status media_crypto_unprotect_rtp(struct media_crypto *crypto, void *packet,
                                                  size_t *size);
MUST_CHECK enum status media_crypto_unprotect_rtcp(struct media_crypto *crypto, void *packet,
                                                   size_t *size);

#endif
