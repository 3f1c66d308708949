/* The connectivity check of a controlling ICE agent (RFC 8445 §7.2): write its STUN request, read
 * what answers it. Used by ice_controller.c; STUN by libnice's library. Bytes in, bytes out. */
#ifndef CASELOAD_ICE_CHECK_H
#define CASELOAD_ICE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

/* A check with both username fragments at their longest (RFC 8839 §5.4: 256 characters). */
#define ICE_CHECK_MAX 640

/* Magic cookie and transaction ID (RFC 8489 §5). */
struct ice_check_id {
    uint8_t bytes[16];
};

struct ice_check {
    const char *local_ufrag, *remote_ufrag, *remote_pwd;
    uint32_t priority; /* that a peer-reflexive candidate found by it would have */
    uint64_t tie_breaker;
    bool use_candidate; /* nominate the pair */
};

/* A new transaction, at most ICE_CHECK_MAX bytes. INVALID: a fragment of the wrong length. */
MUST_CHECK enum status ice_check_write(const struct ice_check *check, uint8_t data[ICE_CHECK_MAX],
                                       size_t *ret_size, struct ice_check_id *ret_id);

enum stun_class { STUN_CLASS_REQUEST, STUN_CLASS_INDICATION, STUN_CLASS_RESPONSE };
/* What a whole STUN message is (success and error are both a response) and its transaction; nothing
 * is authenticated yet. MALFORMED: no STUN with a magic cookie, or another method than Binding. */
MUST_CHECK enum status ice_check_peek(const void *data, size_t size, enum stun_class *ret_class,
                                      struct ice_check_id *ret_id);

/* Read the response to the check `id`. CONFLICT: an authentic error, whose code is told (487: the
 * peer controls, too). UNAUTHENTIC: no MESSAGE-INTEGRITY by `remote_pwd`, no FINGERPRINT, or of
 * another transaction; MALFORMED: no such response. Then the check still waits. */
MUST_CHECK enum status ice_check_read(const void *data, size_t size, const struct ice_check_id *id,
                                      const char *remote_pwd, int *ret_error_code);

#endif
