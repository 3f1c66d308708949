/* From a participant's offer to the answer and to the terms its worker needs: which sections are
 * its own audio and video, which are slots. Pure: credentials and SSRCs are given in. */
#ifndef CASELOAD_MEDIA_ANSWER_H
#define CASELOAD_MEDIA_ANSWER_H

#include <stdint.h>

#include "common/base/status.h"
#include "common/webrtc/sdp/sdp_negotiate.h"
#include "reference-server/media/media_terms.h"

#define MEDIA_ANSWER_SSRCS (1 + 2 * MEDIA_SLOTS_MAX)

/* What the server brings; the random parts are fresh for each call. */
struct media_local {
    const char *fingerprint; /* SHA-256 */
    const char *address;     /* numeric */
    uint16_t port;
    char session_id[32];
    char ufrag[MEDIA_UFRAG_LENGTH + 1], pwd[MEDIA_PWD_LENGTH + 1];
    char cname[MEDIA_CNAME_SIZE];
    uint32_t ssrcs[MEDIA_ANSWER_SSRCS]; /* different from each other and from 0 */
};

/* `previous`: the terms of an earlier offer of the same peer connection, whose names, SSRCs and
 * slots are kept and whose ICE credentials are, too, unless the offer's are new; else NULL.
 * participant and incarnation of `ret_terms` are left 0. INVALID, UNSUPPORTED, FULL with a message
 * for the client. `answer` is scratch and result. */
MUST_CHECK enum status media_answer_make(const struct sdp *offer, const struct media_local *local,
                                         const struct media_terms *previous, struct sdp *answer,
                                         struct media_terms *ret_terms, struct failure *failure);

/* The same peer connection goes on. */
bool media_answer_continues(const struct sdp *offer, const struct media_terms *previous);

#endif
