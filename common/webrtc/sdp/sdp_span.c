#include "common/webrtc/sdp/sdp_span.h"

#include <string.h>
#include <strings.h>

struct sdp_span sdp_span_next(struct sdp_span *rest, char separator)
{
    const char *end = rest->size > 0 ? memchr(rest->at, separator, rest->size) : NULL;
    if (end == NULL) {
        struct sdp_span all = *rest;
        rest->at += rest->size;
        rest->size = 0;
        return all;
    }
    struct sdp_span head = {rest->at, (size_t)(end - rest->at)};
    rest->at = end + 1;
    rest->size -= head.size + 1;
    return head;
}

bool sdp_span_is(struct sdp_span span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.at, text, span.size) == 0;
}

bool sdp_span_is_nocase(struct sdp_span span, const char *text)
{
    return span.size == strlen(text) && strncasecmp(span.at, text, span.size) == 0;
}

bool sdp_span_number(struct sdp_span span, uint64_t max, uint64_t *ret_value)
{
    if (span.size == 0) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < span.size; i++) {
        if (span.at[i] < '0' || span.at[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(span.at[i] - '0');
        if (digit > max || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

bool sdp_span_copy(struct sdp_span span, char *text, size_t size)
{
    if (span.size >= size) {
        return false;
    }
    memcpy(text, span.at, span.size);
    text[span.size] = '\0';
    return true;
}

bool sdp_span_is_token(struct sdp_span span)
{
    for (size_t i = 0; i < span.size; i++) {
        char c = span.at[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]", c) != NULL) {
            return false;
        }
    }
    return span.size > 0;
}
