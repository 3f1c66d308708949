/* Read and answer STUN binding requests on a shared UDP port: the ICE-lite side (RFC 8445 §2.5),
 * and what a light client answers (ice_controller.h). STUN by libnice's library. No sockets: bytes
 * in, bytes out. */
#ifndef CASELOAD_ICE_LITE_H
#define CASELOAD_ICE_LITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/base/status.h"

/* The local username fragment a binding request is for: the part of USERNAME before ':'.
 * MALFORMED when this is no STUN binding request with a USERNAME; nothing is authenticated yet. */
MUST_CHECK enum status ice_lite_peek_ufrag(const void *data, size_t size, char *ret_ufrag,
                                           size_t ufrag_size);

struct ice_lite_check {
    bool use_candidate;
    uint32_t priority;
};

/* Authenticate a request (MESSAGE-INTEGRITY with `local_pwd`, USERNAME begins "local_ufrag:",
 * FINGERPRINT) and write the success response with XOR-MAPPED-ADDRESS of `source`. CONFLICT: the
 * peer believes to be controlled too; the response is written (error 487) and should be sent, but
 * the address is not validated and `*ret_check` is untouched. MALFORMED, UNSUPPORTED (an unknown
 * mandatory attribute), UNAUTHENTIC: answer nothing. TOO_LARGE: 160 bytes and the length of
 * USERNAME are enough for any response. */
MUST_CHECK enum status ice_lite_answer(const void *data, size_t size, const char *local_ufrag,
                                       const char *local_pwd, const struct sockaddr *source,
                                       socklen_t source_size, struct ice_lite_check *ret_check,
                                       void *response, size_t response_size,
                                       size_t *ret_response_size);
/* The same for the side that controls: CONFLICT when the peer believes to control, too. */
MUST_CHECK enum status ice_lite_answer_controlling(const void *data, size_t size,
                                                   const char *local_ufrag, const char *local_pwd,
                                                   const struct sockaddr *source,
                                                   socklen_t source_size,
                                                   struct ice_lite_check *ret_check, void *response,
                                                   size_t response_size, size_t *ret_response_size);

#endif
