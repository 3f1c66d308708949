/* SRTP and SRTCP with AEAD_AES_128_GCM (RFC 7714 over RFC 3711), one direction of one transport:
 * the profile that browsers and servers agree on, at a sixth of the general library's cost per
 * packet. Used by media_crypto, which leaves every other profile to libsrtp2. No MKI, no key
 * derivation rate, no header encryption. Single-threaded. */
#ifndef CASELOAD_SRTP_GCM_H
#define CASELOAD_SRTP_GCM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

#define SRTP_GCM_SALT_SIZE 12
#define SRTP_GCM_OVERHEAD 20    /* of SRTCP, the larger: tag and index */
#define SRTP_GCM_SSRCS_MAX 1024 /* in one direction; a peer that invents more is cut off */

struct srtp_gcm;

/* `master`: 16 bytes of key, then 12 of salt (RFC 7714 §12); not kept. After aes_gcm_start said
 * yes. NULL: no memory. */
struct srtp_gcm *srtp_gcm_create(const uint8_t *master);
void srtp_gcm_destroy(struct srtp_gcm *session);

/* In place; SRTP_GCM_OVERHEAD spare bytes behind the packet. MALFORMED: no RTP or RTCP packet.
 * REPLAYED: this index was sent already, or is older than the window. FULL: too many SSRCs.
 * CRYPTO: the key's packets are used up (RFC 3711 §9.2). */
MUST_CHECK enum status srtp_gcm_protect_rtp(struct srtp_gcm *session, void *packet, size_t *size);
MUST_CHECK enum status srtp_gcm_protect_rtcp(struct srtp_gcm *session, void *packet, size_t *size);
/* MALFORMED, REPLAYED, UNAUTHENTIC, or FULL; the packet's bytes are then undefined, and nothing of
 * it is remembered. */
MUST_CHECK enum status srtp_gcm_unprotect_rtp(struct srtp_gcm *session, void *packet, size_t *size);
MUST_CHECK enum status srtp_gcm_unprotect_rtcp(struct srtp_gcm *session, void *packet,
                                               size_t *size);

#endif
