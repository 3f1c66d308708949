/* A piece of a description's text that somebody else owns, and the few strict readers that the
 * parser is made of. Private to this folder. */
#ifndef CASELOAD_SDP_SPAN_H
#define CASELOAD_SDP_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sdp_span {
    const char *at; /* borrowed, not terminated */
    size_t size;
};

/* Everything before the first `separator`; `rest` moves behind it (or to its end). */
struct sdp_span sdp_span_next(struct sdp_span *rest, char separator);
bool sdp_span_is(struct sdp_span span, const char *text);
bool sdp_span_is_nocase(struct sdp_span span, const char *text);
/* Decimal digits only, at least one, value <= max. */
bool sdp_span_number(struct sdp_span span, uint64_t max, uint64_t *ret_value);
/* False (and nothing copied) when it does not fit with its zero. */
bool sdp_span_copy(struct sdp_span span, char *text, size_t size);
/* RFC 8866 §9 token characters only, at least one. */
bool sdp_span_is_token(struct sdp_span span);

#endif
