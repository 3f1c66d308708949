/* The state of one sdp_parse call, shared by its two files: lines and sections (sdp_parse.c) and
 * attributes (sdp_attribute.c). Private to this folder. */
#ifndef CASELOAD_SDP_PARSER_H
#define CASELOAD_SDP_PARSER_H

#include "common/webrtc/sdp/sdp.h"
#include "common/webrtc/sdp/sdp_span.h"

/* An SSRC and, by a=ssrc-group:FID, the one that repairs it: both get a=ssrc lines of their own. */
#define SDP_SEEN_SSRCS_MAX (2 * SDP_SSRCS_MAX)

struct sdp_parser {
    struct sdp *sdp;            /* the result, owned by the caller */
    struct sdp_media *defaults; /* session-level values, copied into each section */
    struct sdp_media *media;    /* where attributes go: `defaults` before the first m= line */
    bool at_session_level;
    bool own_fingerprint;      /* `media` has one that is not copied down */
    size_t line, section_line; /* counted from 1 */
    struct failure *failure;
    size_t seen_count, pair_count;
    struct sdp_ssrc seen[SDP_SEEN_SSRCS_MAX];
    uint32_t pairs[SDP_SSRCS_MAX][2]; /* original, repair */
    struct sdp_span simulcast[2];     /* lists of this section: to receive, to send */
};

/* `value` is what follows "a=". */
enum status sdp_attribute_parse(struct sdp_parser *parser, struct sdp_span value);
/* Fill `failure` with the current line's number. */
enum status sdp_parser_fail(struct sdp_parser *parser, enum status status, const char *why);

#endif
